"""What crawls logged, a line for each address: as rows of a day, and in words for people.

Belongs here: log files and what is harmless of them. Addresses are the sites' own words: no line of a log, a message or a
table has more than one line of what they say, nor anything that commands a terminal.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.versions import TableVersion
from recsys_assets.corpus.tables import CRAWL_LOG

Lines = list[dict[str, Any]]
# Longer than anybody looks for a line that the table lacks.
DAYS_KEPT = 90


def log_file(state: Path, source: str, now: datetime) -> Path:
    """Return where the crawler logs a crawl."""
    return state / "crawl" / source / f"log-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.jsonl"


def logged_days(state: Path) -> list[date]:
    """Return the days of which there are logs, ascending."""
    stamps = {path.name[4:12] for path in (state / "crawl").glob(f"*/log-{'[0-9]' * 8}T{'[0-9]' * 6}Z.jsonl")}
    return [datetime.strptime(stamp, "%Y%m%d").replace(tzinfo=UTC).date() for stamp in sorted(stamps)]


def read_log(state: Path, day: date) -> pl.DataFrame:
    """Return what all crawls of a day logged: rows of ``corpus.crawl_log``, by source and instant."""
    rows: Lines = []
    for path in _logs(state, day):
        began = datetime.strptime(path.stem, "log-%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        lines = parsed_lines(path.read_text(encoding="utf-8", errors="replace"))
        rows += [line | {"crawled_at": began} for line in lines]
    named = [
        {
            c.SOURCE: row.get("source"), "url": _plain(row.get("url")), c.AT: _instant(row.get("at")),
            "outcome": row.get("outcome"), c.REASON: _plain(row.get("reason")), "status": row.get("status"),
            "n_bytes": row.get("bytes"), "seconds": row.get("seconds"), "crawled_at": row["crawled_at"],
            c.ARRIVED_ON: day,
        }
        for row in rows
    ]  # fmt: skip
    frame = pl.DataFrame(named, schema=dict(CRAWL_LOG.dtypes), orient="row")
    return frame.drop_nulls([c.SOURCE, "url", c.AT, "outcome"]).sort(c.SOURCE, c.AT, "url", maintain_order=True)


def read_unpublished(state: Path, published: TableVersion, day: date) -> tuple[pl.DataFrame, list[date]]:
    """Return a day's rows, those of other days of which the table has fewer than their logs, and which days these are.

    A run that fails leaves its log and publishes nothing: the next one, on whatever day, makes up for it.

    Args:
        state: where crawls log.
        published: ``corpus.crawl_log`` as it stands.
        day: the day that was crawled.
    """
    fresh = {day: read_log(state, day)}
    for other in logged_days(state):
        kept = published.only([other]).rows
        # Lines are counted first: a month of 120,000 takes 0.3 s so, and 4 s to read.
        if other != day and _count_lines(state, other) > kept and (rows := read_log(state, other)).height > kept:
            fresh[other] = rows
    return pl.concat(fresh[each] for each in sorted(fresh)), sorted(fresh)


def _logs(state: Path, day: date) -> list[Path]:
    return sorted((state / "crawl").glob(f"*/log-{day:%Y%m%d}T{'[0-9]' * 6}Z.jsonl"))


def _count_lines(state: Path, day: date) -> int:
    """Count lines that are not empty: at least as many as there are rows."""
    return sum(1 for path in _logs(state, day) for line in path.read_bytes().split(b"\n") if line)


def drop_logs(state: Path, now: date) -> list[Path]:
    """Remove the logs of days that are long over, once their rows are in the table; return what is gone.

    Every crawl counts the lines of all logs, to see what no run has published.
    """
    last = now - timedelta(days=DAYS_KEPT)
    gone = [path for day in logged_days(state) if day < last for path in _logs(state, day)]
    for path in gone:
        path.unlink()
    return gone


def parsed_lines(text: str) -> Iterator[dict[str, Any]]:
    """Yield the lines that are JSON objects: the last of a crawl that was killed may be half of one."""
    # Not splitlines: that also parts a line at U+2028 and its like, which JSON takes as they are.
    for line in text.split("\n"):
        try:
            parsed = json.loads(line)
        except ValueError:
            continue
        if isinstance(parsed, dict):
            yield parsed


def _plain(text: object) -> str | None:
    return plain_line(text) if isinstance(text, str) else None


def _instant(text: object) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if isinstance(text, str) else None


def line_for_people(line: Mapping[str, Any]) -> str:
    """Write a line of the log in few words."""
    reason = f" ({line['reason']})" if line.get("reason") else ""
    return plain_line(f"{line.get('outcome')}{reason} {line.get('url')}")


def plain_line(text: str) -> str:
    """Return a text as one line without what commands a terminal or turns the direction of writing."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
