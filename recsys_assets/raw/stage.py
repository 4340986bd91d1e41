"""One landing file to typed Parquet in a working folder, with its refused rows beside it.

The first half of ``ingest``: whatever can be told from a row alone. Staged rows carry their ``lineage`` (file and row
in one number) and two hashes of the whole row, so that the second half compares numbers instead of texts.
"""

import logging
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.errors import DataFaultError
from recsys_assets.raw.contract import MAX_ID_CHARS, Source
from recsys_assets.raw.discover import LandingFile
from recsys_assets.raw.lines import READ_ERRORS
from recsys_assets.raw.parse import RAW_PREFIX, typed_columns
from recsys_assets.raw.read import Portion, portions
from recsys_assets.raw.tables import COLUMN, DETAIL, FILE, RAW_ROW, REJECTED, ROW_NUMBER
from recsys_assets.raw.validate import FAULT, RAW_LINE, raw_row, rules

logger = logging.getLogger(__name__)

LINEAGE = "lineage"
DAY = "staged_day"
HASHES = ("row_hash_a", "row_hash_b")
# 2^40 rows to a file, 2^23 files to a run.
LINEAGE_SHIFT = 40
# Refused rows kept per file: enough to see what is wrong; the counts in landed_* are of all of them.
MAX_KEPT_REJECTIONS = 100_000
_REFUSED = "refused"


@dataclass(frozen=True)
class Staged:
    """What became of one file.

    Attributes:
        file: the file.
        number: its number within the run.
        day: the day it was read for.
        rows: rows found, refused ones included.
        refused: rows refused so far.
        parts: staged Parquet files.
        rejected: the refused rows kept, in the columns of the rejected table without the partition.
        unknown: columns outside of the contract.
        error: why it could not be read; then it has no rows.
    """

    file: LandingFile
    number: int
    day: date
    rows: int = 0
    refused: int = 0
    parts: tuple[Path, ...] = ()
    rejected: pl.DataFrame | None = None
    unknown: frozenset[str] = frozenset()
    error: str | None = None


def stage_file(
    file: LandingFile, source: Source, *, number: int, day: date, now: datetime | None, workdir: Path
) -> Staged:
    """Read one file into ``workdir``; a file that can not be read leaves nothing but its error.

    Args:
        file: what to read.
        source: its contract.
        number: its place within the run, 0 to 2^23.
        day: the day that its rows belong to.
        now: the instant of the run, see ``validate.rules``.
        workdir: an existing folder that the caller removes.
    """
    ways = (False, True) if file.kind == "csv" and not file.packing else (False,)
    error = ""
    for line_by_line in ways:
        try:
            return _stage(file, source, number=number, day=day, now=now, workdir=workdir, line_by_line=line_by_line)
        except DataFaultError as fault:
            error = str(fault)
            break
        # A panic of the Parquet reader is not an Exception: hostile files have caused some.
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, *READ_ERRORS) as fault:
            error = f"{type(fault).__name__}: {fault}"
    for part in workdir.glob(f"{number:07d}-*.parquet"):
        part.unlink()
    logger.warning("%s can not be read: %s", file.name, error)
    return Staged(file, number, day, error=_one_line(error))


def _stage(
    file: LandingFile,
    source: Source,
    *,
    number: int,
    day: date,
    now: datetime | None,
    workdir: Path,
    line_by_line: bool,
) -> Staged:
    rows = refused = 0
    parts: list[Path] = []
    rejected: list[pl.DataFrame] = []
    unknown: frozenset[str] = frozenset()
    for index, portion in enumerate(portions(file, source, line_by_line=line_by_line)):
        part = workdir / f"{number:07d}-{index:05d}.parquet"
        room = MAX_KEPT_REJECTIONS - sum(frame.height for frame in rejected)
        found, bad = _stage_portion(portion, source, file=file, number=number, day=day, now=now, part=part, room=room)
        rows += found
        refused += bad.refused
        parts.append(part)
        rejected.append(bad.kept)
        unknown |= portion.unknown
    kept = pl.concat(rejected) if rejected else None
    return Staged(file, number, day, rows, refused, tuple(parts), kept, unknown)


@dataclass(frozen=True)
class _Refused:
    refused: int
    kept: pl.DataFrame


def _stage_portion(
    portion: Portion,
    source: Source,
    *,
    file: LandingFile,
    number: int,
    day: date,
    now: datetime | None,
    part: Path,
    room: int,
) -> tuple[int, _Refused]:
    checks = rules(source, portion.dtypes, day=day, now=now)
    names = [field.name for field in source.fields]
    judged = portion.frame.with_columns(typed_columns(source, portion.dtypes)).with_columns(
        pl.any_horizontal(check.holds.fill_null(value=False) for check in checks).alias(_REFUSED)
    )
    accepted = judged.filter(~pl.col(_REFUSED)).select(
        *names,
        (pl.col(ROW_NUMBER) + (number << LINEAGE_SHIFT)).alias(LINEAGE),
        pl.lit(day).alias(DAY),
        pl.struct(names).hash(seed=1).alias(HASHES[0]),
        pl.struct(names).hash(seed=2).alias(HASHES[1]),
    )
    reason = pl.coalesce(pl.when(check.holds).then(pl.lit(check.reason.value)) for check in checks)
    column = pl.coalesce(pl.when(check.holds).then(pl.lit(check.column or "")) for check in checks)
    detail = pl.coalesce(pl.when(check.holds).then(check.detail) for check in checks)
    raw_columns = [(f"{RAW_PREFIX}{name}", name) for name in names if name in portion.dtypes]
    shown = raw_row(raw_columns, {f"{RAW_PREFIX}{name}": portion.dtypes[name] for _, name in raw_columns})
    if FAULT in portion.dtypes:
        shown = pl.coalesce(pl.col(RAW_LINE), shown)
    kept = (
        judged.filter(pl.col(_REFUSED))
        .head(room)
        .select(
            pl.lit(file.name).alias(FILE),
            ROW_NUMBER,
            reason.alias(c.REASON),
            pl.when(column != "").then(column).alias(COLUMN),
            detail.alias(DETAIL),
            shown.alias(RAW_ROW),
            *([_listener(source.personal)] if source.personal else []),
        )
    )
    counts = judged.select(pl.len().alias("rows"), pl.col(_REFUSED).sum().alias(_REFUSED))
    _, count, refused = pl.collect_all([accepted.sink_parquet(part, lazy=True), counts, kept], engine="streaming")
    table = REJECTED[source.name].dtypes
    refused = refused.select(pl.col(name).cast(dtype) for name, dtype in table.items() if name != source.partition)
    rows, bad = count.row(0)
    return int(rows), _Refused(int(bad), refused)


def _listener(column: str) -> pl.Expr:
    # An id that is itself hostile is not worth keeping: nobody is called so.
    return pl.when(pl.col(column).str.len_bytes() <= 4 * MAX_ID_CHARS).then(pl.col(column)).alias(column)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:500]
