"""A picture of the figures over the days: lines that bend when something changed."""

import io

import polars as pl

from recsys_assets.core import columns as c

# Okabe and Ito's colours, told apart by the colour-blind.
_COLOURS = {"ours": "#0072B2", "yesterday": "#56B4E9", "popular": "#999999"}
_LABELS = {"ours": "ours", "yesterday": "as configured the day before", "popular": "popularity"}


def draw_metrics(metrics: pl.DataFrame, *, metric: str) -> bytes:
    """Draw one metric over the days with its interval, a line per model, as PNG.

    Args:
        metrics: rows of ``space_metrics`` with their date.
        metric: which.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), dpi=110, layout="constrained")
    axes = figure.subplots()
    for model in ("popular", "yesterday", "ours"):
        rows = metrics.filter(pl.col("model") == model, pl.col("metric") == metric).sort(c.DATE)
        if rows.is_empty():
            continue
        days, colour = rows[c.DATE].to_list(), _COLOURS[model]
        style = "--" if model == "yesterday" else "-"
        axes.plot(days, rows["value"], style, color=colour, marker="o", markersize=3.5, label=_LABELS[model])
        if model != "yesterday" and rows["low"].null_count() == 0:
            axes.fill_between(days, rows["low"].to_numpy(), rows["high"].to_numpy(), color=colour, alpha=0.15, lw=0)
    locator = AutoDateLocator(minticks=3, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set_ylim(bottom=0)
    axes.set_title(f"{metric} on first listens of the last days (band: 95 % over listeners)", fontsize=10, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", lw=0.6)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=9)
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer)
    return buffer.getvalue()
