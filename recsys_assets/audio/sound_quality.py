"""How good places by sound are, on tracks that were held out.

Belongs here: the figures, track by track. What they decide is ``sound_model``. Ranking comes first: a place is used to find
listeners and neighbours, and the least squared error is not the best order.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_assets.core.seeds import generator
from recsys_assets.core.threads import blas_limited
from recsys_assets.metrics.uncertainty import Interval, bootstrap_mean

_AT_ONCE = 500
# Enough for an interval of half a hundredth.
MOST_JUDGED = 2_000


@dataclass(frozen=True, eq=False)
class Quality:
    """Figures of one model on the same tracks.

    ``recall``: (n,), share of a track's k true neighbours among the k nearest to its predicted place, NaN where it was not
    asked; ``cosine``: (n,), of the predicted and the true place; ``explained``: share of the variance of places that is
    predicted, 0 for the mean place, at most 1.
    """

    recall: NDArray[np.float64]
    cosine: NDArray[np.float64]
    explained: float


def judge(
    predicted: NDArray[np.float32], true: NDArray[np.float32], row_weights: NDArray[np.float32], *, k: int
) -> Quality:
    """Judge predicted places (n, d) beside the true ones; the candidates for neighbours are the other n - 1 tracks."""
    with blas_limited():
        recall = neighbour_recall(predicted, true, k=k)
    cosine = (_unit(predicted) * _unit(true)).sum(axis=1, dtype=np.float64)
    mean = np.average(true, axis=0, weights=row_weights)
    error = row_weights @ ((predicted - true) ** 2).sum(axis=1)
    spread = row_weights @ ((true - mean) ** 2).sum(axis=1)
    return Quality(recall, cosine, float(1 - error / max(spread, 1e-12)))


def neighbour_recall(predicted: NDArray[np.float32], true: NDArray[np.float32], *, k: int) -> NDArray[np.float64]:
    """Share of each track's k nearest by true place that are also among its k nearest by predicted place, by cosine.

    Of more than ``MOST_JUDGED`` tracks evenly many are judged, the others are NaN; all are candidates.
    """
    unit, guessed = _unit(true), _unit(predicted)
    n = len(unit)
    k = min(k, n - 1)
    recall = np.full(n, np.nan)
    judged = np.unique(np.linspace(0, n - 1, min(n, MOST_JUDGED)).astype(np.int64))
    for start in range(0, judged.size if k > 0 else 0, _AT_ONCE):
        rows = judged[start : start + _AT_ONCE]
        both = [_nearest(side[rows] @ unit.T, rows, k) for side in (unit, guessed)]
        recall[rows] = [len(np.intersect1d(a, b, assume_unique=True)) / k for a, b in zip(*both, strict=True)]
    return recall


def difference(ours: NDArray[np.float64], theirs: NDArray[np.float64], *, seed: int) -> Interval:
    """Mean of the differences track by track, with its 95 % interval."""
    return bootstrap_mean(ours - theirs, rng=generator(seed, "sound quality"))


def _nearest(similarity: NDArray[np.float32], rows: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    similarity[np.arange(len(rows)), rows] = -np.inf
    return np.argpartition(-similarity, k - 1, axis=1)[:, :k]


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12))
