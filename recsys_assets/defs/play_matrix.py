"""Assets of ``play_matrix``: evidence of the trailing window to confidence."""

import dagster as dg
import polars as pl

from recsys_assets.core.lake import TableVersion
from recsys_assets.defs.lake_assets import lake_asset, per_day
from recsys_assets.defs.partitions import DAILY, trailing_days
from recsys_assets.defs.resources import SqlResource
from recsys_assets.play_matrix.confidence import Evidence, weigh_evidence
from recsys_assets.play_matrix.params import ConfidenceParams
from recsys_assets.play_matrix.tables import PLAY_CONFIDENCE

WINDOW_DAYS = ConfidenceParams().window_days


class ConfidenceConfig(ConfidenceParams, dg.Config):
    """What each kind of evidence weighs, as run configuration."""


@lake_asset(
    PLAY_CONFIDENCE,
    partitions=DAILY,
    kinds={"duckdb"},
    ins={"track_signals": dg.AssetIn(partition_mapping=trailing_days(WINDOW_DAYS))},
)
def play_confidence(
    context: dg.AssetExecutionContext,
    config: ConfidenceConfig,
    sql: SqlResource,
    track_signals: TableVersion,
    raw_play_counts: TableVersion,
    raw_tracks: TableVersion,
) -> pl.DataFrame:
    """Weigh what is known at the end of the day."""
    return per_day(
        context,
        PLAY_CONFIDENCE,
        lambda day: weigh_evidence(
            Evidence(track_signals, raw_play_counts.latest(day), raw_tracks.latest(day)), day, config, sql.settings
        ),
    )
