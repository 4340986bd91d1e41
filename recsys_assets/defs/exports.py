"""Assets of ``exports``: a day's mixes as files for other programs, and again once the Friday's delivery is there."""

from datetime import timedelta
from typing import Any

import dagster as dg

from recsys_assets.defs.failures import TRANSIENT_RETRIES, told_to_dagster
from recsys_assets.defs.lake_assets import OWNERS, tell_partitions
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
def mix_exports(context: dg.AssetExecutionContext, home: HomeResource) -> None:
    """Write the folders."""
    days = partition_days(context)
    pages = {str(day): _page(export_day(home.lake, home.home.exports, day)) for day in days}
    tell_partitions(context, "mix_exports", pages)


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
def release_radar_exports(context: dg.AssetExecutionContext, home: HomeResource) -> None:
    """Write Thursdays' folders again: what they hold is for the day after."""
    fridays, day_before = partition_days(context), timedelta(days=1)
    pages = {str(friday): _page(export_day(home.lake, home.home.exports, friday - day_before)) for friday in fridays}
    tell_partitions(context, "release_radar_exports", pages)


def _page(written: ExportSummary) -> dict[str, Any]:
    return {
        "folder": dg.MetadataValue.path(str(written.folder)),
        "listeners": written.listeners,
        "playlists": written.playlists,
        "dagster/row_count": written.rows,
        "bytes": written.size_bytes,
        "manifest sha256": written.sha256,
    }
