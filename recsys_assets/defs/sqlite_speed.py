"""Dagster's SQLite storage without a wait for the disk at every event.

A ranged run of 60 days writes some two thousand events, each in a connection and a transaction of its own. With
SQLite's default each commit waits for the disk, and each close, being the last, folds the write-ahead log back in: 25 of
the 47 seconds of such a run. In WAL mode ``synchronous = normal`` can not corrupt a database; a power cut may lose the
last events of a run, which then has to be made again anyway. What the runs publish (``core.lake``) is not touched by
this.

Dagster 1.13 also makes an engine for each connection, and each engine compiles its statements anew: a quarter of the
processor time of a small run. One engine for each database of the process compiles them once; connections are opened and
closed as before. To go when Dagster keeps its engines.
"""

import sqlite3
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine

# Each run has a database of its own: a server that has shown many of them keeps the newest.
_ENGINES = 64

# One idle connection per database file of this process, so that no close is the last one.
_held_open: dict[str, sqlite3.Connection] = {}


def install() -> None:
    """Apply to every SQLite connection that SQLAlchemy opens in this process; harmless to do twice."""
    if not event.contains(Engine, "connect", _relax):
        event.listen(Engine, "connect", _relax)
    for storage in (sqlite_event_log, sqlite_run_storage):
        storage.create_engine = _engine_of  # pyright: ignore[reportAttributeAccessIssue]


def _engine_of(url: str, *, connect_args: Mapping[str, object] | None = None, **settings: object) -> Engine:
    """Stand for ``sqlalchemy.create_engine`` in Dagster's storages."""
    return _made(url, tuple((connect_args or {}).items()), tuple(settings.items()))


@lru_cache(maxsize=_ENGINES)
def _made(url: str, connect_args: tuple[tuple[str, object], ...], settings: tuple[tuple[str, object], ...]) -> Engine:
    return create_engine(url, connect_args=dict(connect_args), **dict(settings))


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
