"""Factors to lists: the exact best n items of each listener, without those excluded, in bounded memory.

Belongs here: search over a whole space by inner product. Which items may be shown to whom is the caller's to say, by
``seen`` and ``allowed``; near items of an item are ``neighbours``.

``implicit``'s compiled search does the work. Exact search takes 8 s for the top 100 of 50,000 items for 100,000
listeners on two cores, approximate libraries 3 to 4 s at a recall of .93, so batches are exact. Three faults of the
compiled search end here: where exclusions leave too few items it returns the *excluded* ones with score -3.4e38; it
breaks ties as the heap happens to stand; and it makes a SciPy object per listener, which holds the interpreter for a
third of the time.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.threads import available_cores, blas_limited
from recsys_assets.metrics.ranking import PADDING

DEFAULT_BATCH = 4000


@dataclass(frozen=True)
class TopN:
    """The best items of some listeners.

    Attributes:
        user_rows: int32, shape (b,).
        item_rows: int32, shape (b, n), best first, ties by the lower row; -1 where fewer than n items remain.
        scores: float32, shape (b, n), inner products; -inf beside -1.
    """

    user_rows: NDArray[np.int32]
    item_rows: NDArray[np.int32]
    scores: NDArray[np.float32]


class _Excluded:
    """What ``implicit`` asks of a sparse matrix, ``m[row].indices``, without making a matrix per row."""

    __slots__ = ("_indices", "_indptr")

    def __init__(self, matrix: sparse.csr_matrix) -> None:
        self._indptr = matrix.indptr
        self._indices = matrix.indices

    def __getitem__(self, row: int) -> "_ExcludedRow":
        return _ExcludedRow(self._indices[self._indptr[row] : self._indptr[row + 1]])


class _ExcludedRow:
    __slots__ = ("indices",)

    def __init__(self, indices: NDArray[np.integer]) -> None:
        self.indices = indices


def iter_top_n(
    user_factors: NDArray[np.float32],
    item_factors: NDArray[np.float32],
    *,
    n: int,
    seen: sparse.csr_matrix | None = None,
    allowed: NDArray[np.bool_] | None = None,
    user_rows: NDArray[np.integer] | None = None,
    batch_size: int = DEFAULT_BATCH,
    num_threads: int | None = None,
) -> Iterator[TopN]:
    """Yield the best ``n`` items of each listener, batch by batch.

    An item whose vector is zero has no place in the space and is never returned; a listener whose vector is zero gets
    an empty list (all -1), because every order of the items would be equally good.

    Args:
        user_factors: shape (n_users, d).
        item_factors: shape (n_items, d).
        n: length of a list.
        seen: shape (n_users, n_items); stored entries are excluded for that listener.
        allowed: shape (n_items,); items marked False are excluded for everybody.
        user_rows: which listeners, in which order; all where None.
        batch_size: listeners per batch. Memory is about 400 bytes per item and thread, besides the result.
        num_threads: all cores where None. The result does not depend on it.

    Raises:
        InvalidArgumentError: shapes do not agree, or n or batch_size is below 1.
    """
    _require_shapes(user_factors, item_factors, seen=seen, allowed=allowed, n=n, batch_size=batch_size)
    placed = item_factors.any(axis=1)
    barred = np.flatnonzero(~(placed if allowed is None else placed & allowed)).astype(np.int32)
    rows = np.arange(len(user_factors), dtype=np.int32) if user_rows is None else np.asarray(user_rows, dtype=np.int32)
    items = np.ascontiguousarray(item_factors, dtype=np.float32)
    threads = available_cores() if num_threads is None else num_threads
    for start in range(0, len(rows), batch_size):
        batch = rows[start : start + batch_size]
        excluded = None if seen is None else seen[batch]
        with blas_limited():
            yield _search(
                batch,
                np.ascontiguousarray(user_factors[batch]),
                items,
                n=n,
                excluded=excluded,
                barred=barred,
                threads=threads,
            )


def top_n(
    user_factors: NDArray[np.float32],
    item_factors: NDArray[np.float32],
    *,
    n: int,
    seen: sparse.csr_matrix | None = None,
    allowed: NDArray[np.bool_] | None = None,
    user_rows: NDArray[np.integer] | None = None,
    num_threads: int | None = None,
) -> TopN:
    """Collect ``iter_top_n`` into one answer, for as many listeners as fit in memory (n * 8 bytes each)."""
    batches = list(
        iter_top_n(
            user_factors, item_factors, n=n, seen=seen, allowed=allowed, user_rows=user_rows, num_threads=num_threads
        )
    )
    if not batches:
        return TopN(np.empty(0, np.int32), np.empty((0, n), np.int32), np.empty((0, n), np.float32))
    return TopN(
        np.concatenate([batch.user_rows for batch in batches]),
        np.concatenate([batch.item_rows for batch in batches]),
        np.concatenate([batch.scores for batch in batches]),
    )


def _search(
    rows: NDArray[np.int32],
    queries: NDArray[np.float32],
    items: NDArray[np.float32],
    *,
    n: int,
    excluded: sparse.csr_matrix | None,
    barred: NDArray[np.int32],
    threads: int,
) -> TopN:
    from implicit.cpu.topk import topk

    # One more than asked for: equal scores on both sides of the cut show that the cut has to be made by hand.
    k = min(n + 1, len(items))
    if k == 0:
        return TopN(rows, np.full((len(rows), n), PADDING, np.int32), np.full((len(rows), n), -np.inf, np.float32))
    found, scores = topk(
        items,
        queries,
        k,
        filter_query_items=None if excluded is None else _Excluded(excluded),
        filter_items=barred if barred.size else None,
        num_threads=threads,
    )
    is_real = (scores > -np.finfo(np.float32).max) & np.asarray(queries.any(axis=1))[:, None]
    found = np.where(is_real, found, PADDING).astype(np.int32)
    scores = np.where(is_real, scores, np.float32(-np.inf))
    if k > n:
        for row in np.flatnonzero((scores[:, n] == scores[:, n - 1]) & (found[:, n] != PADDING)):
            hidden = (
                barred
                if excluded is None
                else np.append(barred, excluded.indices[slice(*excluded.indptr[row : row + 2])])
            )
            found[row], scores[row] = _cut_by_hand(items @ queries[row], hidden, k, like=scores[row])
    found, scores = _order(found, scores)
    return TopN(rows, _widen(found[:, :n], n, PADDING), _widen(scores[:, :n], n, -np.inf))


def _cut_by_hand(
    scores: NDArray[np.float32], hidden: NDArray[np.integer], k: int, *, like: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Best k by (score, lower row). Scores equal within rounding to the tied one are tied: two BLAS kernels differ."""
    scores = scores.copy()
    tied = like[-1]
    scores[np.isclose(scores, tied, rtol=1e-6, atol=0)] = tied
    scores[hidden] = -np.inf
    order = np.argsort(-scores, kind="stable")[:k].astype(np.int32)
    return order, scores[order]


def _order(found: NDArray[np.int32], scores: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Sort each list by score, then row. Lists come sorted by score, so only those with a tie are touched."""
    tied = np.flatnonzero(((scores[:, 1:] == scores[:, :-1]) & (found[:, 1:] != PADDING)).any(axis=1))
    for row in tied:
        order = np.lexsort((found[row], -scores[row]))
        found[row], scores[row] = found[row][order], scores[row][order]
    return found, scores


def _widen(array: NDArray, n: int, fill: float) -> NDArray:
    missing = n - array.shape[1]
    return np.pad(array, ((0, 0), (0, missing)), constant_values=fill) if missing > 0 else np.ascontiguousarray(array)


def _require_shapes(
    user_factors: NDArray[np.float32],
    item_factors: NDArray[np.float32],
    *,
    seen: sparse.csr_matrix | None,
    allowed: NDArray[np.bool_] | None,
    n: int,
    batch_size: int,
) -> None:
    n_users, n_items = len(user_factors), len(item_factors)
    faults = []
    if user_factors.shape[1] != item_factors.shape[1]:
        faults.append(f"users have {user_factors.shape[1]} dimensions, items {item_factors.shape[1]}")
    if seen is not None and seen.shape != (n_users, n_items):
        faults.append(f"seen has shape {seen.shape}, expected {(n_users, n_items)}")
    if allowed is not None and allowed.shape != (n_items,):
        faults.append(f"allowed has shape {allowed.shape}, expected {(n_items,)}")
    if n < 1 or batch_size < 1:
        faults.append(f"n and batch_size must be at least 1, found {n} and {batch_size}")
    if faults:
        raise InvalidArgumentError("; ".join(faults))
