"""The tastes of listeners: Ward clustering of the vectors of what they play, many listeners at once.

Belongs here: the tree, where to cut it, the centres. Which tracks make a mix of a taste is ``daily_mix``.

Ward's criterion with weights: merging clusters of weights a and b costs ``a b / (a + b) * |c_a - c_b|^2``, the
squared error that it adds (Ward 1963, updated by Lance and Williams 1967). PinnerSage (Pal et al. 2020) found the same
clustering and medoids good for several interests of one person. SciPy's linkage knows no weights and takes one listener
per call (60 tracks of 64 dimensions: .5 ms each); here a batch advances one merge at a time in NumPy.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field


class TasteParams(BaseModel, frozen=True):
    """How tastes are found."""

    max_tastes: int = Field(default=6, gt=0, le=6, description="Most tastes of one listener.")
    max_points: int = Field(default=60, gt=1, description="Tracks that are clustered, those of most confidence.")
    min_tracks: int = Field(
        default=4, gt=0, description="Fewest clustered tracks of a taste; smaller ones join the nearest."
    )


@dataclass(frozen=True)
class Tastes:
    """Tastes of a batch of listeners.

    Attributes:
        labels: int32, shape (n_listeners, n_points): the taste of each point, 0 the heaviest; -1 for padding.
        centres: float32, shape (n_listeners, max_tastes, d), unit length; zero where there is no such taste.
        weights: float32, shape (n_listeners, max_tastes), 0 where there is no such taste.
    """

    labels: NDArray[np.int32]
    centres: NDArray[np.float32]
    weights: NDArray[np.float32]


def find_tastes(vectors: NDArray[np.float32], weights: NDArray[np.float32], params: TasteParams) -> Tastes:
    """Cluster what each listener plays.

    Directions count and not lengths, which say how popular a track is. The tree is cut where its
    last merges stop costing more than pieces of a stick broken at random (Jackson 1993): what even noise would split is
    one taste.

    Args:
        vectors: shape (n_listeners, n_points, d); rows of padding may hold anything finite.
        weights: shape (n_listeners, n_points), above 0; 0 marks padding. Real points come first.
        params: how many.

    Returns:
        The tastes, the heaviest first; ties go to the taste of the earlier point. A listener without points has none.
    """
    is_real = weights > 0
    lengths = np.linalg.norm(vectors, axis=2, keepdims=True)
    unit = np.where(is_real[:, :, None], vectors / np.maximum(lengths, 1e-12), 0).astype(np.float32)
    labels = _cut(unit, weights.astype(np.float32), params)
    labels = _join_small(labels, unit, weights, params)
    labels, totals = _by_weight(labels, weights, params.max_tastes)
    return Tastes(labels, _unit_sums(labels, unit, weights, params.max_tastes), totals)


def ward_merges(
    unit: NDArray[np.float32], weights: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Merge the two clusters that cost least, until each listener has one.

    Args:
        unit: shape (n, m, d).
        weights: shape (n, m), 0 marks padding; listeners in descending order of their number of points.

    Returns:
        pairs, int32 of shape (n, m - 1, 2): in step s cluster ``pairs[s, 1]`` joined ``pairs[s, 0]`` (both named after
        their first point), -1 after the last merge; and the costs, float32 of shape (n, m - 1), 0 after the last.
    """
    n, m = weights.shape
    counts = (weights > 0).sum(axis=1)
    size = weights.astype(np.float32).copy()
    squares = np.einsum("nmd,nmd->nm", unit, unit)
    distance = squares[:, :, None] + squares[:, None, :] - 2 * np.matmul(unit, unit.transpose(0, 2, 1))
    harmonic = size[:, :, None] * size[:, None, :] / np.maximum(size[:, :, None] + size[:, None, :], 1e-12)
    cost = np.maximum(distance, 0) * harmonic
    cost[(size == 0)[:, :, None] | (size == 0)[:, None, :]] = np.inf
    cost[:, np.arange(m), np.arange(m)] = np.inf
    pairs = np.full((n, max(m - 1, 0), 2), -1, dtype=np.int32)
    costs = np.zeros((n, max(m - 1, 0)), dtype=np.float32)
    for step in range(m - 1):
        active = int(np.searchsorted(-counts, -(step + 1), side="left"))
        if not active:
            break
        who = np.arange(active)
        at = cost[:active].reshape(active, m * m).argmin(axis=1)
        i, j = at // m, at % m
        least = cost[who, i, j]
        w_i, w_j = size[who, i][:, None], size[who, j][:, None]
        w_k = size[:active]
        joined = ((w_i + w_k) * cost[who, i] + (w_j + w_k) * cost[who, j] - w_k * least[:, None]) / (w_i + w_j + w_k)
        joined[who, i] = np.inf
        cost[who, i] = joined
        cost[who, :, i] = joined
        cost[who, j] = np.inf
        cost[who, :, j] = np.inf
        size[who, i] += size[who, j]
        pairs[who, step, 0], pairs[who, step, 1] = i, j
        costs[who, step] = least
    return pairs, costs


def count_tastes(costs: NDArray[np.float32], counts: NDArray[np.integer], *, most: int) -> NDArray[np.int64]:
    """Count the clusters whose splits cost more than chance: shape (n,), 1 to ``most`` (0 without points).

    From the top of the tree down, a split is real while its share of the error that is left exceeds what the longest
    piece of a randomly broken stick would have. Noise stays whole: its top split has .4 to .9 of that share (60 points
    of 32 to 128 dimensions, weights equal or not).

    Args:
        costs: of merges, first merge first, shape (n, m - 1).
        counts: points of each listener.
        most: the largest answer.
    """
    found = np.minimum(counts, 1).astype(np.int64)
    exact = costs.astype(np.float64)
    left = exact.sum(axis=1)
    # The last merge left is all of what is left: rounding must not make it more.
    longest = _longest_piece(costs.shape[1]) * (1 + 1e-6)
    is_real = counts > 1
    for split in range(1, most):
        last = counts - 1 - split
        cost = exact[np.arange(counts.size), np.maximum(last, 0)]
        is_real = is_real & (last >= 0) & (left > 1e-9) & (cost > longest[np.maximum(last + 1, 0)] * left)
        found += is_real
        left = left - cost
    return found


def _longest_piece(most_pieces: int) -> NDArray[np.float64]:
    """Expected share of the longest of p = 0, 1, … pieces of a randomly broken stick, ``(1 + 1/2 + … + 1/p) / p``."""
    inverse = 1 / np.arange(1, most_pieces + 1)
    return np.r_[1.0, np.cumsum(inverse) * inverse]


def _cut(unit: NDArray[np.float32], weights: NDArray[np.float32], params: TasteParams) -> NDArray[np.int32]:
    n, m = weights.shape
    counts = (weights > 0).sum(axis=1)
    order = np.argsort(-counts, kind="stable")
    pairs, costs = ward_merges(unit[order], weights[order])
    # A cluster below the least size can not stay: who plays few tracks has fewer tastes.
    most = np.minimum(
        count_tastes(costs, counts[order], most=params.max_tastes), np.maximum(counts[order] // params.min_tracks, 1)
    )
    labels = np.tile(np.arange(m, dtype=np.int32), (n, 1))
    for step in range(m - 1):
        applies = step < counts[order] - most
        moved = applies[:, None] & (labels == pairs[:, step, 1][:, None])
        labels = np.where(moved, pairs[:, step, 0][:, None], labels)
    restored = np.empty_like(labels)
    restored[order] = labels
    restored[weights == 0] = -1
    return restored


def _join_small(
    labels: NDArray[np.int32], unit: NDArray[np.float32], weights: NDArray[np.float32], params: TasteParams
) -> NDArray[np.int32]:
    """Give the points of clusters below the least size to the nearest cluster that has it."""
    n, m = labels.shape
    members = np.zeros((n, m), dtype=np.int64)
    who, point = np.nonzero(labels >= 0)
    np.add.at(members, (who, labels[who, point]), 1)
    is_large = members >= params.min_tracks
    # Where no cluster is large enough all points are one taste.
    alone = np.asarray(~is_large.any(axis=1))
    labels = np.where(alone[:, None] & (labels >= 0), 0, labels)
    is_large[alone, 0] = True
    small = (labels >= 0) & ~np.take_along_axis(is_large, np.maximum(labels, 0), axis=1)
    for listener in np.flatnonzero(small.any(axis=1)):
        large = np.flatnonzero(is_large[listener])
        centres = np.stack(
            [
                weights[listener][labels[listener] == label] @ unit[listener][labels[listener] == label]
                for label in large
            ]
        )
        centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-12)
        strays = small[listener]
        labels[listener, strays] = large[(unit[listener, strays] @ centres.T).argmax(axis=1)]
    return labels


def _by_weight(
    labels: NDArray[np.int32], weights: NDArray[np.float32], most: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    n, m = labels.shape
    totals = np.zeros((n, m), dtype=np.float32)
    who, point = np.nonzero(labels >= 0)
    np.add.at(totals, (who, labels[who, point]), weights[who, point])
    order = np.argsort(-totals, axis=1, kind="stable")
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(m)[None, :].repeat(n, axis=0), axis=1)
    ranked = np.where(labels >= 0, np.take_along_axis(place, np.maximum(labels, 0), axis=1), -1).astype(np.int32)
    heaviest = np.take_along_axis(totals, order, axis=1)[:, :most]
    return ranked, np.pad(heaviest, ((0, 0), (0, max(most - m, 0))))


def _unit_sums(
    labels: NDArray[np.int32], unit: NDArray[np.float32], weights: NDArray[np.float32], most: int
) -> NDArray[np.float32]:
    sums = np.stack(
        [np.einsum("nm,nmd->nd", np.where(labels == taste, weights, 0), unit) for taste in range(most)], axis=1
    )
    return (sums / np.maximum(np.linalg.norm(sums, axis=2, keepdims=True), 1e-12)).astype(np.float32)
