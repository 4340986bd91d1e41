"""MusicBrainz's JSON dumps: artists and recordings as JSON Lines, plain, ``.gz`` or ``.zst``, into the catalogue.

What people call an artist or a recording there, genres and tags, becomes its ``genres``: that is where the models look for
words that nobody wrote an article around. Ids: ``musicbrainz:artist:MBID`` and ``musicbrainz:recording:MBID``, the same as
those of imported listens, so both meet.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from recsys_assets.core import columns as c
from recsys_assets.core.public_ids import valid_isrc, valid_mbid
from recsys_assets.raw.contract import DAY_MS, MAX_WORD_CHARS, Reason
from recsys_assets.raw.importers.bookmark import Position
from recsys_assets.raw.importers.collect import CHUNK_ENTRIES, Collector, line_chunks, total_bytes
from recsys_assets.raw.importers.engine import Chunk, ImportJob, ImportSummary, ReportProgress, run_import
from recsys_assets.raw.importers.naming import musicbrainz_id, text
from recsys_assets.raw.lines import Line

# A tag that one person gave is often a note to self ("seen live", "to check").
MIN_TAG_VOTES = 2
GENRES_PER_ENTRY = 10


def import_musicbrainz(
    files: Sequence[Path],
    *,
    landing: Path,
    state: Path,
    arrived_on: date,
    progress: ReportProgress | None = None,
    chunk_lines: int = CHUNK_ENTRIES,
) -> ImportSummary:
    """Import artists and recordings.

    An artist who is only named in a credit has no genres; files are read by name, so ``artist`` comes before ``recording``
    and what an artist's own line says is kept.

    Args:
        files: lines of artists, of recordings, or both.
        landing: the landing zone.
        state: where bookmarks are kept.
        arrived_on: today, the day that the catalogue is dated.
        progress: see ``engine.run_import``.
        chunk_lines: lines between two bookmarks.

    Raises:
        InvalidArgumentError, DataFaultError, SourceUnavailableError: see ``engine.run_import``.
    """
    paths = tuple(sorted(files, key=lambda path: (path.name, path)))

    def take(line: Line, _path: Path, collector: Collector) -> None:
        _take_line(line.content or b"", collector)

    def read(position: Position) -> Iterator[Chunk]:
        return line_chunks(paths, take, position, chunk_lines=chunk_lines)

    job = ImportJob("musicbrainz", paths, read, total=total_bytes(paths), options={"chunk": str(chunk_lines)})
    return run_import(job, landing=landing, state=state, arrived_on=arrived_on, progress=progress)


def _take_line(content: bytes, collector: Collector) -> None:
    try:
        entry = orjson.loads(content)
    except orjson.JSONDecodeError:
        collector.leave(Reason.BROKEN_JSON.value)
        return
    mbid = valid_mbid(entry.get("id")) if isinstance(entry, dict) else None
    if mbid is None:
        collector.leave("no_mbid")
    elif "artist-credit" in entry:
        _take_recording(entry, mbid, collector)
    elif "sort-name" in entry:
        _take_artist(entry, mbid, collector)
    else:
        collector.leave("neither_artist_nor_recording")


def _take_artist(entry: Mapping[str, Any], mbid: str, collector: Collector) -> None:
    name = text(entry.get("name"))
    if name is None:
        collector.leave("no_name")
        return
    artist = musicbrainz_id("artist", mbid)
    row = {c.ARTIST_ID: artist, c.NAME: name, c.MBID: mbid, c.GENRES: genres_of(entry)}
    collector.add_once("artists", artist, row)


def _take_recording(entry: Mapping[str, Any], mbid: str, collector: Collector) -> None:
    title, credited = text(entry.get("title")), _credit(entry.get("artist-credit"))
    if title is None or not credited:
        collector.leave("no_name")
        return
    for artist_mbid, name in credited.items():
        artist = musicbrainz_id("artist", artist_mbid)
        collector.add_once("artists", artist, {c.ARTIST_ID: artist, c.NAME: name, c.MBID: artist_mbid})
    length = entry.get("length")
    track = musicbrainz_id("recording", mbid)
    row = {
        c.TRACK_ID: track,
        c.TITLE: title,
        c.ARTIST_IDS: [musicbrainz_id("artist", artist_mbid) for artist_mbid in credited],
        c.RELEASED_ON: _day(entry.get("first-release-date")),
        c.DURATION_MS: length if isinstance(length, int) and 0 < length <= DAY_MS else None,
        c.ISRC: valid_isrc(entry.get("isrcs")),
        c.MBID: mbid,
        c.GENRES: genres_of(entry),
    }
    collector.add_once("tracks", track, row)


def genres_of(entry: Mapping[str, Any]) -> list[str]:
    """Return what people call an entry: genres, then tags of at least two votes; most votes first, ten at most."""
    found: dict[str, None] = {}
    for kind, least in (("genres", 1), ("tags", MIN_TAG_VOTES)):
        votes = entry.get(kind)
        named = [
            (-vote["count"], name.casefold())
            for vote in (votes if isinstance(votes, list) else [])
            if isinstance(vote, dict) and isinstance(vote.get("count"), int) and (name := text(vote.get("name")))
            if vote["count"] >= least and len(name) <= MAX_WORD_CHARS
        ]
        found |= dict.fromkeys(name for _, name in sorted(named))
    return list(found)[:GENRES_PER_ENTRY]


def _credit(value: object) -> dict[str, str]:
    """Return the credited artists, MBID to name, in the order of the credit."""
    credited: dict[str, str] = {}
    for part in value if isinstance(value, list) else []:
        artist = part.get("artist") if isinstance(part, dict) else None
        mbid = valid_mbid(artist.get("id")) if isinstance(artist, dict) else None
        name = text(artist.get("name")) if isinstance(artist, dict) else None
        if mbid and name:
            credited.setdefault(mbid, name)
    return credited


def _day(value: object) -> date | None:
    """Return a day; a year or a month is its first day, as everywhere in the landing zone."""
    if not isinstance(value, str) or not value[:4].isdigit():
        return None
    try:
        return date.fromisoformat(value + "-01-01"[: 3 * (2 - value.count("-"))])
    except ValueError:
        return None
