"""ListenBrainz: listens and feedback as JSON Lines, as its exports and dumps give them, plain, ``.gz`` or ``.zst``.

Ids: ``musicbrainz:recording:MBID`` (the service's mapping before what the player sent), else
``listenbrainz:msid:MSID``, else a hash of the names. Listeners: ``listenbrainz:user:NAME``, or the name given. Only
tracks' lengths are known, not how long was listened: the service takes a listen after half of the track or four
minutes, so every play is ``done``.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson

from recsys_assets.core import columns as c
from recsys_assets.core.public_ids import valid_isrc, valid_mbid
from recsys_assets.raw.contract import DAY_MS, Reason
from recsys_assets.raw.importers.bookmark import Position
from recsys_assets.raw.importers.collect import CHUNK_ENTRIES, Collector, line_chunks, total_bytes
from recsys_assets.raw.importers.engine import Chunk, ImportJob, ImportSummary, ReportProgress, run_import
from recsys_assets.raw.importers.naming import musicbrainz_id, text, text_id
from recsys_assets.raw.lines import Line

_ACTIONS = {1: "like", -1: "hide", 0: "unlike"}


def import_listenbrainz(
    files: Sequence[Path],
    *,
    landing: Path,
    state: Path,
    arrived_on: date,
    user: str | None = None,
    progress: ReportProgress | None = None,
    chunk_lines: int = CHUNK_ENTRIES,
) -> ImportSummary:
    """Import listens and feedback; a line is feedback when it has a score.

    Args:
        files: JSON Lines, in any order.
        landing: the landing zone.
        state: where bookmarks are kept.
        arrived_on: today, the day that the catalogue is dated.
        user: the listener of every line; without it each line has to name one.
        progress: see ``engine.run_import``.
        chunk_lines: lines between two bookmarks.

    Raises:
        InvalidArgumentError, DataFaultError, SourceUnavailableError: see ``engine.run_import``.
    """
    paths = tuple(sorted(files))

    def take(line: Line, _path: Path, collector: Collector) -> None:
        _take_line(line.content or b"", user, collector)

    def read(position: Position) -> Iterator[Chunk]:
        return line_chunks(paths, take, position, chunk_lines=chunk_lines)

    options = {"user": user or "", "chunk": str(chunk_lines)}
    job = ImportJob("listenbrainz", paths, read, total=total_bytes(paths), options=options)
    return run_import(job, landing=landing, state=state, arrived_on=arrived_on, progress=progress)


def _take_line(content: bytes, user: str | None, collector: Collector) -> None:
    try:
        entry = orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        collector.leave(_broken(content))
        return
    if not isinstance(entry, dict):
        collector.leave(Reason.BROKEN_JSON.value)
        return
    name = text(entry.get("user_name")) or text(entry.get("user_id"))
    listener = user or (f"listenbrainz:user:{name}" if name else None)
    if listener is None:
        collector.leave("no_listener")
    elif "score" in entry:
        _take_feedback(entry, listener, collector)
    else:
        _take_listen(entry, listener, collector)


def _broken(content: bytes) -> str:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return Reason.BROKEN_UTF8.value
    return Reason.BROKEN_JSON.value


def _take_listen(entry: Mapping[str, Any], listener: str, collector: Collector) -> None:
    played_at = instant(entry.get("listened_at", entry.get("timestamp")))
    if played_at is None:
        collector.leave("no_time")
        return
    track = _take_track(entry, collector)
    if track is None:
        collector.leave("no_track")
        return
    collector.add("plays", {c.USER_ID: listener, c.TRACK_ID: track, c.PLAYED_AT: played_at, c.REASON_END: "done"})


def _take_feedback(entry: Mapping[str, Any], listener: str, collector: Collector) -> None:
    action = _ACTIONS.get(entry["score"]) if isinstance(entry["score"], int) else None
    at = instant(entry.get("created", entry.get("last_updated", entry.get("inserted_at"))))
    if action is None:
        collector.leave("unknown_score")
        return
    if at is None:
        collector.leave("no_time")
        return
    track = _take_track(entry, collector)
    if track is None:
        collector.leave("no_track")
        return
    collector.add("feedback", {c.USER_ID: listener, c.TRACK_ID: track, c.AT: at, c.ACTION: action})


def _take_track(entry: Mapping[str, Any], collector: Collector) -> str | None:
    """Return the track's id, and put it, its album and its artists into the catalogue as far as they have names."""
    metadata = _object(entry.get("track_metadata"))
    info, mapping = _object(metadata.get("additional_info")), _object(metadata.get("mbid_mapping"))
    recording = (
        valid_mbid(mapping.get("recording_mbid"))
        or valid_mbid(entry.get("recording_mbid"))
        or valid_mbid(info.get("recording_mbid"))
    )
    msid = (
        valid_mbid(entry.get("recording_msid"))
        or valid_mbid(metadata.get("recording_msid"))
        or valid_mbid(info.get("recording_msid"))
    )
    title, credit = text(metadata.get("track_name")), text(metadata.get("artist_name"))
    if recording:
        track = musicbrainz_id("recording", recording)
    elif msid:
        track = f"listenbrainz:msid:{msid}"
    elif title and credit:
        track = text_id("recording", credit, title)
    else:
        return None
    if not title or not credit:
        # Feedback often names the recording by its id only; a listen elsewhere may bring the names.
        return track
    artists = _take_artists(credit, info, mapping, collector)
    row = {
        c.TRACK_ID: track,
        c.TITLE: title,
        c.ARTIST_IDS: artists,
        c.ALBUM_ID: _take_album(metadata, info, mapping, artists, collector),
        c.DURATION_MS: _duration_ms(info),
        c.ISRC: valid_isrc(info.get("isrc")),
        c.MBID: recording,
    }
    collector.add_once("tracks", track, row)
    return track


def _take_artists(credit: str, info: Mapping, mapping: Mapping, collector: Collector) -> list[str]:
    named = {
        valid_mbid(artist.get("artist_mbid")): text(artist.get("artist_credit_name"))
        for artist in _list(mapping.get("artists"))
        if isinstance(artist, dict)
    }
    known = [valid_mbid(value) for value in _list(mapping.get("artist_mbids")) or _list(info.get("artist_mbids"))]
    known = [value for value in known if value] or [value for value in named if value]
    if not known:
        artist = text_id("artist", credit)
        collector.add_once("artists", artist, {c.ARTIST_ID: artist, c.NAME: credit})
        return [artist]
    for value in known:
        # The credit as a whole names the artist only where there is one.
        name = named.get(value) or (credit if len(known) == 1 else None)
        if name:
            artist = musicbrainz_id("artist", value)
            collector.add_once("artists", artist, {c.ARTIST_ID: artist, c.NAME: name, c.MBID: value})
    return [musicbrainz_id("artist", value) for value in dict.fromkeys(known)]


def _take_album(
    metadata: Mapping, info: Mapping, mapping: Mapping, artists: list[str], collector: Collector
) -> str | None:
    title = text(metadata.get("release_name"))
    release = valid_mbid(mapping.get("release_mbid")) or valid_mbid(info.get("release_mbid"))
    if not title:
        return None
    album = musicbrainz_id("release", release) if release else text_id("album", artists[0], title)
    collector.add_once("albums", album, {c.ALBUM_ID: album, c.TITLE: title, c.ARTIST_IDS: artists, c.MBID: release})
    return album


def _duration_ms(info: Mapping[str, Any]) -> int | None:
    value = number(info.get("duration_ms"))
    if value is None and (seconds := number(info.get("duration"))) is not None:
        value = seconds * 1000
    return round(value) if value is not None and 0 < value <= DAY_MS else None


def number(value: object) -> float | None:
    """Return a number, also from text; None for anything else, infinity among it."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < 1e15 else None


def instant(value: object) -> datetime | None:
    """Return the instant of seconds since 1970 or of ISO text (no zone: UTC), None for anything else."""
    seconds = number(value)
    try:
        if seconds is not None:
            return datetime.fromtimestamp(seconds, tz=UTC)
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        if found is None:
            return None
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
