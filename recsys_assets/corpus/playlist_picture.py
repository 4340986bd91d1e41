"""A picture of which playlists are read and which are not, and why: for looking."""

import io

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.corpus.tables import IS_GOOD

_GOOD, _REFUSED = "#0072B2", "#D55E00"


def draw_quality(quality: pl.DataFrame, *, title: str) -> bytes:
    """Draw how well the tracks of playlists belong together, read and not read, beside the reasons, as PNG.

    Args:
        quality: rows of ``corpus.playlist_quality`` of one week.
        title: above the picture.
    """
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.4), dpi=110, layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    known = quality.drop_nulls("cohesion")
    if known.height:
        span = known["cohesion"].quantile(0.005), known["cohesion"].quantile(0.995)
        bins = np.linspace(min(span[0] or 0, 0), max(span[1] or 1, 1), 40)
        parts = [known.filter(pl.col(IS_GOOD) == is_good)["cohesion"].to_numpy() for is_good in (True, False)]
        left.hist(parts, bins=bins, stacked=True, color=[_GOOD, _REFUSED], label=["read", "not read"])
        left.legend(frameon=False, fontsize=8)
    left.set_xlabel("bits by which tracks stand together elsewhere more than by chance")
    left.set_ylabel("playlists")
    counts = quality.with_columns(pl.col(c.REASON).fill_null("read"))[c.REASON].value_counts().sort("count", c.REASON)
    colours = [_GOOD if reason == "read" else _REFUSED for reason in counts[c.REASON]]
    right.barh([each.replace("_", " ") for each in counts[c.REASON]], counts["count"].to_list(), color=colours)
    for n, count in enumerate(counts["count"]):
        right.text(count, n, f" {count:,}", va="center", fontsize=8)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer)
    return buffer.getvalue()
