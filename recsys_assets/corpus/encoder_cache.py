"""Sentence vectors that were computed before, by the hash of encoder and text.

A cache and nothing else: losing it costs time. One SQLite file, each batch one transaction, so that a kill at any instant leaves
what was committed and several processes may use it. A file that is no database any more is put away and begun anew.
"""

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_TABLE = (
    "create table if not exists vectors (at integer primary key autoincrement, key blob unique, vector blob) strict"
)
_AT_ONCE = 500


@dataclass(frozen=True)
class VectorCache:
    """The file; it and its folder are made by the first write."""

    path: Path

    def read(self, encoder: str, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return what is known of ``texts``."""
        if not self.path.exists():
            return {}
        of_key = {_key(encoder, text): text for text in texts}
        keys = list(of_key)
        found: dict[str, NDArray[np.float32]] = {}
        with self._open() as database:
            for begin in range(0, len(keys), _AT_ONCE):
                some = keys[begin : begin + _AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = database.execute(f"select key, vector from vectors where key in ({marks})", some)
                found |= {of_key[key]: np.frombuffer(vector, dtype="<f4").astype(np.float32) for key, vector in rows}
        return found

    def write(self, encoder: str, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep vectors, in one transaction; a text that another process wrote meanwhile keeps its first."""
        rows = [(_key(encoder, text), vector.astype("<f4").tobytes()) for text, vector in vectors.items()]
        with self._open() as database:
            database.executemany("insert or ignore into vectors (key, vector) values (?, ?)", rows)

    def shrink(self, most: int) -> None:
        """Forget the oldest beyond ``most``; their room in the file is used again."""
        with self._open() as database:
            database.execute(
                "delete from vectors where at <= (select at from vectors order by at desc limit 1 offset ?)", (most,)
            )

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            database = self._connect()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            self.path.replace(self.path.with_suffix(".broken"))
            database = self._connect()
        try:
            with database:
                yield database
        finally:
            database.close()

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=60)
        try:
            database.execute("pragma journal_mode = wal")
            # A loss of power may cost the last batches, never the file.
            database.execute("pragma synchronous = normal")
            database.execute(_TABLE)
        except sqlite3.DatabaseError:
            database.close()
            raise
        return database


def _key(encoder: str, text: str) -> bytes:
    return hashlib.sha256(f"{encoder}\n{text}".encode()).digest()
