"""The audience of a submission as a PNG: its listeners by nearness, and where it lies on the map.

Belongs here: drawing with matplotlib's objects (never ``pyplot``: two assets may draw at once). Figures are ``audience``.
"""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.cold_start.audience import HISTOGRAM_EDGES
from recsys_assets.latent.map_picture import FONT, writable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH_PX, HEIGHT_PX, DPI = 1100, 470, 80
_PAPER, _INK, _QUIET = "#fbfaf7", "#23262b", "#676c74"
_FAR, _NEAR, _MARK = "#c9ccd1", "#2f7f6f", "#b3402a"
_TEXT: dict[str, Any] = {"fontfamily": FONT, "parse_math": False}
_MOST_LINES = 3


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
    figure.text(0.03, 0.875, reach_line(audience), fontsize=11, color=_QUIET, **_TEXT)
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


def _draw_histogram(axes: "Axes", audience: Mapping[str, Any]) -> None:
    counts = np.array(audience["histogram"])
    threshold = audience["threshold"]
    middles = (HISTOGRAM_EDGES[:-1] + HISTOGRAM_EDGES[1:]) / 2
    is_near = middles >= threshold if threshold is not None else np.zeros(middles.size, dtype=bool)
    axes.bar(middles, counts, width=0.23, color=np.where(is_near, _NEAR, _FAR).tolist())
    if threshold is not None:
        axes.axvline(threshold, color=_MARK, linewidth=1.4)
        above = axes.get_xaxis_transform()
        axes.text(threshold, 1.02, "within reach", transform=above, color=_MARK, fontsize=10, **_TEXT)
    known = np.flatnonzero(counts)
    if known.size:
        low, high = float(HISTOGRAM_EDGES[known[0]]), float(HISTOGRAM_EDGES[known[-1] + 1])
        axes.set_xlim(min(low, -2.0), max(high, 3.0))
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
    axes.scatter(tracks["x"], tracks["y"], s=9, color=_FAR, linewidths=0)
    axes.scatter(near[:, 0], near[:, 1], s=26, color=_NEAR, linewidths=0)
    axes.scatter([x], [y], s=210, marker="*", color=_MARK, edgecolors=_PAPER, linewidths=0.8, zorder=3)
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
