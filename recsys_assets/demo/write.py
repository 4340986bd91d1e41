"""A world as files: the landing zone, and apart from it the planted truth.

Layout: catalogue as one snapshot that arrived on the first day (future releases are in it; ``released_on`` tells),
playlists as a snapshot on the first day and each week after, plays and feedback by UTC day. Every file is written
under a name that readers pass over and then renamed, so that a sensor never sees half of one.
"""

import logging
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.files import written_aside
from recsys_assets.demo.world import World, playlists_on

logger = logging.getLogger(__name__)

SNAPSHOT_DAYS = 7
FILE_NAME = "part.parquet"


def write_world(world: World, landing: Path, truth: Path) -> dict[str, int]:
    """Write a world into a landing zone and its truth into a folder of its own.

    Files of an earlier world with the same days are replaced; nothing else in ``landing`` is touched.

    Args:
        world: of ``generate_world``.
        landing: folder, made if it is not there.
        truth: folder, made if it is not there; only ``evaluation`` reads it.

    Returns:
        Rows by table (playlists as they stand at the end), ``days`` and ``files``.
    """
    files = 0
    for name in ("artists", "albums", "tracks"):
        files += _write(getattr(world, name), _dated(landing, name, world.start))
    for day in (world.start + timedelta(days=n) for n in range(0, world.days, SNAPSHOT_DAYS)):
        playlists, entries = playlists_on(world, day)
        files += _write(playlists, _dated(landing, "playlists", day))
        files += _write(entries, _dated(landing, "playlist_tracks", day))
    for name, column in (("plays", c.PLAYED_AT), ("feedback", c.AT)):
        frame = getattr(world, name)
        instants = frame[column]
        midnights = pl.Series([_midnight(world.start, n) for n in range(world.days + 1)], dtype=instants.dtype)
        bounds = instants.search_sorted(midnights).to_list()
        for n, (low, high) in enumerate(pairwise(bounds)):
            files += _write(frame.slice(low, high - low), _dated(landing, name, world.start + timedelta(days=n)))
    for name, frame in world.truth.tables().items():
        files += _write(frame, truth / f"{name}.parquet")
    tables = ("artists", "albums", "tracks", "plays", "feedback", "playlists", "playlist_tracks")
    summary = {name: getattr(world, name).height for name in tables}
    logger.info("demo world of %d days: %d plays in %d files", world.days, summary["plays"], files)
    return {**summary, "days": world.days, "files": files}


def _midnight(start: date, days: int) -> datetime:
    return datetime(start.year, start.month, start.day, tzinfo=UTC) + timedelta(days=days)


def _dated(landing: Path, table: str, day: date) -> Path:
    return landing / table / f"{c.DATE}={day.isoformat()}" / FILE_NAME


def _write(frame: pl.DataFrame, path: Path) -> int:
    # Neither globs nor sensors take a file that is being written for data.
    with written_aside(path) as fresh:
        frame.write_parquet(fresh)
    return 1
