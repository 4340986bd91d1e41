"""Audioscrobbler portable logs, version 1.1 (``.scrobbler.log``), as Rockbox and other players write them.

Tab-separated: artist, album, title, track number, length in seconds, rating (L listened, S skipped), time, MusicBrainz
id of the recording. ``#TZ/UTC`` says that times are UTC; ``#TZ/UNKNOWN`` that they are the player's own time,
corrected by an argument.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from recsys_assets.core import columns as c
from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.public_ids import valid_mbid
from recsys_assets.raw.contract import DAY_MS, Reason
from recsys_assets.raw.importers.bookmark import Position
from recsys_assets.raw.importers.collect import CHUNK_ENTRIES, Collector, line_chunks, total_bytes
from recsys_assets.raw.importers.engine import Chunk, ImportJob, ImportSummary, ReportProgress, run_import
from recsys_assets.raw.importers.naming import musicbrainz_id, text, text_id
from recsys_assets.raw.lines import Line, lines, opened

HEADER = "#AUDIOSCROBBLER/"
VERSIONS = ("1.0", "1.1")
_HEADER_LINES = 10
_RATINGS = {"L": "done", "S": "skip"}
_MAX_OFFSET_MINUTES = 18 * 60


def import_scrobbler_log(
    files: Sequence[Path],
    *,
    user: str,
    landing: Path,
    state: Path,
    arrived_on: date,
    utc_offset_minutes: int = 0,
    progress: ReportProgress | None = None,
    chunk_lines: int = CHUNK_ENTRIES,
) -> ImportSummary:
    """Import portable logs of one listener.

    Args:
        files: the logs, in any order.
        user: whose they are.
        landing: the landing zone.
        state: where bookmarks are kept.
        arrived_on: today, the day that the catalogue is dated.
        utc_offset_minutes: how far the player's clock is ahead of UTC, for logs that say ``#TZ/UNKNOWN``.
        progress: see ``engine.run_import``.
        chunk_lines: lines between two bookmarks.

    Raises:
        InvalidArgumentError: no user, an absurd offset, or a file that can not be read or is no such log.
        DataFaultError, SourceUnavailableError: see ``engine.run_import``.
    """
    if not user.strip():
        raise InvalidArgumentError("a log does not say whose it is: name the listener with --user")
    if abs(utc_offset_minutes) > _MAX_OFFSET_MINUTES:
        raise InvalidArgumentError(f"no clock is {utc_offset_minutes} minutes off UTC: expected -1080…1080")
    paths = tuple(sorted(files))
    # identity_of says it better when a file can not be opened, and it runs before anything is read.
    offsets = {path: _offset(path, utc_offset_minutes) for path in paths if path.is_file()}

    def take(line: Line, path: Path, collector: Collector) -> None:
        _take_line(line, offsets[path], user, collector)

    def read(position: Position) -> Iterator[Chunk]:
        return line_chunks(paths, take, position, chunk_lines=chunk_lines)

    options = {"user": user, "offset": str(utc_offset_minutes), "chunk": str(chunk_lines)}
    job = ImportJob("scrobbler-log", paths, read, total=total_bytes(paths), options=options)
    return run_import(job, landing=landing, state=state, arrived_on=arrived_on, progress=progress)


def _offset(path: Path, minutes: int) -> timedelta:
    """Read a log's header: how far its times are ahead of UTC."""
    zone = "UNKNOWN"
    with opened(path) as stream:
        for line in lines(stream):
            content = (line.content or b"").removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace")
            if line.number == 1 and not content.startswith(tuple(HEADER + version for version in VERSIONS)):
                raise InvalidArgumentError(
                    f"{path} is no portable log: expected {HEADER}1.1 in its first line, found {content[:40]!r}"
                )
            if content.upper().startswith("#TZ/"):
                zone = content[4:].strip().upper()
            if not content.startswith("#") or line.number >= _HEADER_LINES:
                break
        else:
            if path.stat().st_size == 0:
                raise InvalidArgumentError(f"{path} is empty: expected {HEADER}1.1 in its first line")
    return timedelta() if zone == "UTC" else timedelta(minutes=minutes)


def _take_line(line: Line, offset: timedelta, user: str, collector: Collector) -> None:
    try:
        content = (line.content or b"").decode("utf-8")
    except UnicodeDecodeError:
        collector.leave(Reason.BROKEN_UTF8.value)
        return
    if content.startswith("#") or (line.number == 1 and content.startswith("\ufeff#")):
        return
    fields = content.split("\t")
    if len(fields) < 7:
        collector.leave("broken_line")
        return
    artist, album, title, _, length, rating, time = (field.strip() for field in fields[:7])
    reason, played_at = _RATINGS.get(rating.upper()), _played_at(time, offset)
    if not text(artist) or not text(title):
        collector.leave("no_names")
    elif reason is None:
        collector.leave("unknown_rating")
    elif played_at is None:
        collector.leave("no_time")
    else:
        recording = valid_mbid(fields[7]) if len(fields) > 7 else None
        track = musicbrainz_id("recording", recording) if recording else text_id("recording", artist, title)
        row = {c.TRACK_ID: track, c.TITLE: title[:1000], c.DURATION_MS: _duration_ms(length), c.MBID: recording}
        _take_catalogue(row, artist[:1000], album[:1000], collector)
        play = {c.USER_ID: user, c.TRACK_ID: track, c.PLAYED_AT: played_at, c.REASON_END: reason}
        collector.add("plays", play)


def _played_at(time: str, offset: timedelta) -> datetime | None:
    # A player without a clock writes 0: a play that nobody can date.
    if not time.isascii() or not time.isdigit() or not 0 < int(time[:12]) < 10**11:
        return None
    return datetime.fromtimestamp(int(time[:12]), tz=UTC) - offset


def _duration_ms(length: str) -> int | None:
    seconds = int(length) if length.isascii() and length.isdigit() and len(length) < 7 else 0
    return seconds * 1000 if 0 < seconds * 1000 <= DAY_MS else None


def _take_catalogue(track: dict[str, object], artist: str, album: str, collector: Collector) -> None:
    artist_id = text_id("artist", artist)
    album_id = text_id("album", artist, album) if album else None
    collector.add_once("artists", artist_id, {c.ARTIST_ID: artist_id, c.NAME: artist})
    row = {**track, c.ARTIST_IDS: [artist_id], c.ALBUM_ID: album_id}
    collector.add_once("tracks", str(track[c.TRACK_ID]), row)
    if album_id:
        collector.add_once("albums", album_id, {c.ALBUM_ID: album_id, c.TITLE: album, c.ARTIST_IDS: [artist_id]})
