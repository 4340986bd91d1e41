"""What dishonest listeners do: click farms and listening pods; bought playlist slots are in ``playlists``.

A *click farm* is many accounts that play the same few tracks for a little over the thirty seconds that count, at all
hours. A *pod* is a small group whose members each have a track and play those of the others, nearly to the end, at
their own waking hours. Both keep up ordinary listening as cover, which ``plays`` makes.
"""

from dataclasses import dataclass

import numpy as np

from recsys_assets.core.seeds import generator
from recsys_assets.demo.catalogue import Catalogue
from recsys_assets.demo.listeners import FARM, POD, Listeners
from recsys_assets.demo.plays import DONE, SKIP, SOURCES, STOP, Plays
from recsys_assets.demo.sessions import DAY_MS

FARM_RATE = 3.0
"""Paid plays of a farm account, relative to the mean plays of a listener."""

POD_RATE = 1.0
FARM_MS = (31_000, 41_000)


@dataclass(frozen=True)
class Schemes:
    """One row per (group, boosted track): the group, its kind (``FARM``, ``POD``), the track; in pods its owner."""

    group: np.ndarray
    kind: np.ndarray
    track: np.ndarray
    owner: np.ndarray


def plan_schemes(listeners: Listeners, catalogue: Catalogue, *, seed: int) -> Schemes:
    """Choose the tracks that groups boost: of little-known artists, out before the start, each used once."""
    rng = generator(seed, "demo", "schemes")
    fame = catalogue.artist_log_popularity[catalogue.track_artist] + catalogue.track_log_popularity
    free = np.flatnonzero((catalogue.released_day < 0) & ~catalogue.track_withdrawn & (catalogue.version_of < 0))
    unknown = free[np.argsort(fame[free], kind="stable")[: max(40, free.size // 2)]]
    pool = rng.permutation(unknown).tolist()
    rows: list[tuple[int, int, int, int]] = []
    for group in np.unique(listeners.group[listeners.group >= 0]).tolist():
        members = np.flatnonzero(listeners.group == group)
        kind = int(listeners.kind[members[0]])
        if kind == FARM:
            artist = catalogue.track_artist[pool[0]]
            own = [track for track in pool if catalogue.track_artist[track] == artist][: int(rng.integers(2, 5))]
            rows += [(group, FARM, track, -1) for track in own]
        else:
            own = pool[: members.size]
            rows += [(group, POD, track, int(owner)) for track, owner in zip(own, members, strict=False)]
        used = set(own)
        pool = [track for track in pool if track not in used] or pool
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return Schemes(group=table[:, 0], kind=table[:, 1], track=table[:, 2], owner=table[:, 3])


def scheme_plays(
    schemes: Schemes, listeners: Listeners, durations: np.ndarray, *, rate: float, seed: int, days: int
) -> list[Plays]:
    """Make the paid and swapped plays of every group, one part per (group, day)."""
    parts = []
    for group in np.unique(schemes.group).tolist():
        members = np.flatnonzero(listeners.group == group)
        rows = np.flatnonzero(schemes.group == group)
        is_farm = schemes.kind[rows[0]] == FARM
        tracks, owners = schemes.track[rows], schemes.owner[rows]
        for day in range(days):
            rng = generator(seed, "demo", "fraud", group, day)
            active = members[listeners.joined_day[members] <= day]
            count = rng.poisson((FARM_RATE if is_farm else POD_RATE) * rate, active.size)
            listener = np.repeat(active, count)
            if is_farm:
                part = _farm_day(listener, tracks, durations, day=day, rng=rng)
            else:
                part = _pod_day(listener, tracks, owners, durations, listeners.utc_offset_s, day=day, rng=rng)
            if part.track.size:
                parts.append(part)
    return parts


def _farm_day(
    listener: np.ndarray, tracks: np.ndarray, durations: np.ndarray, *, day: int, rng: np.random.Generator
) -> Plays:
    n = listener.size
    track = tracks[rng.integers(tracks.size, size=n)]
    return Plays(
        listener=listener,
        track=track,
        played_at=day * DAY_MS + rng.integers(0, DAY_MS, n),
        ms_played=np.minimum(rng.integers(*FARM_MS, n), durations[track]),
        reason=np.full(n, SKIP, dtype=np.int8),
        source=np.where(rng.random(n) < 0.7, SOURCES.index("search"), SOURCES.index("playlist")).astype(np.int8),
        is_shuffle=np.zeros(n, dtype=bool),
    )


def _pod_day(
    listener: np.ndarray,
    tracks: np.ndarray,
    owners: np.ndarray,
    durations: np.ndarray,
    utc_offset_s: np.ndarray,
    *,
    day: int,
    rng: np.random.Generator,
) -> Plays:
    pick = rng.integers(tracks.size, size=listener.size)
    of_another = owners[pick] != listener
    listener, track = listener[of_another], tracks[pick[of_another]]
    n = listener.size
    # Waking hours, local. Where these lie on another UTC day they wrap around, so that the pod keeps its daily quota.
    local_ms = ((8 + 15 * rng.random(n)) * 3_600_000).astype(np.int64)
    is_done = rng.random(n) < 0.8
    return Plays(
        listener=listener,
        track=track,
        played_at=day * DAY_MS + (local_ms - utc_offset_s[listener] * 1000) % DAY_MS,
        ms_played=np.where(is_done, durations[track], durations[track] * rng.uniform(0.6, 0.99, n)).astype(np.int64),
        reason=np.where(is_done, DONE, STOP).astype(np.int8),
        source=np.full(n, SOURCES.index("library"), dtype=np.int8),
        is_shuffle=np.zeros(n, dtype=bool),
    )
