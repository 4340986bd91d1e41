"""How good a ranking is: recall, nDCG, hit rate and reciprocal rank, one value per list.

Belongs here: pure functions from a ranking and the truth to numbers. Who is tested on what is ``splits``; how sure a
mean over seeds or users is, ``uncertainty``; what a ranking does to the catalogue, ``exposure``.

Two forms of the same metrics. *Lists against sets*: ``ranked`` is an int array of shape (n_lists, n) of item rows, best
first, padded with -1; ``relevant`` is a CSR matrix of shape (n_lists, n_items) whose stored entries are the truth.
*From ranks*: where exactly one item is right, its rank (from 1) says everything, and 0 means that it was not ranked.

Every function returns one float64 per list, not a mean, so that the caller can compare models list by list. A list
without any relevant item gives NaN: it can not be judged, and ``mean_over_lists`` leaves it out.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.core.errors import InvalidArgumentError

PADDING = -1


def find_hits(ranked: NDArray[np.integer], relevant: sparse.csr_matrix) -> NDArray[np.bool_]:
    """Mark which ranked items are relevant, shape (n_lists, n). Padding is never a hit.

    Raises:
        InvalidArgumentError: the two have different numbers of lists, or an item row is beyond the matrix.
    """
    if ranked.ndim != 2 or ranked.shape[0] != relevant.shape[0]:
        raise InvalidArgumentError(
            f"ranked has shape {ranked.shape}, relevant {relevant.shape}: expected one row per list in both"
        )
    n_lists, n_items = relevant.shape
    if ranked.size and ranked.max() >= n_items:
        raise InvalidArgumentError(f"ranked names item row {ranked.max()}, relevant has {n_items} items")
    owner = np.repeat(np.arange(n_lists, dtype=np.int64), np.diff(relevant.indptr))
    truth = np.sort(owner * n_items + relevant.indices)
    asked = np.arange(n_lists, dtype=np.int64)[:, None] * n_items + ranked
    found = _isin_sorted(asked, truth)
    return found & (ranked != PADDING)


def _isin_sorted(values: NDArray[np.int64], ordered: NDArray[np.int64]) -> NDArray[np.bool_]:
    if not ordered.size:
        return np.zeros(values.shape, dtype=bool)
    position = np.searchsorted(ordered, values)
    return ordered[np.minimum(position, ordered.size - 1)] == values


def count_relevant(relevant: sparse.csr_matrix) -> NDArray[np.float64]:
    """Count the relevant items of each list, NaN where there is none."""
    counts = np.diff(relevant.indptr).astype(np.float64)
    counts[counts == 0] = np.nan
    return counts


def recall_at(k: int, ranked: NDArray[np.integer], relevant: sparse.csr_matrix) -> NDArray[np.float64]:
    """Share of the findable relevant items that are among the first ``k``.

    The denominator is min(k, relevant items), so a perfect list scores 1 whatever ``k`` (Liang et al. 2018, eq. 7).
    """
    _require_cut(k)
    found = find_hits(ranked[:, :k], relevant).sum(axis=1)
    return found / np.minimum(k, count_relevant(relevant))


def ndcg_at(k: int, ranked: NDArray[np.integer], relevant: sparse.csr_matrix) -> NDArray[np.float64]:
    """Normalised discounted cumulative gain of the first ``k``, gain 1, discount log2(rank + 1).

    The ideal list has min(k, relevant items) hits in front.
    """
    _require_cut(k)
    hits = find_hits(ranked[:, :k], relevant)
    discounts = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discounts)])
    counts = count_relevant(relevant)
    best = ideal[np.minimum(k, np.nan_to_num(counts)).astype(np.int64)]
    best[np.isnan(counts)] = np.nan
    return (hits @ discounts[: hits.shape[1]]) / best


def hit_at_from_ranks(k: int, ranks: NDArray[np.integer]) -> NDArray[np.float64]:
    """1 where the one right item has a rank in 1..k. Rank 0 means not ranked."""
    _require_cut(k)
    return ((ranks >= 1) & (ranks <= k)).astype(np.float64)


def reciprocal_from_ranks(ranks: NDArray[np.integer], *, cut: int) -> NDArray[np.float64]:
    """1 / rank of the one right item, 0 beyond ``cut`` or where it was not ranked (rank 0)."""
    inside = hit_at_from_ranks(cut, ranks).astype(bool)
    reciprocal = np.zeros(ranks.shape)
    reciprocal[inside] = 1.0 / ranks[inside]
    return reciprocal


def rank_targets(scores: NDArray[np.floating], targets: NDArray[np.integer]) -> NDArray[np.int64]:
    """Rank (from 1) of one target item per row of scores, highest score first, ties by the lower item row.

    Args:
        scores: shape (n_lists, n_items); exclusions are -inf.
        targets: the item row whose rank is asked, one per list.

    Returns:
        int64 ranks; 0 where the target itself is excluded or not a number.
    """
    rows = np.arange(len(targets))
    own = scores[rows, targets][:, None]
    before = np.arange(scores.shape[1])[None, :] < targets[:, None]
    ranks = 1 + ((scores > own) | ((scores == own) & before)).sum(axis=1)
    return np.where(np.isfinite(own[:, 0]), ranks, 0)


def auc_of_scores(scores: NDArray[np.floating], relevant: sparse.csr_matrix) -> NDArray[np.float64]:
    """Area under the ROC curve of each list: how often a relevant item scores above one that is not, a tie counting half.

    Computed from rank sums (Mann and Whitney 1947). A list of relevant items alone gives NaN too.

    Args:
        scores: shape (n_lists, n_items), of every item.
        relevant: same shape; the stored entries are the truth.
    """
    from scipy.stats import rankdata

    if scores.shape != relevant.shape:
        raise InvalidArgumentError(f"scores have shape {scores.shape}, the truth {relevant.shape}")
    counts = count_relevant(relevant)
    others = scores.shape[1] - counts
    ranks = rankdata(scores, axis=1)
    owner = np.repeat(np.arange(relevant.shape[0]), np.diff(relevant.indptr))
    sums = np.bincount(owner, weights=ranks[owner, relevant.indices], minlength=relevant.shape[0])
    return (sums - counts * (counts + 1) / 2) / np.where(others > 0, counts * others, np.nan)


def mean_over_lists(values: NDArray[np.floating]) -> float:
    """Mean over the lists that could be judged; NaN when there is none."""
    judged = values[~np.isnan(values)]
    return float(judged.mean()) if judged.size else float("nan")


def _require_cut(k: int) -> None:
    if k < 1:
        raise InvalidArgumentError(f"the cut-off must be at least 1, found {k}")
