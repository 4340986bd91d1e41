"""No track in everybody's mix: each track goes to a limited share of the listeners, those who want it most.

Belongs here: the limit, and who gives way when too many were offered a track. Making the lists again without the
withdrawn offers is ``discover_weekly``.

Listeners propose to tracks in the order of their candidates, a full track keeps the best claims and refuses the rest
for good, the refused propose to their next: deferred acceptance (Gale and Shapley 1962). It ends, and who gets what
does not depend on the order in which listeners are processed. A claim is the better the higher the track stands among
the listener's candidates; equal claims are decided by a hash of listener and track, so that no listener always loses by
the spelling of an id.
"""

import math

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field


class HubParams(BaseModel, frozen=True):
    """How many listeners one track may be offered to in one week."""

    max_share: float = Field(default=0.05, gt=0, le=1, description="Largest share of the listeners.")
    min_listeners: int = Field(default=10, ge=1, description="Never fewer listeners than this.")
    slack: float = Field(
        default=2.0,
        ge=1,
        description="Places there must be for each one asked for; a small catalogue raises the limit.",
    )


def hub_limit(params: HubParams, *, n_listeners: int, n_tracks: int, mix_length: int) -> int:
    """Return the most listeners that one track may be offered to.

    The share of the listeners; but at least ``min_listeners``, and at least so many that ``n_tracks`` tracks can fill
    all the lists ``slack`` times over: 300 listeners x 30 places among 600 tracks need every track 15 times on average,
    so the limit is 30.
    """
    needed = params.slack * n_listeners * mix_length / max(n_tracks, 1)
    return max(params.min_listeners, math.ceil(params.max_share * n_listeners), math.ceil(needed))


def find_refused(
    tracks: NDArray[np.integer],
    preference: NDArray[np.integer],
    luck: NDArray[np.uint64],
    *,
    limit: int,
) -> NDArray[np.int64]:
    """Find the offers beyond ``limit`` of their track.

    Args:
        tracks: the track of each offer.
        preference: its place among the listener's candidates, lower is dearer.
        luck: decides between equal preferences, from ``pair_luck``.
        limit: offers that a track may have.

    Returns:
        Places of the refused offers in the arrays, ascending.
    """
    counts = np.bincount(tracks)
    contested = np.flatnonzero(counts[tracks] > limit)
    order = contested[np.lexsort((luck[contested], preference[contested], tracks[contested]))]
    ordered = tracks[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if order.size else np.zeros(0, dtype=np.int64)
    claim = np.arange(order.size) - np.repeat(starts, np.diff(np.r_[starts, order.size]))
    return np.sort(order[claim >= limit])


def pair_luck(users: NDArray[np.integer], tracks: NDArray[np.integer], *, seed: int) -> NDArray[np.uint64]:
    """Return a well-mixed number for each (listener row, track row), the same for the same seed (splitmix64)."""
    mixed = np.asarray(users).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= np.asarray(tracks).astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= np.uint64(seed & 0xFFFFFFFFFFFFFFFF)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))
