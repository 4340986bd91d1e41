"""The audience of a submission as a PNG: its listeners by nearness, and where it lies on the map.

Belongs here: drawing with matplotlib's objects (never ``pyplot``: two assets may draw at once). Figures are ``audience``.
"""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.cold_start.audience import histogram_edges
from recsys_assets.core.picture_text import FONT, writable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH_PX, HEIGHT_PX, DPI = 1100, 470, 80
_PAPER, _INK, _QUIET = "#fbfaf7", "#23262b", "#676c74"
_FAR, _NEAR, _MARK = "#c9ccd1", "#2f7f6f", "#b3402a"
_TEXT: dict[str, Any] = {"fontfamily": FONT, "parse_math": False}
_LEGEND: dict[str, Any] = {
    "frameon": False, "prop": {"family": FONT, "size": 9}, "labelcolor": _QUIET, "columnspacing": 1.2, "handletextpad": 0.4,
    "borderaxespad": 0.2, "markerscale": 0.7, "handlelength": 1.0,
}  # fmt: skip
_MOST_LINES = 3
# The headline is not the sum of the bars: `audience.Reach` corrects what it counts.
_WHY_OTHER = (
    "That is the number near enough, corrected by how far off heard tracks were, placed as if nobody had heard them."
)


def draw_audience(audience: Mapping[str, Any], space_map: pl.DataFrame, *, title: str) -> bytes:
    """Draw an audience.

    Args:
        audience: one row of ``cold_start.audiences`` or ``submission_preview`` as a mapping.
        space_map: rows of ``latent.space_map`` of its day; may be empty.
        title: above the picture; what the font can not write is left out.

    Returns:
        A PNG of 1100 by 470 pixels; the same figures give the same bytes.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, facecolor=_PAPER)
    canvas = FigureCanvasAgg(figure)
    figure.text(0.03, 0.93, writable(title) or "Audience", fontsize=16, fontweight="bold", color=_INK, **_TEXT)
    figure.text(0.03, 0.885, reach_line(audience), fontsize=11, color=_QUIET, **_TEXT)
    if audience["n_reach_low"] is not None and count_near(audience) != audience["n_within_reach"]:
        figure.text(0.03, 0.845, _WHY_OTHER, fontsize=9, color=_QUIET, **_TEXT)
    _draw_histogram(figure.add_axes((0.05, 0.13, 0.45, 0.66)), audience)
    _draw_place(figure.add_axes((0.55, 0.06, 0.43, 0.75)), audience, space_map)
    buffer = io.BytesIO()
    canvas.print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def reach_line(audience: Mapping[str, Any]) -> str:
    """Say in one line how many listeners are within reach and how sure that is."""
    everybody = f"of {audience['n_listeners_scored']:,} listeners"
    if audience["threshold"] is None:
        return f"nobody can tell how many {everybody} are within reach: neither artist nor sound places it, or too little was heard"
    reach = f"{audience['n_within_reach']:,} {everybody} within reach"
    if audience["n_reach_low"] is None:
        return f"{reach}; how sure is unknown: {audience['n_calibrated_on']:,} heard tracks are too few to tell by"
    return f"{reach} ({audience['n_reach_low']:,} to {audience['n_reach_high']:,} for nine of ten such tracks)"


def funnel_line(audience: Mapping[str, Any]) -> str:
    """Say in one or two sentences how many listeners are near enough, and how many of them to expect within reach."""
    if audience["threshold"] is None:
        return reach_line(audience)
    near = (
        f"Of {audience['n_listeners_scored']:,} listeners about {count_near(audience):,} are near enough to where it is placed: as "
        "near as the nearer half of other tracks' listeners are to theirs."
    )
    if audience["n_reach_low"] is None:
        return (
            f"{near} How sure that is, is unknown: {audience['n_calibrated_on']:,} heard tracks are too few to tell by."
        )
    return (
        f"{near} By how far off such counts were for tracks that people have heard, expect {audience['n_within_reach']:,} within "
        f"reach ({audience['n_reach_low']:,} to {audience['n_reach_high']:,} for nine of ten such tracks)."
    )


def bars_by_nearness(audience: Mapping[str, Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cut the histogram at the threshold, the bar that it goes through too.

    Returns:
        Left and right edges of the part of each bar that is farther than the threshold, and of the part within, both of
        shape (n_bars, 2); a part that is not there has no width. Without a threshold all is farther.
    """
    edges = histogram_edges(len(audience["histogram"]))
    low, high = edges[:-1], edges[1:]
    cut = np.clip(np.inf if audience["threshold"] is None else audience["threshold"], low, high)
    return np.stack([low, cut], axis=1), np.stack([cut, high], axis=1)


def count_near(audience: Mapping[str, Any]) -> int:
    """Count the listeners beyond the threshold, as the bars show them: of a cut bar its share. The forecast may differ."""
    farther, within = bars_by_nearness(audience)
    shares = (within[:, 1] - within[:, 0]) / (within[:, 1] - farther[:, 0])
    return round(float((np.array(audience["histogram"]) * shares).sum()))


def _draw_histogram(axes: "Axes", audience: Mapping[str, Any]) -> None:
    counts, threshold = np.array(audience["histogram"]), audience["threshold"]
    farther, within = bars_by_nearness(audience)
    near = count_near(audience)
    for parts, color, label in (
        (farther, _FAR, "farther"),
        (within, _NEAR, f"near enough to where it is placed: about {near:,}"),
    ):
        widths = parts[:, 1] - parts[:, 0]
        shown = (widths > 0) & (counts > 0)
        axes.bar(
            parts[shown, 0], counts[shown], width=widths[shown], align="edge", color=color, edgecolor=_PAPER,
            linewidth=0.8, label=label,
        )  # fmt: skip
    if threshold is not None:
        axes.axvline(threshold, color=_MARK, linewidth=1.4)
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, **_LEGEND)
    known = np.flatnonzero(counts)
    if known.size:
        ends = [farther[known[0], 0], within[known[-1], 1], *([] if threshold is None else [threshold])]
        axes.set_xlim(float(min(ends)) - 0.1, float(max(ends)) + 0.1)
    axes.set_facecolor(_PAPER)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(colors=_QUIET, labelsize=9)
    axes.set_xlabel("how near a listener is (0: as to any track)", color=_QUIET, fontsize=10, **_TEXT)
    axes.set_ylabel("listeners", color=_QUIET, fontsize=10, **_TEXT)


def _draw_place(axes: "Axes", audience: Mapping[str, Any], space_map: pl.DataFrame) -> None:
    axes.set_axis_off()
    places = place_on_map(audience, space_map)
    if places is None:
        axes.text(0.5, 0.5, "no map of this day", ha="center", color=_QUIET, fontsize=11, **_TEXT)
        return
    near, (x, y) = places
    tracks = space_map.filter(pl.col("kind") == "track")
    axes.scatter(tracks["x"], tracks["y"], s=9, color=_FAR, linewidths=0, label="all tracks")
    axes.scatter(near[:, 0], near[:, 1], s=26, color=_NEAR, linewidths=0, label="its nearest")
    axes.scatter(
        [x], [y], s=210, marker="*", color=_MARK, edgecolors=_PAPER, linewidths=0.8, zorder=3,
        label="amid the three nearest",
    )  # fmt: skip
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0.02), ncols=3, **_LEGEND)
    genres = ", ".join(
        f"{writable(genre) or 'unwritable'} {share:.0%}"
        for genre, share in zip(audience["genres"][:_MOST_LINES], audience["genre_shares"], strict=False)
    )
    axes.set_title(f"among {genres}" if genres else "its nearest tracks", color=_QUIET, fontsize=10, **_TEXT)


def place_on_map(
    audience: Mapping[str, Any], space_map: pl.DataFrame
) -> tuple[NDArray[np.float64], tuple[float, float]] | None:
    """Find where the nearest tracks lie on the map, and the middle of the three nearest; None where none is on it.

    Maps are laid out for what people have heard; a place that nobody has is shown by its neighbours.
    """
    ids = pl.DataFrame({"id": list(audience["near_track_ids"])}, schema={"id": pl.String})
    on_map = space_map.filter(pl.col("kind") == "track").select("id", "x", "y")
    near = ids.join(on_map, on="id", how="inner", maintain_order="left").select("x", "y").to_numpy().astype(np.float64)
    if not len(near):
        return None
    x, y = np.median(near[:3], axis=0)
    return near, (float(x), float(y))
