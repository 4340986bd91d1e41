"""``implicit``'s own alternating least squares, called as it comes: what we are measured against.

Belongs here: the bare calls, for peers and benchmarks, because ``implicit`` has its one home in this package. What
the platform itself fits is ``factorise``.
"""

import numpy as np
from pydantic import BaseModel, Field
from scipy import sparse

from recsys_assets.core.threads import available_cores, blas_limited
from recsys_assets.latent.factorise import Factors


class LibraryAlsParams(BaseModel, frozen=True):
    """The library's parameters under the library's names; the defaults are the library's (implicit 0.7.3)."""

    factors: int = Field(default=100, gt=0)
    regularization: float = Field(default=0.01, ge=0)
    alpha: float = Field(default=1.0, gt=0)
    iterations: int = Field(default=15, gt=0)


def fit_library_als(
    matrix: sparse.csr_matrix, params: LibraryAlsParams, *, seed: int, num_threads: int | None = None
) -> Factors:
    """Fit ``implicit.als.AlternatingLeastSquares`` on a matrix of confidences, rows = listeners."""
    from implicit.cpu.als import AlternatingLeastSquares

    with blas_limited():
        model = AlternatingLeastSquares(
            **params.model_dump(),
            random_state=seed,
            num_threads=available_cores() if num_threads is None else num_threads,
        )
        model.fit(matrix.astype(np.float32), show_progress=False)
    return Factors(user_factors=model.user_factors, item_factors=model.item_factors)
