"""What is played in the planned sessions, for how long, and how it ends.

A play either discovers (an artist and track drawn by the mood of the session, ``affinity``) or returns to an earlier
discovery of the same listener, weighted by how well that one suited. Before the first day everybody has found some
tracks already, so that the first week is not all discovery. Everything is done for a chunk of listeners at once.
"""

from dataclasses import dataclass

import numpy as np

from recsys_assets.core.seeds import generator
from recsys_assets.demo.affinity import ChoiceModel, match
from recsys_assets.demo.feedback import Presaves
from recsys_assets.demo.genres import GENRES
from recsys_assets.demo.listeners import (
    MAX_POINTS,
    PASSIVE,
    PASSIVE_SOFTNESS,
    SLEEP_TRACKS,
    SLEEPER,
    SUPERFAN,
    Listeners,
)
from recsys_assets.demo.sessions import DAY_MS, DISCOVERY_CHANCES, Events

SOURCES = ("library", "search", "playlist", "discover_weekly", "release_radar", "daily_mix", "home", "radio")
REASONS = ("done", "skip", "stop", "error")
DONE, SKIP, STOP, ERROR = range(len(REASONS))

# Shares over SOURCES, by (returns, discovers) for who chooses and for who lets it run.
_SOURCE_SHARES = np.array(
    [
        [[0.48, 0.10, 0.28, 0.0, 0.0, 0.14, 0.0, 0.0], [0.0, 0.24, 0.24, 0.14, 0.06, 0.08, 0.12, 0.12]],
        [[0.15, 0.0, 0.20, 0.0, 0.0, 0.15, 0.10, 0.40], [0.0, 0.0, 0.18, 0.05, 0.02, 0.05, 0.15, 0.55]],
    ]
)
SKIP_BASE = np.array([-1.3, -4.0, 1.7, -1.5, -1.5])
"""Log-odds of a skip at an average match, by habit."""

SKIP_SLOPE = 5.0
AVERAGE_MATCH = 0.75
RETURN_SHARPNESS = 4.0
RECENT_SHARE = 0.4
RECENT_DISCOVERIES = 12
FAN_SHARE = 0.5
FAN_PULL = 2.5
PRESAVE_PLAYED_DAYS = 7


@dataclass(frozen=True)
class Plays:
    """Plays as arrays; ``played_at`` in ms after the start of the world, codes into ``SOURCES`` and ``REASONS``."""

    listener: np.ndarray
    track: np.ndarray
    played_at: np.ndarray
    ms_played: np.ndarray
    reason: np.ndarray
    source: np.ndarray
    is_shuffle: np.ndarray

    def keep(self, mask: np.ndarray) -> "Plays":
        """Return the plays where ``mask`` holds."""
        return Plays(**{name: getattr(self, name)[mask] for name in self.__dataclass_fields__})

    @staticmethod
    def concatenate(parts: list["Plays"]) -> "Plays":
        """Return the plays of all parts, one after the other."""
        return Plays(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in Plays.__dataclass_fields__})


@dataclass(frozen=True)
class ChosenPlays:
    """Plays of a chunk with what the feedback is drawn from: match (float32) and two uniforms."""

    plays: Plays
    match: np.ndarray
    chances: np.ndarray


@dataclass(frozen=True)
class _Discoveries:
    """All discoveries of a chunk, by listener; those from before the world first."""

    track: np.ndarray
    suits: np.ndarray
    weight: np.ndarray
    first_of: np.ndarray
    before: np.ndarray


def choose_plays(
    events: Events,
    listeners: Listeners,
    rows: np.ndarray,
    model: ChoiceModel,
    presaves: Presaves,
    *,
    sleep_lists: np.ndarray,
    durations: np.ndarray,
    seed: int,
    chunk: int,
) -> ChosenPlays:
    """Fill the planned sessions of a chunk with tracks.

    Args:
        events: of ``plan_events``.
        listeners: of the world.
        rows: the chunk's listeners, ascending and without gaps.
        model: what can be chosen.
        presaves: of the chunk; most are played in the week of release.
        sleep_lists: int64 (len(rows), SLEEP_TRACKS), see ``draw_sleep_lists``.
        durations: int64 ms of each track.
        seed: of the world.
        chunk: number of the chunk.
    """
    local = events.listener - rows[0]
    found = _discover(events, listeners, rows, model, presaves, seed=seed, chunk=chunk)
    track, suits = _resolve(events, local, found)
    sleep = np.flatnonzero(events.is_sleep)
    track[sleep] = sleep_lists[local[sleep], events.position[sleep] % SLEEP_TRACKS]
    suits[sleep] = 1.0
    same = (track[1:] == track[:-1]) & (events.session[1:] == events.session[:-1]) & ~events.is_sleep[1:]
    keep = np.flatnonzero((track >= 0) & ~np.append(False, same))
    return _perform(events, listeners, durations, keep=keep, local=local[keep], track=track[keep], suits=suits[keep])


def draw_sleep_lists(
    listeners: Listeners, rows: np.ndarray, model: ChoiceModel, ambient: np.ndarray, *, seed: int, chunk: int
) -> np.ndarray:
    """Draw the few quiet tracks that the chunk's sleepers sleep to, int64 (len(rows), SLEEP_TRACKS); others -1."""
    rng = generator(seed, "demo", "sleep", chunk)
    points = (0.8 * ambient + 0.5 * listeners.points[rows, 0]).astype(np.float32)
    sleepers = np.flatnonzero(listeners.habit[rows] == SLEEPER)
    request = np.repeat(sleepers, SLEEP_TRACKS)
    artists = model.draw_artists(points, request, rng.random(request.size))
    chances = rng.random((request.size, DISCOVERY_CHANCES - 2))
    tracks = model.draw_tracks(points, request, artists, np.full(request.size, -1), chances)
    lists = np.full((rows.size, SLEEP_TRACKS), -1, dtype=np.int64)
    lists[sleepers] = tracks.reshape(-1, SLEEP_TRACKS)
    return lists


def _discover(
    events: Events,
    listeners: Listeners,
    rows: np.ndarray,
    model: ChoiceModel,
    presaves: Presaves,
    *,
    seed: int,
    chunk: int,
) -> _Discoveries:
    rng = generator(seed, "demo", "library", chunk)
    n_before = np.clip(np.rint(16 * listeners.activity[rows] ** 0.5), 4, 60).astype(np.int64)
    before = np.repeat(rows, n_before)
    weights = np.cumsum(listeners.weights_start[before], axis=1)
    before_point = (rng.random((before.size, 1)) > weights[:, :-1]).sum(axis=1)
    at = np.flatnonzero(events.is_discovery)

    # Joined with those from before the world, then sorted by listener: a stable sort keeps time's order.
    listener = np.concatenate([before, events.listener[at]])
    order = np.argsort(listener, kind="stable")
    listener = listener[order]
    point = np.concatenate([before_point, events.point[at]])[order]
    start = np.concatenate([np.full(before.size, -DAY_MS), events.session_start[at]])[order]
    day = np.floor_divide(start, DAY_MS)
    chances = np.concatenate([rng.random((before.size, DISCOVERY_CHANCES)), events.discovery_chances])[order]

    points = listeners.points[rows].reshape(-1, listeners.points.shape[2])
    request = (listener - rows[0]) * MAX_POINTS + point
    artist = model.draw_artists(points, request, chances[:, 0])
    is_fan = (listeners.habit[listener] == SUPERFAN) & (chances[:, 1] < FAN_SHARE)
    artist = np.where(is_fan, listeners.favourite_artist[listener], artist)
    track = model.draw_tracks(points, request, artist, day, chances[:, 2:])
    _play_presaves(track, listener, start, presaves)

    suits = np.zeros(track.size, dtype=np.float32)
    valid = np.flatnonzero(track >= 0)
    suits[valid] = match(points, request[valid], model.track_vectors, track[valid])
    suits[listeners.habit[listener] == PASSIVE] /= PASSIVE_SOFTNESS
    suits[is_fan] = np.maximum(suits[is_fan], 1.0)
    logit = np.log(chances[:, 1] + 1e-9) - np.log1p(1e-9 - chances[:, 1])
    weight = np.exp(RETURN_SHARPNESS * (suits - AVERAGE_MATCH) + 0.5 * logit) * np.where(is_fan, FAN_PULL, 1.0)
    return _Discoveries(
        track=track,
        suits=suits,
        weight=np.where(track >= 0, weight, 0.0),
        first_of=np.searchsorted(listener, rows),
        before=n_before,
    )


def _play_presaves(track: np.ndarray, listener: np.ndarray, start: np.ndarray, presaves: Presaves) -> None:
    """Let the first discovery after a pre-saved release be that release, if it comes within a week. In place."""
    key = listener * (1 << 42) + start
    release = presaves.release_ms
    at = np.searchsorted(key, presaves.listener * (1 << 42) + release)
    at_safe = np.minimum(at, max(key.size - 1, 0))
    if not key.size:
        return
    soon = start[at_safe] < release + PRESAVE_PLAYED_DAYS * DAY_MS
    hit = (at < key.size) & (listener[at_safe] == presaves.listener) & soon
    track[at_safe[hit]] = presaves.track[hit]


def _resolve(events: Events, local: np.ndarray, found: _Discoveries) -> tuple[np.ndarray, np.ndarray]:
    """Return the track and match of each event: its own discovery, or a weighted earlier one. -1: nothing to play."""
    discovered = np.cumsum(events.is_discovery) - events.is_discovery
    starts = np.searchsorted(local, np.arange(found.before.size))
    padded = np.append(discovered, events.is_discovery.sum())
    rank = discovered - padded[starts][local]
    first = found.first_of[local]
    end = first + found.before[local] + rank
    low = np.where(events.chances[:, 2] < RECENT_SHARE, np.maximum(first, end - RECENT_DISCOVERIES), first)
    total = np.concatenate([[0.0], np.cumsum(found.weight)])
    at = total[low] + events.chances[:, 1] * (total[end] - total[low])
    chosen = np.clip(np.searchsorted(total, at, side="right") - 1, low, end - 1)
    chosen = np.where(events.is_discovery, end, chosen)
    return found.track[chosen], found.suits[chosen]


def _perform(
    events: Events,
    listeners: Listeners,
    durations: np.ndarray,
    *,
    keep: np.ndarray,
    local: np.ndarray,
    track: np.ndarray,
    suits: np.ndarray,
) -> ChosenPlays:
    """Play the chosen tracks one after the other: who is still listening starts the next session later."""
    chances = events.chances[keep]
    is_sleep = events.is_sleep[keep]
    listener = events.listener[keep]
    session = events.session[keep]
    is_new = events.is_discovery[keep]
    habit = listeners.habit[listener]
    duration = durations[track]

    log_odds = SKIP_BASE[habit] - SKIP_SLOPE * (suits - AVERAGE_MATCH) + 0.5 * is_new
    is_skip = (chances[:, 3] < 1.0 / (1.0 + np.exp(-log_odds))) & ~is_sleep
    is_last = np.append(session[1:] != session[:-1], True)
    reason = np.where(is_skip, SKIP, DONE)
    reason[is_last & ~is_skip & (chances[:, 3] > 0.8)] = STOP
    reason[chances[:, 3] > 0.9985] = ERROR
    share = np.where(reason == SKIP, 0.7 * chances[:, 4] ** 2, chances[:, 4])
    played = np.where(reason == DONE, duration, np.maximum(800, share * duration)).astype(np.int64)
    played[reason == ERROR] = 0

    is_first = np.append(True, session[1:] != session[:-1])
    span = 1 << 42
    elapsed = np.cumsum(played + 700 + (2500 * chances[:, 7]).astype(np.int64))
    elapsed = np.append(0, elapsed[:-1])
    earliest = np.where(is_first, events.session_start[keep] - elapsed, -span // 2) + local * span
    played_at = np.maximum.accumulate(earliest) + elapsed - local * span

    chance = np.where(chances[:, 7] < 0.7, events.mood_chance[keep], chances[:, 5])
    plays = Plays(
        listener=listener,
        track=track,
        played_at=played_at,
        ms_played=played,
        reason=reason.astype(np.int8),
        source=_draw_sources(habit == PASSIVE, is_new, is_sleep, chance),
        is_shuffle=(events.mood_chance[keep] < listeners.shuffle_share[listener]) & ~is_new & ~is_sleep,
    )
    return ChosenPlays(plays=plays, match=suits, chances=chances[:, 5:7])


def _draw_sources(is_passive: np.ndarray, is_new: np.ndarray, is_sleep: np.ndarray, chance: np.ndarray) -> np.ndarray:
    cumulative = np.cumsum(_SOURCE_SHARES, axis=2)[is_passive.astype(int), is_new.astype(int)]
    source = (chance[:, None] > cumulative[:, :-1]).sum(axis=1)
    return np.where(is_sleep, SOURCES.index("playlist"), source).astype(np.int8)


def ambient_row() -> int:
    """Row of the genre to sleep to."""
    return next(row for row, genre in enumerate(GENRES) if genre.name == "ambient")
