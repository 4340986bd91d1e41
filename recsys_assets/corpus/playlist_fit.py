"""How well the entries of playlists belong together, judged by the other playlists.

Belongs here: shared tracks against what chance would share. What follows from it (who is read, what looks bought) is
``playlist_quality``.

For each entry: of the playlists that hold its track too, how many of the entry's neighbours do they share? Chance is that of
drawing their other tracks by popularity. No playlist is a witness of itself.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.core.seeds import generator

_ROWS_AT_ONCE = 256
# Playlists that are asked; beyond, a sample of them says the same.
MOST_WITNESSES = 4_000
# Shared tracks, found or expected, below which nothing can be said.
LEAST_EVIDENCE = 5.0


@dataclass(frozen=True)
class EntryFit:
    """Shared tracks of every entry, found and expected, in the order of the entries of the matrix (float64)."""

    found: NDArray[np.float64]
    expected: NDArray[np.float64]

    def by(self, groups: NDArray[np.integer], n_groups: int) -> NDArray[np.float64]:
        """Return the bits by which a group's entries share more than chance, NaN where there is too little to tell.

        Args:
            groups: the group of every entry, such as its playlist or its track.
            n_groups: how many there are.
        """
        found = np.bincount(groups, weights=self.found, minlength=n_groups)
        expected = np.bincount(groups, weights=self.expected, minlength=n_groups)
        bits = np.log2((found + 1) / (expected + 1))
        return np.where(np.maximum(found, expected) >= LEAST_EVIDENCE, bits, np.nan)


def fit_entries(playlists: sparse.csr_matrix, *, seed: int) -> EntryFit:
    """Compare each playlist with the others.

    Args:
        playlists: playlists x tracks, ones.
        seed: of the sample where there are more than 4,000 playlists.
    """
    n = playlists.shape[0]
    asked = np.arange(n)
    if n > MOST_WITNESSES:
        asked = np.sort(generator(seed, "witnesses of playlists").choice(n, MOST_WITNESSES, replace=False))
    is_asked = np.zeros(n, dtype=bool)
    is_asked[asked] = True
    witnesses = playlists[asked].tocsr().astype(np.float64)
    lengths = np.diff(witnesses.indptr).astype(np.float64)
    counts = np.bincount(witnesses.indices, minlength=playlists.shape[1]).astype(np.float64)
    # Other tracks beside this one, in all witnesses that hold it.
    others = np.bincount(
        witnesses.indices, weights=np.repeat(lengths - 1, np.diff(witnesses.indptr)), minlength=counts.size
    )
    total = max(lengths.sum(), 1.0)
    found = np.zeros(playlists.nnz)
    expected = np.zeros(playlists.nnz)
    for start in range(0, n, _ROWS_AT_ONCE):
        rows = slice(start, min(start + _ROWS_AT_ONCE, n))
        block = playlists[rows].tocsr().astype(np.float64)
        owners = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
        own = is_asked[rows].astype(np.float64)[owners]
        size = np.diff(block.indptr)[owners]
        shared = ((block @ witnesses.T).tocsr() @ witnesses).tocsr()
        at = _values_at(shared, block)
        entries = slice(playlists.indptr[rows.start], playlists.indptr[rows.stop])
        # A witness that holds the track shares that track too; the playlist itself shares all of its own.
        found[entries] = at - own * size - (counts[block.indices] - own)
        neighbours = np.bincount(owners, weights=counts[block.indices] - own, minlength=block.shape[0])[owners]
        neighbours -= counts[block.indices] - own
        elsewhere = others[block.indices] - own * (size - 1)
        expected[entries] = elsewhere * neighbours / total
    return EntryFit(found, expected)


def _values_at(matrix: sparse.csr_matrix, where: sparse.csr_matrix) -> NDArray[np.float64]:
    """Return the values of ``matrix`` at the stored places of ``where``, in their order."""
    dense = matrix.toarray()
    owners = np.repeat(np.arange(where.shape[0]), np.diff(where.indptr))
    return dense[owners, where.indices]
