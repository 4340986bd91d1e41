"""Dagster's SQLite storage without a wait for the disk at every event.

A ranged run of 60 days writes some two thousand events, each in a connection and a transaction of its own. With
SQLite's
default each commit waits for the disk, and each close, being the last, folds the write-ahead log back in: 25 of the 47
seconds of such a run. In WAL mode ``synchronous = normal`` can not corrupt a database; a power cut may lose the
last events of a run, which then has to be made again anyway. What the runs publish (``core.lake``) is not touched by
this.
"""

import sqlite3
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Engine

# One idle connection per database file of this process, so that no close is the last one.
_held_open: dict[str, sqlite3.Connection] = {}


def install() -> None:
    """Apply to every SQLite connection that SQLAlchemy opens in this process; harmless to do twice."""
    if not event.contains(Engine, "connect", _relax):
        event.listen(Engine, "connect", _relax)


def _relax(connection: object, _record: object) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.execute("pragma synchronous = normal")
    path = connection.execute("pragma database_list").fetchone()[2]
    if path and path not in _held_open and Path(path).exists():
        held = sqlite3.connect(path, check_same_thread=False)
        # Without a read it would not have opened the log.
        held.execute("select count(*) from sqlite_master").fetchone()
        _held_open[path] = held
