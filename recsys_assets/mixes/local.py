"""How well a candidate fits somewhere in a basket's order: against the few tracks around one place, not against all.

Belongs here: features of (basket, candidate) that need the basket's own sequence. People build playlists in stretches of one artist, album
or mood, so that a missing track is most like what stood around it; sums over the whole basket wash that out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.mixes.baskets import Baskets

# Reach of the two windows: e-fold distances in places.
_NARROW, _WIDE = 1.0, 4.0


@dataclass(frozen=True)
class LocalRelations:
    """What tracks are compared by: unit vectors (tracks x d), item neighbours and adjacency (tracks x tracks), artist by track."""

    vectors: NDArray[np.float32]
    neighbours: sparse.csr_matrix
    adjacent: sparse.csr_matrix
    artist: NDArray[np.int32]


def build_local_features(
    relations: LocalRelations, queries: Baskets, tracks: NDArray[np.integer]
) -> dict[str, NDArray[np.float32]]:
    """Compare each candidate with the surroundings of every gap of its basket and keep the best gap.

    Args:
        relations: of tracks.
        queries: a batch.
        tracks: candidates, (n_queries, n), track rows.

    Returns:
        Features by name, float32 (n_queries, n); zero for a basket without tracks.
    """
    names = [
        f"{kind}_{part}"
        for kind in ("vector", "neighbour", "adjacent", "artist")
        for part in ("narrow", "wide", "best")
    ]
    made = {f"local_{name}": np.zeros(tracks.shape, dtype=np.float32) for name in names}
    places = np.full(queries.n_tracks, -1, dtype=np.int32)
    for row in range(len(queries)):
        own = queries.tracks[queries.indptr[row] : queries.indptr[row + 1]]
        if not own.size:
            continue
        asked = tracks[row]
        places[asked] = np.arange(asked.size)
        narrow, wide = _window(own.size, _NARROW), _window(own.size, _WIDE)
        alike = {
            "vector": relations.vectors[own] @ relations.vectors[asked].T,
            "neighbour": _block(relations.neighbours, own, places, asked.size),
            "adjacent": _block(relations.adjacent, own, places, asked.size),
            "artist": (relations.artist[own][:, None] == relations.artist[asked][None, :]).astype(np.float32),
        }
        for kind, block in alike.items():
            made[f"local_{kind}_narrow"][row] = (narrow @ block).max(axis=0)
            made[f"local_{kind}_wide"][row] = (wide @ block).max(axis=0)
            k = min(3, own.size)
            made[f"local_{kind}_best"][row] = np.partition(block, own.size - k, axis=0)[own.size - k :].mean(axis=0)
        places[asked] = -1
    return made


def _block(
    relation: sparse.csr_matrix, own: NDArray[np.integer], places: NDArray[np.int32], n: int
) -> NDArray[np.float32]:
    """Read the values of rows ``own`` at the columns with a place, (len(own), n)."""
    starts, stops = relation.indptr[own], relation.indptr[own + 1]
    lengths = stops - starts
    entries = np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths) + np.arange(lengths.sum())
    at = places[relation.indices[entries]]
    is_asked = at >= 0
    block = np.zeros((own.size, n), dtype=np.float32)
    block[np.repeat(np.arange(own.size), lengths)[is_asked], at[is_asked]] = relation.data[entries[is_asked]]
    return block


def _window(length: int, reach: float) -> NDArray[np.float32]:
    """Weights of a basket's places around each of its gaps, (length + 1, length), rows sum to 1; the gaps at the ends count too."""
    distance = np.abs(np.arange(length + 1)[:, None] - (np.arange(length)[None, :] + 0.5))
    weights = np.exp(-distance / reach)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
