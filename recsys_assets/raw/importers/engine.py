"""What all importers share: chunks beside the bookmark that moves between them, what is published at the end, the summary.

An importer is a function from a position to chunks of rows in the contract's columns. They wait beside the bookmark
and appear at the end (``publish``): events as one file for each day, catalogue and playlists all at once as a feed of
their own (``discover``), so that no other source's catalogue is touched and nobody reads half of one.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import polars as pl

from recsys_assets.core.errors import DataFaultError, InvalidArgumentError
from recsys_assets.raw.contract import EARLIEST_EVENT, SOURCES, Reason
from recsys_assets.raw.importers.bookmark import Bookmark, Position, Progress, identity_of
from recsys_assets.raw.importers.publish import MERGED, publish_catalogue, publish_days, spill
from recsys_assets.raw.tables import RAW

# What is left out for these reasons alone was never an entry of the format: the wrong file, or the wrong importer.
UNRECOGNISED = frozenset({Reason.BROKEN_JSON.value, Reason.BROKEN_UTF8.value, Reason.HUGE_LINE.value, "broken_line"})

ReportProgress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Chunk:
    """A part of an input.

    Attributes:
        tables: rows by source, in (some of) the contract's columns and types.
        left: entries left out, by reason.
        position: where the next chunk begins.
        done: how much of the job's ``total`` is done.
    """

    tables: Mapping[str, pl.DataFrame]
    left: Mapping[str, int]
    position: Position
    done: int


@dataclass(frozen=True)
class ImportSummary:
    """What an import took and what it left.

    Attributes:
        importer: the format.
        feed: the name of its snapshots and the stem of its files.
        taken: rows taken, by table: they are in the landing zone.
        left: entries left out, by reason.
        first_day: earliest day of happening, None where nothing is dated.
        last_day: latest day of happening.
        notes: sentences for people.
        was_complete: whether it had been imported before, and nothing was done now.
    """

    importer: str
    feed: str
    taken: Mapping[str, int]
    left: Mapping[str, int]
    first_day: date | None
    last_day: date | None
    notes: tuple[str, ...] = ()
    was_complete: bool = False


@dataclass(frozen=True)
class ImportJob:
    """One import, ready to run.

    Attributes:
        importer: the format, which begins the feed's name.
        inputs: the files, in reading order.
        read: chunks from a position on; chunk borders do not depend on where it starts.
        total: what ``Chunk.done`` counts up to, 0 where it is not known.
        options: what else makes this import what it is, such as the user.
        notes: sentences for the summary.
    """

    importer: str
    inputs: tuple[Path, ...]
    read: Callable[[Position], Iterator[Chunk]]
    total: int = 0
    options: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def run_import(
    job: ImportJob,
    *,
    landing: Path,
    state: Path,
    arrived_on: date,
    progress: ReportProgress | None = None,
) -> ImportSummary:
    """Import, going on where an interrupted run of the same input stopped; a finished one is not done again.

    Args:
        job: what to read.
        landing: the landing zone.
        state: where bookmarks are kept (``home.state``).
        arrived_on: today, the day that the catalogue is dated.
        progress: called with (done, total, label) after each chunk; total 0 means unknown.

    Raises:
        InvalidArgumentError: an input can not be read, is another format from its first bytes on, or nothing in any
            of them was recognised.
        DataFaultError: an input is broken. Of both, the events taken before it are published and stay, the catalogue
            waits for a repetition that comes to the end.
        SourceUnavailableError: another process is importing the same input.
    """
    if not job.inputs:
        raise InvalidArgumentError("no file to import was named")
    options = {**job.options, "landing": str(landing.resolve())}
    feed = f"{job.importer}-{identity_of(job.inputs, options)}"
    bookmark = Bookmark(state / "imports" / feed)
    with bookmark.held():
        kept = bookmark.read()
        if kept is not None and kept.is_complete and all((landing / name).is_file() for name in kept.outputs):
            bookmark.clear()
            return _summary(job, feed, kept, was_complete=True)
        if kept is None or kept.is_complete:
            kept = bookmark.begin(arrived_on, is_repetition=kept is not None)
        try:
            for chunk in job.read(kept.position):
                kept = _take(chunk, kept, bookmark)
                if progress is not None:
                    progress(chunk.done, job.total, job.inputs[min(chunk.position.file, len(job.inputs) - 1)].name)
        except (DataFaultError, InvalidArgumentError):
            # Of a repetition the days lie there already, and whole: they are not exchanged for a part of them.
            if not kept.is_repetition:
                publish_days(kept, feed=feed, landing=landing, bookmark=bookmark)
            raise
        if kept.left and not any(kept.taken.values()) and set(kept.left) <= UNRECOGNISED:
            # Forgotten, so that the same file is read, and refused, again.
            bookmark.begin(arrived_on)
            raise InvalidArgumentError(_nothing_recognised(job, kept))
        # The catalogue first: whoever reads a day finds the tracks that it names.
        kept = publish_catalogue(kept, feed=feed, landing=landing, bookmark=bookmark)
        kept = publish_days(replace(kept, is_complete=True), feed=feed, landing=landing, bookmark=bookmark)
        bookmark.clear()
    return _summary(job, feed, kept, was_complete=False)


def _nothing_recognised(job: ImportJob, kept: Progress) -> str:
    names = ", ".join(path.name for path in job.inputs)
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in kept.left.items())
    return f"nothing in {names} is in the format {job.importer} ({reasons}): nothing was written"


def _summary(job: ImportJob, feed: str, kept: Progress, *, was_complete: bool) -> ImportSummary:
    notes = job.notes
    if was_complete:
        notes = (*notes, "these files were imported before: nothing was done")
    return ImportSummary(
        job.importer, feed, kept.taken, kept.left, kept.first_day, kept.last_day, notes, was_complete=was_complete
    )


def _take(chunk: Chunk, kept: Progress, bookmark: Bookmark) -> Progress:
    """Keep one chunk, then move the bookmark: a crash in between writes the same parts again."""
    taken: dict[str, int] = {}
    left = Counter(chunk.left)
    days: list[date] = []
    for name, rows in chunk.tables.items():
        frame, source = rows, SOURCES[name]
        if source.instant is not None:
            day = pl.col(source.instant).dt.date()
            # A clock that was never set would make folders of days that nobody ingests.
            left[Reason.BEFORE_1950.value] += frame.filter(day < EARLIEST_EVENT).height
            left[Reason.IN_FUTURE.value] += frame.filter(day > kept.arrived_on).height
            frame = frame.filter(day.is_between(EARLIEST_EVENT, kept.arrived_on)).sort(day, maintain_order=True)
            days += frame.select(day.min().alias("first"), day.max().alias("last")).row(0) if frame.height else ()
        if frame.height:
            spill(frame, bookmark.part(name, kept.chunks))
        if name not in MERGED:
            taken[name] = frame.height
    advanced = kept.after(position=chunk.position, taken=taken, left=+left, days=days)
    bookmark.write(advanced)
    return advanced


def conform(name: str, rows: Sequence[Mapping[str, object]] | pl.DataFrame) -> pl.DataFrame:
    """Return rows of a source in the contract's types; columns that are not given are null.

    Raises:
        DataFaultError: a value does not have the type of its column.
    """
    dtypes = {column: dtype for column, dtype in RAW[name].dtypes.items() if column != SOURCES[name].partition}
    try:
        frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(rows, schema=dtypes, strict=True)
        lacking = [pl.lit(None, dtype).alias(column) for column, dtype in dtypes.items() if column not in frame.columns]
        return frame.with_columns(lacking).select(pl.col(column).cast(dtype) for column, dtype in dtypes.items())
    except (TypeError, pl.exceptions.PolarsError, UnicodeEncodeError, OverflowError) as error:
        raise DataFaultError(f"the importer made rows of {name} that do not fit the contract: {error}") from error
