"""When listeners listen: sessions over local days, and the chances that later decide what is played in them.

Belongs here: instants, lengths and moods of sessions. What is played is ``plays``.

All chance of a (chunk of listeners, day) comes from one generator of its own, so that a world of 90 days begins with
exactly the world of 60 days, and chunks could be made in any order.
"""

from dataclasses import dataclass

import numpy as np

from recsys_assets.core.seeds import generator
from recsys_assets.demo.affinity import PROPOSALS
from recsys_assets.demo.listeners import PASSIVE, SLEEPER, Listeners

CHUNK_LISTENERS = 4096
"""Fixed, because chance is drawn by chunk: 4,096 listeners of the large world hold 400,000 plays, about 200 MB."""

DAY_MS = 86_400_000
EVENT_CHANCES = 8
DISCOVERY_CHANCES = 3 + 2 * PROPOSALS
MEAN_LENGTH = np.array([7.0, 18.0, 9.0, 7.0, 9.0])
"""Mean plays of a session, by habit."""

MEAN_SLEEP_LENGTH = 14
WEEKDAY_FACTOR = (0.95, 0.95, 0.97, 1.0, 1.1, 1.08, 0.95)

# Listening by local hour: commute and evening peaks; late risers at weekends; night owls. From 00:00.
_HOURS_WORK = (2, 1, 1, 1, 1, 3, 8, 14, 14, 10, 9, 9, 10, 9, 9, 10, 12, 15, 15, 13, 12, 11, 8, 4)
_HOURS_WEEKEND = (5, 4, 2, 1, 1, 1, 2, 4, 8, 11, 13, 13, 12, 12, 12, 12, 12, 12, 13, 13, 13, 12, 10, 8)
_HOURS_OWL = (12, 10, 8, 5, 3, 1, 1, 2, 3, 4, 5, 6, 7, 7, 8, 8, 9, 10, 11, 12, 13, 14, 15, 14)


@dataclass(frozen=True)
class Events:
    """Planned plays of a chunk, ordered by listener, then session, then position. Instants are ms after the start.

    Attributes:
        listener: int64, row in the world.
        session: int64, number of the session, distinct in the chunk.
        position: int64, from 0 in the session.
        session_start: int64 ms.
        is_sleep: whether the session is for sleeping.
        point: int64, the point of taste that the session is in the mood for.
        mood_chance: one uniform per session, repeated.
        chances: (n, EVENT_CHANCES) uniforms.
        is_discovery: whether something new is looked for.
        discovery_chances: (n_discoveries, DISCOVERY_CHANCES) uniforms, in the order of the events.
    """

    listener: np.ndarray
    session: np.ndarray
    position: np.ndarray
    session_start: np.ndarray
    is_sleep: np.ndarray
    point: np.ndarray
    mood_chance: np.ndarray
    chances: np.ndarray
    is_discovery: np.ndarray
    discovery_chances: np.ndarray


def plan_events(
    listeners: Listeners, rows: np.ndarray, *, rate: float, seed: int, chunk: int, days: int, start_weekday: int
) -> Events:
    """Plan what a chunk of listeners plays.

    Args:
        listeners: of the world.
        rows: the chunk's, ascending.
        rate: mean plays of a listener on a day.
        seed: of the world.
        chunk: number of the chunk.
        days: length of the world. A day too many on both sides is planned, because local days straddle the UTC ones.
        start_weekday: 0 = Monday, of the first day.
    """
    parts = [
        _plan_day(
            listeners,
            rows,
            rate=rate,
            rng=generator(seed, "demo", "sessions", chunk, day),
            day=day,
            weekday=(start_weekday + day) % 7,
        )
        for day in range(-1, days + 1)
    ]
    session_base = np.cumsum([0] + [part.session[-1] + 1 if part.session.size else 0 for part in parts[:-1]])
    session = np.concatenate([part.session + base for part, base in zip(parts, session_base, strict=True)])
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in Events.__dataclass_fields__
        if name != "session"
    }
    order = np.lexsort((joined["position"], session, joined["session_start"], joined["listener"]))
    discovery_row = np.cumsum(joined["is_discovery"]) - 1
    kept = order[joined["is_discovery"][order]]
    discovery_chances = joined.pop("discovery_chances")[discovery_row[kept]]
    sorted_columns = {name: values[order] for name, values in joined.items()}
    return Events(session=session[order], discovery_chances=discovery_chances, **sorted_columns)


def _plan_day(
    listeners: Listeners, rows: np.ndarray, *, rate: float, rng: np.random.Generator, day: int, weekday: int
) -> Events:
    habit = listeners.habit[rows]
    wanted = rate * listeners.activity[rows] * (listeners.joined_day[rows] <= day)
    # Who sleeps to music plays the more at night and the less by day.
    daytime = np.where(habit == SLEEPER, 0.6, 1.0) * WEEKDAY_FACTOR[weekday] / MEAN_LENGTH[habit]
    n_sessions = rng.poisson(wanted * daytime)
    nights = np.clip(wanted / MEAN_SLEEP_LENGTH, 0.0, 0.85) * (habit == SLEEPER)
    n_sleep = (rng.random(rows.size) < nights).astype(np.int64)
    local = np.concatenate([np.repeat(np.arange(rows.size), n_sessions), np.flatnonzero(n_sleep)])
    is_sleep = np.arange(local.size) >= n_sessions.sum()
    chance = rng.random((local.size, 4))
    listener = rows[local]
    length = _session_lengths(habit[local], is_sleep, chance[:, 0])
    weights = np.cumsum(listeners.weights_on(listener, np.full(listener.size, day)), axis=1)
    point = (chance[:, 1:2] > weights[:, :-1]).sum(axis=1)
    seconds = _seconds_of_day(listeners.is_night_owl[listener], is_sleep, weekday, chance[:, 2])
    start = (day * 86_400 + seconds - listeners.utc_offset_s[listener]).astype(np.int64) * 1000

    session = np.repeat(np.arange(local.size), length)
    first = np.cumsum(length) - length
    of_event = listener[session]
    chances = rng.random((session.size, EVENT_CHANCES))
    is_discovery = (chances[:, 0] < listeners.explore[of_event]) & ~is_sleep[session]
    return Events(
        listener=of_event,
        session=session,
        position=np.arange(session.size) - first[session],
        session_start=start[session],
        is_sleep=is_sleep[session],
        point=point[session],
        mood_chance=chance[session, 3],
        chances=chances,
        is_discovery=is_discovery,
        discovery_chances=rng.random((int(is_discovery.sum()), DISCOVERY_CHANCES)),
    )


def _session_lengths(habit: np.ndarray, is_sleep: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Geometric lengths from 1, at most six times the mean; nights 8 to 20."""
    mean = MEAN_LENGTH[habit]
    geometric = np.floor(np.log1p(-chance) / np.log1p(-1.0 / mean)) + 1
    ordinary = np.minimum(geometric, np.where(habit == PASSIVE, 6 * mean, 5 * mean))
    return np.where(is_sleep, 8 + np.floor(13 * chance), ordinary).astype(np.int64)


def _seconds_of_day(is_owl: np.ndarray, is_sleep: np.ndarray, weekday: int, chance: np.ndarray) -> np.ndarray:
    def inverse(hours: tuple[int, ...]) -> np.ndarray:
        cumulative = np.concatenate([[0.0], np.cumsum(hours)]) / sum(hours)
        return np.interp(chance, cumulative, np.arange(25) * 3600.0)

    ordinary = np.where(is_owl, inverse(_HOURS_OWL), inverse(_HOURS_WEEKEND if weekday >= 5 else _HOURS_WORK))
    # Bedtime between 22:00 and 01:00.
    return np.where(is_sleep, (22 + 3 * chance) * 3600, ordinary)
