"""Relations counted from baskets, against values worked by hand on asymmetric worlds."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recsys_assets.mixes.baskets import Baskets
from recsys_assets.mixes.relations import adjacency, co_occurrence, following, keep_top_per_row
from recsys_assets.mixes.ridge import fit_ridge, score_ridge


def baskets_of(*rows: list[int], n_tracks: int) -> Baskets:
    flat = np.array([t for row in rows for t in row], dtype=np.int32)
    return Baskets(
        pl.Series([str(i) for i in range(len(rows))]),
        np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int64),
        flat,
        np.ones(flat.size, dtype=np.float32),
        ("",) * len(rows),
        n_tracks,
    )


def test_cosine_of_columns_by_hand():
    matrix = baskets_of([0, 1], [0, 1, 2], [0], n_tracks=3).matrix()
    counts = np.array([3.0, 2.0, 1.0])
    found = co_occurrence(matrix, row_weights=np.ones(3), scales=counts**-0.5, k=9).toarray()
    expected = np.array([[0, 2 / 6**0.5, 1 / 3**0.5], [2 / 6**0.5, 0, 1 / 2**0.5], [1 / 3**0.5, 1 / 2**0.5, 0]])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_row_weights_count_linearly():
    matrix = baskets_of([0, 1], [0, 1, 2], n_tracks=3).matrix()
    found = co_occurrence(matrix, row_weights=np.array([0.5, 0.25]), scales=np.ones(3), k=9).toarray()
    assert found[0, 1] == pytest.approx(0.75)
    assert found[0, 2] == pytest.approx(0.25)


def test_adjacency_falls_with_distance_and_does_not_cross_baskets():
    near = adjacency(baskets_of([0, 1, 2], [3, 0], n_tracks=4), reach=2).toarray()
    expected = np.zeros((4, 4))
    expected[0, 1] = expected[1, 0] = expected[1, 2] = expected[2, 1] = 1
    expected[0, 2] = expected[2, 0] = 0.5
    expected[0, 3] = expected[3, 0] = 1
    np.testing.assert_array_equal(near, expected)


def test_following_has_a_direction():
    after = following(baskets_of([0, 1, 2], [0, 1], n_tracks=3)).toarray()
    assert after[0, 1] == 2
    assert after[1, 0] == 0
    assert after[1, 2] == 1


@given(st.integers(1, 6), st.integers(0, 10_000))
def test_the_largest_of_every_row_stay(k: int, seed: int):
    dense = np.random.default_rng(seed).random((7, 9)) * (np.random.default_rng(seed + 1).random((7, 9)) < 0.6)
    kept = keep_top_per_row(sparse.csr_matrix(dense), k).toarray()
    for before, after in zip(dense, kept, strict=True):
        expected = np.where(before >= np.sort(before)[-k], before, 0)
        np.testing.assert_array_equal(after, expected)


def test_the_ridge_over_baskets_is_ease_over_tracks():
    rng = np.random.default_rng(1)
    dense = (rng.random((12, 30)) < 0.3).astype(np.float32)
    dense[0, :3] = 1
    matrix = sparse.csr_matrix(dense)
    weights = fit_ridge(matrix, np.ones(30, dtype=np.float32), regularization=0.7, row_exponent=0.0)
    scored = score_ridge(weights, matrix)

    c = 0.7 * float((dense**2).sum(axis=1).mean())
    inverse = np.linalg.inv(dense.T @ dense + c * np.eye(30))
    ease = -inverse / np.diag(inverse)
    np.fill_diagonal(ease, 0)
    off = dense == 0
    np.testing.assert_allclose(scored[off], (dense @ ease)[off], atol=1e-4)
