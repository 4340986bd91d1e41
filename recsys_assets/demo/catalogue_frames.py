"""The catalogue as rows of the landing zone: ids, names, codes, lengths.

Belongs here: what a music service would write on the label. Places in the planted space never enter these frames.
"""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.seeds import generator
from recsys_assets.demo.catalogue import ACOUSTIC, LIVE, STUDIO, Catalogue
from recsys_assets.demo.genres import GENRES
from recsys_assets.demo.names import NameMaker
from recsys_assets.demo.submissions import draw_credentials
from recsys_assets.demo.words import HOSTILE_ARTISTS, HOSTILE_TITLES, VENUES

MBID_SHARE = 0.9
ISRC_SHARE = 0.92
SECOND_GENRE_SHARE = 0.33
_NAMESPACE = uuid.UUID("5b0f8a52-6c3e-5d8e-9a43-4e1f0d6c7b21")


@dataclass(frozen=True)
class CatalogueFrames:
    """Frames of the contract, rows in the order of the catalogue's arrays."""

    artists: pl.DataFrame
    albums: pl.DataFrame
    tracks: pl.DataFrame


def catalogue_frames(catalogue: Catalogue, *, seed: int, start: date) -> CatalogueFrames:
    """Write the labels of a catalogue."""
    rng = generator(seed, "demo", "labels")
    maker = NameMaker(generator(seed, "demo", "names"))
    artist_genre = catalogue.artist_genre.tolist()
    names = [maker.artist(genre) for genre in artist_genre]
    _plant(names, HOSTILE_ARTISTS, rng)
    credentials = draw_credentials(len(names), seed=seed)
    artist_ids = pl.Series(c.ARTIST_ID, [f"a_{row:05d}" for row in range(len(names))])
    artists = pl.DataFrame(
        {
            c.ARTIST_ID: artist_ids,
            c.NAME: names,
            c.MBID: _mbids(seed, "artist", len(names), rng),
            c.GENRES: _genre_lists(catalogue.artist_genre, rng),
            "labels": pl.Series(credentials.labels, dtype=pl.List(pl.String)),
            "submitter_keys": pl.Series(credentials.key_hashes, dtype=pl.List(pl.String)),
        }
    )
    album_ids, albums = _albums(catalogue, maker, artist_ids, seed=seed, start=start, rng=rng)
    titles = _titles(catalogue, maker, names, rng)
    n = len(titles)
    explicit = np.array([genre.explicit_share for genre in GENRES])[catalogue.track_genre]
    explicit = _of_song(catalogue, rng.random(n) < explicit)
    tracks = pl.DataFrame(
        {
            c.TRACK_ID: [f"t_{row:06d}" for row in range(n)],
            c.TITLE: titles,
            c.ARTIST_IDS: _lists(artist_ids, catalogue.track_artist, catalogue.track_guest),
            c.ALBUM_ID: album_ids.gather(catalogue.track_album),
            c.RELEASED_ON: _dates(catalogue.released_day, start),
            c.DURATION_MS: _durations(catalogue, rng),
            c.ISRC: _isrcs(catalogue, start, rng),
            c.MBID: _mbids(seed, "track", n, rng),
            c.IS_EXPLICIT: explicit,
            c.IS_WITHDRAWN: catalogue.track_withdrawn,
            c.GENRES: artists[c.GENRES].gather(catalogue.track_artist),
        }
    )
    return CatalogueFrames(artists=artists, albums=albums, tracks=tracks)


def _plant(names: list[str], hostile: tuple[str, ...], rng: np.random.Generator) -> None:
    """Replace a handful of names by ones that break careless programs: every demo run meets them."""
    for row, name in zip(rng.choice(len(names), size=len(hostile), replace=False).tolist(), hostile, strict=True):
        names[row] = name


def _genre_lists(genre: np.ndarray, rng: np.random.Generator) -> pl.Series:
    """The genre, and for a third of the artists a second one of the same family (tags of the real world are mixed)."""
    related = []
    for own in GENRES:
        families = set(own.families)
        related.append([i for i, other in enumerate(GENRES) if other is not own and families & set(other.families)])
    draws = rng.random(genre.size).tolist()
    second = [
        related[row][int(draw / SECOND_GENRE_SHARE * len(related[row]))] if draw < SECOND_GENRE_SHARE else -1
        for row, draw in zip(genre.tolist(), draws, strict=True)
    ]
    return _lists(pl.Series([own.label for own in GENRES]), genre, np.array(second))


def _lists(words: pl.Series, first: np.ndarray, second: np.ndarray) -> pl.Series:
    """Lists of one word, or of two where ``second`` is not -1.

    Made by Polars: 65,000 Python lists took it seven seconds.
    """
    rows = pl.Series(second)
    pairs = pl.DataFrame({"a": words.gather(pl.Series(first)), "b": words.gather(rows.set(rows < 0, None))})
    return pairs.select(pl.concat_list("a", "b").list.drop_nulls()).to_series()


def _albums(
    catalogue: Catalogue,
    maker: NameMaker,
    artist_ids: pl.Series,
    *,
    seed: int,
    start: date,
    rng: np.random.Generator,
) -> tuple[pl.Series, pl.DataFrame]:
    n = catalogue.album_artist.size
    titles = []
    for artist, kind in zip(catalogue.album_artist.tolist(), catalogue.album_kind.tolist(), strict=True):
        if kind == LIVE:
            titles.append(f"Live at {VENUES[int(rng.integers(len(VENUES)))]}")
        elif kind == ACOUSTIC:
            titles.append(("The Acoustic Sessions", "Unplugged", "Acoustic EP")[int(rng.integers(3))])
        else:
            titles.append(maker.title(int(catalogue.artist_genre[artist]), artist=artist))
    ids = pl.Series(c.ALBUM_ID, [f"al_{row:05d}" for row in range(n)])
    frame = pl.DataFrame(
        {
            c.ALBUM_ID: ids,
            c.TITLE: titles,
            c.ARTIST_IDS: _lists(artist_ids, catalogue.album_artist, np.full(n, -1)),
            c.RELEASED_ON: _dates(catalogue.album_released_day, start),
            c.MBID: _mbids(seed, "album", n, rng),
        }
    )
    return ids, frame


def _titles(catalogue: Catalogue, maker: NameMaker, artists: list[str], rng: np.random.Generator) -> list[str]:
    """Titles of songs, then of versions after their song; a guest is named in half of the titles."""
    genre = catalogue.artist_genre
    titles = [maker.title(int(genre[artist]), artist=int(artist)) for artist in catalogue.track_artist.tolist()]
    songs = np.flatnonzero(catalogue.version_kind == STUDIO)
    for row, name in zip(rng.choice(songs, len(HOSTILE_TITLES), replace=False).tolist(), HOSTILE_TITLES, strict=True):
        titles[row] = name
    named = rng.random(len(titles)) < 0.5
    for row in np.flatnonzero((catalogue.track_guest >= 0) & (catalogue.version_kind == STUDIO) & named).tolist():
        titles[row] += f" (feat. {artists[catalogue.track_guest[row]]})"
    venue = rng.integers(len(VENUES), size=catalogue.album_artist.size)
    for row in np.flatnonzero(catalogue.version_kind != STUDIO).tolist():
        kind = catalogue.version_kind[row]
        suffix = f"(Live at {VENUES[venue[catalogue.track_album[row]]]})" if kind == LIVE else "(Acoustic)"
        titles[row] = f"{titles[catalogue.version_of[row]]} {suffix}"
    return titles


def _of_song(catalogue: Catalogue, values: np.ndarray) -> np.ndarray:
    """Give each version the value of its song."""
    return np.where(catalogue.version_of >= 0, values[catalogue.version_of], values)


def _durations(catalogue: Catalogue, rng: np.random.Generator) -> np.ndarray:
    """Log-normal lengths around the genre's; a live version is a tenth longer. int64 ms in 40 s … 20 min."""
    minutes = np.array([genre.minutes for genre in GENRES])[catalogue.track_genre]
    n = minutes.size
    song = _of_song(catalogue, minutes * rng.lognormal(0.0, 0.22, n))
    factor = np.where(catalogue.version_kind == LIVE, 1.1, 1.0) * rng.lognormal(0.0, 0.02, n)
    return np.clip(song * factor * 60_000, 40_000, 1_200_000).astype(np.int64)


def _dates(days: np.ndarray, start: date) -> pl.Series:
    return pl.Series([start + timedelta(days=day) for day in days.tolist()], dtype=pl.Date)


def _mbids(seed: int, kind: str, n: int, rng: np.random.Generator) -> list[str | None]:
    known = (rng.random(n) < MBID_SHARE).tolist()
    return [str(uuid.uuid5(_NAMESPACE, f"{seed}/{kind}/{row}")) if known[row] else None for row in range(n)]


def _isrcs(catalogue: Catalogue, start: date, rng: np.random.Generator) -> list[str | None]:
    """Codes of valid form under the country ``ZZ``, which no registrant has: a made-up code names no real recording."""
    known = (rng.random(catalogue.track_artist.size) < ISRC_SHARE).tolist()
    codes: list[str | None] = []
    for row, day in enumerate(catalogue.released_day.tolist()):
        registrant, serial = divmod(row, 100_000)
        year = (start + timedelta(days=day)).year % 100
        codes.append(f"ZZDM{registrant}{year:02d}{serial:05d}" if known[row] else None)
    return codes
