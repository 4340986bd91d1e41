"""Turning one fit onto another, so that a space remade daily does not jump.

A factorisation is determined up to a rotation: turning listeners and items together changes no score. The turn that
brings the tracks of two fits closest is orthogonal Procrustes (Schönemann 1966).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_assets.core.ids import IdMap


@dataclass(frozen=True)
class Rotation:
    """An orthogonal turn.

    Attributes:
        matrix: float64, shape (d, d) with orthonormal rows and columns; d is the larger of both fits' dimensions.
        mean_cosine: of the common tracks after the turn, -1 to 1; None without a common track that both fits place.
    """

    matrix: NDArray[np.float64]
    mean_cosine: float | None

    def turn(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return ``vectors`` turned, padded to d dimensions; lengths and inner products stay what they were."""
        padded = _pad(vectors, self.matrix.shape[0])
        return np.ascontiguousarray((padded @ self.matrix).astype(np.float32))


def fit_rotation(
    vectors: NDArray[np.float32], ids: IdMap, reference_vectors: NDArray[np.float32], reference_ids: IdMap
) -> Rotation:
    """Find the turn that minimises the squared distance of what both know.

    Args:
        vectors: shape (ids.size, d), to be turned.
        ids: of its rows.
        reference_vectors: shape (reference_ids.size, e).
        reference_ids: of its rows.

    Returns:
        The identity where nothing is common.
    """
    width = max(vectors.shape[1], reference_vectors.shape[1])
    rows = reference_ids.rows(ids.ids)
    moving = _pad(vectors[rows >= 0], width)
    fixed = _pad(reference_vectors[rows[rows >= 0]], width)
    if not len(moving):
        return Rotation(np.eye(width), None)
    u, _, vt = np.linalg.svd(moving.T @ fixed)
    matrix = u @ vt
    return Rotation(matrix, _mean_cosine(moving @ matrix, fixed))


def _pad(vectors: NDArray[np.float32], width: int) -> NDArray[np.float64]:
    return np.pad(vectors.astype(np.float64), ((0, 0), (0, width - vectors.shape[1])))


def _mean_cosine(a: NDArray[np.float64], b: NDArray[np.float64]) -> float | None:
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    known = norms > 0
    return float(np.mean(np.einsum("ij,ij->i", a[known], b[known]) / norms[known])) if known.any() else None
