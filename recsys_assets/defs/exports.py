"""Assets of ``exports``: a day's mixes as files for other programs, and again once the Friday's delivery is there."""

from datetime import timedelta

import dagster as dg

from recsys_assets.defs.failures import TRANSIENT_RETRIES, told_to_dagster
from recsys_assets.defs.lake_assets import OWNERS
from recsys_assets.defs.partitions import CADENCE, DAILY, WEEKLY_FRIDAY, partition_days
from recsys_assets.defs.resources import HomeResource
from recsys_assets.exports.bundle import ExportSummary
from recsys_assets.exports.daily import export_day


@dg.asset(
    group_name="exports",
    partitions_def=DAILY,
    backfill_policy=dg.BackfillPolicy.single_run(),
    owners=OWNERS,
    kinds={"jspf", "m3u8", "parquet"},
    tags={CADENCE: "daily"},
    deps=["daily_mix", "raw_tracks", "raw_artists", "raw_albums"],
    retry_policy=TRANSIENT_RETRIES,
    description="One folder per day: a JSPF and an M3U8 per listener and mix, all rows as Parquet, and a manifest. "
    "The day's Daily Mixes, and the newest Discover Weekly and Release Radar delivered by then.",
)
@told_to_dagster
def mix_exports(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult:
    """Write the folders."""
    return _exported([export_day(home.lake, home.home.exports, day) for day in partition_days(context)])


@dg.asset(
    group_name="exports",
    partitions_def=WEEKLY_FRIDAY,
    backfill_policy=dg.BackfillPolicy.single_run(),
    owners=OWNERS,
    kinds={"jspf", "m3u8", "parquet"},
    tags={CADENCE: "friday"},
    deps=["release_radar"],
    retry_policy=TRANSIENT_RETRIES,
    description="One folder per Friday: that of the Thursday before it, written again with the Friday's Release Radar.",
)
@told_to_dagster
def release_radar_exports(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult:
    """Write Thursdays' folders again: what they hold is for the day after."""
    thursdays = [friday - timedelta(days=1) for friday in partition_days(context)]
    return _exported([export_day(home.lake, home.home.exports, day) for day in thursdays])


def _exported(summaries: list[ExportSummary]) -> dg.MaterializeResult:
    last = summaries[-1]
    return dg.MaterializeResult(
        metadata={
            "folder": dg.MetadataValue.path(str(last.folder)),
            "listeners": last.listeners,
            "playlists": last.playlists,
            "dagster/row_count": sum(summary.rows for summary in summaries),
            "bytes": sum(summary.size_bytes for summary in summaries),
            "manifest sha256": last.sha256,
        }
    )
