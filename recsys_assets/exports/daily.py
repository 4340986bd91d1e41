"""What a day's export holds: its Daily Mixes and the newest Discover Weekly delivered by the next morning.

Reading only; files are ``bundle``.
"""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from recsys_assets.core.lake import Lake
from recsys_assets.exports.bundle import ROW_DTYPES, ExportSummary, export_mixes
from recsys_assets.exports.entries import Catalogue
from recsys_assets.mixes.tables import DAILY_MIX, DISCOVER_WEEKLY
from recsys_assets.raw.tables import RAW_ALBUMS, RAW_ARTISTS, RAW_TRACKS


def export_day(lake: Lake, out: Path, day: date) -> ExportSummary:
    """Write the folder of ``day``.

    Args:
        lake: where the mixes are.
        out: the exports' folder.
        day: whose Daily Mixes; they are for the day after, and so is a Discover Weekly delivered on it.
    """
    daily, weekly = lake.open(DAILY_MIX), lake.open(DISCOVER_WEEKLY)
    delivered = [week for week in weekly.partitions if week <= day + timedelta(days=1)]
    rows = pl.concat(
        [
            daily.only([day]).scan().select(*ROW_DTYPES),
            weekly.only(delivered[-1:]).scan().select(*ROW_DTYPES),
        ]
    )
    tracks, artists, albums = (lake.open(table) for table in (RAW_TRACKS, RAW_ARTISTS, RAW_ALBUMS))
    catalogue = Catalogue(
        tracks=tracks.latest(day).read(), artists=artists.latest(day).read(), albums=albums.latest(day).read()
    )
    versions = {table.schema.full_name: table.version for table in (daily, weekly, tracks, artists, albums)}
    return export_mixes(rows, catalogue, out, day=day, input_versions=versions)
