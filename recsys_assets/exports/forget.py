"""Forgetting a listener: out of every table, every older version, the exports, the warehouse, and never taken in again.

Belongs here: the order of the steps, which is the whole point. How each store gives up a listener is ``core.lake_upkeep``,
``bundle`` and ``core.forgotten``. Models are not retrained: vectors of tracks keep the trace that the
listener's plays left in them, as an average does, until the next anchor is fitted without them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.files import written_aside
from recsys_assets.core.forgotten import Forgotten, forget_id
from recsys_assets.core.home import Home
from recsys_assets.core.lake import Lake
from recsys_assets.core.lake_upkeep import erase, vacuum
from recsys_assets.core.schemas import TableSchema
from recsys_assets.core.warehouse import Warehouse
from recsys_assets.exports.bundle import erase_listener, names_listener
from recsys_assets.exports.map_page import remove_map_page
from recsys_assets.raw.tables import RAW_PLAYLIST_TRACKS, RAW_PLAYLISTS


@dataclass(frozen=True)
class Erasure:
    """What was taken away.

    Attributes:
        rows: full name of each table searched to the rows erased from its newest version, zeros included.
        export_rows: rows of mixes in the exports of all days.
        truth_rows: rows of a demo world's planted truth.
        is_new: whether the listener was not on the list of the forgotten before.
    """

    rows: dict[str, int] = field(default_factory=dict)
    export_rows: int = 0
    truth_rows: int = 0
    is_new: bool = True

    @property
    def total(self) -> int:
        """Rows erased anywhere."""
        return sum(self.rows.values()) + self.export_rows + self.truth_rows


def is_known(home: Home, tables: Sequence[TableSchema], user_id: str) -> bool:
    """Return whether anything names the listener: the list of the forgotten, a table, an export or the planted truth.

    Reads alone. Whoever is on the list stays known, so that a forgetting that was interrupted can be called again.
    """
    if user_id in Forgotten.load(home.forgotten):
        return True
    lake = Lake(home.lake)
    for table in tables:
        if table.personal and lake.exists(table):
            named = lake.open(table).scan().filter(pl.col(table.personal) == user_id).head(1).collect()
            if named.height:
                return True
    return names_listener(home.exports, user_id) or any(
        not _rows_of(user_id, pl.read_parquet(path)).is_empty() for path in _truth_files(home)
    )


def forget_listener(home: Home, tables: Sequence[TableSchema], user_id: str) -> Erasure:
    """Erase a listener everywhere. Calling it again finishes what was interrupted, and erases nothing twice.

    No run should be under way: one that has read the listener already may write it back (call again then), and a reader
    that pinned an older version loses its files.

    Args:
        home: the installation.
        tables: all tables; those with a ``personal`` column are searched.
        user_id: the listener, exactly as the tables spell it.
    """
    lake, warehouse = Lake(home.lake), Warehouse(home.warehouse, Lake(home.lake))
    # First the list: a reading of the landing zone that starts from now on leaves the listener out.
    is_new = forget_id(home.forgotten, user_id)
    personal = [table for table in tables if table.personal and lake.exists(table)]
    entries = _erase_playlist_entries(lake, user_id)
    rows = {table.full_name: erase(lake, table, str(table.personal), user_id) for table in personal}
    rows[RAW_PLAYLIST_TRACKS.full_name] = entries
    searched = [*personal, RAW_PLAYLIST_TRACKS]
    # Views name files: they move to the new versions before the files of the old ones go.
    if home.warehouse.exists():
        warehouse.publish(searched, known=tables)
    for table in searched:
        vacuum(lake, table, retention=timedelta(0))
    # The page shows listeners' own tracks.
    remove_map_page(home.map_page)
    export_rows = erase_listener(home.exports, user_id)
    truth_rows = _erase_truth(home, user_id)
    return Erasure(rows, export_rows, truth_rows, is_new)


def _erase_playlist_entries(lake: Lake, user_id: str) -> int:
    """Erase what is in the listener's playlists; their names go with the other personal tables."""
    owned = lake.open(RAW_PLAYLISTS).scan().filter(pl.col(c.OWNER_ID) == user_id).select(c.PLAYLIST_ID).unique()
    playlist_ids = owned.collect()[c.PLAYLIST_ID].sort()
    return sum(erase(lake, RAW_PLAYLIST_TRACKS, c.PLAYLIST_ID, playlist_id) for playlist_id in playlist_ids)


def _erase_truth(home: Home, user_id: str) -> int:
    """Rewrite the planted truth of a demo world without a made-up listener; real installations have none."""
    erased = 0
    for path in _truth_files(home):
        frame = pl.read_parquet(path)
        gone = _rows_of(user_id, frame)
        if gone.height:
            with written_aside(path) as fresh:
                frame.filter(~_names(user_id, frame)).write_parquet(fresh)
            erased += gone.height
    return erased


def _truth_files(home: Home) -> list[Path]:
    return sorted(home.demo_truth.glob("**/*.parquet"))


def _rows_of(user_id: str, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(_names(user_id, frame))


def _names(user_id: str, frame: pl.DataFrame) -> pl.Expr:
    # ``user_id``, and ``owner_user_id`` of a dishonest scheme.
    names = [name for name in frame.columns if name.endswith(c.USER_ID)]
    return pl.any_horizontal(pl.lit(value=False), *(pl.col(name).eq_missing(user_id) for name in names))
