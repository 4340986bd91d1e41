"""A picture of the figures over the days or weeks: lines that bend when something changed."""

import io
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from recsys_assets.core import columns as c


@dataclass(frozen=True)
class Line:
    """How a model is drawn; ``has_band``: with its interval. Colours are Okabe and Ito's, told apart by the colour-blind."""

    model: str
    label: str
    colour: str
    style: str = "-"
    has_band: bool = False


SPACE_LINES = (
    Line("popular", "popularity", "#999999", has_band=True),
    Line("yesterday", "the space of the day before", "#56B4E9", "--"),
    Line("ours", "ours", "#0072B2", has_band=True),
)
MIX_LINES = (
    Line("popular_no_rules", "popularity, no rules", "#999999", ":"),
    Line("popular", "popularity under the same rules", "#999999", has_band=True),
    Line("space", "the space alone", "#009E73", "--"),
    Line("candidates", "candidates in their order", "#E69F00", "--"),
    Line("ours", "the mix", "#0072B2", has_band=True),
)


def draw_metrics(metrics: pl.DataFrame, *, metric: str, title: str, lines: tuple[Line, ...], by: str = c.DATE) -> bytes:
    """Draw one metric over the days with its interval, a line per model, as PNG.

    Args:
        metrics: rows of a table of metrics with their partition.
        metric: which.
        title: what the figures are of.
        lines: which models, in the order drawn; the last is on top.
        by: the partition column.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), dpi=110, layout="constrained")
    axes = figure.subplots()
    for line in lines:
        rows = metrics.filter(pl.col("model") == line.model, pl.col("metric") == metric).sort(by)
        if rows.is_empty():
            continue
        days, colour = rows[by].to_list(), line.colour
        axes.plot(days, rows["value"], line.style, color=colour, marker="o", markersize=3.5, label=line.label)
        if line.has_band and rows["low"].null_count() == 0:
            low, high = rows["low"].to_numpy(), rows["high"].to_numpy()
            axes.fill_between(days, low, high, color=colour, alpha=0.15, lw=0)
            # A band over one day has no width.
            axes.vlines(days, low, high, color=colour, alpha=0.5, lw=1)
    shown = metrics[by].unique().to_list()
    if len(shown) == 1:
        # Without this the axis of a single day spans years.
        axes.set_xlim(shown[0] - timedelta(days=3), shown[0] + timedelta(days=3))
    locator = AutoDateLocator(minticks=3, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set_ylim(bottom=0)
    axes.set_title(f"{metric} on {title} (band: 95 % over listeners)", fontsize=10, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", lw=0.6)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=9)
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer)
    return buffer.getvalue()
