"""One crawl of a list of sources: a process for each, several at once, their log lines as they come, and a day's rows.

Belongs here: processes and log files. The crawler is a program of its own (``scrapers``), which the platform starts and never
imports; what its log says of sources is judged in ``gates``.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.errors import InvalidArgumentError, MissingInputError
from recsys_assets.corpus.tables import CRAWL_LOG

# How often the logs are looked at.
_POLL_SECONDS = 0.2
_WRONG_ARGUMENTS = 2
CRAWL_FAILED = "crawl_failed"
_SUMMED = ("requests", "articles", "not_modified", "duplicates", "skipped", "refused", "errors")
Lines = list[dict[str, Any]]
Tell = Callable[[str, Lines], None]


@dataclass(frozen=True)
class SourceCrawl:
    """What became of one source: the crawler's exit code, its counters (empty where it died), its last words."""

    source: str
    code: int
    counters: Mapping[str, Any] = field(default_factory=dict)
    last_words: str = ""

    @property
    def row(self) -> dict[str, Any]:
        """The counters as a row for people: pages asked for, articles, duplicates, refused, errors, how it ended."""
        outcomes = self.counters.get("outcomes", {})
        return {
            c.SOURCE: self.source,
            "requests": self.counters.get("requests", 0),
            "articles": outcomes.get("article", 0),
            "not_modified": outcomes.get("not_modified", 0),
            "duplicates": outcomes.get("duplicate", 0) + outcomes.get("near_duplicate", 0),
            "skipped": outcomes.get("skipped", 0),
            "no_articles": outcomes.get("not_an_article", 0),
            "refused": outcomes.get("refused", 0),
            "errors": outcomes.get("error", 0),
            "seconds": float(self.counters.get("seconds", 0.0)),
            "ended": self.counters.get("ended") or f"{CRAWL_FAILED}: {self.last_words}",
        }


def list_sources(path: Path) -> dict[str, str]:
    """Return the sources of a list, name to site, in its order.

    Raises:
        MissingInputError: there is no such file.
        InvalidArgumentError: it holds no list; the crawler judges the rest.
    """
    import yaml

    try:
        parsed = yaml.safe_load(path.read_text(encoding="utf-8"))
        return {str(entry["name"]): str(entry["site"]) for entry in parsed["sources"]}
    except FileNotFoundError as error:
        raise MissingInputError(f"{path} is not there: docs/crawling.md shows a list of sources") from error
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise InvalidArgumentError(
            f"{path} is no list of sources ({reason}): expected `sources:`, each with name and site"
        ) from error


def crawl_sources(
    listed: Path,
    *,
    now: datetime,
    landing: Path,
    state: Path,
    only: Sequence[str] = (),
    at_once: int = 4,
    tell: Tell = lambda _source, _lines: None,
) -> list[SourceCrawl]:
    """Crawl the sources of a list; one that fails leaves the others alone.

    Args:
        listed: the list, YAML.
        now: the crawl's clock, UTC.
        landing: the landing zone.
        state: where crawls remember and log.
        only: names of sources; all where empty.
        at_once: most processes at a time.
        tell: told the lines of a source's log as they come.

    Returns:
        One for each source, in the list's order.

    Raises:
        MissingInputError: there is no list.
        InvalidArgumentError: the list has faults, or lacks a source of ``only``.
    """
    sites = list_sources(listed)
    if unknown := sorted(set(only) - set(sites)):
        raise InvalidArgumentError(f"{listed} has no source {', '.join(unknown)}: expected {', '.join(sites)}")
    names = [name for name in sites if not only or name in only]
    waiting, running, done = list(names), [], {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(_Running(waiting.pop(0), listed, now=now, landing=landing, state=state))
            time.sleep(_POLL_SECONDS)
            for crawl in list(running):
                is_over = crawl.process.poll() is not None
                if lines := list(crawl.new_lines()):
                    tell(crawl.source, lines)
                if is_over:
                    running.remove(crawl)
                    done[crawl.source] = crawl.ended(sites[crawl.source])
    finally:
        # An interrupted run leaves nobody who goes on asking.
        for crawl in running:
            crawl.kill()
    return [done[name] for name in names]


class _Running:
    """A crawler's process, and how far its log was read."""

    def __init__(self, source: str, listed: Path, *, now: datetime, landing: Path, state: Path) -> None:
        self.source, self._now = source, now
        self._log = log_file(state, source, now)
        self._read = self._log.stat().st_size if self._log.exists() else 0
        # Files and not pipes: nobody reads while it runs, and a pipe that is full would stop it.
        self._out: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it has ended
        self._err: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        command = [sys.executable, "-m", "scrapers.run", "--sources", str(listed), "--source", source]
        command += ["--landing", str(landing), "--state", str(state), "--now", now.isoformat()]
        self.process = subprocess.Popen(command, stdout=self._out, stderr=self._err)  # noqa: S603 - our own module

    def new_lines(self) -> Iterator[dict[str, Any]]:
        """Yield the lines that were written since the last call; half of one waits."""
        if not self._log.exists():
            return
        with self._log.open("rb") as stream:
            stream.seek(self._read)
            fresh = stream.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._read += len(whole)
        yield from _parsed(whole.decode("utf-8", errors="replace"))

    def ended(self, site: str) -> SourceCrawl:
        """Say how it ended; a crawler that died has a line of its own in the log, for those who look at nothing else.

        Raises:
            InvalidArgumentError: the list of sources has faults.
        """
        code, said, words = self.process.returncode, _text(self._out), _text(self._err).strip().splitlines()
        if code == _WRONG_ARGUMENTS:
            raise InvalidArgumentError("\n".join(words))
        if code == 0:
            return SourceCrawl(self.source, 0, json.loads(said.splitlines()[-1]))
        line = {
            "url": site,
            "source": self.source,
            "at": self._now.isoformat(),
            "outcome": "error",
            "reason": CRAWL_FAILED,
        }
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("a", encoding="utf-8") as stream:
            stream.write(f"\n{json.dumps(line)}\n")
        return SourceCrawl(self.source, code, last_words=words[-1] if words else f"exit code {code}")

    def kill(self) -> None:
        """End it and wait for its end."""
        self.process.kill()
        self.process.wait()
        self._out.close()
        self._err.close()


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    text = stream.read().decode("utf-8", errors="replace")
    stream.close()
    return text


def log_file(state: Path, source: str, now: datetime) -> Path:
    """Return where the crawler logs a crawl."""
    return state / "crawl" / source / f"log-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.jsonl"


def read_log(state: Path, day: date) -> pl.DataFrame:
    """Return what all crawls of a day logged: rows of ``corpus.crawl_log``, by source and instant."""
    rows: Lines = []
    for path in sorted((state / "crawl").glob(f"*/log-{day:%Y%m%d}T*.jsonl")):
        rows += _parsed(path.read_text(encoding="utf-8", errors="replace"))
    named = [
        {
            c.SOURCE: row.get("source"), "url": row.get("url"), c.AT: _instant(row.get("at")), "outcome": row.get("outcome"),
            c.REASON: row.get("reason"), "status": row.get("status"), "n_bytes": row.get("bytes"), "seconds": row.get("seconds"),
            c.ARRIVED_ON: day,
        }
        for row in rows
    ]  # fmt: skip
    frame = pl.DataFrame(named, schema=dict(CRAWL_LOG.dtypes), orient="row")
    return frame.drop_nulls([c.SOURCE, "url", c.AT, "outcome"]).sort(c.SOURCE, c.AT, "url", maintain_order=True)


def _parsed(text: str) -> Iterator[dict[str, Any]]:
    """Yield the lines that are JSON objects: the last of a crawl that was killed may be half of one."""
    for line in text.splitlines():
        try:
            parsed = json.loads(line)
        except ValueError:
            continue
        if isinstance(parsed, dict):
            yield parsed


def _instant(text: object) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if isinstance(text, str) else None


def count_crawls(crawls: Sequence[SourceCrawl]) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return the counters by source, and the sums of those that are counts."""
    by_source = pl.DataFrame([crawl.row for crawl in crawls])
    return by_source, {name: int(by_source[name].sum()) for name in _SUMMED}


def line_for_people(line: Mapping[str, Any]) -> str:
    """Write a line of the log in few words."""
    reason = f" ({line['reason']})" if line.get("reason") else ""
    return f"{line.get('outcome')}{reason} {line.get('url')}"


def instant_of(setting: str | None, real: datetime) -> datetime:
    """Return the crawl's clock, UTC, in whole seconds: what was set, or the real time.

    Raises:
        InvalidArgumentError: it is no instant.
    """
    if setting is None:
        return real.astimezone(UTC).replace(microsecond=0)
    try:
        instant = datetime.fromisoformat(setting)
    except ValueError as error:
        raise InvalidArgumentError(f"now: {setting!r} is no instant: expected 2026-01-05T12:00:00Z") from error
    return (instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)).replace(microsecond=0)
