"""Sparse relations counted from baskets: which tracks, artists and neighbouring places go together.

Belongs here: sparse matrices made of baskets and operations on sparse rows. What they mean for one listener is ``sources``.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.mixes.baskets import Baskets

_ROWS_AT_ONCE = 2_000


def keep_top_per_row(matrix: sparse.csr_matrix, k: int) -> sparse.csr_matrix:
    """Keep the ``k`` largest stored values of every row (ties at the border: any), column order within a row kept."""
    is_kept = np.ones(matrix.nnz, dtype=bool)
    indptr = matrix.indptr
    for row in np.flatnonzero(np.diff(indptr) > k):
        a, b = indptr[row], indptr[row + 1]
        is_kept[a:b] = False
        is_kept[a + np.argpartition(matrix.data[a:b], b - a - k)[b - a - k :]] = True
    kept_before = np.concatenate([[0], np.cumsum(is_kept)])
    return sparse.csr_matrix((matrix.data[is_kept], matrix.indices[is_kept], kept_before[indptr]), shape=matrix.shape)


def drop_entries(matrix: sparse.csr_matrix, columns: NDArray[np.integer]) -> sparse.csr_matrix:
    """Zero the entry of row r in column ``columns[r]`` (-1: none), in place on the stored values, and return the matrix."""
    owners = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    matrix.data[matrix.indices == columns[owners]] = 0
    return matrix


def scale(
    matrix: sparse.csr_matrix, *, rows: NDArray[np.floating] | None = None, columns: NDArray[np.floating] | None = None
) -> sparse.csr_matrix:
    """Multiply rows and columns by factors, into a new float32 matrix."""
    data = matrix.data.astype(np.float32, copy=True)
    if rows is not None:
        data *= np.repeat(rows.astype(np.float32), np.diff(matrix.indptr))
    if columns is not None:
        data *= columns.astype(np.float32)[matrix.indices]
    return sparse.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def co_occurrence(
    matrix: sparse.csr_matrix, *, row_weights: NDArray[np.floating], scales: NDArray[np.floating], k: int
) -> sparse.csr_matrix:
    """Similarity of columns by the rows they share: ``s_i s_j sum_r w_r x_ri x_rj``, the ``k`` best of each column.

    With ``w = 1`` and ``s = 1 / norm`` that is the cosine. Diagonal absent; made in blocks, so that only a block of the full
    product exists at a time.
    """
    right = scale(matrix, rows=row_weights, columns=scales)
    left = scale(matrix, columns=scales).T.tocsr()
    blocks = []
    for start in range(0, left.shape[0], _ROWS_AT_ONCE):
        block = (left[start : start + _ROWS_AT_ONCE] @ right).tocsr()
        block = drop_entries(block, np.arange(start, start + block.shape[0]))
        block.eliminate_zeros()
        blocks.append(keep_top_per_row(block, k))
    stacked = sparse.vstack(blocks, format="csr") if blocks else sparse.csr_matrix((0, 0), dtype=np.float32)
    stacked.sort_indices()
    return stacked


def adjacency(baskets: Baskets, *, reach: int) -> sparse.csr_matrix:
    """Sum of ``1 / distance`` over the baskets in which two tracks stand at most ``reach`` places apart; symmetric."""
    n = baskets.n_tracks
    owners, tracks = baskets.owners, baskets.tracks
    total = sparse.csr_matrix((n, n), dtype=np.float32)
    for distance in range(1, reach + 1):
        same = owners[distance:] == owners[:-distance]
        a, b = tracks[:-distance][same], tracks[distance:][same]
        value = np.full(a.size, 1.0 / distance, dtype=np.float32)
        total = total + sparse.csr_matrix((value, (a, b)), shape=(n, n))
    both = (total + total.T).tocsr()
    both.sort_indices()
    return both


def following(baskets: Baskets) -> sparse.csr_matrix:
    """Count the baskets in which track j comes right after track i, at row i and column j."""
    owners, tracks = baskets.owners, baskets.tracks
    same = owners[1:] == owners[:-1]
    a, b = tracks[:-1][same], tracks[1:][same]
    return sparse.csr_matrix((np.ones(a.size, dtype=np.float32), (a, b)), shape=(baskets.n_tracks,) * 2)


def power(matrix: sparse.csr_matrix, exponent: float) -> sparse.csr_matrix:
    """Raise the stored values to a power."""
    return sparse.csr_matrix(
        (np.power(matrix.data, np.float32(exponent)), matrix.indices, matrix.indptr), shape=matrix.shape
    )
