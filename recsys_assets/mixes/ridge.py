"""Linear autoencoder over baskets: what a track would get if every basket had to be rebuilt from its other tracks.

Belongs here: EASE (Steck 2019), solved on the side of the baskets. With G = X'X + cI of tracks, EASE needs the inverse of a
tracks x tracks matrix; by the Woodbury identity c P = I - X' (X X' + cI)^-1 X, so that the inverse of a baskets x baskets matrix
is enough, for all tracks: 3,000 baskets take two seconds where 23,000 tracks would take many minutes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.mixes.relations import scale


@dataclass(frozen=True)
class RidgeWeights:
    """``kernel``: (X X' + cI)^-1, baskets x baskets; ``baskets``: X; ``correction``: 1 / (1 - x_j' kernel x_j) by track."""

    kernel: NDArray[np.float32]
    baskets: sparse.csr_matrix
    track_scale: NDArray[np.float32]
    correction: NDArray[np.float32]


def fit_ridge(
    baskets: sparse.csr_matrix, track_scale: NDArray[np.float32], *, regularization: float, row_exponent: float
) -> RidgeWeights:
    """Fit on a matrix of ones; no baskets, or no tracks, give weights that score nothing.

    Args:
        baskets: rows = baskets, columns = tracks.
        track_scale: what each track's column is multiplied with (1 is plain EASE).
        regularization: c as a multiple of the mean squared length of a row.
        row_exponent: rows are multiplied with length ** -this.
    """
    lengths = np.maximum(np.diff(baskets.indptr), 1).astype(np.float32)
    scaled = scale(baskets, rows=lengths**-row_exponent, columns=track_scale)
    # float32 loses the small eigenvalues of a Gram matrix of thousands of rows; the inverse is made in float64.
    gram = (scaled @ scaled.T).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += regularization * max(np.trace(gram) / max(len(gram), 1), 1e-9)
    kernel = np.linalg.inv(gram).astype(np.float32)
    by_track = scaled.T.tocsr()
    leverage = np.empty(by_track.shape[0], dtype=np.float32)
    for i in range(0, by_track.shape[0], 2_000):
        leverage[i : i + 2_000] = _leverage(by_track[i : i + 2_000], kernel)
    return RidgeWeights(kernel, scaled, track_scale, (1 / np.maximum(1 - leverage, 1e-3)).astype(np.float32))


def score_ridge(weights: RidgeWeights, queries: sparse.csr_matrix) -> NDArray[np.float32]:
    """Score all tracks for queries (rows of ones): EASE's ``q B`` off the queries' own tracks, dense float32."""
    scaled = scale(queries, columns=weights.track_scale)
    alike = (scaled @ weights.baskets.T).toarray()
    rebuilt = (weights.baskets.T.tocsr() @ (alike @ weights.kernel).T).T
    return np.ascontiguousarray(rebuilt * (weights.correction / weights.track_scale)[None, :], dtype=np.float32)


def _leverage(by_track: sparse.csr_matrix, kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(by_track.multiply(by_track @ kernel).sum(axis=1), dtype=np.float32).ravel()
