"""The landing zone into typed rows, refused rows and a line per file, for one day or many in one pass.

Each file is staged by itself (``stage``); what depends on other rows and on the catalogue (exact repeats, keys used
twice, unknown ids) is decided over the staged files (``verdicts``). Nothing here writes to the lake:
the rows come back as a lazy frame over the working folder, which has to outlive them.
"""

import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.raw.contract import Source, source_named
from recsys_assets.raw.discover import LandingFile, Listing, list_files, require_landing
from recsys_assets.raw.stage import DAY, LINEAGE, LINEAGE_SHIFT, MAX_KEPT_REJECTIONS, Staged, stage_file
from recsys_assets.raw.tables import CHANGED_AT, FILE, LANDED, RAW, RAW_ROW, REJECTED, ROW_NUMBER
from recsys_assets.raw.validate import raw_row
from recsys_assets.raw.verdicts import Catalogue, decide, staged_dtypes, staged_rows

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ingested:
    """What became of the files of some days.

    Attributes:
        source: which table.
        days: the partitions that were asked for, ascending; one without files has no rows.
        rows: accepted rows in the columns of ``RAW[source]`` with the partition; reads the working folder when
        collected.
        rejected: refused rows in the columns of ``REJECTED[source]``, at most 100,000 per file.
        landed: one row per file, in the columns of ``LANDED[source]``; its counts are of all rows.
    """

    source: str
    days: tuple[date, ...]
    rows: pl.LazyFrame
    rejected: pl.DataFrame
    landed: pl.DataFrame


@contextmanager
def working_folder(parent: Path | None = None) -> Iterator[Path]:
    """Make a folder for staged files and spilling, and remove it at the end of the block."""
    if parent is not None:
        parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ingest-", dir=parent) as folder:
        yield Path(folder)


def ingest_range(
    landing: Path,
    source: str,
    days: Sequence[date],
    *,
    workdir: Path,
    catalogue: Catalogue | None = None,
    now: datetime | None = None,
    arrivals: Mapping[str, date] | None = None,
) -> Ingested:
    """Read some days of a source in one pass. A day gives the same rows whichever days are read with it.

    For a snapshot, the rows of a day on which something arrived are those of the newest files of each feed by its end
    (``discover``); any other day has none, and is read by the state before it. Where a file of a feed can not be read,
    the feed's state before stands in for what it would have said.

    Args:
        landing: the landing zone.
        source: ``plays``, ``tracks``, …
        days: the partitions to read; for a dated source the days of happening.
        workdir: an existing folder for staged rows, which has to outlive ``Ingested.rows`` (``working_folder``).
        catalogue: the tables ``tracks``, ``artists`` and ``playlists`` with all their snapshots, as far as there are
            any: a row is refused when none of them has its id. Without such a table, or with an empty one, every id
            is taken.
        now: the instant of the run, after which nothing can have happened; None: the end of each day.
        arrivals: see ``snapshots.flat_arrivals``.

    Raises:
        InvalidArgumentError: no such source.
        MissingInputError: the landing zone holds nothing at all; the message says what to drop where.
    """
    declared = source_named(source)
    require_landing(landing)
    wanted = tuple(sorted(set(days)))
    listing = list_files(landing, source, days=wanted, arrivals=arrivals)
    folder = Path(tempfile.mkdtemp(prefix=f"{source}-", dir=workdir))
    staged: list[Staged] = []

    def stage(file: LandingFile, day: date) -> Staged:
        staged.append(stage_file(file, declared, number=len(staged), day=day, now=now, workdir=folder))
        return staged[-1]

    for day in sorted(set(listing.days).intersection(wanted)):
        _stage_day(listing, day, stage)
    parts = [part for outcome in staged for part in outcome.parts]
    verdicts = decide(declared, staged, catalogue or {}, folder)
    logger.info("%s: %d files of %d days, %d rows left out", source, len(staged), len(wanted), verdicts.height)
    return Ingested(
        source,
        wanted,
        _accepted_rows(declared, parts, verdicts),
        _rejected_rows(declared, staged, parts, verdicts),
        _landed_rows(declared, staged, verdicts),
    )


def _stage_day(listing: Listing, day: date, stage: Callable[[LandingFile, date], Staged]) -> None:
    for feed, files in groupby(listing.of(day), key=lambda file: file.feed):
        state = list(files)
        broken = [file for file in state if stage(file, day).error is not None]
        # Else one torn upload would leave a day without a catalogue. A key that both states have is the newer one's.
        while broken and not listing.is_dated and (state := list(listing.before(feed, state[0].day))):
            earlier = [replace(file, feed=f"{feed}/date={file.day}") for file in state]
            broken = [file for file in earlier if stage(file, day).error is not None]


def _accepted_rows(source: Source, parts: list[Path], verdicts: pl.DataFrame) -> pl.LazyFrame:
    rows = staged_rows(source, parts)
    if not verdicts.is_empty():
        rows = rows.join(verdicts.lazy().select(LINEAGE), on=LINEAGE, how="anti")
    return RAW[source.name].arrange(rows.rename({DAY: source.partition}))


def _rejected_rows(source: Source, staged: list[Staged], parts: list[Path], verdicts: pl.DataFrame) -> pl.DataFrame:
    table = REJECTED[source.name]
    frames = [
        outcome.rejected.with_columns(pl.lit(outcome.day).alias(source.partition))
        for outcome in staged
        if outcome.rejected is not None and outcome.rejected.height
    ]
    refused = verdicts.filter(pl.col(c.REASON).is_not_null())
    if refused.height:
        number = (pl.col(LINEAGE) // (1 << LINEAGE_SHIFT)).cast(pl.Int64)
        refused = refused.filter(pl.int_range(pl.len()).over(number) < MAX_KEPT_REJECTIONS)
        files = pl.DataFrame({"number": [o.number for o in staged], FILE: [o.file.name for o in staged]})
        dtypes = staged_dtypes(source)
        names = [field.name for field in source.fields]
        found = (
            staged_rows(source, parts)
            .join(refused.lazy(), on=LINEAGE)
            .with_columns(
                raw_row([(name, name) for name in names], dtypes).alias(RAW_ROW),
                number.alias("number"),
                (pl.col(LINEAGE) & ((1 << LINEAGE_SHIFT) - 1)).alias(ROW_NUMBER),
            )
            .join(files.lazy(), on="number")
            .rename({DAY: source.partition})
        )
        frames.append(table.arrange(found).collect(engine="streaming"))
    if not frames:
        return table.empty()
    arranged = [table.arrange(frame).collect() for frame in frames]
    return pl.concat(arranged).sort(source.partition, FILE, ROW_NUMBER)


def _landed_rows(source: Source, staged: list[Staged], verdicts: pl.DataFrame) -> pl.DataFrame:
    table = LANDED[source.name]
    counts = verdicts.group_by((pl.col(LINEAGE) // (1 << LINEAGE_SHIFT)).alias("number")).agg(
        pl.col(c.REASON).is_null().sum().alias("repeats"), pl.col(c.REASON).is_not_null().sum().alias("refused")
    )
    later = {number: (repeats, refused) for number, repeats, refused in counts.iter_rows()}
    rows = []
    for outcome in staged:
        repeats, refused = later.get(outcome.number, (0, 0))
        refused += outcome.refused
        rows.append(
            {
                FILE: outcome.file.name,
                "size_bytes": outcome.file.size_bytes,
                CHANGED_AT: outcome.file.changed_at,
                "rows": outcome.rows,
                "taken": outcome.rows - refused - repeats,
                "rejected": refused,
                "duplicates": repeats,
                "unknown_columns": sorted(outcome.unknown),
                "error": outcome.error,
                source.partition: outcome.day,
            }
        )
    return pl.DataFrame(rows, schema=table.dtypes)
