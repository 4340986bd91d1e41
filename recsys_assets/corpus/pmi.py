"""Pointwise mutual information of things that stand in the same documents, and its factors.

Belongs here: counts to associations to vectors; numbers only. Documents are playlists here, things are tracks, artists and words.
"""

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from scipy import sparse

from recsys_assets.core.threads import blas_limited

_ROWS_AT_ONCE = 2_000


class PmiParams(BaseModel, frozen=True):
    """How associations are counted."""

    shift: float = Field(
        default=0.7, ge=0, description="Taken off every association: log of 2 halves what chance may bring."
    )
    doubt: float = Field(
        default=2.0, ge=0, description="n documents count n / (n + this): two that agree may be chance."
    )
    smoothing: float = Field(
        default=0.75,
        gt=0,
        le=1,
        description="Counts of the columns ** this: rare columns associate too easily (Levy 2015).",
    )
    least_count: float = Field(default=3.0, gt=0, description="Documents that anything is counted in at least.")
    strongest: int = Field(default=150, gt=0, description="Associations kept of a row.")


def associate(
    rows: sparse.csr_matrix, columns: sparse.csr_matrix, params: PmiParams, *, is_same: bool = False
) -> sparse.csr_matrix:
    """Return the shifted positive pointwise mutual information of two kinds of things in the same documents.

    ``max(0, log(n_ij N / (n_i n_j')) - shift) * n_ij / (n_ij + doubt)``, the strongest of each row, made in blocks.

    Args:
        rows: documents x things, stored entries are what a document holds.
        columns: the same documents x the other things.
        params: how.
        is_same: both are the same things, and one with itself says nothing.

    Returns:
        float32, things x other things, sorted indices.
    """
    held, other = _ones(rows), _ones(columns)
    row_counts = np.maximum(np.bincount(held.indices, minlength=held.shape[1]), params.least_count)
    counts = np.maximum(np.bincount(other.indices, minlength=other.shape[1]), params.least_count)
    smooth = counts**params.smoothing
    column_counts = smooth * (counts.sum() / max(smooth.sum(), 1e-12))
    by_thing = held.T.tocsr()
    blocks = [sparse.csr_matrix((0, other.shape[1]), dtype=np.float32)]
    for start in range(0, by_thing.shape[0], _ROWS_AT_ONCE):
        both = (by_thing[start : start + _ROWS_AT_ONCE] @ other).tocsr()
        owners = np.repeat(np.arange(both.shape[0]), np.diff(both.indptr)) + start
        with np.errstate(divide="ignore"):
            surprise = np.log(both.data * (held.shape[0] / (row_counts[owners] * column_counts[both.indices])))
        value = np.maximum(surprise - params.shift, 0) * both.data / (both.data + params.doubt)
        if is_same:
            value[owners == both.indices] = 0
        made = sparse.csr_matrix((value.astype(np.float32), both.indices, both.indptr), shape=both.shape)
        made.eliminate_zeros()
        blocks.append(_strongest(made, params.strongest))
    whole = sparse.vstack(blocks, format="csr")
    whole.sort_indices()
    return whole


def factorise_associations(
    associations: sparse.csr_matrix, n_dimensions: int, *, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Factorise associations by their largest singular values, whose roots both sides take (Levy and Goldberg 2014).

    Args:
        associations: things x other things.
        n_dimensions: most dimensions; there are never more than things.
        seed: of the first guess. The same inputs and seed give the same vectors.

    Returns:
        float32 vectors of the things and of the other things, not of length 1; zeros for what nothing is associated with.
    """
    from sklearn.utils.extmath import randomized_svd

    rank = min(n_dimensions, *associations.shape)
    if not associations.nnz or rank < 1:
        return tuple(np.zeros((n, n_dimensions), dtype=np.float32) for n in associations.shape)  # type: ignore[return-value]
    with blas_limited():
        left, values, right = randomized_svd(associations, n_components=rank, n_iter=4, random_state=seed)
    root = np.sqrt(values)
    return (left * root).astype(np.float32), (right.T * root).astype(np.float32)


def unit_vectors(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows to length 1; a row of zeros stays."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def _ones(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    plain = sparse.csr_matrix(
        (np.ones(matrix.nnz, dtype=np.float64), matrix.indices, matrix.indptr), shape=matrix.shape, copy=True
    )
    plain.sum_duplicates()
    plain.data[:] = 1.0
    return plain


def _strongest(matrix: sparse.csr_matrix, k: int) -> sparse.csr_matrix:
    """Keep the ``k`` largest of each row; of equal ones those that stand first."""
    if not matrix.nnz or int(np.diff(matrix.indptr).max()) <= k:
        return matrix
    owners = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, -matrix.data, owners))
    place = np.arange(order.size) - np.repeat(matrix.indptr[:-1], np.diff(matrix.indptr))
    is_kept = np.zeros(order.size, dtype=bool)
    is_kept[order[place < k]] = True
    lengths = np.bincount(owners[is_kept], minlength=matrix.shape[0])
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    return sparse.csr_matrix((matrix.data[is_kept], matrix.indices[is_kept], indptr), shape=matrix.shape)
