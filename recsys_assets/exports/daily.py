"""What a day's export holds: its Daily Mixes, the newest Discover Weekly and the newest Release Radar of the next morning.

Reading only; files are ``bundle``.
"""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from recsys_assets.cold_start.tables import SUBMISSION_VERDICTS, verdicts_known
from recsys_assets.core.lake import Lake, TableVersion
from recsys_assets.core.windows import midnight
from recsys_assets.exports.bundle import ROW_DTYPES, ExportSummary, export_mixes
from recsys_assets.exports.entries import Catalogue
from recsys_assets.mixes.fridays import claimed_names, submitted_tracks
from recsys_assets.mixes.release_radar_days import with_submitted
from recsys_assets.mixes.tables import DAILY_MIX, DISCOVER_WEEKLY, RELEASE_RADAR
from recsys_assets.raw.tables import RAW_ALBUMS, RAW_ARTISTS, RAW_TRACKS


def export_day(lake: Lake, out: Path, day: date) -> ExportSummary:
    """Write the folder of ``day``.

    Args:
        lake: where the mixes are.
        out: the exports' folder.
        day: whose Daily Mixes; they are for the day after, and so is what is delivered on it.
    """
    daily, weekly, radar = (lake.open(table) for table in (DAILY_MIX, DISCOVER_WEEKLY, RELEASE_RADAR))
    newest = (_delivered(mix, by=day + timedelta(days=1)) for mix in (weekly, radar))
    rows = pl.concat([_dated(mix) for mix in (daily.only([day]), *newest)])
    tracks, artists, albums = (lake.open(table) for table in (RAW_TRACKS, RAW_ARTISTS, RAW_ALBUMS))
    # Release Radar may hold what was submitted and the catalogue does not know yet.
    submitted = submitted_tracks(verdicts_known(lake.open(SUBMISSION_VERDICTS), midnight(day + timedelta(days=1))))
    catalogue = Catalogue(
        tracks=with_submitted(tracks.latest(day).read(), submitted),
        artists=pl.concat([artists.latest(day).read(), claimed_names(submitted)], how="diagonal"),
        albums=albums.latest(day).read(),
    )
    versions = {table.schema.full_name: table.version for table in (daily, weekly, radar, tracks, artists, albums)}
    return export_mixes(rows, catalogue, out, day=day, input_versions=versions)


def _dated(mix: TableVersion) -> pl.LazyFrame:
    return mix.scan().rename({str(mix.schema.partition): "delivered_on"}).select(*ROW_DTYPES)


def _delivered(mix: TableVersion, *, by: date) -> TableVersion:
    """Keep the newest delivery that is not after a day."""
    return mix.only([day for day in mix.partitions if isinstance(day, date) and day <= by][-1:])
