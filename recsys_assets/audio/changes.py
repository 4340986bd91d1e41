"""Which recordings of the landing zone have to be analysed, and under which day they are kept. Analysing is ``batch``.

A file is told by name, size and time, so where nothing changed nothing is read; one that was only touched or copied is told
by its content, and its row is kept. What was analysed by another version or with other parameters is made again.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from recsys_assets.audio.analyse import ANALYSIS_VERSION, AnalysisParams, params_json
from recsys_assets.audio.decode import content_hash
from recsys_assets.audio.landing import RecordingFile
from recsys_assets.audio.refusal import UnusableRecordingError
from recsys_assets.core import columns as c

IDENTITY = ("file", "size_bytes", "changed_at")
# What has to be known of the rows that there are: no spectrogram is read for it.
HISTORY = (c.TRACK_ID, c.ARRIVED_ON, *IDENTITY, "content_sha256", "params", "analysis_version")


@dataclass(frozen=True)
class Work:
    """A file to be analysed, and the day that its row is kept under."""

    file: RecordingFile
    arrived_on: date


@dataclass(frozen=True)
class Copy:
    """A file whose content was analysed already: the row of ``track_id`` on ``day`` is written again for it."""

    file: RecordingFile
    arrived_on: date
    track_id: str
    day: date


@dataclass(frozen=True)
class Changes:
    """What has to be done. ``refused`` are files that are not even opened."""

    work: tuple[Work, ...]
    copies: tuple[Copy, ...]
    refused: tuple[RecordingFile, ...]


@dataclass(frozen=True)
class _Row:
    day: date
    identity: tuple[str, int, datetime]
    content_sha256: str


def is_current(params: AnalysisParams) -> pl.Expr:
    """Whether a row was made by this version with these parameters."""
    return (pl.col("params") == params_json(params)) & (pl.col("analysis_version") == ANALYSIS_VERSION)


def find_changes(
    files: Sequence[RecordingFile],
    history: pl.DataFrame,
    rejected: pl.DataFrame,
    params: AnalysisParams,
    *,
    today: date,
) -> Changes:
    """Compare what lies there with what has been made.

    A recording is kept under the day of its file's time; where it replaces one that came later (``cp -p``), under today.

    Args:
        files: of the landing zone.
        history: all rows of ``track_analysis``, the columns of ``HISTORY``.
        rejected: all rows of ``rejected_recordings``.
        params: of the analysis.
        today: the day of the run.
    """
    current = history.filter(is_current(params))
    settled = {*current.select(IDENTITY).iter_rows(), *rejected.filter(is_current(params)).select(IDENTITY).iter_rows()}
    rows = _by_track(history)
    contents = {
        sha: (track, day) for sha, track, day in current.select("content_sha256", c.TRACK_ID, c.ARRIVED_ON).rows()
    }
    sizes = set(current["size_bytes"])
    work, copies = [], []
    for file in files:
        if file.refusal is not None or file.identity in settled:
            continue
        mine = rows.get(file.track_id or "", [])
        day = _arrival(file, mine, today)
        content = _content(file, params) if file.size_bytes in sizes else None
        if content in contents:
            copies.append(Copy(file, _first_arrival(content, mine) or day, *contents[content]))
        else:
            work.append(Work(file, day))
    work.sort(key=lambda each: (each.arrived_on, each.file.name))
    return Changes(tuple(work), tuple(copies), tuple(file for file in files if file.refusal is not None))


def _by_track(history: pl.DataFrame) -> dict[str, list[_Row]]:
    rows: dict[str, list[_Row]] = defaultdict(list)
    columns = (c.TRACK_ID, c.ARRIVED_ON, *IDENTITY, "content_sha256")
    for track_id, day, name, size, changed_at, content in history.select(columns).sort(c.ARRIVED_ON).iter_rows():
        rows[track_id].append(_Row(day, (name, size, changed_at), content))
    return rows


def _arrival(file: RecordingFile, mine: Sequence[_Row], today: date) -> date:
    same = [row.day for row in mine if row.identity == file.identity]
    if same:
        return min(same)
    own = file.arrived_on(today)
    return today if any(row.day > own for row in mine) else own


def _first_arrival(content: str | None, mine: Sequence[_Row]) -> date | None:
    """Return the day under which a track has this content already, unless another recording came in between."""
    return mine[-1].day if mine and mine[-1].content_sha256 == content else None


def _content(file: RecordingFile, params: AnalysisParams) -> str | None:
    try:
        with file.path.open("rb", buffering=0) as opened:
            return content_hash(opened, max_bytes=params.max_bytes)
    except (UnusableRecordingError, OSError):
        # Why it can not be used says its analysis.
        return None
