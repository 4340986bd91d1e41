"""Spotify's extended streaming history: JSON arrays of plays of one account.

``ts`` is the instant at which a play ENDED, so it began ``ms_played`` before. Tracks keep their URI as id; artists and
albums have names only and get hashed ids (``naming``). IP address, user name, platform and country are never read.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from recsys_assets.core import columns as c
from recsys_assets.core.errors import DataFaultError, InvalidArgumentError
from recsys_assets.raw.contract import DAY_MS, Reason
from recsys_assets.raw.importers.arrays import BrokenArrayError, array_entries
from recsys_assets.raw.importers.bookmark import Position
from recsys_assets.raw.importers.collect import CHUNK_ENTRIES, Collector
from recsys_assets.raw.importers.engine import Chunk, ImportJob, ImportSummary, ReportProgress, run_import
from recsys_assets.raw.importers.listenbrainz import instant, number
from recsys_assets.raw.importers.naming import text, text_id
from recsys_assets.raw.lines import READ_ERRORS, opened

REASONS_END = {
    "trackdone": "done",
    "fwdbtn": "skip",
    "backbtn": "back",
    "endplay": "stop",
    "logout": "stop",
    "clickrow": "other_track",
    "clickside": "other_track",
    "playbtn": "other_track",
    "trackerror": "error",
    "unexpected-exit": "error",
    "unexpected-exit-while-paused": "error",
}


def import_spotify_history(
    files: Sequence[Path],
    *,
    user: str,
    landing: Path,
    state: Path,
    arrived_on: date,
    progress: ReportProgress | None = None,
    chunk_entries: int = CHUNK_ENTRIES,
) -> ImportSummary:
    """Import ``Streaming_History_Audio_*.json`` files of one account; podcasts, videos and audiobooks are left.

    Args:
        files: the JSON files, in any order.
        user: whose they are: the export is of one account and names it only in what we do not read.
        landing: the landing zone.
        state: where bookmarks are kept.
        arrived_on: today, the day that the catalogue is dated.
        progress: see ``engine.run_import``; counts bytes of whole files.
        chunk_entries: plays between two bookmarks.

    Raises:
        InvalidArgumentError: no user, or a file that can not be read or is no such array.
        DataFaultError: see ``engine.run_import``.
        SourceUnavailableError: see ``engine.run_import``.
    """
    if not user.strip():
        raise InvalidArgumentError("the export does not say whose it is: name the listener with --user")
    paths = tuple(sorted(files))

    def read(position: Position) -> Iterator[Chunk]:
        return _chunks(paths, user, position, chunk_entries)

    total = sum(path.stat().st_size for path in paths if path.is_file())
    job = ImportJob("spotify-history", paths, read, total=total, options={"user": user, "chunk": str(chunk_entries)})
    return run_import(job, landing=landing, state=state, arrived_on=arrived_on, progress=progress)


def _chunks(paths: Sequence[Path], user: str, position: Position, size: int) -> Iterator[Chunk]:
    for index in range(position.file, len(paths)):
        path = paths[index]
        before = sum(earlier.stat().st_size for earlier in paths[:index])
        begin = position.offset if index == position.file else 0
        collector = Collector()
        try:
            with opened(path) as stream:
                for number_, entry in enumerate(array_entries(stream), start=1):
                    # Entries before the bookmark are read again and not taken: an array has no place to jump to.
                    if number_ <= begin:
                        continue
                    _take(entry, user, collector)
                    if number_ % size == 0:
                        yield collector.chunk(Position(index, number_), before)
                        collector = Collector()
        except BrokenArrayError:
            collector.leave(Reason.BROKEN_JSON.value)
        except InvalidArgumentError as error:
            raise InvalidArgumentError(
                f"{path}: {error}. Name the Streaming_History_Audio_*.json files of the export"
            ) from error
        except READ_ERRORS as error:
            raise DataFaultError(f"{path} can not be read: {error}") from error
        yield collector.chunk(Position(index + 1), before + path.stat().st_size)


def _take(entry: object, user: str, collector: Collector) -> None:
    if not isinstance(entry, dict):
        collector.leave(Reason.BROKEN_JSON.value)
        return
    uri = text(entry.get("spotify_track_uri"))
    if uri is None:
        is_spoken = any(
            entry.get(name) for name in ("spotify_episode_uri", "episode_name", "audiobook_uri", "audiobook_title")
        )
        collector.leave("podcast_or_audiobook" if is_spoken else "no_track")
        return
    ended_at, heard = instant(entry.get("ts")), number(entry.get("ms_played"))
    if ended_at is None:
        collector.leave("no_time")
        return
    if heard is None or not 0 <= heard <= DAY_MS:
        collector.leave("absurd_duration")
        return
    title = text(entry.get("master_metadata_track_name"))
    artist = text(entry.get("master_metadata_album_artist_name"))
    if title is None or artist is None:
        # Tracks that the service has taken down keep their URI and lose their names.
        collector.leave("no_names")
        return
    _take_catalogue(entry, uri, title, artist, collector)
    collector.add(
        "plays",
        {
            c.USER_ID: user,
            c.TRACK_ID: uri,
            c.PLAYED_AT: ended_at - timedelta(milliseconds=heard),
            c.MS_PLAYED: round(heard),
            c.REASON_END: _reason_end(entry),
            c.IS_SHUFFLE: entry["shuffle"] if isinstance(entry.get("shuffle"), bool) else None,
        },
    )


def _reason_end(entry: Mapping[str, Any]) -> str | None:
    reason = text(entry.get("reason_end"), limit=100)
    known = REASONS_END.get(reason, reason) if reason else None
    # Older entries have no reason, newer ones say skipped beside another one.
    return "skip" if entry.get("skipped") is True and known != "done" else known


def _take_catalogue(entry: Mapping[str, Any], uri: str, title: str, artist: str, collector: Collector) -> None:
    artist_id = text_id("artist", artist)
    album = text(entry.get("master_metadata_album_album_name"))
    album_id = text_id("album", artist, album) if album else None
    collector.add_once("artists", artist_id, {c.ARTIST_ID: artist_id, c.NAME: artist})
    track = {c.TRACK_ID: uri, c.TITLE: title, c.ARTIST_IDS: [artist_id], c.ALBUM_ID: album_id}
    collector.add_once("tracks", uri, track)
    if album_id:
        collector.add_once("albums", album_id, {c.ALBUM_ID: album_id, c.TITLE: album, c.ARTIST_IDS: [artist_id]})
