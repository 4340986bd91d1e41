"""Why a track was offered, as facts: which of the listener's tracks lead to it, and in how many playlists they meet.

Belongs here: facts about (basket, track) pairs, read off the sources that ranked them. Words are ``reasons``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.mixes.baskets import Baskets
from recsys_assets.mixes.relations import keep_top_per_row
from recsys_assets.mixes.sources import SourceIndex

# What leads to a track is among its strongest neighbours, or it is not worth naming.
STRONGEST = 60
_PAIRS_AT_ONCE = 50_000


@dataclass(frozen=True)
class Evidence:
    """Facts about pairs, parallel to them.

    Attributes:
        because_1: int32 track row of the basket that leads there most, -1 where none does.
        because_2: the second, likewise.
        shared_playlists: int32, playlists that hold both the track and ``because_1``.
    """

    because_1: NDArray[np.int32]
    because_2: NDArray[np.int32]
    shared_playlists: NDArray[np.int32]


def evidence_for(
    index: SourceIndex, queries: Baskets, playlists: Baskets, rows: NDArray[np.integer], tracks: NDArray[np.integer]
) -> Evidence:
    """Find the facts behind offers.

    Args:
        index: the sources that ranked them.
        queries: the baskets that were asked for.
        playlists: the good playlists, over the same tracks.
        rows: the basket of each offer, a row of ``queries``; -1 for a listener without one, who gets no facts.
        tracks: the track of each offer.
    """
    asked = queries.matrix(weighted=True)
    leading = keep_top_per_row(index.neighbours.T.tocsr(), STRONGEST)
    members = playlists.matrix().T.tocsr()
    found = [
        _of_some(asked, leading, members, rows[start : start + _PAIRS_AT_ONCE], tracks[start : start + _PAIRS_AT_ONCE])
        for start in range(0, len(rows), _PAIRS_AT_ONCE)
    ]
    nothing = np.empty(0, dtype=np.int32)
    return (
        Evidence(*(np.concatenate([nothing, *parts]) for parts in zip(*found, strict=True)))
        if found
        else Evidence(nothing, nothing, nothing)
    )


def _of_some(
    asked: sparse.csr_matrix,
    leading: sparse.csr_matrix,
    members: sparse.csr_matrix,
    rows: NDArray[np.integer],
    tracks: NDArray[np.integer],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    first, second = (np.full(len(rows), -1, dtype=np.int32) for _ in range(2))
    shared = np.zeros(len(rows), dtype=np.int32)
    known = np.flatnonzero(rows >= 0)
    if not known.size:
        return first, second, shared
    parts = keep_top_per_row(asked[rows[known]].multiply(leading[tracks[known]]).tocsr(), 2)
    parts.eliminate_zeros()
    owner = np.repeat(np.arange(known.size), np.diff(parts.indptr))
    order = np.lexsort((parts.indices, -parts.data, owner))
    place = np.arange(order.size) - np.repeat(parts.indptr[:-1], np.diff(parts.indptr))
    for slot, target in ((0, first), (1, second)):
        at = order[place == slot]
        target[known[owner[at]]] = parts.indices[at]
    led = np.flatnonzero(first >= 0)
    both = members[first[led]].multiply(members[tracks[led]])
    shared[led] = np.asarray(both.sum(axis=1)).ravel().astype(np.int32)
    return first, second, shared
