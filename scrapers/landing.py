"""Articles into the landing zone: JSON Lines by the day on which they were fetched, each file whole or not there."""

import os
import secrets
from itertools import groupby
from pathlib import Path

from scrapers.state import State


def publish(state: State, landing: Path, source: str) -> int:
    """Write what waits in the outbox to ``articles/date=<day>/<source>-<n>.jsonl`` and empty it; return how many rows.

    n is the number of the first article in the file: a crawl that was killed between the file and the state writes the
    same file again, which is why nobody else may crawl the source meanwhile (``run``).
    """
    rows = state.outbox()
    for day, of_day in groupby(sorted(rows, key=lambda row: (row[1], row[0])), key=lambda row: row[1]):
        entries = list(of_day)
        write_lines(
            landing / "articles" / f"date={day}" / f"{source}-{entries[0][0]:06d}.jsonl", [row for _, _, row in entries]
        )
    if rows:
        with state.together():
            state.landed(rows[-1][0])
    return len(rows)


def write_lines(path: Path, lines: list[str]) -> None:
    """Write lines beside ``path`` and rename, so that no reader sees half a file; readers pass over names with a dot."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with fresh.open("w", encoding="utf-8") as stream:
            stream.writelines(line + "\n" for line in lines)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
