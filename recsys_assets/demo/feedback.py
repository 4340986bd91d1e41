"""Deliberate acts: likes, saves, hides and the rest, drawn from how well a play suited, and pre-saves of releases.

A listener does each act on a track once. After hiding a track the listener does not play it again.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from recsys_assets.core.seeds import generator
from recsys_assets.demo.affinity import ChoiceModel
from recsys_assets.demo.listeners import MAX_POINTS, PASSIVE, Listeners
from recsys_assets.demo.sessions import DAY_MS

if TYPE_CHECKING:
    from recsys_assets.demo.plays import ChosenPlays, Plays

ACTIONS = ("like", "unlike", "save", "playlist_add", "playlist_remove", "hide", "presave", "follow")
LIKE, UNLIKE, SAVE, ADD, REMOVE, HIDE, PRESAVE, FOLLOW = range(len(ACTIONS))

# Share of finished plays, at a match of .9, that lead to the act; of skips to a hide, at a match of .4.
_RATES = ((LIKE, 0.035), (SAVE, 0.025), (ADD, 0.015), (FOLLOW, 0.008))
HIDE_RATE = 0.02
TAKEN_BACK = ((LIKE, UNLIKE, 0.04), (ADD, REMOVE, 0.1))
PRESAVES_PER_HORIZON = 0.6


@dataclass(frozen=True)
class Feedback:
    """Acts as arrays; ``track`` or ``artist`` is -1. ``at`` in ms after the start."""

    listener: np.ndarray
    track: np.ndarray
    artist: np.ndarray
    at: np.ndarray
    action: np.ndarray

    def keep(self, mask: np.ndarray) -> "Feedback":
        """Return the acts where ``mask`` holds."""
        return Feedback(**{name: getattr(self, name)[mask] for name in self.__dataclass_fields__})

    @staticmethod
    def concatenate(parts: list["Feedback"]) -> "Feedback":
        """Return the acts of all parts, one after the other."""
        names = Feedback.__dataclass_fields__
        return Feedback(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})


@dataclass(frozen=True)
class Presaves:
    """Pre-saves of a chunk: who, which track, when, and the instant of release, in ms after the start."""

    listener: np.ndarray
    track: np.ndarray
    at: np.ndarray
    release_ms: np.ndarray

    def as_feedback(self) -> Feedback:
        """Return them as acts."""
        return Feedback(
            listener=self.listener,
            track=self.track,
            artist=np.full(self.track.size, -1),
            at=self.at,
            action=np.full(self.track.size, PRESAVE, dtype=np.int8),
        )


def draw_presaves(
    listeners: Listeners, rows: np.ndarray, model: ChoiceModel, *, horizon_days: int, seed: int, chunk: int
) -> Presaves:
    """Draw who pre-saves what in the two weeks before its release; never before the world or the listener begins."""
    rng = generator(seed, "demo", "presaves", chunk)
    upcoming = model.released_day[model.newest] >= 0
    rate = PRESAVES_PER_HORIZON * np.minimum(listeners.activity[rows], 3.0) * (listeners.habit[rows] != PASSIVE)
    count = rng.poisson(rate * horizon_days / 120) if upcoming.any() else np.zeros(rows.size, dtype=np.int64)
    listener = np.repeat(rows, count)
    points = listeners.points[rows].reshape(-1, listeners.points.shape[2])
    weights = np.cumsum(listeners.weights_start[listener], axis=1)
    point = (rng.random((listener.size, 1)) > weights[:, :-1]).sum(axis=1)
    restricted = replace(model, artist_log_weight=np.where(upcoming, model.artist_log_weight, -60).astype(np.float32))
    artist = restricted.draw_artists(points, (listener - rows[0]) * MAX_POINTS + point, rng.random(listener.size))
    track = model.newest[artist] + (rng.random(listener.size) * model.newest_size[artist]).astype(np.int64)
    release = model.released_day[track].astype(np.int64) * DAY_MS
    at = release - (rng.uniform(0.1, 14.0, listener.size) * DAY_MS).astype(np.int64)
    begins = np.maximum(listeners.joined_day[listener], 0) * DAY_MS
    presaves = Presaves(listener=listener, track=track, at=at, release_ms=release)
    keep = np.flatnonzero((at >= begins) & upcoming[artist])
    keep = keep[_first_of_each(listener[keep], track[keep], at[keep])]
    return Presaves(**{name: getattr(presaves, name)[keep] for name in Presaves.__dataclass_fields__})


def draw_feedback(chosen: "ChosenPlays", track_artist: np.ndarray, rng_chances: np.ndarray | None = None) -> Feedback:
    """Draw the acts that follow from plays.

    Args:
        chosen: plays of a chunk with their matches and uniforms.
        track_artist: first credited artist of each track.
        rng_chances: replaces the uniforms of ``chosen`` (tests).

    Returns:
        Each act at most once for a listener and track (artist for follows), in no particular order.
    """
    plays, suits = chosen.plays, chosen.match
    chances = chosen.chances if rng_chances is None else rng_chances
    is_done = plays.reason == 0
    liking = 1.0 / (1.0 + np.exp(-8.0 * (suits - 0.9))) * 2.0
    disliking = 1.0 / (1.0 + np.exp(8.0 * (suits - 0.4))) * 2.0
    action = np.full(plays.track.size, -1, dtype=np.int8)
    low = np.zeros(plays.track.size)
    for act, rate in _RATES:
        high = low + rate * liking
        action[is_done & (chances[:, 1] >= low) & (chances[:, 1] < high)] = act
        low = high
    action[(plays.reason == 1) & (chances[:, 1] < HIDE_RATE * disliking)] = HIDE
    act_at = np.flatnonzero(action >= 0)
    acts = Feedback(
        listener=plays.listener[act_at],
        track=plays.track[act_at],
        artist=np.full(act_at.size, -1),
        at=plays.played_at[act_at] + plays.ms_played[act_at] * 7 // 10,
        action=action[act_at],
    )
    back_chance = chances[act_at, 0]
    follows = acts.action == FOLLOW
    artist = np.where(follows, track_artist[acts.track], -1)
    item = np.where(follows, artist, acts.track) * len(ACTIONS) + acts.action
    first = _first_of_each(acts.listener, item, acts.at)
    acts = replace(acts, artist=artist, track=np.where(follows, -1, acts.track)).keep(first)
    return _with_taken_back(acts, back_chance[first])


def _with_taken_back(acts: Feedback, chance: np.ndarray) -> Feedback:
    """Add second thoughts some days later."""
    parts = [acts]
    for act, undo, share in TAKEN_BACK:
        rows = np.flatnonzero((acts.action == act) & (chance < share))
        later = (1.0 + 30.0 * chance[rows] / share) * DAY_MS
        undone = acts.keep(rows)
        undone_action = np.full(rows.size, undo, dtype=np.int8)
        parts.append(replace(undone, at=undone.at + later.astype(np.int64), action=undone_action))
    return Feedback.concatenate(parts)


def _first_of_each(listener: np.ndarray, item: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Rows of the earliest of each (listener, item), ascending."""
    order = np.lexsort((at, item, listener))
    changes = (np.diff(listener[order]) != 0) | (np.diff(item[order]) != 0)
    return np.sort(order[np.append(True, changes)] if order.size else order)


def is_after_hiding(plays: "Plays", acts: Feedback, *, n_tracks: int) -> np.ndarray:
    """Return whether each play comes after its listener hid the track."""
    hides = acts.keep(acts.action == HIDE)
    key = hides.listener * n_tracks + hides.track
    order = np.argsort(key)
    if not order.size:
        return np.zeros(plays.track.size, dtype=bool)
    asked = plays.listener * n_tracks + plays.track
    at = np.minimum(np.searchsorted(key[order], asked), order.size - 1)
    return (key[order][at] == asked) & (plays.played_at > hides.at[order][at])
