"""Artists, albums and tracks with their place in the planted space.

Belongs here: who exists, where it lies, when it is released. The rows of the landing zone made of it are
``catalogue_frames``; who listens is ``listeners``, the axes are ``geometry``. Nothing here depends on how many days the
world lasts.
"""

from dataclasses import dataclass

import numpy as np

from recsys_assets.core.seeds import generator
from recsys_assets.demo.affinity import ChoiceModel
from recsys_assets.demo.genres import GENRES
from recsys_assets.demo.geometry import (
    CONTENT_DIMENSIONS,
    Space,
    plant_space,
    random_directions,
    unit_rows,
    with_version_axes,
)
from recsys_assets.demo.params import DemoParams

STUDIO, LIVE, ACOUSTIC = 0, 1, 2
VERSION_OFFSET = 1.0
"""Length of a version's offset: a live version lies farther from its song than the artist's other songs do, so that
"nearest to the song" does not find it and "plus live minus studio" does."""

ARTIST_SPREAD = 0.9
TRACK_SPREAD = 0.45
GUEST_PULL = 0.5
COLLABORATION_SHARE = 0.08
WITHDRAWN_SHARE = 0.006
VERSION_POPULARITY = 0.8
WITHDRAWN_POPULARITY = 0.2
MAX_AGE_DAYS = 15 * 365


@dataclass(frozen=True)
class Catalogue:
    """The catalogue as arrays; row i of ``track_*`` is one track, tracks of an artist lie together."""

    space: Space
    artist_genre: np.ndarray
    artist_vectors: np.ndarray
    artist_log_popularity: np.ndarray
    first: np.ndarray
    track_artist: np.ndarray
    track_guest: np.ndarray
    track_album: np.ndarray
    track_vectors: np.ndarray
    track_log_popularity: np.ndarray
    track_withdrawn: np.ndarray
    version_of: np.ndarray
    version_kind: np.ndarray
    released_day: np.ndarray
    album_artist: np.ndarray
    album_kind: np.ndarray
    album_released_day: np.ndarray

    @property
    def track_genre(self) -> np.ndarray:
        """Genre row of each track."""
        return self.artist_genre[self.track_artist]

    def choice_model(self, sharpness: float) -> ChoiceModel:
        """Return what listeners and playlist makers choose from."""
        last = np.searchsorted(self.album_artist, np.arange(self.artist_genre.size), side="right") - 1
        newest = np.searchsorted(self.track_album, last)
        weights = np.exp(self.track_log_popularity.astype(np.float64))
        return ChoiceModel(
            artist_vectors=self.artist_vectors,
            artist_log_weight=self.artist_log_popularity,
            first=self.first,
            track_vectors=self.track_vectors,
            track_cumulative=np.concatenate([[0.0], np.cumsum(weights)]),
            released_day=self.released_day,
            newest=newest,
            newest_size=np.searchsorted(self.track_album, last, side="right") - newest,
            sharpness=sharpness,
        )


def build_catalogue(params: DemoParams, *, seed: int, start_weekday: int) -> Catalogue:
    """Plant a catalogue.

    Args:
        params: sizes and shares.
        seed: of the world.
        start_weekday: 0 = Monday, of the world's first day, so that releases fall on Fridays.
    """
    space = plant_space(seed)
    rng = generator(seed, "demo", "artists")
    artist_genre, artist_vectors, artist_log_popularity = _plant_artists(params, space, rng)
    layout = _lay_out_tracks(params, generator(seed, "demo", "albums"))
    album_day = _release_days(
        params, layout.album_artist, layout.album_size, start_weekday, generator(seed, "demo", "days")
    )
    rng = generator(seed, "demo", "tracks")
    guest = _draw_guests(artist_vectors, layout, rng)
    withdrawn = np.zeros(params.n_tracks, dtype=bool)
    withdrawn[rng.choice(params.n_tracks, max(2, round(WITHDRAWN_SHARE * params.n_tracks)), replace=False)] = True
    popularity = _track_popularity(layout, rng) + np.where(withdrawn, np.log(WITHDRAWN_POPULARITY), 0.0)
    return Catalogue(
        space=space,
        artist_genre=artist_genre,
        artist_vectors=artist_vectors,
        artist_log_popularity=artist_log_popularity,
        first=np.searchsorted(layout.artist, np.arange(params.n_artists + 1)),
        track_artist=layout.artist,
        track_guest=guest,
        track_album=layout.album,
        track_vectors=_track_vectors(artist_vectors, space, layout, guest, rng),
        track_log_popularity=popularity.astype(np.float32),
        track_withdrawn=withdrawn,
        version_of=layout.version_of,
        version_kind=layout.version_kind,
        released_day=album_day[layout.album],
        album_artist=layout.album_artist,
        album_kind=layout.album_kind,
        album_released_day=album_day,
    )


def _plant_artists(
    params: DemoParams, space: Space, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n, n_genres = params.n_artists, len(GENRES)
    shares = np.array([genre.share for genre in GENRES])
    # Two of every genre come first, then by share: no genre is empty in the smallest world.
    drawn = rng.choice(n_genres, size=n - 2 * n_genres, p=shares / shares.sum())
    genre = rng.permutation(np.concatenate([np.repeat(np.arange(n_genres), 2), drawn]))
    noise = random_directions(rng, n)
    content = unit_rows(space.genres[genre, :CONTENT_DIMENSIONS] + ARTIST_SPREAD * noise)
    rank = rng.permutation(n) + 1.0
    # Zipf with exponent .8: the first of 4,000 artists has 4 % of the weight, as in public play counts.
    return genre, with_version_axes(content), (-0.8 * np.log(rank + 2)).astype(np.float32)


@dataclass(frozen=True)
class _Layout:
    artist: np.ndarray
    album: np.ndarray
    version_of: np.ndarray
    version_kind: np.ndarray
    album_artist: np.ndarray
    album_kind: np.ndarray

    @property
    def album_size(self) -> np.ndarray:
        return np.bincount(self.album, minlength=self.album_artist.size)


def _tracks_per_artist(params: DemoParams, rng: np.random.Generator) -> np.ndarray:
    """Split the tracks among the artists: at least three each, log-normally uneven, exact in sum."""
    weight = rng.lognormal(0.0, 0.55, params.n_artists)
    spare = params.n_tracks - 3 * params.n_artists
    exact = weight / weight.sum() * spare
    counts = np.floor(exact).astype(np.int64)
    counts[np.argsort(counts - exact, kind="stable")[: spare - counts.sum()]] += 1
    return counts + 3


def _lay_out_tracks(params: DemoParams, rng: np.random.Generator) -> _Layout:
    """Put every artist's songs on albums, and live and acoustic versions on albums of their own that come later."""
    albums: list[tuple[int, int]] = []
    album: list[int] = []
    version_of: list[int] = []
    kinds: list[int] = []
    counts = _tracks_per_artist(params, rng)
    n_versions = np.minimum(rng.binomial(counts, params.version_share), counts // 2)
    for artist, (count, versions) in enumerate(zip(counts.tolist(), n_versions.tolist(), strict=True)):
        base, songs = len(album), count - versions
        placed = 0
        while placed < songs:
            size = min(int(rng.choice([1, 2, 5, 9, 11], p=[0.25, 0.1, 0.25, 0.25, 0.15])), songs - placed)
            album += [len(albums)] * size
            albums.append((artist, STUDIO))
            placed += size
        version_of += [-1] * songs
        kinds += [STUDIO] * songs
        # Pairs (song, kind) without repetition; the same song may have both kinds.
        pairs = rng.choice(2 * songs, size=versions, replace=False)
        for kind in (LIVE, ACOUSTIC):
            chosen = np.sort(pairs[pairs % 2 == kind - 1] // 2)
            if chosen.size:
                album += [len(albums)] * chosen.size
                albums.append((artist, kind))
                version_of += (base + chosen).tolist()
                kinds += [kind] * chosen.size
    table = np.array(albums)
    album_rows = np.array(album)
    return _Layout(
        artist=table[album_rows, 0],
        album=album_rows,
        version_of=np.array(version_of),
        version_kind=np.array(kinds),
        album_artist=table[:, 0],
        album_kind=table[:, 1],
    )


def _release_days(
    params: DemoParams, album_artist: np.ndarray, album_size: np.ndarray, start_weekday: int, rng: np.random.Generator
) -> np.ndarray:
    """Days of release relative to the start, rising within an artist; 85 % on Fridays.

    The newest albums of random artists are upcoming until ``upcoming_share`` of the tracks is reached. An artist whose
    only album is upcoming makes a debut.
    """
    n = album_artist.size
    age = np.exp(rng.uniform(np.log(25.0), np.log(MAX_AGE_DAYS), n))
    day = -age
    newest = np.append(album_artist[1:] != album_artist[:-1], True)
    candidates = rng.permutation(np.flatnonzero(newest))
    total = np.cumsum(album_size[candidates])
    upcoming = candidates[total <= params.upcoming_share * album_size.sum()]
    day = day[np.lexsort((day, album_artist))]
    day[upcoming] = rng.uniform(0, params.horizon_days, upcoming.size)
    day = np.floor(day).astype(np.int64)
    to_friday = (4 - (start_weekday + day)) % 7
    shifted = np.where(rng.random(n) < 0.85, day + to_friday, day)
    # A past release stays past, an upcoming one stays within the horizon.
    shifted = np.where((day < 0) & (shifted >= 0), shifted - 7, shifted)
    shifted = np.where(shifted >= params.horizon_days, np.maximum(shifted - 7, 0), shifted)
    # The shift may carry an album past a later one of the same artist.
    return shifted[np.lexsort((shifted, album_artist))].astype(np.int32)


def _draw_guests(artist_vectors: np.ndarray, layout: _Layout, rng: np.random.Generator) -> np.ndarray:
    """Give some songs a second credited artist, the nearest of eight drawn; versions keep their song's. -1: none."""
    n = layout.artist.size
    guest = np.full(n, -1, dtype=np.int64)
    songs = np.flatnonzero((rng.random(n) < COLLABORATION_SHARE) & (layout.version_of < 0))
    drawn = rng.integers(0, len(artist_vectors), size=(songs.size, 8))
    near = np.einsum("nkd,nd->nk", artist_vectors[drawn], artist_vectors[layout.artist[songs]])
    near[drawn == layout.artist[songs, None]] = -np.inf
    best = near.argmax(axis=1)
    found = np.isfinite(near.max(axis=1))
    guest[songs[found]] = drawn[np.arange(songs.size), best][found]
    return np.where(layout.version_of >= 0, guest[layout.version_of], guest)


def _track_vectors(
    artist_vectors: np.ndarray, space: Space, layout: _Layout, guest: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    n = layout.artist.size
    noise = random_directions(rng, n)
    content = artist_vectors[layout.artist, :CONTENT_DIMENSIONS] + TRACK_SPREAD * noise
    content = np.where(
        (guest >= 0)[:, None], content + GUEST_PULL * artist_vectors[guest, :CONTENT_DIMENSIONS], content
    )
    vectors = with_version_axes(unit_rows(content))
    song = np.where(layout.version_of >= 0, layout.version_of, np.arange(n))
    return (vectors[song] + VERSION_OFFSET * space.versions[layout.version_kind]).astype(np.float32)


def _track_popularity(layout: _Layout, rng: np.random.Generator) -> np.ndarray:
    """Log weight within the artist: rank^-.7 among the songs, a version half of its song."""
    n = layout.artist.size
    key = rng.random(n) + (layout.version_of >= 0)
    order = np.lexsort((key, layout.artist))
    first = np.searchsorted(layout.artist, layout.artist)
    rank = np.empty(n)
    rank[order] = np.arange(n) - first[order]
    log_weight = -0.7 * np.log(rank + 1.5)
    song = np.where(layout.version_of >= 0, layout.version_of, np.arange(n))
    return log_weight[song] + np.where(layout.version_of >= 0, np.log(VERSION_POPULARITY), 0.0)
