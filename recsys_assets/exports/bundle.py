"""The mixes of a day for other programs: a JSPF and an M3U8 per listener and mix, and all rows as Parquet.

Belongs here: what is in a day's folder, and taking a listener out of it again. How a folder comes into place and what a
manifest says is ``manifest``; who calls this once a day is ``defs.exports``. The layout::

    date=2026-01-05/
      manifest.json                                   written last
      mixes.parquet                                   one row per listener, mix and position
      listeners.parquet                               one row per listener: user_id, folder, playlists, rows
      playlists/3f/3fc9…/discover_weekly.jspf, .m3u8  folder names are hashes of listeners' ids

The same content gives the same bytes: no file holds an instant, and no day but that of the folder and of deliveries.
"""

import hashlib
import logging
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from polars._typing import PolarsDataType

from recsys_assets.core import columns as c
from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.files import written_aside
from recsys_assets.core.schemas import require
from recsys_assets.exports.entries import Catalogue, TrackEntry, build_entries
from recsys_assets.exports.jspf import jspf_playlist
from recsys_assets.exports.m3u import m3u_playlist
from recsys_assets.exports.manifest import (
    HELD_MANIFEST,
    MANIFEST,
    PLAYLISTS,
    Digests,
    day_folder,
    day_folders,
    digest_playlists,
    exchanged,
    read_manifest,
    settled,
    write_manifest,
)
from recsys_assets.exports.names import listener_folder, mix_stem

if TYPE_CHECKING:
    import pyarrow.parquet as pq

logger = logging.getLogger(__name__)

MIXES = "mixes.parquet"
LISTENERS = "listeners.parquet"
# 5,000 listeners with seven mixes are about a million rows: some 300 MB while they are written.
LISTENERS_PER_BATCH = 5_000

ROW_DTYPES = {
    c.USER_ID: pl.String,
    c.MIX: pl.String,
    "mix_title": pl.String,
    "delivered_on": pl.Date,
    c.RANK: pl.Int32,
    c.TRACK_ID: pl.String,
    c.SCORE: pl.Float32,
    c.SOURCE: pl.String,
    c.REASON: pl.String,
}
_NAME_DTYPES = {c.TITLE: pl.String, "creator": pl.String, c.MBID: pl.String, c.ISRC: pl.String}
MIXES_DTYPES = ROW_DTYPES | _NAME_DTYPES
LISTENERS_DTYPES = {c.USER_ID: pl.String, "folder": pl.String, "playlists": pl.Int32, "rows": pl.Int32}


@dataclass(frozen=True)
class ExportSummary:
    """What was written: how much of it, and the digest of the manifest, which stands for all of it."""

    folder: Path
    listeners: int
    playlists: int
    rows: int
    files: int
    size_bytes: int
    sha256: str


def export_mixes(
    rows: pl.DataFrame | pl.LazyFrame,
    catalogue: Catalogue,
    out: Path,
    *,
    day: date,
    input_versions: Mapping[str, str | int],
    listeners_per_batch: int = LISTENERS_PER_BATCH,
) -> ExportSummary:
    """Write ``out/date=<day>`` anew, and put it in the place of what was there.

    Args:
        rows: the mixes of the day, each with the day of its delivery, columns ``ROW_DTYPES`` in any order; a lazy frame is
            read one batch of listeners at a time, so it may be larger than memory.
        catalogue: where titles, names and public ids come from.
        out: the exports' folder.
        day: the day, which names the folder.
        input_versions: table name to the version that ``rows`` and ``catalogue`` were read from.
        listeners_per_batch: how many listeners are in memory at a time.

    Raises:
        SchemaMismatchError: ``rows`` or ``catalogue`` lack columns.
        InvalidArgumentError: two rows of one mix have the same rank.
    """
    source = rows.lazy()
    require(pl.DataFrame(schema=source.collect_schema()), ROW_DTYPES, what="the mixes to export")
    source = source.select(*ROW_DTYPES)
    entries = build_entries(source.select(pl.col(c.TRACK_ID).unique()).collect()[c.TRACK_ID], catalogue)
    names = _names_frame(entries)
    listeners = _listeners(source)
    digests = Digests()
    target = day_folder(out, day)
    with exchanged(target) as fresh:
        (fresh / PLAYLISTS).mkdir()
        with _parquet_writer(fresh / MIXES, MIXES_DTYPES) as writer:
            for batch in _batches(source, listeners, listeners_per_batch):
                _write_rows(writer, batch.join(names, on=c.TRACK_ID, how="left", maintain_order="left"), MIXES_DTYPES)
                for path, content in _playlists(batch, entries):
                    _write_file(fresh / PLAYLISTS, path, content)
                    digests.add(path, content)
        with _parquet_writer(fresh / LISTENERS, LISTENERS_DTYPES) as writer:
            _write_rows(writer, listeners, LISTENERS_DTYPES)
        tables = {MIXES: int(listeners["rows"].sum()), LISTENERS: listeners.height}
        manifest = write_manifest(fresh, day=day, tables=tables, playlists=digests, input_versions=input_versions)
        size_bytes = sum((fresh / name).stat().st_size for name in tables) + digests.size_bytes + len(manifest)
    return ExportSummary(
        folder=target,
        listeners=listeners.height,
        playlists=int(listeners["playlists"].sum()),
        rows=tables[MIXES],
        files=digests.files + len(tables) + 1,
        size_bytes=size_bytes,
        sha256=hashlib.sha256(manifest).hexdigest(),
    )


def _listeners(source: pl.LazyFrame) -> pl.DataFrame:
    """Count each listener's playlists and rows, in the order of the folders."""
    counted = (
        source.group_by(c.USER_ID)
        .agg(pl.col(c.MIX).n_unique().cast(pl.Int32).alias("playlists"), pl.len().cast(pl.Int32).alias("rows"))
        .collect(engine="streaming")
    )
    folders = pl.Series("folder", [listener_folder(user_id) for user_id in counted[c.USER_ID]], dtype=pl.String)
    return counted.with_columns(folders).select(*LISTENERS_DTYPES).sort("folder", c.USER_ID)


def _batches(source: pl.LazyFrame, listeners: pl.DataFrame, size: int) -> Iterator[pl.DataFrame]:
    """Read the rows of ``size`` listeners at a time, ordered by folder, mix and rank."""
    for part in listeners.select(c.USER_ID, "folder").iter_slices(size):
        rows = source.join(part.lazy(), on=c.USER_ID, how="inner").collect(engine="streaming")
        yield rows.sort("folder", c.MIX, c.RANK, c.TRACK_ID)


def _playlists(batch: pl.DataFrame, entries: Mapping[str, TrackEntry]) -> Iterable[tuple[str, bytes]]:
    """Yield path below the playlists' folder and content of each file, listener by listener."""
    runs = batch.group_by("folder", c.USER_ID, c.MIX, maintain_order=True).agg(
        pl.len(), pl.col("mix_title", "delivered_on").first(), pl.col(c.RANK).n_unique().alias("ranks")
    )
    tracks = [entries[track_id] for track_id in batch[c.TRACK_ID]]
    reasons = batch[c.REASON].fill_null("").to_list()
    sources = batch[c.SOURCE].fill_null("").to_list()
    # Six decimals: a float32 written out in full has ten digits of noise.
    scores = batch[c.SCORE].cast(pl.Float64).round(6).to_list()
    start = 0
    for folder, user_id, mix, length, title, delivered_on, ranks in runs.iter_rows():
        if ranks != length:
            raise InvalidArgumentError(
                f"{length} rows of {mix!r} of {user_id!r} have {ranks} ranks: each needs its own"
            )
        part = slice(start, start + length)
        start += length
        stem = f"{folder}/{mix_stem(mix)}"
        rows = zip(tracks[part], reasons[part], sources[part], scores[part], strict=True)
        shown = title or mix
        yield f"{stem}.jspf", jspf_playlist(title=shown, user_id=user_id, mix=mix, day=delivered_on, tracks=rows)
        yield f"{stem}.m3u8", m3u_playlist(title=shown, tracks=tracks[part])


def _write_file(folder: Path, path: str, content: bytes) -> None:
    try:
        (folder / path).write_bytes(content)
    except FileNotFoundError:
        # One attempt and then a folder: a look before each of fourteen files costs more than this miss of the first.
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_bytes(content)


def _names_frame(entries: Mapping[str, TrackEntry]) -> pl.DataFrame:
    rows = [(e.track_id, e.title, e.creator or None, e.mbid, e.isrc) for e in entries.values()]
    return pl.DataFrame(rows, schema={c.TRACK_ID: pl.String} | _NAME_DTYPES, orient="row")


def _parquet_writer(path: Path, dtypes: Mapping[str, PolarsDataType]) -> "pq.ParquetWriter":
    import pyarrow.parquet as pq

    return pq.ParquetWriter(path, pl.DataFrame(schema=dict(dtypes)).to_arrow().schema, compression="zstd")


def _write_rows(writer: "pq.ParquetWriter", frame: pl.DataFrame, dtypes: Mapping[str, PolarsDataType]) -> None:
    if frame.height:
        writer.write_table(frame.select(*dtypes).to_arrow().cast(writer.schema))


def names_listener(out: Path, user_id: str) -> bool:
    """Return whether the export of any day has playlists of a listener; reads the lists of listeners alone."""
    lists = [folder / LISTENERS for folder in day_folders(out)]
    return any(
        path.is_file() and not pl.scan_parquet(path).filter(pl.col(c.USER_ID) == user_id).head(1).collect().is_empty()
        for path in lists
    )


def erase_listener(out: Path, user_id: str) -> int:
    """Take a listener out of the exports of every day; return how many rows of mixes that were.

    While a day is changed it has no manifest; a process that dies meanwhile is made good by calling this again. A day
    that lacks one of its tables or its manifest can not be shown to be free of anybody: it is deleted, and can be
    exported again.
    """
    erased = 0
    for folder in day_folders(out):
        with settled(folder):
            if _is_whole(folder):
                erased += _erase_from(folder, user_id)
            elif folder.exists():
                logger.warning("%s is not a whole export and was deleted: export the day again", folder)
                shutil.rmtree(folder)
    return erased


def _is_whole(folder: Path) -> bool:
    has_manifest = (folder / MANIFEST).is_file() or (folder / HELD_MANIFEST).is_file()
    return has_manifest and (folder / MIXES).is_file() and (folder / LISTENERS).is_file()


def _erase_from(folder: Path, user_id: str) -> int:
    held, manifest_path = folder / HELD_MANIFEST, folder / MANIFEST
    was_interrupted = held.exists()
    listeners = pl.read_parquet(folder / LISTENERS)
    if not was_interrupted and listeners.filter(pl.col(c.USER_ID) == user_id).is_empty():
        return 0
    if not was_interrupted:
        manifest_path.rename(held)
    manifest = read_manifest(held)
    shutil.rmtree(folder / PLAYLISTS / listener_folder(user_id), ignore_errors=True)
    rows = pl.scan_parquet(folder / MIXES)
    found = rows.filter(pl.col(c.USER_ID) == user_id).select(pl.len()).collect().item()
    _replace_parquet(rows.filter(pl.col(c.USER_ID) != user_id), folder / MIXES)
    _replace_parquet(listeners.lazy().filter(pl.col(c.USER_ID) != user_id), folder / LISTENERS)
    tables = {name: pl.scan_parquet(folder / name).select(pl.len()).collect().item() for name in (MIXES, LISTENERS)}
    write_manifest(
        folder,
        day=date.fromisoformat(str(manifest["date"])),
        tables=tables,
        playlists=digest_playlists(folder),
        input_versions=manifest["input_versions"],  # type: ignore[arg-type]
    )
    held.unlink()
    return int(found)


def _replace_parquet(rows: pl.LazyFrame, path: Path) -> None:
    with written_aside(path) as fresh:
        rows.sink_parquet(fresh, compression="zstd", maintain_order=True)
