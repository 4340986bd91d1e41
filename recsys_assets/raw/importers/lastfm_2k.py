"""HetRec 2011 Last.fm: undated totals of how often a listener played an artist, and tags.

Artists are the items there, so each artist also gets one track that stands for it: ``lastfm:artist:ID`` and
``lastfm:track-of-artist:ID``; listeners are ``lastfm:user:ID``. Genres of an artist are its most given tags.
Friendships are not read: nothing downstream asks who knows whom.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from recsys_assets.core import columns as c
from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.raw.contract import Reason
from recsys_assets.raw.importers.bookmark import Position
from recsys_assets.raw.importers.collect import CHUNK_ENTRIES, Collector, total_bytes
from recsys_assets.raw.importers.engine import Chunk, ImportJob, ImportSummary, ReportProgress, run_import
from recsys_assets.raw.lines import lines, opened

ARTISTS, TOTALS = "artists.dat", "user_artists.dat"
TAGS, TAGGED = "tags.dat", "user_taggedartists.dat"
# A tag that one person gave once says more about the person.
MIN_TAGGINGS = 2
GENRES_PER_ARTIST = 5


def import_lastfm_2k(
    folder: Path,
    *,
    as_of: date,
    landing: Path,
    state: Path,
    arrived_on: date,
    progress: ReportProgress | None = None,
    chunk_lines: int = CHUNK_ENTRIES,
) -> ImportSummary:
    """Import the folder of ``.dat`` files; the tag files may be absent.

    Args:
        folder: where ``artists.dat`` and ``user_artists.dat`` are.
        as_of: the day up to which the totals are taken to count (the set was collected until May 2011; a later day
        makes
            the listeners of today of them).
        landing: the landing zone.
        state: where bookmarks are kept.
        arrived_on: today, the day that the catalogue and the totals are dated.
        progress: see ``engine.run_import``.
        chunk_lines: totals between two bookmarks.

    Raises:
        InvalidArgumentError: the folder does not hold the set, or ``as_of`` lies after ``arrived_on``.
        DataFaultError, SourceUnavailableError: see ``engine.run_import``.
    """
    missing = [name for name in (ARTISTS, TOTALS) if not (folder / name).is_file()]
    if missing:
        raise InvalidArgumentError(
            f"{folder} does not hold {' and '.join(missing)}: expected the unpacked hetrec2011-lastfm-2k"
        )
    if as_of > arrived_on:
        raise InvalidArgumentError(f"totals can not count up to {as_of}, after the day of the import ({arrived_on})")
    inputs = tuple(folder / name for name in (ARTISTS, TOTALS, TAGS, TAGGED) if (folder / name).is_file())

    def read(position: Position) -> Iterator[Chunk]:
        return _chunks(folder, as_of, position, chunk_lines)

    options = {"as_of": str(as_of), "chunk": str(chunk_lines)}
    notes = ("totals have no dates: they are play_counts, and each artist has one track that stands for it",)
    size = total_bytes([folder / ARTISTS, folder / TOTALS])
    job = ImportJob("lastfm-2k", inputs, read, total=size, options=options, notes=notes)
    return run_import(job, landing=landing, state=state, arrived_on=arrived_on, progress=progress)


def _chunks(folder: Path, as_of: date, position: Position, size: int) -> Iterator[Chunk]:
    # Position.file 0 is the catalogue, in one chunk (its names fit any memory); 1 is the totals, from a row on.
    names = dict(_named(folder / ARTISTS))
    catalogue_bytes = (folder / ARTISTS).stat().st_size
    if position.file == 0:
        yield _catalogue(folder, names).chunk(Position(1), catalogue_bytes)
    begin = position.offset if position.file == 1 else 0
    totals_bytes = (folder / TOTALS).stat().st_size
    collector = Collector()
    for number, (end, fields) in enumerate(_rows(folder / TOTALS), start=1):
        if number <= begin or position.file > 1:
            continue
        _take_total(fields, names, as_of, collector)
        if number % size == 0:
            yield collector.chunk(Position(1, number), catalogue_bytes + end)
            collector = Collector()
    yield collector.chunk(Position(2), catalogue_bytes + totals_bytes)


def _take_total(fields: list[str], names: dict[str, str], as_of: date, collector: Collector) -> None:
    if len(fields) < 3:
        collector.leave("broken_line")
        return
    user, artist, weight = (field.strip() for field in fields[:3])
    if not user.isdigit() or not weight.isascii() or not weight.isdigit() or not 0 < int(weight[:12]) <= 10_000_000:
        collector.leave(Reason.WRONG_TYPE.value)
        return
    if artist not in names:
        collector.leave("unknown_artist")
        return
    row = {c.USER_ID: f"lastfm:user:{user}", c.TRACK_ID: _track(artist), c.PLAY_COUNT: int(weight), c.AS_OF: as_of}
    collector.add("play_counts", row)


def _catalogue(folder: Path, names: dict[str, str]) -> Collector:
    genres = _genres(folder)
    collector = Collector()
    for number, name in names.items():
        artist = f"lastfm:artist:{number}"
        tags = genres.get(number, [])
        collector.add_once("artists", artist, {c.ARTIST_ID: artist, c.NAME: name, c.GENRES: tags})
        track = {c.TRACK_ID: _track(number), c.TITLE: name, c.ARTIST_IDS: [artist], c.GENRES: tags}
        collector.add_once("tracks", _track(number), track)
    return collector


def _track(number: str) -> str:
    return f"lastfm:track-of-artist:{number}"


def _genres(folder: Path) -> dict[str, list[str]]:
    """Return the most given tags of each artist, the most given first, ties by the tag's name."""
    if not (folder / TAGS).is_file() or not (folder / TAGGED).is_file():
        return {}
    tags = dict(_named(folder / TAGS))
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for _, fields in _rows(folder / TAGGED):
        if len(fields) >= 3 and fields[2] in tags:
            counts[fields[1]][tags[fields[2]]] += 1
    return {
        artist: [
            tag for tag, count in sorted(found.items(), key=lambda pair: (-pair[1], pair[0])) if count >= MIN_TAGGINGS
        ][:GENRES_PER_ARTIST]
        for artist, found in counts.items()
    }


def _named(path: Path) -> Iterator[tuple[str, str]]:
    for _, fields in _rows(path):
        if len(fields) >= 2 and fields[1].strip():
            yield fields[0], fields[1].strip()[:1000]


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the tab-separated fields of each line whose first field is a number, with where the line ends.

    Headers differ between copies of the set (none, ``userID``, ``//userID``), and ``tags.dat`` is Latin-1.
    """
    with opened(path) as stream:
        for line in lines(stream):
            if line.content is None:
                continue
            try:
                text = line.content.decode("utf-8")
            except UnicodeDecodeError:
                text = line.content.decode("latin-1")
            fields = text.split("\t")
            if fields[0].strip().isdigit():
                yield line.end, fields
