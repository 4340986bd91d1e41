"""The order of a mix, so that neighbours flow: near tracks in a row, never one artist twice running.

Belongs here: orders of given tracks. Which tracks are in the mix is decided before, what a place wants is ``arc``.

An open path of fixed start through the tracks that maximises the similarity of neighbours, less how ill each track fits
its place: the best neighbour next, then 2-opt (Croes 1958), the best reversal of a stretch until none helps. All mixes of
a batch take each step together.
"""

import numpy as np
from numpy.typing import NDArray

# Beyond what any order can win by similarity (each of two neighbours at most 2), so a reversal that parts one artist's
# tracks always pays.
SAME_ARTIST_PENALTY = 10.0
_LEAST_GAIN = 1e-5


def order_tracks(
    similarity: NDArray[np.float32],
    lengths: NDArray[np.integer],
    *,
    misfit: NDArray[np.float32] | None = None,
    max_rounds: int = 60,
) -> NDArray[np.int64]:
    """Order the tracks of each mix, starting with its first.

    Args:
        similarity: shape (n_mixes, n, n), symmetric; what two tracks gain from being neighbours, such as their cosine
            (less ``SAME_ARTIST_PENALTY``). Rows beyond a mix's length are padding.
        lengths: tracks of each mix, at most n.
        misfit: shape (n_mixes, n, n), what track i costs at place j of the order, 0 or more; None where no place wants
            anything, and then only neighbours count.
        max_rounds: most reversals in one mix.

    Returns:
        shape (n_mixes, n): places of the tracks in their new order; padding stays at the end in place. Track 0 stays
        first.
    """
    order = _nearest_next(similarity, lengths, misfit)
    going = np.flatnonzero(np.asarray(lengths) > 2)
    for _ in range(max_rounds):
        if not going.size:
            break
        wants = None if misfit is None else misfit[going]
        order[going], has_moved = _best_reversal(similarity[going], order[going], lengths[going], wants)
        going = going[has_moved]
    return order


def _nearest_next(
    similarity: NDArray[np.float32], lengths: NDArray[np.integer], misfit: NDArray[np.float32] | None
) -> NDArray[np.int64]:
    n_mixes, n = similarity.shape[:2]
    order = np.tile(np.arange(n), (n_mixes, 1))
    is_free = np.arange(n)[None, :] < np.asarray(lengths)[:, None]
    if n:
        is_free[:, 0] = False
    who = np.arange(n_mixes)
    for place in range(1, n):
        gain = similarity[who, order[:, place - 1]]
        if misfit is not None:
            gain = gain - misfit[:, :, place]
        gain = np.where(is_free, gain, -np.inf)
        nearest = gain.argmax(axis=1)
        order[:, place] = np.where(is_free.any(axis=1), nearest, order[:, place])
        is_free[who, nearest] = False
    return order


def _best_reversal(
    similarity: NDArray[np.float32],
    order: NDArray[np.int64],
    lengths: NDArray[np.integer],
    misfit: NDArray[np.float32] | None,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Reverse, in each mix, the stretch that gains most; tell which mixes gained."""
    n_mixes, n = order.shape
    who = np.arange(n_mixes)
    inside = similarity[who[:, None, None], order[:, :, None], order[:, None, :]]
    step = np.zeros((n_mixes, n), dtype=np.float32)
    step[:, : n - 1] = inside[:, np.arange(n - 1), np.arange(1, n)]
    # The last track of an open path has no next: that step is worth nothing.
    last = np.asarray(lengths) - 1
    step[np.arange(n)[None, :] >= last[:, None]] = 0
    # Reversing places i + 1 … j makes neighbours of i and j, and of i + 1 and j + 1.
    closing = np.zeros((n_mixes, n, n), dtype=np.float32)
    closing[:, : n - 1, : n - 1] = inside[:, 1:, 1:]
    places = np.arange(n)
    closing[np.broadcast_to(places[None, None, :] == last[:, None, None], closing.shape)] = 0
    gain = inside + closing - step[:, :, None] - step[:, None, :]
    if misfit is not None:
        gain += _relief(np.take_along_axis(misfit, order[:, :, None], axis=1))
    is_move = (places[None, :] > places[:, None] + 1)[None] & (places[None, None, :] <= last[:, None, None])
    gain = np.where(is_move, gain, -np.inf).reshape(n_mixes, n * n)
    best = gain.argmax(axis=1)
    has_gained = gain[who, best] > _LEAST_GAIN
    i, j = best // n, best % n
    is_turned = has_gained[:, None] & (places[None, :] > i[:, None]) & (places[None, :] <= j[:, None])
    source = np.where(is_turned, i[:, None] + 1 + j[:, None] - places[None, :], places[None, :])
    return np.take_along_axis(order, source, axis=1), has_gained


def _relief(misfit: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much less ill tracks fit their places once places i + 1 … j are reversed; shape (n_mixes, n, n).

    A reversal takes the track at place a to place i + 1 + j - a. All pairs of one reversal have the same sum of old and
    new place, so running sums along the other diagonals of ``misfit`` (now: track at place a, put to place b) give every
    reversal's new cost from two look-ups, in place of a sum for each.
    """
    n_mixes, n = misfit.shape[:2]
    a = np.arange(n)
    total = np.arange(2 * n - 1)
    b = total[:, None] - a[None, :]
    is_place = (b >= 0) & (b < n)
    skewed = np.where(is_place, misfit[:, a[None, :], np.clip(b, 0, n - 1)], 0)
    running = np.zeros((n_mixes, 2 * n - 1, n + 1), dtype=np.float32)
    np.cumsum(skewed, axis=2, out=running[:, :, 1:])
    now = np.zeros((n_mixes, n + 1), dtype=np.float32)
    np.cumsum(misfit[:, a, a], axis=1, out=now[:, 1:])
    i, j = a[:, None], a[None, :]
    diagonal = np.minimum(i + 1 + j, 2 * n - 2)
    first, stop = np.minimum(i + 1, n), j + 1
    after = running[:, diagonal, stop] - running[:, diagonal, first]
    return np.asarray(now[:, stop] - now[:, first] - after, dtype=np.float32)
