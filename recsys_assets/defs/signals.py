"""Assets of ``signals``: a day's plays and acts, counted."""

import dagster as dg
import polars as pl

from recsys_assets.core.lake import TableVersion
from recsys_assets.defs.lake_assets import lake_asset
from recsys_assets.defs.partitions import DAILY, partition_days
from recsys_assets.defs.resources import SqlResource
from recsys_assets.signals.daily import count_artist_signals, count_track_signals
from recsys_assets.signals.params import CompletionParams
from recsys_assets.signals.tables import ARTIST_SIGNALS, TRACK_SIGNALS


class CompletionConfig(CompletionParams, dg.Config):
    """What completes a play, as run configuration."""


@lake_asset(TRACK_SIGNALS, partitions=DAILY, kinds={"duckdb"}, about="Counts only; weights are play_matrix's.")
def track_signals(
    context: dg.AssetExecutionContext,
    config: CompletionConfig,
    sql: SqlResource,
    raw_plays: TableVersion,
    raw_feedback: TableVersion,
    raw_tracks: TableVersion,
) -> pl.DataFrame:
    """Count plays, skips and deliberate acts on tracks."""
    days = partition_days(context)
    return count_track_signals(raw_plays, raw_feedback, raw_tracks, config, sql.settings, days=days)


@lake_asset(ARTIST_SIGNALS, partitions=DAILY, kinds={"duckdb"})
def artist_signals(sql: SqlResource, raw_feedback: TableVersion) -> pl.DataFrame:
    """Count deliberate acts on artists."""
    return count_artist_signals(raw_feedback, sql.settings)
