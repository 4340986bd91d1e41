"""A picture of what each source's words are worth: for looking."""

import io

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.text import display

_MAX_SHOWN = 30
_UP, _DOWN, _UNKNOWN = "#0072B2", "#D55E00", "#999999"


def draw_sources(weights: pl.DataFrame, *, title: str) -> bytes:
    """Draw a bar for each source from 1, by weight, with its score and what it was judged on, as PNG.

    Args:
        weights: rows of ``corpus.source_weights`` of one week; of more than 30 sources those with most articles are drawn.
        title: above the picture.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = weights.sort("n_articles", "site", descending=[True, False]).head(_MAX_SHOWN).sort("weight", "site")
    figure = Figure(figsize=(9, 1.4 + 0.32 * max(shown.height, 1)), dpi=110, layout="constrained")
    axes = figure.subplots()
    for n, row in enumerate(shown.iter_rows(named=True)):
        colour = _UNKNOWN if row[c.SCORE] is None else _UP if row["weight"] >= 1 else _DOWN
        axes.barh(n, row["weight"] - 1, left=1, color=colour, height=0.7)
        told = (
            "too little to tell" if row[c.SCORE] is None else f"score {row[c.SCORE]:+.2f} on {row['n_judged']:,} pairs"
        )
        axes.text(2.06, n, f"{row['n_articles']:,} articles, {told}", va="center", fontsize=7.5)
    # A dollar sign would begin a formula.
    names = [display(site, max_length=30).replace("$", r"\$") for site in shown["site"]]
    axes.set_yticks(range(shown.height), names, fontsize=8)
    axes.set_xlim(0, 2.02)
    axes.axvline(1, color="#555555", lw=0.8)
    axes.set_xlabel("weight: 1 is a source that nothing is known of")
    axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer)
    return buffer.getvalue()
