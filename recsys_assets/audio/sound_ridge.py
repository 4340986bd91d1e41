"""Descriptors to a place in the latent space: ridge regression, the plain model beside the network.

Belongs here: the fit and how strong it is held back. What descriptors are is ``descriptors``; who judges, ``sound_model``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_assets.core.errors import DataFaultError
from recsys_assets.core.threads import blas_limited

# As multiples of the number of rows: descriptors are standardised, so that their Gram matrix has that on its diagonal.
STRENGTHS = tuple(float(10**power) for power in np.arange(-2.0, 3.01, 0.5))
_LEAST_SD = 1e-6
# A descriptor far outside of what was seen says "unusual" and not ten times as much.
_CLIP = 4.0


@dataclass(frozen=True, eq=False)
class SoundRidge:
    """``means``, ``sds``: (n_descriptors,) of the training tracks; ``weights``: (n_descriptors, d); ``intercept``: (d,)."""

    means: NDArray[np.float32]
    sds: NDArray[np.float32]
    weights: NDArray[np.float32]
    intercept: NDArray[np.float32]
    strength: float

    def predict(self, descriptors: NDArray[np.floating]) -> NDArray[np.float32]:
        """Place tracks: (n, n_descriptors) to (n, d). A descriptor that is no number counts as the mean.

        Raises:
            DataFaultError: another number of descriptors than it was trained on.
        """
        if descriptors.ndim != 2 or descriptors.shape[1] != self.means.size:
            raise DataFaultError(
                f"descriptors have shape {descriptors.shape}, the sound model was trained on {self.means.size}: "
                "analyse the recordings again and train the week's sound model again"
            )
        with blas_limited():
            placed = _standardise(descriptors, self.means, self.sds) @ self.weights
        return np.asarray(placed + self.intercept, dtype=np.float32)


def fit_sound_ridge(
    descriptors: NDArray[np.floating],
    targets: NDArray[np.float32],
    row_weights: NDArray[np.float32],
    folds: NDArray[np.integer],
) -> SoundRidge:
    """Minimise ``sum_i w_i |y_i - x_i W - b|^2 + strength * sum(w) |W|^2`` over standardised descriptors.

    The strength is the one of ``STRENGTHS`` with the least weighted squared error on folds left out. One
    eigendecomposition of a fold's Gram matrix serves all strengths: ``(G + sI)^-1 = V (L + s)^-1 V'``.

    Args:
        descriptors: (n, n_descriptors).
        targets: (n, d).
        row_weights: (n,), positive: how much each place is known.
        folds: (n,), rows of one artist in one fold; with a single fold the middle strength is taken.
    """
    means, sds = _statistics(descriptors)
    x = _standardise(descriptors, means, sds).astype(np.float64)
    y, w = targets.astype(np.float64), row_weights.astype(np.float64)
    with blas_limited():
        strength = _choose_strength(x, y, w, folds)
        weights, intercept = _solve(x, y, w, [strength])[0]
    return SoundRidge(means, sds, weights.astype(np.float32), intercept.astype(np.float32), strength)


def _choose_strength(x: NDArray, y: NDArray, w: NDArray, folds: NDArray[np.integer]) -> float:
    errors = np.zeros(len(STRENGTHS))
    for fold in np.unique(folds):
        out = folds == fold
        if out.all():
            return STRENGTHS[len(STRENGTHS) // 2]
        for n, (weights, intercept) in enumerate(_solve(x[~out], y[~out], w[~out], STRENGTHS)):
            errors[n] += (w[out] @ (y[out] - x[out] @ weights - intercept) ** 2).sum()
    # Of equals the stronger: it says less where there is nothing to say.
    return STRENGTHS[len(STRENGTHS) - 1 - int(np.argmin(errors[::-1]))]


def _solve(
    x: NDArray, y: NDArray, w: NDArray, strengths: "tuple[float, ...] | list[float]"
) -> list[tuple[NDArray, NDArray]]:
    total = w.sum()
    x_mean, y_mean = w @ x / total, w @ y / total
    x_rooted, y_rooted = np.sqrt(w)[:, None] * (x - x_mean), np.sqrt(w)[:, None] * (y - y_mean)
    values, vectors = np.linalg.eigh(x_rooted.T @ x_rooted)
    turned = vectors.T @ (x_rooted.T @ y_rooted)
    solved = []
    for strength in strengths:
        weights = vectors @ (turned / (np.maximum(values, 0) + strength * total)[:, None])
        solved.append((weights, y_mean - x_mean @ weights))
    return solved


def _statistics(descriptors: NDArray[np.floating]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    known = np.isfinite(descriptors)
    n = np.maximum(known.sum(axis=0), 1)
    means = np.where(known, descriptors, 0).sum(axis=0, dtype=np.float64) / n
    spread = np.where(known, descriptors - means, 0) ** 2
    sds = np.sqrt(spread.sum(axis=0, dtype=np.float64) / n)
    # A descriptor that never varies says nothing, whatever a later track has there.
    sds[sds < _LEAST_SD * (1 + np.abs(means))] = np.inf
    return means.astype(np.float32), sds.astype(np.float32)


def _standardise(
    descriptors: NDArray[np.floating], means: NDArray[np.float32], sds: NDArray[np.float32]
) -> NDArray[np.float32]:
    scaled = (np.asarray(descriptors, dtype=np.float32) - means) / sds
    return np.clip(np.nan_to_num(scaled, nan=0.0, posinf=0.0, neginf=0.0), -_CLIP, _CLIP)
