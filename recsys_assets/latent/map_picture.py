"""The map of the latent space as a PNG, for an asset's metadata.

Belongs here: drawing with matplotlib. Colours and genres are ``map_style``, places are ``layout``, the interactive
page is ``map_html``.

Only matplotlib's objects are used, never ``pyplot``: two assets may draw at the same time in one process.
"""

import io
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.core import columns as c
from recsys_assets.core.picture_text import FONT, MAX_LABEL_LENGTH, writable
from recsys_assets.latent.map_points import ARTIST
from recsys_assets.latent.map_style import STEPS, GenreStyle, MapStyle, style_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox
    from PIL import Image

# As wide as the dialog in which the web UI shows it.
WIDTH_PX, HEIGHT_PX, DPI = 1100, 786, 80
LABELLED_ARTISTS = 28
_PAPER = "#fbfaf7"
_INK = "#23262b"
_QUIET_INK = "#676c74"


def draw_map(space_map: pl.DataFrame, *, title: str) -> bytes:
    """Draw a map.

    Genres are hues with their names on their regions, streams are lightness, the most streamed artists are named where
    there is room. Names that the font can not write are left out, or lose the characters that it lacks.

    Args:
        space_map: rows of ``SPACE_MAP``; may be empty.
        title: above the picture.

    Returns:
        A PNG of 1100 by 786 pixels, under 300 kB for 3,000 points; the same map gives the same bytes.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    style = style_map(space_map)
    figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, facecolor=_PAPER)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.015, 0.02, 0.815, 0.90))
    axes.set_axis_off()
    _frame(axes, space_map)
    figure.text(0.02, 0.955, writable(title) or "Map", fontsize=17, fontweight="bold", color=_INK, **_TEXT)
    figure.text(0.02, 0.928, _summary(space_map), fontsize=10, color=_QUIET_INK, **_TEXT)
    _draw_points(axes, space_map, style)
    taken = _draw_genre_names(axes, canvas, space_map, style)
    _draw_artist_names(axes, canvas, space_map, taken)
    _draw_legend(figure.add_axes((0.84, 0.02, 0.15, 0.90)), style, has_artists=bool(_is_artist(space_map).any()))
    canvas.draw()
    buffer = io.BytesIO()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[:, :, :3])
    picture.quantize(palette=_palette(style), dither=Image.Dither.NONE).save(buffer, "png", optimize=True)
    return buffer.getvalue()


def _palette(style: MapStyle) -> "Image.Image":
    """The colours of a map, each also half way to the paper for edges, and a ramp for text.

    A picture of at most 256 colours has a third of the bytes (3,000 points: 118 kB, not 443); these are chosen by us
    because a palette found by median cut bends the shades of rare genres.
    """
    from PIL import Image

    paper, ink = _rgb(_PAPER), _rgb(_INK)
    shades = np.array([_rgb(shade) for genre in style.genres for shade in genre.shades]).reshape(-1, 3)
    ramp = paper + (ink - paper) * np.linspace(0, 1, 24)[:, None]
    colours = np.vstack([ramp, shades, (shades + paper) / 2]).round().astype(np.uint8)
    holder = Image.new("P", (1, 1))
    holder.putpalette(colours.tobytes())
    return holder


def _rgb(colour: str) -> NDArray[np.float64]:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float64)


# Dollars in a title are dollars, not mathematics.
_TEXT = {"fontfamily": FONT, "parse_math": False}


def _is_artist(space_map: pl.DataFrame) -> NDArray[np.bool_]:
    return (space_map["kind"] == ARTIST).to_numpy()


def _summary(space_map: pl.DataFrame) -> str:
    artists = int(_is_artist(space_map).sum())
    tracks = len(space_map) - artists
    counts = f"{tracks:,} tracks" + (f" and {artists:,} artists" if artists else "")
    return f"{counts}: near means liked by the same listeners; directions and distances across the map mean nothing"


def _frame(axes: "Axes", space_map: pl.DataFrame) -> None:
    """Fill the picture: the two axes mean nothing, so they may be stretched apart."""
    for values, set_limits in ((space_map["x"], axes.set_xlim), (space_map["y"], axes.set_ylim)):
        low, high = (float(values.min()), float(values.max())) if len(values) else (-1.0, 1.0)  # pyright: ignore[reportArgumentType]
        margin = max(0.06 * (high - low), 0.05)
        set_limits(low - margin, high + margin)


def _draw_points(axes: "Axes", space_map: pl.DataFrame, style: MapStyle) -> None:
    colours = np.array(style.colours())
    is_artist = _is_artist(space_map)
    x, y = space_map["x"].to_numpy(), space_map["y"].to_numpy()
    # Few points can be large; at 3,000 larger ones would lie on each other.
    size = float(np.clip(26_000 / max(len(space_map), 1), 9, 46))
    sizes = size * (0.55 + 1.1 * style.step / (STEPS - 1))
    # Much streamed on top, artists above tracks.
    order = np.lexsort((style.step, is_artist))
    for kind, marker, edge, width, grow in ((False, "o", _PAPER, 0.35, 1.0), (True, "D", _INK, 0.8, 1.5)):
        mine = order[is_artist[order] == kind]
        axes.scatter(
            x[mine],
            y[mine],
            s=sizes[mine] * grow,
            c=list(colours[mine]),
            marker=marker,
            linewidths=width,
            edgecolors=edge,
        )


def _draw_genre_names(
    axes: "Axes", canvas: "FigureCanvasAgg", space_map: pl.DataFrame, style: MapStyle
) -> list["Bbox"]:
    """Write every genre on its region where it hides the fewest points; return the boxes taken."""
    pixels = axes.transData.transform(space_map.select("x", "y").to_numpy())
    frame = axes.get_window_extent(canvas.get_renderer())
    taken: list[Bbox] = []
    for genre in style.genres:
        name = writable(genre.name, max_length=MAX_LABEL_LENGTH)
        if genre.centre is None or name is None:
            continue
        text = _haloed(axes, name, genre.centre, colour=genre.shades[-1], size=15, weight="bold", halo=4.0)
        extent = text.get_window_extent(canvas.get_renderer())
        best = min(_GENRE_SHIFTS, key=lambda shift: _cost(extent, shift, frame, taken, pixels))
        _move_to(axes, text, genre.centre, best)
        taken.append(extent.translated(*best))
    return taken


_GENRE_SHIFTS = tuple((dx, dy) for dy in (0, 22, -22, 44, -44, 66, -66) for dx in (0, -30, 30, -60, 60))


def _cost(
    extent: "Bbox", shift: tuple[int, int], frame: "Bbox", taken: list["Bbox"], pixels: NDArray[np.float64]
) -> float:
    """Points hidden, plus one for every 12 pixels of the way, plus what no number of points outweighs."""
    box = extent.translated(*shift)
    hidden = _count_inside(box, pixels)
    collisions = sum(box.overlaps(other) for other in taken) + (not _is_inside(box, frame))
    return hidden + (abs(shift[0]) + abs(shift[1])) / 12 + 10_000 * collisions


def _draw_artist_names(axes: "Axes", canvas: "FigureCanvasAgg", space_map: pl.DataFrame, taken: list["Bbox"]) -> None:
    """Name the most streamed artists, beside their point where there is room, else not at all."""
    frame = axes.get_window_extent(canvas.get_renderer())
    named = space_map.filter(pl.col("kind") == ARTIST).sort(c.PLAY_COUNT, "id", descending=[True, False])
    marks = axes.transData.transform(named.select("x", "y").to_numpy()) if len(named) else np.zeros((0, 2))
    left = LABELLED_ARTISTS
    for name, x, y in named.select(c.NAME, "x", "y").head(4 * LABELLED_ARTISTS).iter_rows():
        label = writable(name, max_length=MAX_LABEL_LENGTH)
        if left == 0:
            break
        if label is None:
            continue
        text = _haloed(axes, label, (x, y), colour=_INK, size=9, weight="normal", halo=2.6)
        extent = text.get_window_extent(canvas.get_renderer()).padded(2.5)
        aside = extent.width / 2 + 11
        for shift in ((0, 15), (0, -15), (aside, 0), (-aside, 0), (0, 24), (0, -24)):
            box = extent.translated(*shift)
            is_free = not any(box.overlaps(other) for other in taken) and not _count_inside(box, marks)
            if is_free and _is_inside(box, frame):
                _move_to(axes, text, (x, y), shift)
                taken.append(box)
                left -= 1
                break
        else:
            text.remove()


def _count_inside(box: "Bbox", pixels: NDArray[np.float64]) -> int:
    inside = (pixels >= (box.x0, box.y0)).all(axis=1) & (pixels <= (box.x1, box.y1)).all(axis=1)
    return int(inside.sum())


def _is_inside(box: "Bbox", frame: "Bbox") -> bool:
    return box.x0 >= frame.x0 and box.x1 <= frame.x1 and box.y0 >= frame.y0 and box.y1 <= frame.y1


def _move_to(axes: "Axes", text: "Text", place: tuple[float, float], shift_px: tuple[float, float]) -> None:
    """Place a text at data coordinates moved by pixels."""
    x, y = axes.transData.transform(place)
    text.set_position(tuple(axes.transData.inverted().transform((x + shift_px[0], y + shift_px[1]))))


def _haloed(
    axes: "Axes", label: str, place: tuple[float, float], *, colour: str, size: float, weight: str, halo: float
) -> "Text":
    from matplotlib.patheffects import withStroke

    return axes.text(
        *place,
        label,
        color=colour,
        fontsize=size,
        fontweight=weight,
        ha="center",
        va="center",
        path_effects=[withStroke(linewidth=halo, foreground=_PAPER, alpha=0.88)],
        **_TEXT,
    )


def _draw_legend(axes: "Axes", style: MapStyle, *, has_artists: bool) -> None:
    """One row per genre with its shades, then what lightness and shape mean."""
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    row = 0.044
    height = 0.985
    axes.text(0, height, "Genre", fontsize=10, fontweight="bold", color=_INK, va="center", **_TEXT)
    for genre in style.genres:
        height -= row
        _draw_shades(axes, genre, height)
        name = writable(genre.name, max_length=18) or "(name in another script)"
        axes.text(0.36, height, name, fontsize=9.5, color=_INK, va="center", **_TEXT)
    height -= 1.6 * row
    axes.text(0, height, "Lightness", fontsize=10, fontweight="bold", color=_INK, va="center", **_TEXT)
    for label, at in (("little streamed", 0), ("much streamed", STEPS - 1)):
        height -= row
        colours = [genre.shades[at] for genre in style.genres[:3]]
        axes.scatter([0.05, 0.15, 0.25][: len(colours)], [height] * len(colours), s=40 + 34 * (at > 0), c=colours)
        axes.text(0.36, height, label, fontsize=9.5, color=_INK, va="center", **_TEXT)
    height -= 1.6 * row
    axes.text(0, height, "Shape", fontsize=10, fontweight="bold", color=_INK, va="center", **_TEXT)
    for label, marker in (("track", "o"), ("artist", "D"))[: 2 if has_artists else 1]:
        height -= row
        edge = _INK if marker == "D" else _QUIET_INK
        axes.scatter([0.15], [height], s=52, marker=marker, c=["#b9bdc4"], edgecolors=edge, linewidths=0.8)
        axes.text(0.36, height, label, fontsize=9.5, color=_INK, va="center", **_TEXT)


def _draw_shades(axes: "Axes", genre: GenreStyle, height: float) -> None:
    from matplotlib.patches import Rectangle

    width = 0.3 / STEPS
    for step, shade in enumerate(genre.shades):
        axes.add_patch(Rectangle((step * width, height - 0.011), width * 1.05, 0.022, color=shade, linewidth=0))
