"""What an import has taken and kept beside its bookmark, into the landing zone: a day of events is one file.

A public dump is ordered by listener, so every chunk touches most days: written chunk by chunk, files would be as many
as chunks times days. Doing any of this again replaces what it wrote, so a crash on the way costs nothing.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import polars as pl

from recsys_assets.core.files import leftovers, written_aside
from recsys_assets.raw.contract import SOURCES
from recsys_assets.raw.importers.bookmark import Bookmark, Progress

# Tables in which several chunks name the same thing: the first mention is kept.
MERGED = ("artists", "tracks", "albums")
# Rows of events held at once, a peak of some 600 MB; a longer day streams past by itself. Each such batch reads the spill again.
BATCH_ROWS = 1_000_000
# Within a part rows are ordered by day: small groups let a batch pass over the days of others.
_GROUP_ROWS = 8_192
_DAY = "_day"


def spill(frame: pl.DataFrame, path: Path) -> None:
    """Write a part beside the bookmark; it is on the disk, whole, before this returns."""
    with written_aside(path, durable=True) as fresh:
        frame.write_parquet(fresh, row_group_size=_GROUP_ROWS)


def publish_days(kept: Progress, *, feed: str, landing: Path, bookmark: Bookmark) -> Progress:
    """Write the events that wait, each day once, and keep in the bookmark that they are there; their parts go.

    Files have the number of the first chunk that is in them, so that what a call before published stays beside them.
    What the bookmark does not know of was written by an earlier import of the same input, and goes.

    Args:
        kept: the state that the bookmark holds.
        feed: the stem of the files.
        landing: the landing zone.
        bookmark: where the parts wait.
    """
    waiting = {table: bookmark.waiting(table, kept) for table, source in SOURCES.items() if source.is_dated}
    known = frozenset(kept.outputs)
    outputs: list[str] = []
    for table, parts in waiting.items():
        for day in _write_days(table, parts, landing, f"{feed}-{kept.published:06d}.parquet") if parts else ():
            outputs.append(f"{table}/date={day}/{feed}-{kept.published:06d}.parquet")
            _drop_unknown(landing, feed, outputs[-1], known)
    advanced = replace(kept, outputs=tuple(dict.fromkeys((*kept.outputs, *outputs))), published=kept.chunks)
    bookmark.write(advanced)
    for table in waiting:
        shutil.rmtree(bookmark.parts / table, ignore_errors=True)
    return advanced


def publish_catalogue(kept: Progress, *, feed: str, landing: Path, bookmark: Bookmark) -> Progress:
    """Put the snapshots in place, as a feed of their own; their parts stay until the bookmark says that all is done."""
    taken = dict(kept.taken)
    outputs = list(kept.outputs)
    for table in (name for name, source in SOURCES.items() if not source.is_dated):
        home = f"{table}/feed={feed}/date={kept.arrived_on}"
        parts = bookmark.waiting(table, kept)
        if parts and table in MERGED:
            output = f"{home}/part-000000.parquet"
            rows = pl.scan_parquet(parts, glob=False, hive_partitioning=False)
            with _placed(landing / output) as fresh:
                rows.unique(list(SOURCES[table].key), keep="first", maintain_order=True).sink_parquet(fresh)
            taken[table] = pl.scan_parquet(landing / output, glob=False).select(pl.len()).collect().item()
            outputs.append(output)
            continue
        for part in parts:
            outputs.append(f"{home}/part-{part.name}")
            with _placed(landing / outputs[-1]) as fresh:
                shutil.copyfile(part, fresh)
    return replace(kept, taken=taken, outputs=tuple(dict.fromkeys(outputs)))


def _write_days(table: str, parts: Sequence[Path], landing: Path, name: str) -> Iterator[date]:
    """Write each day of ``parts`` to its folder under ``name``, in the order of the chunks, and yield it."""
    instant = SOURCES[table].instant
    assert instant is not None
    rows = pl.scan_parquet(list(parts), glob=False, hive_partitioning=False)
    by_day = rows.select(pl.col(instant).dt.date().alias(_DAY)).group_by(_DAY).len().sort(_DAY)
    for days in _batches(by_day.collect(engine="streaming").rows(), BATCH_ROWS):
        # Instants, not their days, are what the groups of a part keep the bounds of.
        begin, end = _midnight(days[0]), _midnight(days[-1] + timedelta(days=1))
        batch = rows.filter(pl.col(instant).is_between(begin, end, closed="left"))
        if len(days) == 1:
            with _placed(landing / table / f"date={days[0]}" / name) as fresh:
                batch.sink_parquet(fresh, maintain_order=True)
            yield days[0]
            continue
        dated = batch.with_columns(pl.col(instant).dt.date().alias(_DAY)).collect(engine="streaming")
        for frame in dated.partition_by(_DAY, maintain_order=True):
            day = frame[_DAY][0]
            with _placed(landing / table / f"date={day}" / name) as fresh:
                frame.drop(_DAY).write_parquet(fresh)
            yield day


def _batches(counts: Sequence[tuple[date, int]], most: int) -> Iterator[list[date]]:
    """Yield neighbouring days that have at most ``most`` rows together; a day with more comes alone."""
    days: list[date] = []
    held = 0
    for day, count in counts:
        if days and held + count > most:
            yield days
            days, held = [], 0
        days.append(day)
        held += count
    if days:
        yield days


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


@contextmanager
def _placed(target: Path) -> Iterator[Path]:
    """Write a landing file, whole and on the disk, and remove what a killed import had begun of it."""
    # The bookmark is held: nobody else writes this file.
    for dead in leftovers(target):
        dead.unlink(missing_ok=True)
    with written_aside(target, durable=True) as fresh:
        yield fresh


def _drop_unknown(landing: Path, feed: str, output: str, known: frozenset[str]) -> None:
    """Remove the files of the same feed beside ``output`` that are not ``known``: it holds their rows."""
    for path in (landing / output).parent.glob(f"{feed}-*.parquet"):
        name = path.relative_to(landing).as_posix()
        if name != output and name not in known:
            path.unlink(missing_ok=True)
