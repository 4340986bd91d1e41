"""Listeners: what they like, when and how they listen, and who of them is not honest.

Belongs here: properties that a listener has before any play. Sessions are ``sessions``, choices are ``plays``, what the
dishonest do is ``fraud``. A listener's properties do not depend on how many days the world lasts.
"""

from dataclasses import dataclass

import numpy as np

from recsys_assets.core.seeds import generator
from recsys_assets.demo.catalogue import Catalogue
from recsys_assets.demo.genres import GENRES
from recsys_assets.demo.geometry import CONTENT_DIMENSIONS, DIMENSIONS, VERSION_KINDS, random_directions, unit_rows
from recsys_assets.demo.params import DemoParams

DELIBERATE, PASSIVE, SKIPPER, SLEEPER, SUPERFAN = range(5)
HABITS = ("deliberate", "passive", "always_skips", "sleeps_to_music", "superfan")
HABIT_SHARES = (0.54, 0.22, 0.09, 0.08, 0.07)
HONEST, FARM, POD = range(3)
KINDS = ("honest", "click_farm", "listening_pod")

MAX_POINTS = 4
POINTS_SHARES = (0.22, 0.36, 0.27, 0.15)
POINT_SPREAD = 0.45
LIKES_VERSION_SHARE = 0.25
VERSION_LIKING = 0.5
VERSION_DISLIKING = -0.25
PASSIVE_SOFTNESS = 0.65
DRIFT_DAYS = 150.0
SLEEP_TRACKS = 16
MEAN_ACTIVITY = 1.2
"""So that rates come out as the parameters say, late joiners and overlong sessions taken in."""
FARM_SIZE = 30
POD_SIZE = 7

# Hours ahead of UTC, and how many listeners live there. No summer time: the demo has no clocks to change.
_TIME_ZONES = ((-8, 6), (-6, 9), (-5, 13), (-3, 8), (0, 14), (1, 22), (2, 9), (3, 4), (5.5, 5), (8, 4), (9, 4), (10, 2))


@dataclass(frozen=True)
class Listeners:
    """Listeners as arrays; points of taste are padded to ``MAX_POINTS`` with weight zero.

    Attributes:
        user_ids: 9 characters that say nothing about the listener.
        points: float32 (n, MAX_POINTS, d).
        weights_start: float64 (n, MAX_POINTS), rows sum to one; what is liked on day 0.
        weights_end: where liking drifts to; day t lies ``1 - exp(-t / DRIFT_DAYS)`` of the way.
        activity: float64 (n,), plays relative to the mean.
        explore: float64 (n,), share of plays that look for something new.
        joined_day: int64 (n,), negative for who was there before.
    """

    user_ids: np.ndarray
    habit: np.ndarray
    kind: np.ndarray
    group: np.ndarray
    points: np.ndarray
    weights_start: np.ndarray
    weights_end: np.ndarray
    point_genre: np.ndarray
    likes_version: np.ndarray
    activity: np.ndarray
    explore: np.ndarray
    joined_day: np.ndarray
    utc_offset_s: np.ndarray
    is_night_owl: np.ndarray
    favourite_artist: np.ndarray
    shuffle_share: np.ndarray

    @property
    def size(self) -> int:
        """How many there are."""
        return self.habit.size

    def weights_on(self, rows: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Return the weights of the points of ``rows`` on ``day`` (negative: as on 0), (len(rows), MAX_POINTS)."""
        moved = 1.0 - np.exp(-np.maximum(day, 0) / DRIFT_DAYS)[:, None]
        return (1.0 - moved) * self.weights_start[rows] + moved * self.weights_end[rows]


def build_listeners(params: DemoParams, catalogue: Catalogue, *, seed: int) -> Listeners:
    """Plant the listeners of a world."""
    n = params.n_listeners
    rng = generator(seed, "demo", "listeners")
    habit = rng.choice(len(HABITS), size=n, p=HABIT_SHARES)
    kind, group = _draw_groups(params, rng)
    likes_version = rng.random((n, len(VERSION_KINDS) - 1)) < LIKES_VERSION_SHARE
    points, weights_start, weights_end, point_genre = _draw_tastes(n, catalogue, likes_version, rng)
    # Who lets music run takes what comes: the same tastes, less sharp.
    points[habit == PASSIVE] *= PASSIVE_SOFTNESS
    zones = np.array(_TIME_ZONES)
    activity = rng.lognormal(0.0, 0.9, n)
    activity = np.minimum(activity, 8.0)
    joins = rng.random(n) < params.joins_later_share
    popular = np.exp(1.5 * catalogue.artist_log_popularity.astype(np.float64))
    favourite = _draw_favourites(catalogue, points[:, 0], popular, rng)
    explore = rng.beta(3.0, 3.0 / params.explore_share - 3.0, n)
    # A pod or farm member keeps up ordinary plays as cover, but fewer.
    activity = np.where(kind == FARM, 0.3 * activity, activity)
    return Listeners(
        user_ids=_user_ids(n, rng),
        habit=habit,
        kind=kind,
        group=group,
        points=points,
        weights_start=weights_start,
        weights_end=weights_end,
        point_genre=point_genre,
        likes_version=likes_version,
        activity=activity / MEAN_ACTIVITY,
        explore=np.clip(explore, 0.03, 0.9),
        joined_day=np.where(joins, rng.integers(0, params.horizon_days, n), -1),
        utc_offset_s=(rng.choice(zones[:, 0], size=n, p=zones[:, 1] / zones[:, 1].sum()) * 3600).astype(np.int64),
        is_night_owl=rng.random(n) < 0.3,
        favourite_artist=np.where(habit == SUPERFAN, favourite, -1),
        shuffle_share=np.where(rng.random(n) < 0.4, rng.uniform(0.4, 0.95, n), 0.05),
    )


def _user_ids(n: int, rng: np.random.Generator) -> np.ndarray:
    """Distinct ids in no order: an odd multiplier permutes the numbers below 2^40."""
    multiplier = int(rng.integers(2**38, 2**39)) * 2 + 1
    offset = int(rng.integers(2**39))
    digits = "abcdefghjkmnpqrstuvwxyz234567890"
    ids = []
    for row in range(n):
        number = (row * multiplier + offset) % 2**40
        ids.append("u" + "".join(digits[(number >> shift) & 31] for shift in range(0, 40, 5)))
    return np.array(ids, dtype=object)


def _draw_groups(params: DemoParams, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Who is honest, and the group of who is not; a group has at least three members. -1: no group."""
    n = params.n_listeners
    kind = np.full(n, HONEST)
    group = np.full(n, -1)
    order = rng.permutation(n)
    taken, next_group = 0, 0
    for label, share, size in ((FARM, params.farm_share, FARM_SIZE), (POD, params.pod_share, POD_SIZE)):
        members = max(3, round(share * n)) if share > 0 else 0
        chosen = order[taken : taken + members]
        groups = max(1, round(members / size))
        kind[chosen] = label
        group[chosen] = next_group + np.arange(members) % groups
        taken, next_group = taken + members, next_group + groups
    return kind, group


def _draw_tastes(
    n: int, catalogue: Catalogue, likes_version: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Points of taste lie near an artist of a genre, so that listeners have neighbours; mixtures are Dirichlet."""
    n_points = rng.choice(np.arange(1, MAX_POINTS + 1), size=n, p=POINTS_SHARES)
    share = np.array([genre.share for genre in GENRES]) ** 0.8
    genre = rng.choice(len(GENRES), size=(n, MAX_POINTS), p=share / share.sum())
    anchor = np.empty((n, MAX_POINTS), dtype=np.int64)
    for row in range(len(GENRES)):
        artists = np.flatnonzero(catalogue.artist_genre == row)
        weight = np.exp(0.5 * catalogue.artist_log_popularity[artists].astype(np.float64))
        cells = genre == row
        anchor[cells] = rng.choice(artists, size=int(cells.sum()), p=weight / weight.sum())
    noise = random_directions(rng, n * MAX_POINTS).reshape(n, MAX_POINTS, CONTENT_DIMENSIONS)
    content = catalogue.artist_vectors[anchor, :CONTENT_DIMENSIONS] + POINT_SPREAD * noise
    points = np.zeros((n, MAX_POINTS, DIMENSIONS), dtype=np.float32)
    points[..., :CONTENT_DIMENSIONS] = unit_rows(content.reshape(-1, CONTENT_DIMENSIONS)).reshape(content.shape)
    liking = np.where(likes_version, VERSION_LIKING, VERSION_DISLIKING)
    points += np.einsum("nv,vd->nd", liking, catalogue.space.versions[1:]).astype(np.float32)[:, None, :]
    present = np.arange(MAX_POINTS) < n_points[:, None]
    start, end = (_dirichlet(present, rng) for _ in range(2))
    return points, start, end, genre


def _dirichlet(present: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    gamma = rng.gamma(1.5, size=present.shape) * present + 1e-9 * present
    return gamma / gamma.sum(axis=1, keepdims=True)


def _draw_favourites(
    catalogue: Catalogue, points: np.ndarray, popular: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The artist that a super-fan would have: by taste and fame, among 64 drawn by fame."""
    drawn = rng.choice(popular.size, size=(len(points), 64), p=popular / popular.sum())
    near = np.einsum("nkd,nd->nk", catalogue.artist_vectors[drawn], points)
    return drawn[np.arange(len(points)), near.argmax(axis=1)]
