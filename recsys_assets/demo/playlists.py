"""Playlists, good and bad, that grow over time.

A good one has a theme: a genre or a mood near a point of taste, and a title that tells. Bad ones are random, too
short, of one artist, or have a title that says nothing. Some good ones carry a track whose owner paid for the place.
"""

from dataclasses import dataclass

import numpy as np

from recsys_assets.core.seeds import generator
from recsys_assets.demo.affinity import PROPOSALS, ChoiceModel
from recsys_assets.demo.catalogue import Catalogue
from recsys_assets.demo.genres import GENRES
from recsys_assets.demo.geometry import CONTENT_DIMENSIONS, unit_rows
from recsys_assets.demo.listeners import Listeners
from recsys_assets.demo.params import DemoParams
from recsys_assets.demo.sessions import DAY_MS
from recsys_assets.demo.words import HOSTILE_PLAYLISTS, MOODS

GOOD, RANDOM, GIBBERISH, SHORT, PROMO = range(5)
QUALITIES = ("good", "random", "gibberish_title", "too_short", "promo")
EDITOR_SHARE = 0.2
MOOD_PULL = 0.6
MOOD_SHARE = 0.7
NEW_SHARE = 0.15
OLDEST_DAY = -900
MIN_TRACKS, MAX_TRACKS = 10, 80

_TITLES_BOTH = ("{m} {g}", "{g} for a {m}", "{m} — {g}", "{g}, {m} mix", "{m} {g} vibes")
_TITLES_GENRE = ("{g}", "best of {g}", "{g} Essentials", "my {g}", "This Is {g}", "{g} deep cuts", "only {g}")
_GIBBERISH = ("asdf", "aaa", "new playlist", "untitled 3", ".", "jhgf", "test", "xx", "playlist 12", "qwerty")
_RANDOM = ("stuff", "misc", "songs", "everything", "2024 dump", "idk", "mixed bag", "random")


@dataclass(frozen=True)
class Playlists:
    """Playlists and their entries as arrays; entries are ordered by (playlist, added_at). Instants in ms after start.

    ``owner`` is a listener's row, or -1 - genre for an editor of that genre. ``entry_is_bought`` marks paid places.
    """

    name: list[str]
    description: list[str | None]
    owner: np.ndarray
    quality: np.ndarray
    genre: np.ndarray
    mood: np.ndarray
    followers: np.ndarray
    created_at: np.ndarray
    entry_playlist: np.ndarray
    entry_track: np.ndarray
    entry_added_at: np.ndarray
    entry_is_bought: np.ndarray


def build_playlists(
    params: DemoParams, catalogue: Catalogue, listeners: Listeners, model: ChoiceModel, *, seed: int
) -> Playlists:
    """Make all playlists of the horizon. They do not depend on how many days of it the world lasts."""
    rng = generator(seed, "demo", "playlists")
    n = params.n_playlists
    bad = np.array([0.35, 0.2, 0.25, 0.2]) * params.bad_playlist_share
    quality = rng.choice(5, size=n, p=[1 - params.bad_playlist_share, *bad])
    owner, points, genre = _draw_owners(catalogue, listeners, n, rng)
    mood = np.where(rng.random(n) < MOOD_SHARE, rng.integers(len(MOODS), size=n), -1)
    content = points[:, :CONTENT_DIMENSIONS] + MOOD_PULL * np.where(
        (mood >= 0)[:, None], catalogue.space.moods[mood], 0
    )
    points[:, :CONTENT_DIMENSIONS] = unit_rows(content)
    size = np.clip(rng.lognormal(np.log(30), 0.55, n), MIN_TRACKS, MAX_TRACKS).astype(np.int64)
    size = np.where(quality == SHORT, rng.integers(1, 5, n), size)
    created = np.where(
        rng.random(n) < NEW_SHARE, rng.integers(0, params.horizon_days, n), rng.integers(OLDEST_DAY, 0, n)
    )
    joined = np.where(owner >= 0, listeners.joined_day[owner], -1)
    created = np.where(joined >= 0, np.maximum(created, joined), created)
    playlist, track, day = _draw_entries(
        params, catalogue, model, points, quality=quality, size=size, created=created, rng=rng
    )
    followers = np.floor(rng.pareto(0.9, n) * np.where(owner < 0, 60, 3)).clip(0, 2_000_000)
    followers = np.where(quality == GOOD, followers, np.minimum(followers, 5)).astype(np.int64)
    bought = _draw_bought(params, catalogue, quality=quality, followers=followers, created=created, rng=rng)
    # Where the paid track stood in the playlist on its merits, the slot was not needed.
    n_tracks = catalogue.track_artist.size
    needed = ~np.isin(bought[0] * n_tracks + bought[1], playlist * n_tracks + track)
    is_bought = np.append(np.zeros(playlist.size, dtype=bool), np.ones(int(needed.sum()), dtype=bool))
    playlist, track, day = (
        np.append(free, paid[needed]) for free, paid in zip((playlist, track, day), bought, strict=True)
    )
    # Time of day without chance: entries of a playlist stay in the order drawn.
    second = np.arange(playlist.size) % 40_000 + 30_000
    order = np.lexsort((second, day, playlist))
    names, descriptions = _titles(quality, genre, mood, rng)
    return Playlists(
        name=names,
        description=descriptions,
        owner=owner,
        quality=quality,
        genre=genre,
        mood=mood,
        followers=followers,
        created_at=created.astype(np.int64) * DAY_MS,
        entry_playlist=playlist[order],
        entry_track=track[order],
        entry_added_at=(day.astype(np.int64) * DAY_MS + second * 1000)[order],
        entry_is_bought=is_bought[order],
    )


def _draw_owners(
    catalogue: Catalogue, listeners: Listeners, n: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Owners with the point of taste and the genre of their playlist: a listener's own taste, or an editor's genre."""
    owner = rng.choice(listeners.size, size=n, p=listeners.activity / listeners.activity.sum())
    weights = np.cumsum(listeners.weights_start[owner], axis=1)
    point = (rng.random((n, 1)) > weights[:, :-1]).sum(axis=1)
    points = listeners.points[owner, point].copy()
    genre = listeners.point_genre[owner, point]
    is_editor = rng.random(n) < EDITOR_SHARE
    artist = rng.integers(catalogue.artist_genre.size, size=n)
    points[is_editor] = catalogue.artist_vectors[artist[is_editor]]
    genre = np.where(is_editor, catalogue.artist_genre[artist], genre)
    return np.where(is_editor, -1 - genre, owner), points, genre


def _draw_entries(
    params: DemoParams,
    catalogue: Catalogue,
    model: ChoiceModel,
    points: np.ndarray,
    *,
    quality: np.ndarray,
    size: np.ndarray,
    created: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return playlist, track and day of every entry; a track once in a playlist, and not before its release."""
    # Twice as many are drawn, because popular tracks come twice.
    wanted = 2 * size + 2
    playlist = np.repeat(np.arange(size.size), wanted)
    rank = np.arange(playlist.size) - np.repeat(np.cumsum(wanted) - wanted, wanted)
    grown = rng.uniform(0.4, 1.0, size.size)[playlist]
    progress = np.minimum(rank / wanted[playlist], 1.0)
    jitter = rng.random(playlist.size)
    begun = created[playlist]
    # Old playlists have ``grown`` of their tracks before the start, the rest comes over the horizon; new ones begin
    # with most of their tracks on the first day.
    past = begun + (-1 - begun) * jitter
    coming = np.maximum(begun, 0) + (params.horizon_days - np.maximum(begun, 0)) * jitter
    early = progress < grown
    day = np.floor(np.where(early, np.where(begun < 0, past, begun), coming)).astype(np.int64)
    artist = model.draw_artists(points, playlist, rng.random(playlist.size))
    lead = model.draw_artists(points, np.arange(size.size), rng.random(size.size))
    artist = np.where(quality[playlist] == PROMO, lead[playlist], artist)
    track = model.draw_tracks(points, playlist, artist, day, rng.random((playlist.size, 1 + 2 * PROPOSALS)))
    anything = rng.integers(catalogue.track_artist.size, size=playlist.size)
    track = np.where((quality == RANDOM)[playlist] & (catalogue.released_day[anything] <= day), anything, track)
    order = np.lexsort((rank, track, playlist))
    repeated = np.append(False, (np.diff(playlist[order]) == 0) & (np.diff(track[order]) == 0))
    fresh = np.ones(playlist.size, dtype=bool)
    fresh[order[repeated]] = False
    keep = np.flatnonzero(fresh & (track >= 0))
    kept_before = np.cumsum(np.bincount(playlist[keep], minlength=size.size))
    kept_rank = np.arange(keep.size) - np.append(0, kept_before)[playlist[keep]]
    keep = keep[kept_rank < size[playlist[keep]]]
    return playlist[keep], track[keep], day[keep]


def _draw_bought(
    params: DemoParams,
    catalogue: Catalogue,
    *,
    quality: np.ndarray,
    followers: np.ndarray,
    created: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Place a few unknown tracks in followed playlists of any theme. Return playlist, track, day."""
    count = round(params.bought_slot_share * quality.size)
    good = np.flatnonzero(quality == GOOD)
    chosen = good[np.argsort(-followers[good], kind="stable")][: 3 * count]
    chosen = rng.permutation(chosen)[:count]
    fame = catalogue.artist_log_popularity[catalogue.track_artist] + catalogue.track_log_popularity
    out = np.flatnonzero((catalogue.released_day < 0) & (catalogue.version_of < 0) & ~catalogue.track_withdrawn)
    tail = out[np.argsort(fame[out], kind="stable")[: out.size // 3]]
    paid = rng.choice(tail, size=max(1, count // 5), replace=False)
    earliest = np.maximum(created[chosen], -60)
    day = earliest + np.floor(rng.random(chosen.size) * 80).astype(np.int64)
    return chosen, paid[rng.integers(paid.size, size=chosen.size)], day


def _titles(
    quality: np.ndarray, genre: np.ndarray, mood: np.ndarray, rng: np.random.Generator
) -> tuple[list[str], list[str | None]]:
    names: list[str] = []
    descriptions: list[str | None] = []
    draws = rng.random((quality.size, 3)).tolist()
    for row, (kind, label, feeling) in enumerate(zip(quality.tolist(), genre.tolist(), mood.tolist(), strict=True)):
        words = {"g": GENRES[label].label, "m": MOODS[feeling] if feeling >= 0 else ""}
        templates = _TITLES_BOTH if feeling >= 0 else _TITLES_GENRE
        if kind in {GIBBERISH, SHORT}:
            templates = _GIBBERISH
        elif kind == RANDOM:
            templates = _RANDOM
        name = templates[int(draws[row][0] * len(templates))].format(**words)
        names.append(name.lower() if draws[row][1] < 0.35 else name)
        told = kind == GOOD and draws[row][2] < 0.3
        descriptions.append(f"{words['g']} picked with care. {words['m']}".strip() if told else None)
    hostile = min(len(HOSTILE_PLAYLISTS), quality.size)
    for row, name in zip(rng.choice(quality.size, hostile, replace=False).tolist(), HOSTILE_PLAYLISTS, strict=False):
        names[row] = name
    return names, descriptions
