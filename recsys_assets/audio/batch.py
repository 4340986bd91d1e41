"""New and changed recordings of the landing zone to rows, on all cores, in memory that does not grow with their number.

Belongs here: running the analysis and putting rows aside. What has to be analysed is ``changes``, the processes are ``safely``.
Nothing here writes to the lake.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from recsys_assets.audio import tables as t
from recsys_assets.audio.analyse import ANALYSIS_VERSION, AnalysisParams, params_json
from recsys_assets.audio.changes import HISTORY, IDENTITY, Copy, find_changes, is_current
from recsys_assets.audio.landing import RecordingFile, list_recordings
from recsys_assets.audio.safely import SafetyLimits, each_safely
from recsys_assets.core import columns as c
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.threads import available_cores

# Rows are put aside by so many: about 3 MB.
ROWS_AT_ONCE = 64
_ANALYSE = "recsys_assets.audio.analyse:analyse_file"

Progress = Callable[[int, int, int], None]


@dataclass(frozen=True)
class Batch:
    """What became of the landing zone's recordings.

    Attributes:
        rows: of ``track_analysis``, all rows of ``days``; reads the working folder when collected.
        days: the partitions of ``track_analysis`` that change.
        rejected: of ``rejected_recordings``, all rows of ``rejected_days``.
        rejected_days: the partitions of ``rejected_recordings`` that change.
        n_files: recordings that lie there.
        n_analysed: how many were analysed now.
        n_rejected: how many of those that lie there can not be used.
        sample: the row of the first that was analysed now, for a picture; None where none was.
    """

    rows: pl.LazyFrame
    days: list[date]
    rejected: pl.DataFrame
    rejected_days: list[date]
    n_files: int
    n_analysed: int
    n_rejected: int
    sample: Mapping[str, object] | None = None


def analyse_landing(
    landing: Path,
    known: TableVersion,
    rejected: TableVersion,
    params: AnalysisParams,
    *,
    workdir: Path,
    today: date,
    limits: SafetyLimits | None = None,
    progress: Progress = lambda _done, _total, _refused: None,
    workers: int | None = None,
) -> Batch:
    """Analyse what is new or changed.

    Args:
        landing: the landing zone.
        known: all of ``track_analysis``.
        rejected: all of ``rejected_recordings``.
        params: of the analysis.
        workdir: an existing folder for rows, which has to outlive ``Batch.rows``.
        today: the day of the run.
        limits: what one file may cost.
        progress: told how many are done, of how many, and how many of them were refused.
        workers: processes; None: one for each core.
    """
    files, before = list_recordings(landing), rejected.read()
    changes = find_changes(files, known.scan().select(HISTORY).collect(), before, params, today=today)
    fresh = _Fresh(workdir)
    refused = [_refused_row(file, file.refusal, today, params) for file in changes.refused if file.refusal]
    calls = ((work.file.path, params) for work in changes.work)
    outcomes = each_safely(_ANALYSE, calls, workers=workers or available_cores(), limits=limits)
    n_refused = 0
    for number, (work, outcome) in enumerate(zip(changes.work, outcomes, strict=True), start=1):
        if outcome.refusal:
            n_refused += 1
            refused.append(_refused_row(work.file, outcome.refusal, today, params))
        else:
            fresh.add({**_of_file(work.file, work.arrived_on), **t.analysis_row(outcome.value)})
        progress(number, len(changes.work), n_refused)
    now_rejected = pl.concat(
        [_still_rejected(before, files, params), t.analysis_frame(refused, t.REJECTED_RECORDINGS)]
    ).unique("file", keep="last", maintain_order=True)
    keys = fresh.keys | {(copy.arrived_on, str(copy.file.track_id)) for copy in changes.copies}
    days = sorted({day for day, _ in keys})
    rejected_days = _changed_days(before, now_rejected)
    return Batch(
        rows=pl.concat([_others(known, keys, days), fresh.scan(), _copied(known, changes.copies)]),
        days=days,
        rejected=now_rejected.filter(pl.col(c.ARRIVED_ON).is_in(rejected_days)),
        rejected_days=rejected_days,
        n_files=len(files),
        n_analysed=len(changes.work),
        n_rejected=now_rejected.height,
        sample=fresh.first,
    )


class _Fresh:
    """Rows put aside as they come."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: list[Mapping[str, object]] = []
        self._files: list[Path] = []
        self.keys: set[tuple[date, str]] = set()
        self.first: Mapping[str, object] | None = None

    def add(self, row: Mapping[str, object]) -> None:
        """Take one row."""
        self.keys.add((row[c.ARRIVED_ON], row[c.TRACK_ID]))  # type: ignore[arg-type]
        self._rows.append(row)
        self.first = self.first or row
        if len(self._rows) >= ROWS_AT_ONCE:
            self._put_aside()

    def scan(self) -> pl.LazyFrame:
        """Return all rows."""
        if self._rows:
            self._put_aside()
        return pl.scan_parquet(self._files, glob=False) if self._files else t.TRACK_ANALYSIS.empty().lazy()

    def _put_aside(self) -> None:
        path = self._folder / f"recordings-{len(self._files):05d}.parquet"
        t.analysis_frame(self._rows, t.TRACK_ANALYSIS).write_parquet(path)
        self._files.append(path)
        self._rows = []


def _others(known: TableVersion, keys: set[tuple[date, str]], days: Sequence[date]) -> pl.LazyFrame:
    """Return the rows of ``days`` that nothing takes the place of."""
    replaced = pl.LazyFrame(sorted(keys), schema={c.ARRIVED_ON: pl.Date, c.TRACK_ID: pl.String}, orient="row")
    rows = known.only(days).scan().join(replaced, on=[c.ARRIVED_ON, c.TRACK_ID], how="anti")
    return rows.select(list(t.TRACK_ANALYSIS.dtypes))


def _copied(known: TableVersion, copies: Sequence[Copy]) -> pl.LazyFrame:
    """Return the rows of known content under the files that have it now."""
    if not copies:
        return t.TRACK_ANALYSIS.empty().lazy()
    own = [*IDENTITY, c.TRACK_ID, c.ARRIVED_ON]
    mapping = pl.LazyFrame(
        [{**_of_file(copy.file, copy.arrived_on), "of_track": copy.track_id, "of_day": copy.day} for copy in copies],
        schema={name: t.TRACK_ANALYSIS.dtypes[name] for name in own} | {"of_track": pl.String, "of_day": pl.Date},
    )
    source = known.only({copy.day for copy in copies}).scan()
    source = source.rename({c.TRACK_ID: "of_track", c.ARRIVED_ON: "of_day"}).drop(IDENTITY)
    return source.join(mapping, on=["of_track", "of_day"]).select(list(t.TRACK_ANALYSIS.dtypes))


def _of_file(file: RecordingFile, day: date) -> dict[str, object]:
    return {
        c.TRACK_ID: file.track_id,
        "file": file.name,
        "size_bytes": file.size_bytes,
        "changed_at": file.changed_at,
        c.ARRIVED_ON: day,
    }


def _refused_row(
    file: RecordingFile, refusal: tuple[str, str], today: date, params: AnalysisParams
) -> Mapping[str, object]:
    return {
        **_of_file(file, file.arrived_on(today)),
        c.REASON: refusal[0],
        "detail": refusal[1],
        "params": params_json(params),
        "analysis_version": ANALYSIS_VERSION,
    }


def _still_rejected(before: pl.DataFrame, files: Sequence[RecordingFile], params: AnalysisParams) -> pl.DataFrame:
    """Keep the refusals of files that lie there as they were; of one that was replaced or taken away there is none."""
    lying = {file.identity for file in files if file.refusal is None}
    is_lying = pl.Series([identity in lying for identity in before.select(IDENTITY).iter_rows()], dtype=pl.Boolean)
    return before.filter(is_lying & before.select(is_current(params)).to_series())


def _changed_days(before: pl.DataFrame, after: pl.DataFrame) -> list[date]:
    days: set[date] = {*before[c.ARRIVED_ON], *after[c.ARRIVED_ON]}
    return [day for day in sorted(days) if not _of(before, day).equals(_of(after, day))]


def _of(frame: pl.DataFrame, day: date) -> pl.DataFrame:
    return frame.filter(pl.col(c.ARRIVED_ON) == day).select(list(t.REJECTED_RECORDINGS.dtypes)).sort("file")
