"""What crawls remember: pages and their validators, addresses that wait, texts that were seen, articles not yet landed.

One SQLite file for all sources, so that a text is recognised whoever printed it first. What becomes of a page is one
transaction with the article it gave: a crawl that is killed loses nothing and repeats nothing.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scrapers.items import instant_text
from scrapers.near_duplicates import MIN_SIMILARITY, bands, similarity

_BUSY_SECONDS = 30.0
_SCHEMA = """
create table if not exists pages (
    source text not null, url text not null, outcome text not null, asked_at text not null,
    etag text, last_modified text, failures integer not null default 0, primary key (source, url)
) without rowid;
create table if not exists waiting (
    number integer primary key autoincrement, source text not null, url text not null, depth integer not null,
    not_before text not null default '', unique (source, url)
);
create table if not exists texts (
    number integer primary key, sha256 text not null unique, url text not null, signature blob not null
);
create table if not exists bands (
    band integer not null, key blob not null, text integer not null, primary key (band, key, text)
) without rowid;
create table if not exists outbox (
    number integer primary key autoincrement, source text not null, day text not null, row text not null
);
pragma user_version = 1;
"""


@dataclass(frozen=True)
class KnownPage:
    """What the last crawl that asked for a page left. ``asked_at`` is ISO 8601, UTC; ``failures`` in a row."""

    outcome: str
    asked_at: str
    etag: str | None
    last_modified: str | None
    failures: int

    @property
    def validators(self) -> Mapping[str, str]:
        """The headers of a conditional request."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in headers.items() if value}


@dataclass(frozen=True)
class Waiting:
    """An address that was found and not yet asked for."""

    url: str
    depth: int


class State:
    """The memory of one source's crawls, and of all sources' texts."""

    def __init__(self, path: Path, source: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._source = source
        self._db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Do what is inside as one transaction."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def page(self, url: str) -> KnownPage | None:
        """Return what is known of a page, None if it was never asked for."""
        found = self._db.execute(
            "select outcome, asked_at, etag, last_modified, failures from pages where source = ? and url = ?",
            (self._source, url),
        ).fetchone()
        return KnownPage(*found) if found else None

    def decide(
        self, url: str, outcome: str, at: datetime, *, etag: str | None = None, last_modified: str | None = None
    ) -> None:
        """Keep what became of a page, which no longer waits."""
        self._db.execute(
            "insert or replace into pages values (?, ?, ?, ?, ?, ?, 0)",
            (self._source, url, outcome, instant_text(at), etag, last_modified),
        )
        self._db.execute("delete from waiting where source = ? and url = ?", (self._source, url))

    def still_valid(self, url: str, at: datetime) -> None:
        """Keep that a page was asked for again and has not changed."""
        self._db.execute(
            "update pages set asked_at = ?, failures = 0 where source = ? and url = ?",
            (instant_text(at), self._source, url),
        )
        self._db.execute("delete from waiting where source = ? and url = ?", (self._source, url))

    def fail(self, url: str, at: datetime) -> int:
        """Keep that a page could not be had, which leaves its validators; return how many times in a row."""
        self._db.execute(
            "insert into pages values (?, ?, 'error', ?, null, null, 1) on conflict do update set"
            " failures = failures + 1, asked_at = excluded.asked_at",
            (self._source, url, instant_text(at)),
        )
        known = self.page(url)
        return known.failures if known else 0

    def wait(self, url: str, depth: int = 0, not_before: datetime | None = None) -> None:
        """Keep an address for later; ``not_before``: it is dated after the crawl's clock."""
        self._db.execute(
            "insert into waiting (source, url, depth, not_before) values (?, ?, ?, ?)"
            " on conflict do update set not_before = excluded.not_before, depth = min(depth, excluded.depth)",
            (self._source, url, depth, instant_text(not_before) if not_before else ""),
        )

    def put_off(self, url: str, until: datetime) -> None:
        """Let an address that waits wait until then."""
        self._db.execute(
            "update waiting set not_before = ? where source = ? and url = ?", (instant_text(until), self._source, url)
        )

    def forget_waiting(self, url: str) -> None:
        """Give an address up."""
        self._db.execute("delete from waiting where source = ? and url = ?", (self._source, url))

    def waiting(self, now: datetime, limit: int) -> list[Waiting]:
        """Return addresses that wait and whose time has come, those found first at the front."""
        rows = self._db.execute(
            "select url, depth from waiting where source = ? and not_before <= ? order by number limit ?",
            (self._source, instant_text(now), limit),
        )
        return [Waiting(*row) for row in rows]

    def same_text(self, sha256: str) -> str | None:
        """Return the address under which a text was first taken."""
        found = self._db.execute("select url from texts where sha256 = ?", (sha256,)).fetchone()
        return found[0] if found else None

    def similar_text(self, of: bytes, url: str) -> str | None:
        """Return the address of a text that is nearly the same and stands elsewhere; an article that was edited is not one."""
        seen: set[int] = set()
        for band, key in bands(of):
            rows = self._db.execute(
                "select number, url, signature from texts join bands on text = number where band = ? and key = ?",
                (band, key),
            )
            for number, other, signature in rows:
                if number not in seen and other != url and similarity(of, signature) >= MIN_SIMILARITY:
                    return other
                seen.add(number)
        return None

    def take(self, row: Mapping[str, object], day: str, sha256: str, signature: bytes) -> None:
        """Keep an article until it has landed, and its text for ever."""
        self._db.execute(
            "insert into outbox (source, day, row) values (?, ?, ?)",
            (self._source, day, json.dumps(row, ensure_ascii=False)),
        )
        number = self._db.execute(
            "insert into texts (sha256, url, signature) values (?, ?, ?)", (sha256, row["url"], signature)
        ).lastrowid
        self._db.executemany(
            "insert into bands values (?, ?, ?)", [(band, key, number) for band, key in bands(signature)]
        )

    def outbox(self) -> list[tuple[int, str, str]]:
        """Return number, day and row (JSON) of the articles that have not landed, oldest first."""
        return self._db.execute(
            "select number, day, row from outbox where source = ? order by number", (self._source,)
        ).fetchall()

    def landed(self, up_to: int) -> None:
        """Forget the articles up to a number: their file is in place."""
        self._db.execute("delete from outbox where source = ? and number <= ?", (self._source, up_to))

    def forget(self, articles: Iterable[str]) -> None:
        """Forget the source and the texts that it printed first: at its pages' addresses and at those of ``articles``."""
        with self.together():
            self._db.execute("create temp table forgotten (url text primary key)")
            self._db.executemany("insert or ignore into forgotten values (?)", [(url,) for url in articles])
            self._db.execute("insert or ignore into forgotten select url from pages where source = ?", (self._source,))
            self._db.execute("delete from texts where url in (select url from forgotten)")
            self._db.execute("delete from bands where text not in (select number from texts)")
            for table in ("pages", "waiting", "outbox"):
                self._db.execute(f"delete from {table} where source = ?", (self._source,))
            self._db.execute("drop table forgotten")
