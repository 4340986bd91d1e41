"""Assets of ``play_matrix``: evidence of the trailing window to confidence."""

import dagster as dg
import polars as pl

from recsys_assets.core.lake import TableVersion
from recsys_assets.defs.lake_assets import lake_asset, per_day
from recsys_assets.defs.partitions import DAILY, trailing_days
from recsys_assets.defs.resources import HomeResource, SqlResource
from recsys_assets.play_matrix.confidence import Evidence, weigh_evidence
from recsys_assets.play_matrix.params import WINDOW_DAYS
from recsys_assets.play_matrix.tables import PLAY_CONFIDENCE


@lake_asset(
    PLAY_CONFIDENCE,
    partitions=DAILY,
    kinds={"duckdb"},
    ins={"track_signals": dg.AssetIn(partition_mapping=trailing_days(WINDOW_DAYS))},
)
def play_confidence(
    context: dg.AssetExecutionContext,
    home: HomeResource,
    sql: SqlResource,
    track_signals: TableVersion,
    raw_play_counts: TableVersion,
    raw_tracks: TableVersion,
) -> pl.DataFrame:
    """Weigh what is known at the end of the day."""
    confidence = home.settings.confidence
    return per_day(
        context,
        PLAY_CONFIDENCE,
        lambda day: weigh_evidence(
            Evidence(track_signals, raw_play_counts.latest(day), raw_tracks.latest(day)), day, confidence, sql.settings
        ),
    )
