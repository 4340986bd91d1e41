"""What became of the addresses of a crawl, by source: counters that add up, and a picture of them.

Belongs here: counting and drawing. The log is ``crawl_logs``; whether sources answer is judged in ``gates``.
"""

import io
from collections.abc import Mapping

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.picture_text import FONT

ADDRESSES = "addresses"
# Counters by outcome of the log: each address is in one of them. What was passed over is a list of links, which is read
# for its links, or known before, or a repeat of what is.
_COUNTERS = {
    "new": ("article",),
    "not_modified": ("not_modified",),
    "passed_over": ("skipped", "duplicate", "near_duplicate"),
    "no_article": ("not_an_article",),
    "refused": ("refused",),
    "failed": ("error",),
}
COUNTERS = tuple(_COUNTERS)
_COLOURS = {
    "new": "#2f7f6f",
    "not_modified": "#9fc9bf",
    "passed_over": "#d5d8dc",
    "no_article": "#8a919b",
    "refused": "#e0a43a",
    "failed": "#c5453a",
}
_FINISHED = "finished"
_MAX_DRAWN = 30


def count_addresses(log: pl.DataFrame, ends: Mapping[str, str]) -> pl.DataFrame:
    """Count what became of each source's addresses.

    Args:
        log: source, outcome: rows of ``corpus.crawl_log`` of one crawl.
        ends: how the crawl of each source ended, in the order that is shown.

    Returns:
        A row for each source: ``addresses``, which is the sum of the counters that follow, and ``ended`` if anyone ended
        otherwise than finished.
    """
    sums = [pl.col("outcome").is_in(outcomes).sum().cast(pl.Int64).alias(n) for n, outcomes in _COUNTERS.items()]
    counted = log.group_by(c.SOURCE).agg(sums)
    rows = (
        pl.DataFrame({c.SOURCE: list(ends)}, schema={c.SOURCE: pl.String})
        .join(counted, on=c.SOURCE, how="left", maintain_order="left")
        .with_columns(pl.col(COUNTERS).fill_null(0))
    )
    rows = rows.select(c.SOURCE, pl.sum_horizontal(COUNTERS).alias(ADDRESSES), *COUNTERS)
    if all(end == _FINISHED for end in ends.values()):
        return rows
    return rows.with_columns(pl.Series("ended", list(ends.values()), dtype=pl.String))


def sum_addresses(by_source: pl.DataFrame) -> dict[str, int]:
    """Return the counters of all sources together."""
    return {name: int(by_source[name].sum()) for name in (ADDRESSES, *COUNTERS)}


def draw_addresses(by_source: pl.DataFrame, *, title: str) -> bytes:
    """Draw a bar for each source, parted by what became of its addresses, as PNG.

    Args:
        by_source: from ``count_addresses``; of more than 30 sources those with most addresses are drawn.
        title: above the picture.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = by_source.sort(ADDRESSES, c.SOURCE, descending=[True, False]).head(_MAX_DRAWN).reverse()
    figure = Figure(figsize=(10, 1.5 + 0.34 * max(shown.height, 1)), dpi=110, layout="constrained")
    axes = figure.subplots()
    left = [0] * shown.height
    for name in COUNTERS:
        counts = shown[name].to_list()
        axes.barh(
            range(shown.height), counts, left=left, color=_COLOURS[name], height=0.7, label=name.replace("_", " ")
        )
        left = [sum(pair) for pair in zip(left, counts, strict=True)]
    for n, row in enumerate(shown.iter_rows(named=True)):
        told = f" {row['new']:,} new of {row[ADDRESSES]:,}"
        axes.text(row[ADDRESSES], n, told, va="center", fontsize=8, fontfamily=FONT)
    axes.set_yticks(range(shown.height), shown[c.SOURCE].to_list(), fontsize=9, fontfamily=FONT)
    axes.set_xlim(0, max([*left, 1]) * 1.15)
    axes.set_xlabel("addresses", fontsize=8)
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    if shown.height:
        figure.legend(loc="outside upper right", ncols=len(COUNTERS), frameon=False, fontsize=8)
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()
