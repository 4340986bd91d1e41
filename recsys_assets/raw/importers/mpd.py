"""The Million Playlist Dataset: the original ``mpd.slice.*.json`` files, or two Parquet tables cut from them.

Playlists are ``mpd:playlist:PID``; tracks and albums keep their Spotify URI, and so do artists in the slices; the
Parquet form names artists only, which get hashed ids (``naming``). Playlists have no owner and entries no time. What
was counted over a playlist (``num_tracks``, ``num_artists``, …) is left: it can be counted again.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.errors import DataFaultError, InvalidArgumentError
from recsys_assets.raw.contract import DAY_MS, Reason
from recsys_assets.raw.importers.arrays import BrokenArrayError, array_entries
from recsys_assets.raw.importers.bookmark import Position
from recsys_assets.raw.importers.collect import Collector
from recsys_assets.raw.importers.engine import Chunk, ImportJob, ImportSummary, ReportProgress, conform, run_import
from recsys_assets.raw.importers.listenbrainz import instant, number
from recsys_assets.raw.importers.naming import text, text_id
from recsys_assets.raw.lines import READ_ERRORS, opened

SLICES = "mpd.slice.*.json"
PLAYLISTS, ENTRIES = "playlists.parquet", "playlist_tracks.parquet"
# Entries of one chunk of the Parquet form: some 50 MB.
CHUNK_ROWS = 500_000
# Playlists of one chunk of the JSON form: 250 of 67 tracks each; a slice has 1,000.
CHUNK_PLAYLISTS = 250


def import_mpd(
    path: Path,
    *,
    landing: Path,
    state: Path,
    arrived_on: date,
    progress: ReportProgress | None = None,
    chunk_rows: int = CHUNK_ROWS,
    chunk_playlists: int = CHUNK_PLAYLISTS,
) -> ImportSummary:
    """Import a folder of slices, one slice, or a folder with the two Parquet tables.

    Args:
        path: a folder or one ``mpd.slice.*.json``.
        landing: the landing zone.
        state: where bookmarks are kept.
        arrived_on: today, the day that the snapshot is dated.
        progress: see ``engine.run_import``; counts bytes of slices, or rows.
        chunk_rows: entries between two bookmarks of the Parquet form.
        chunk_playlists: playlists between two bookmarks of the JSON form.

    Raises:
        InvalidArgumentError: there is neither form at ``path``.
        DataFaultError: a file is not what the form says.
        SourceUnavailableError: see ``engine.run_import``.
    """
    slices = tuple(sorted(path.glob(SLICES)) or sorted(path.glob(f"data/{SLICES}"))) if path.is_dir() else (path,)
    if path.is_dir() and (path / PLAYLISTS).is_file() and (path / ENTRIES).is_file():
        job = _parquet_job(path, chunk_rows)
    elif slices and all(slice_path.is_file() for slice_path in slices):

        def read(position: Position) -> Iterator[Chunk]:
            return _slice_chunks(slices, position, chunk_playlists)

        total = sum(slice_path.stat().st_size for slice_path in slices)
        job = ImportJob("mpd", slices, read, total=total, options={"chunk": str(chunk_playlists)})
    else:
        raise InvalidArgumentError(f"{path} holds neither {SLICES} nor {PLAYLISTS} and {ENTRIES}")
    return run_import(job, landing=landing, state=state, arrived_on=arrived_on, progress=progress)


def _slice_chunks(slices: Sequence[Path], position: Position, size: int) -> Iterator[Chunk]:
    for index in range(position.file, len(slices)):
        path = slices[index]
        before = sum(earlier.stat().st_size for earlier in slices[:index])
        begin = position.offset if index == position.file else 0
        collector = Collector()
        try:
            with opened(path) as stream:
                for count, entry in enumerate(array_entries(stream, key="playlists"), start=1):
                    if count <= begin:
                        continue
                    _take_playlist(entry, collector)
                    if count % size == 0:
                        yield collector.chunk(Position(index, count), before)
                        collector = Collector()
        except BrokenArrayError:
            collector.leave(Reason.BROKEN_JSON.value)
        except InvalidArgumentError as error:
            raise InvalidArgumentError(f"{path} is no slice of the playlist set: {error}") from error
        except READ_ERRORS as error:
            raise DataFaultError(f"{path} can not be read: {error}") from error
        yield collector.chunk(Position(index + 1), before + path.stat().st_size)


def _take_playlist(entry: object, collector: Collector) -> None:
    pid = entry.get("pid") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or isinstance(pid, bool) or not isinstance(pid, int):
        collector.leave("no_playlist_id")
        return
    playlist = f"mpd:playlist:{pid}"
    row = {
        c.PLAYLIST_ID: playlist,
        c.NAME: text(entry.get("name")) or playlist,
        c.DESCRIPTION: text(entry.get("description"), limit=10_000),
        c.FOLLOWERS: _whole(entry.get("num_followers"), high=10_000_000_000),
        c.MODIFIED_AT: instant(entry.get("modified_at")),
    }
    collector.add("playlists", row)
    tracks = entry.get("tracks")
    for place, track in enumerate(tracks if isinstance(tracks, list) else ()):
        uri = text(track.get("track_uri"), limit=500) if isinstance(track, dict) else None
        if uri is None:
            collector.leave("no_track")
            continue
        position = _whole(track.get("pos"), high=1_000_000)
        entry_row = {c.PLAYLIST_ID: playlist, c.POSITION: place if position is None else position, c.TRACK_ID: uri}
        collector.add("playlist_tracks", entry_row)
        _take_catalogue(uri, track, collector)


def _whole(value: object, *, high: int) -> int | None:
    found = number(value)
    return int(found) if found is not None and 0 <= found <= high else None


def _take_catalogue(uri: str, track: Mapping[str, Any], collector: Collector) -> None:
    name = text(track.get("artist_name"))
    artist = text(track.get("artist_uri"), limit=500) or text_id("artist", name or "")
    album, album_title = text(track.get("album_uri"), limit=500), text(track.get("album_name"))
    duration = _whole(track.get("duration_ms"), high=DAY_MS)
    collector.add_once("artists", artist, {c.ARTIST_ID: artist, c.NAME: name or artist})
    row = {
        c.TRACK_ID: uri,
        c.TITLE: text(track.get("track_name")) or uri,
        c.ARTIST_IDS: [artist],
        c.ALBUM_ID: album,
        c.DURATION_MS: duration or None,
    }
    collector.add_once("tracks", uri, row)
    if album:
        collector.add_once("albums", album, {c.ALBUM_ID: album, c.TITLE: album_title or album, c.ARTIST_IDS: [artist]})


def _parquet_job(folder: Path, chunk_rows: int) -> ImportJob:
    playlists, entries = folder / PLAYLISTS, folder / ENTRIES
    try:
        total = sum(
            pl.scan_parquet(path, glob=False).select(pl.len()).collect().item() for path in (playlists, entries)
        )
    except pl.exceptions.PolarsError as error:
        raise DataFaultError(f"{folder}: {PLAYLISTS} or {ENTRIES} can not be read: {error}") from error

    def read(position: Position) -> Iterator[Chunk]:
        done = 0
        for index, (path, convert) in enumerate(((playlists, _playlists), (entries, _entries))):
            rows = pl.scan_parquet(path, glob=False)
            height = rows.select(pl.len()).collect().item()
            begin = position.offset if index == position.file else 0
            for offset in range(begin, height, chunk_rows) if index >= position.file else ():
                end = min(height, offset + chunk_rows)
                tables, left = _converted(convert, rows.slice(offset, chunk_rows), path)
                yield Chunk(tables, left, Position(index, end) if end < height else Position(index + 1), done + end)
            done += height

    return ImportJob("mpd", (playlists, entries), read, total=total, options={"chunk": str(chunk_rows)})


def _converted(convert: Any, rows: pl.LazyFrame, path: Path) -> tuple[dict[str, pl.DataFrame], dict[str, int]]:
    try:
        return convert(rows.collect())
    except pl.exceptions.PolarsError as error:
        raise DataFaultError(f"{path} does not have the columns of the playlist set: {error}") from error


def _named(column: str, otherwise: pl.Expr) -> pl.Expr:
    name = pl.col(column).str.slice(0, 1_000)
    return pl.when(name.str.strip_chars() != "").then(name).otherwise(otherwise)


def _playlists(rows: pl.DataFrame) -> tuple[dict[str, pl.DataFrame], dict[str, int]]:
    known = rows.filter(pl.col("pid").is_not_null()).with_columns(
        pl.format("mpd:playlist:{}", "pid").alias(c.PLAYLIST_ID)
    )
    followers = pl.col("num_followers") if "num_followers" in rows.columns else pl.lit(None)
    modified = pl.col("modified_at") if "modified_at" in rows.columns else pl.lit(None)
    description = pl.col("description") if "description" in rows.columns else pl.lit(None)
    frame = known.select(
        c.PLAYLIST_ID,
        _named("name", pl.col(c.PLAYLIST_ID)).alias(c.NAME),
        description.cast(pl.String).str.slice(0, 10_000).alias(c.DESCRIPTION),
        followers.cast(pl.Int64).alias(c.FOLLOWERS),
        pl.from_epoch(modified.cast(pl.Int64), time_unit="s")
        .cast(pl.Datetime("us"))
        .dt.replace_time_zone("UTC")
        .alias(c.MODIFIED_AT),
    )
    return {"playlists": conform("playlists", frame)}, {"no_playlist_id": rows.height - known.height}


def _entries(rows: pl.DataFrame) -> tuple[dict[str, pl.DataFrame], dict[str, int]]:
    known = rows.filter(pl.col("pid").is_not_null() & (pl.col("track_uri") != ""))
    names = known["artist_name"].fill_null("").unique()
    hashed = {name: text_id("artist", name) for name in names}
    known = known.with_columns(
        pl.format("mpd:playlist:{}", "pid").alias(c.PLAYLIST_ID),
        pl.col("artist_name").fill_null("").replace_strict(hashed, return_dtype=pl.String).alias(c.ARTIST_ID),
    )
    entries = known.select(
        c.PLAYLIST_ID, pl.col("pos").cast(pl.Int64).alias(c.POSITION), pl.col("track_uri").alias(c.TRACK_ID)
    )
    first = known.unique("track_uri", keep="first", maintain_order=True)
    tracks = first.select(
        pl.col("track_uri").alias(c.TRACK_ID),
        _named("track_name", pl.col("track_uri")).alias(c.TITLE),
        pl.concat_list(c.ARTIST_ID).alias(c.ARTIST_IDS),
    )
    artists = known.unique(c.ARTIST_ID, keep="first", maintain_order=True).select(
        c.ARTIST_ID, _named("artist_name", pl.col(c.ARTIST_ID)).alias(c.NAME)
    )
    tables = {"playlist_tracks": entries, "tracks": tracks, "artists": artists}
    return {name: conform(name, frame) for name, frame in tables.items()}, {"no_track": rows.height - known.height}
