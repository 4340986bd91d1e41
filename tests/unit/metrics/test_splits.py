"""Splits hide what they say, and nothing twice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.seeds import generator
from recsys_assets.metrics.splits import hide_share_per_row, keep_core


def rows_of(*counts: int, n_items: int = 60) -> sparse.csr_matrix:
    indices = np.concatenate([np.arange(n) for n in counts]) if counts else np.empty(0, int)
    data = np.arange(1, len(indices) + 1, dtype=np.float32)
    return sparse.csr_matrix((data, indices, np.concatenate([[0], np.cumsum(counts)])), shape=(len(counts), n_items))


def test_a_fifth_rounded_is_hidden_and_a_row_is_never_emptied():
    matrix = rows_of(0, 1, 2, 5, 7, 8, 50)
    split = hide_share_per_row(matrix, share=0.2, rng=generator(0, "t"))
    assert np.diff(split.hidden.indptr).tolist() == [0, 0, 1, 1, 1, 2, 10]
    everything = hide_share_per_row(matrix, share=0.999, rng=generator(0, "t"))
    assert np.diff(everything.visible.indptr).tolist() == [0, 1, 1, 1, 1, 1, 1]


@given(st.lists(st.integers(0, 12), min_size=1, max_size=8), st.floats(0.05, 0.95), st.integers(0, 5))
def test_the_two_sides_are_the_whole_and_do_not_overlap(counts, share, seed):
    matrix = rows_of(*counts)
    split = hide_share_per_row(matrix, share=share, rng=generator(seed, "t"))
    assert (split.visible + split.hidden != matrix).nnz == 0
    assert split.visible.multiply(split.hidden).nnz == 0
    again = hide_share_per_row(matrix, share=share, rng=generator(seed, "t"))
    assert (again.hidden != split.hidden).nnz == 0


def test_hiding_is_uniform():
    matrix = rows_of(10, n_items=10)
    splits = (hide_share_per_row(matrix, share=0.1, rng=generator(seed, "t")) for seed in range(2000))
    hidden = sum(split.hidden.toarray() > 0 for split in splits)
    # Binomial(2000, .1): mean 200, standard deviation 13.
    assert hidden.min() > 140
    assert hidden.max() < 260


def test_the_core_is_taken_once_columns_first():
    dense = np.array(
        [
            [1, 1, 0],
            [1, 1, 0],
            [1, 0, 1],
            [0, 0, 1],
        ]
    )
    rows, columns = keep_core(sparse.csr_matrix(dense), min_rows_per_column=2, min_columns_per_row=2)
    # Column 2 keeps its place although row 3, one of its two listeners, goes afterwards.
    assert rows.tolist() == [0, 1, 2]
    assert columns.tolist() == [0, 1, 2]


@pytest.mark.parametrize("share", [0, 1, -0.1])
def test_a_share_outside_is_refused(share):
    with pytest.raises(InvalidArgumentError, match="between 0 and 1"):
        hide_share_per_row(rows_of(5), share=share, rng=generator(0, "t"))
