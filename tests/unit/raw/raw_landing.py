"""Small landing zones for the tests of ``raw``."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from recsys_assets.raw.ingest import Catalogue, ingest_range, working_folder

DAY = date(2026, 1, 5)
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
PLAY = {"user_id": "u1", "track_id": "t1", "played_at": "2026-01-05T12:00:00Z"}


def drop(landing: Path, name: str, content: bytes | str) -> Path:
    """Write one landing file."""
    path = landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def drop_jsonl(landing: Path, name: str, rows: Sequence[Mapping[str, object]]) -> Path:
    """Write rows as JSON Lines."""
    return drop(landing, name, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def drop_parquet(landing: Path, name: str, frame: pl.DataFrame) -> Path:
    """Write a frame as Parquet."""
    path = landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path)
    return path


def ingest(
    landing: Path,
    source: str = "plays",
    days: Sequence[date] = (DAY,),
    *,
    catalogue: Catalogue | None = None,
    now: datetime | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Ingest and collect: accepted rows (sorted), refused rows, landed files."""
    with working_folder() as workdir:
        result = ingest_range(landing, source, days, workdir=workdir, catalogue=catalogue, now=now)
        rows = result.rows.collect()
    return rows.sort(rows.columns[0], rows.columns[1], maintain_order=True), result.rejected, result.landed


def reasons(rejected: pl.DataFrame) -> list[tuple[str, str | None]]:
    """Reason and column of each refused row, in the order of the file."""
    return rejected.select("reason", "column").rows()
