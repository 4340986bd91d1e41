"""The first batch: which listeners get a track that nobody has heard, so that every such track has some.

Belongs here: sharing listeners out among the week's cold tracks. What else is in a mix is ``release_radar``.

Each track is promised its nearest listeners, about a hundred, fewer where there are few listeners. Tracks ask in turn,
each its nearest listener first: a place goes to the track that ranks the listener higher, and no mix is flooded,
because a listener has only so many places for such tracks.
"""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from recsys_assets.mixes.catalogue import Catalogue

# Places there are for each one promised, so that tracks find most of their nearest listeners free.
_SLACK = 2


class FirstBatchParams(BaseModel, frozen=True):
    """How many listeners hear a cold track first."""

    first_batch: int = Field(default=100, ge=1, description="Nearest listeners promised to a track.")
    first_batch_share: float = Field(
        default=0.2, gt=0, le=1, description="But at most this share of the listeners, where there are few."
    )
    cold_places: int = Field(default=10, ge=1, description="Most places of a mix that are promised to cold tracks.")
    artist_places: int = Field(default=2, gt=0, description="Most tracks of one credited artist in a mix.")
    length: int = Field(default=30, gt=0, description="Most tracks in a mix.")


def batch_size(params: FirstBatchParams, *, n_tracks: int, n_listeners: int) -> tuple[int, int]:
    """Return how many listeners each track is promised, and how many such places each listener has.

    Where there are so many tracks that places run out, tracks are promised fewer listeners, but never none.
    """
    if not n_tracks or not n_listeners:
        return 0, 0
    needed = math.ceil(_SLACK * n_tracks / n_listeners)
    places = min(max(params.cold_places, needed), params.length)
    most = max(math.ceil(params.first_batch_share * n_listeners), 1)
    return max(min(params.first_batch, most, places * n_listeners // (_SLACK * n_tracks)), 1), places


def share_out(
    scores: NDArray[np.float32], tracks: NDArray[np.integer], catalogue: Catalogue, params: FirstBatchParams
) -> list[NDArray[np.int64]]:
    """Give each track its first listeners.

    Args:
        scores: shape (n_tracks, n_listeners): how near each listener is; -inf where the listener may not get the track.
        tracks: shape (n_tracks,): rows of the catalogue.
        catalogue: credits and recordings: nobody gets an artist more often than the cap, nor a recording twice.
        params: how many.

    Returns:
        Listener rows for each track, nearest first. A track has fewer than promised only where too few listeners may
        get it, and none only where nobody may or all of those are full.
    """
    n_reachable = int(np.isfinite(scores).any(axis=0).sum()) if scores.size else 0
    quota, places = batch_size(params, n_tracks=len(tracks), n_listeners=n_reachable)
    given: list[list[int]] = [[] for _ in tracks]
    taken: Counter[tuple[int, str, int]] = Counter()
    groups = [_groups(int(track), catalogue, params) for track in tracks]
    _ask_in_turn(given, _orders(scores, quota), groups, taken, quota=quota, places=places)
    # Nobody near was free: a mix that is full of such tracks takes one more rather than that a track has nobody.
    alone = [n for n, listeners in enumerate(given) if not listeners]
    if alone:
        orders: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64) for _ in tracks]
        for n in alone:
            orders[n] = _order(scores[n])
        _ask_in_turn(given, orders, groups, taken, quota=1, places=params.length)
    return [np.array(listeners, dtype=np.int64) for listeners in given]


_Groups = list[tuple[str, int, int]]


def _groups(track: int, catalogue: Catalogue, params: FirstBatchParams) -> _Groups:
    """What a track takes of a listener's mix: (kind, which, how many of it there may be)."""
    _, artists = catalogue.credits_of(np.array([track]))
    credited = [("artist", int(artist), params.artist_places) for artist in artists]
    return [*credited, ("recording", int(catalogue.recordings[track]), 1)]


def _orders(scores: NDArray[np.float32], quota: int) -> list[NDArray[np.int64]]:
    return [_order(row, most=max(20 * quota, 1000)) for row in scores]


def _order(scores: NDArray[np.float32], *, most: int | None = None) -> NDArray[np.int64]:
    """Listeners by falling score, ties by row; with ``most`` only about so many of the first."""
    known = np.flatnonzero(np.isfinite(scores))
    if most is not None and known.size > most:
        border = np.partition(scores[known], known.size - most)[known.size - most]
        known = known[scores[known] >= border]
    return known[np.argsort(-scores[known], kind="stable")]


def _ask_in_turn(
    given: list[list[int]],
    orders: Sequence[NDArray[np.int64]],
    groups: Sequence[_Groups],
    taken: Counter[tuple[int, str, int]],
    *,
    quota: int,
    places: int,
) -> None:
    """Let tracks ask one listener each, round after round, until all have what was promised or have asked everybody."""
    asking = [iter(order.tolist()) for order in orders]
    waiting = [n for n, order in enumerate(orders) if order.size]
    while waiting:
        still = []
        for n in waiting:
            listener = next(asking[n], None)
            if listener is None:
                continue
            wanted = [("mix", 0, places), *groups[n]]
            if all(taken[(listener, kind, which)] < most for kind, which, most in wanted):
                taken.update((listener, kind, which) for kind, which, _ in wanted)
                given[n].append(listener)
            if len(given[n]) < quota:
                still.append(n)
        waiting = still
