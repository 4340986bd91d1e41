"""What ``evaluation`` publishes: figures of each day's space, kept so that a change shows as a line that bends."""

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.schemas import TableSchema, columns

SPACE_METRICS = TableSchema(
    group="evaluation",
    name="space_metrics",
    grain="One row per model and metric on the day's hold-out.",
    columns=columns(
        (
            "model",
            pl.String,
            "`ours`, `yesterday` (the space as it was configured the day before) or `popular`.",
            False,
        ),
        ("metric", pl.String, "`recall@20`, `ndcg@100`, `catalog_coverage`.", False),
        ("value", pl.Float32, "0 to 1.", False),
        ("low", pl.Float32, "Lower end of the 95 % interval over listeners (bootstrap); null for coverage."),
        ("high", pl.Float32, "Upper end."),
        ("n_listeners", pl.Int32, "Listeners with first listens on the hold-out.", False),
    ),
    key=("model", "metric"),
    partition=c.DATE,
)

TABLES = (SPACE_METRICS,)
