"""Verdicts on what landed: how much was refused, how much came, how fresh it is, what could not be read.

Pure functions over the ``landed_*`` and ``rejected_*`` frames; ``defs.checks`` reports them.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date

import polars as pl
from pydantic import BaseModel, Field

from recsys_assets.core import columns as c
from recsys_assets.core.gates import GateResult
from recsys_assets.core.lake import TableVersion
from recsys_assets.raw.tables import FILE


class LandingGateParams(BaseModel, frozen=True, extra="forbid"):
    """What is tolerated before somebody should look, and before nothing downstream should run."""

    warn_rejected_share: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Share of refused rows above which the source is worth a look: clean exports stay below 1 %.",
    )
    block_rejected_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Share above which the export itself is broken: most of the truth is missing.",
    )
    history_days: int = Field(
        default=28, ge=7, description="Days before the one judged whose median is the usual volume."
    )
    min_history_days: int = Field(
        default=7, ge=1, description="Days with rows needed before volume is judged: a week has weekdays."
    )
    low_volume: float = Field(
        default=0.5, ge=0, le=1, description="Smallest usual share of the median; a holiday stays above."
    )
    high_volume: float = Field(
        default=3.0, ge=1, description="Largest usual multiple of the median; a file sent twice under new ids is 2."
    )
    max_lag_days: int = Field(
        default=1, ge=0, description="Days by which the newest landed day may trail the expected one."
    )


def rejection_rate(source: str, landed: pl.DataFrame, rejected: pl.DataFrame, params: LandingGateParams) -> GateResult:
    """Judge the share of rows refused, naming the commonest reasons.

    Args:
        source: the table, for the notes.
        landed: rows of ``landed_<source>`` of the days judged.
        rejected: rows of ``rejected_<source>`` of the same days, for the reasons.
        params: over ``warn_rejected_share`` it fails, over ``block_rejected_share`` it blocks.
    """
    rows, refused = int(landed["rows"].sum()), int(landed["rejected"].sum())
    share = refused / rows if rows else 0.0
    counts = rejected.group_by(c.REASON).len("count").sort(["count", c.REASON], descending=[True, False]).head(5)
    reasons = {str(reason): int(count) for reason, count in counts.iter_rows()}
    listed = ", ".join(f"{reason} {count:,}" for reason, count in reasons.items())
    return GateResult(
        name="rejection_rate",
        passed=share <= params.warn_rejected_share,
        observed=round(share, 4),
        threshold=params.warn_rejected_share,
        blocking=share > params.block_rejected_share,
        notes=f"{refused:,} of {rows:,} rows of {source} were refused"
        + (f" ({listed}): see raw.rejected_{source} and correct the export" if refused else ""),
        details=dict(reasons),
    )


def unreadable_files(source: str, landed: pl.DataFrame) -> GateResult:
    """Judge whether every file could be read; one that could not is named with its error.

    It never blocks: the day's other files were taken.
    """
    broken = landed.filter(pl.col("error").is_not_null()).sort(FILE)
    shown = "; ".join(f"{name} ({error})" for name, error in broken.select(FILE, "error").head(5).iter_rows())
    more = f" and {broken.height - 5} more" if broken.height > 5 else ""
    notes = f"{broken.height} of {landed.height} files of {source} could not be read"
    return GateResult(
        name="unreadable_files",
        passed=broken.is_empty(),
        observed=broken.height,
        threshold=0,
        blocking=False,
        notes=notes + (f": {shown}{more}. Drop them again whole, then make the day again" if broken.height else ""),
        details={str(name): str(error) for name, error in broken.select(FILE, "error").head(20).iter_rows()},
    )


def rows_by_day(table: TableVersion) -> pl.DataFrame:
    """Count the rows of each partition from the table's log: ``date`` and ``rows``, as ``volume`` takes them."""
    counts: Counter[date] = Counter()
    for file in table.files:
        if isinstance(file.partition, date) and file.rows:
            counts[file.partition] += file.rows
    return pl.DataFrame(
        {c.DATE: list(counts), "rows": list(counts.values())}, schema={c.DATE: pl.Date, "rows": pl.Int64}
    )


def volume(source: str, rows_by_day: pl.DataFrame, day: date, params: LandingGateParams) -> GateResult:
    """Judge a day's rows against the median of the days before it.

    Args:
        source: the table, for the notes.
        rows_by_day: ``date`` and ``rows``, one row per day that has any, the judged day among them; later days are
        ignored.
        day: the day judged; without a row it has none.
        params: how far back, and how far off.

    Returns:
        Passed with no threshold while there are fewer than ``min_history_days`` days to compare with.
    """
    found = rows_by_day.filter(pl.col(c.DATE) == day)["rows"].sum()
    age = (pl.lit(day) - pl.col(c.DATE)).dt.total_days()
    history = rows_by_day.filter(age.is_between(1, params.history_days))["rows"]
    if len(history) < params.min_history_days:
        notes = f"{found:,} rows of {source}; {len(history)} earlier days are too few to say what is usual"
        return GateResult("volume", passed=True, observed=int(found), threshold=None, blocking=False, notes=notes)
    usual = float(pl.Series(history).median() or 0)  # type: ignore[arg-type]
    low, high = params.low_volume * usual, params.high_volume * usual
    return GateResult(
        name="volume",
        passed=low <= found <= high,
        observed=int(found),
        threshold=f"{low:,.0f}…{high:,.0f}",
        blocking=False,
        notes=f"{found:,} rows of {source} on {day}; the median of the {len(history)} days before is {usual:,.0f}"
        + ("" if low <= found <= high else ": is a file missing, or sent twice?"),
        details={"median": usual, "days": len(history)},
    )


def freshness(source: str, days: Sequence[date], expected: date, params: LandingGateParams) -> GateResult:
    """Judge how far the newest landed day trails the day that should be there.

    Args:
        source: the table, for the notes.
        days: the days that have landed, in any order. None passes: a service that only knows totals or playlists is
            not late with its plays.
        expected: the newest day that should be there, usually yesterday.
        params: the lag that is tolerated.
    """
    if not days:
        notes = f"no {source} have ever landed: the graph does without"
        return GateResult("freshness", passed=True, observed=0, threshold=None, blocking=False, notes=notes)
    newest = max((day for day in days if day <= expected), default=None)
    lag = (expected - newest).days if newest else None
    passed = lag is not None and lag <= params.max_lag_days
    found = f"the newest day of {source} is {newest}" if newest else f"no day of {source} has landed by {expected}"
    return GateResult(
        name="freshness",
        passed=passed,
        observed=str(newest) if newest else "nothing",
        threshold=str(expected),
        blocking=False,
        notes=found + ("" if passed else f"; expected {expected}: has the delivery stopped?"),
        details={"lag_days": lag} if lag is not None else {},
    )


def stray_files(names: Sequence[str]) -> GateResult:
    """Judge whether the landing zone holds files that nobody reads (``discover.strays``)."""
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return GateResult(
        name="stray_files",
        passed=not names,
        observed=len(names),
        threshold=0,
        blocking=False,
        notes=f"{len(names)} files lie where nobody reads them"
        + (f": {shown}. Expected <source>/date=YYYY-MM-DD/*.parquet, .csv or .jsonl" if names else ""),
    )
