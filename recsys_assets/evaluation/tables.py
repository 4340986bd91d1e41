"""What ``evaluation`` publishes: figures of spaces and mixes, kept so that a change shows as a line that bends."""

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.schemas import Column, TableSchema, columns

_POPULAR = "`popular` (the popular list under the rules of the mix) or `popular_no_rules`"
_INTERVAL = "of the 95 % interval over listeners (bootstrap)"
FIGURE_COLUMNS: tuple[Column, ...] = columns(
    ("value", pl.Float32, "Mean over listeners, or of the lists taken together; 0 to 1, novelty in bits.", False),
    ("low", pl.Float32, f"Lower end {_INTERVAL}; null for figures of the lists taken together."),
    ("high", pl.Float32, "Upper end."),
    (
        "difference_low",
        pl.Float32,
        f"Ours minus this model, listener by listener: lower end {_INTERVAL}; null where `low` is, and for ours.",
    ),
    ("difference_high", pl.Float32, "Upper end."),
    ("n_listeners", pl.Int32, "Listeners judged: those who heard something for the first time.", False),
)

SPACE_METRICS = TableSchema(
    group="evaluation",
    name="space_metrics",
    grain="One row per model and metric on the day's first listens.",
    columns=(
        *columns(
            (
                "model",
                pl.String,
                "`ours` (the space published the day before), `yesterday` (the one before that) or `popular`.",
                False,
            ),
            ("metric", pl.String, "`recall@20`, `ndcg@100`, `catalog_coverage`.", False),
        ),
        *FIGURE_COLUMNS,
    ),
    key=("model", "metric"),
    partition=c.DATE,
)

MIX_METRICS = TableSchema(
    group="evaluation",
    name="mix_metrics",
    grain="One row per model and metric on the first listens of the week before the Monday.",
    columns=(
        *columns(
            ("delivered_on", pl.Date, "The Monday on which the mix judged here was delivered: the one before.", False),
            (
                "model",
                pl.String,
                f"`ours` (the mix as delivered), `candidates` (as they were ranked), `space` (its own list), {_POPULAR}.",
                False,
            ),
            ("metric", pl.String, "`recall@30`, `novelty`, `catalog_coverage`, `gini`.", False),
        ),
        *FIGURE_COLUMNS,
    ),
    key=("model", "metric"),
    partition=c.WEEK,
)

TABLES = (SPACE_METRICS, MIX_METRICS)
