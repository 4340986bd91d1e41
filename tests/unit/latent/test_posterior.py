"""The place of a row between its prior and its evidence, against the stated equations and at both their ends."""

import numpy as np
import pytest
from scipy import sparse

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.latent.factorise import (
    FactoriseParams,
    Factors,
    factorise,
    row_regularization,
    solve_rows,
    weigh_pairs,
)
from recsys_assets.latent.posterior import (
    FEW_CHOICES,
    place_listeners,
    place_newcomers,
    place_rows,
    place_tracks,
)

PARAMS = FactoriseParams(embedding_size=8, regularization=0.3, frequency_exponent=0.5, unobserved_weight=0.1)


@pytest.fixture(scope="module")
def fixed() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(60, 8)).astype(np.float32) * 0.4


@pytest.fixture(scope="module")
def weights() -> sparse.csr_matrix:
    """Rows of 0, 1, 2, ... 12 pairs and one of 40, in an order of its own."""
    rng = np.random.default_rng(2)
    dense = np.zeros((14, 60), dtype=np.float32)
    for row, count in enumerate(rng.permutation([*range(13), 40])):
        dense[row, rng.choice(60, count, replace=False)] = rng.uniform(0.2, 3, count)
    return sparse.csr_matrix(dense)


@pytest.fixture(scope="module")
def means() -> np.ndarray:
    return np.random.default_rng(3).normal(size=(14, 8)).astype(np.float32)


def solve_directly(own, fixed, mean, params, *, strength, zeros_from) -> np.ndarray:
    """One row by dense algebra from the docstring's loss."""
    count = (own > 0).sum()
    free, charge = row_regularization(np.array([0.0, count]), len(fixed), params)
    zeros = count / (count + zeros_from) if count else 0.0
    total = np.where(own > 0, own + params.unobserved_weight, zeros * params.unobserved_weight)
    left = (fixed.T * total) @ fixed + (charge + (strength - 1) * free) * np.eye(fixed.shape[1])
    return np.linalg.solve(left, (fixed.T * total) @ (own > 0) + strength * free * mean)


@pytest.mark.parametrize(("strength", "zeros_from"), [(1.0, 1.0), (5.0, 0.5), (0.3, 20.0)])
def test_every_row_solves_the_stated_equations(weights, fixed, means, strength, zeros_from):
    placed = place_rows(weights, fixed, means, PARAMS, prior_strength=strength, zeros_from=zeros_from)
    for own, mean, found in zip(weights.toarray(), means, placed, strict=True):
        expected = solve_directly(
            own.astype(float), fixed.astype(float), mean, PARAMS, strength=strength, zeros_from=zeros_from
        )
        np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)


def test_one_number_by_hand():
    # One dimension, one listener at 2 of weight 3, a0 = 1 of two listeners (the other at 1), charge = 0.5 for all:
    # (4 * 4 + 0.5 * 1 + 0.5) y = 4 * 2 + 0.5 * 6, the zero counting half after one listener, if from there on.
    params = FactoriseParams(embedding_size=1, regularization=0.5, frequency_exponent=0, unobserved_weight=1)
    weights = sparse.csr_matrix(np.array([[3, 0]], dtype=np.float32))
    fixed, mean = np.array([[2], [1]], dtype=np.float32), np.array([[6]], dtype=np.float32)
    placed = place_rows(weights, fixed, mean, params, zeros_from=1)
    assert placed[0, 0] == pytest.approx(11 / 17)


def test_without_listeners_it_is_the_prior_mean_to_the_last_bit(weights, fixed, means):
    params = PARAMS.model_copy(update={"length_damping": 0.3})
    unheard = np.flatnonzero(np.diff(weights.indptr) == 0)
    assert np.array_equal(place_rows(weights, fixed, means, PARAMS)[unheard], means[unheard])
    assert np.array_equal(place_tracks(weights, fixed, means, params)[unheard], means[unheard])
    nobody = sparse.csr_matrix((14, 60), dtype=np.float32)
    assert np.array_equal(place_rows(nobody, fixed, means, PARAMS), means)


def test_with_ever_more_listeners_it_becomes_what_the_fit_gives(fixed, means):
    rng = np.random.default_rng(0)
    gaps = []
    for copies in (1, 10, 100):
        crowd = np.tile(fixed, (copies, 1))
        weights = sparse.csr_matrix(np.tile((rng.random((14, 60)) < 0.3).astype(np.float32), (1, copies)))
        params = PARAMS.model_copy(update={"unobserved_weight": 0.1 / copies, "block_ratio": 1.0001})
        found = place_rows(weights, crowd, means, params)
        gaps.append(np.abs(found - solve_rows(weights, crowd, params)).max())
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 0.05 * gaps[0]


def test_a_prior_mean_of_zero_and_whole_zeros_is_the_fits_own_half_step(world, params):
    fitted = factorise(world.matrix, params, seed=0)
    weights = weigh_pairs(world.matrix, params)
    exact = params.model_copy(update={"block_ratio": 1.0001})
    zero = np.zeros((60, 8), dtype=np.float32)
    np.testing.assert_allclose(
        place_rows(weights, fitted.item_factors, zero, params, zeros_from=0),
        solve_rows(weights, fitted.item_factors, exact),
        rtol=2e-3,
        atol=2e-4,
    )


def test_more_listeners_move_a_track_further_from_its_prior(fixed):
    prior = np.tile(-fixed[0], (6, 1))
    dense = np.zeros((6, 60), dtype=np.float32)
    near = np.argsort(-(fixed @ fixed[0]))
    for row in range(6):
        dense[row, near[:row]] = 1
    toward = place_rows(sparse.csr_matrix(dense), fixed, prior, PARAMS) @ fixed[0]
    assert (np.diff(toward) > 0).all()


def test_rows_do_not_depend_on_their_company_nor_on_the_basis(weights, fixed, means):
    whole = place_rows(weights, fixed, means, PARAMS)
    alone = np.vstack([place_rows(weights[row], fixed, means[row : row + 1], PARAMS) for row in range(14)])
    np.testing.assert_allclose(whole, alone, atol=1e-5)
    turn = np.linalg.qr(np.random.default_rng(5).normal(size=(8, 8)))[0].astype(np.float32)
    turned = place_rows(weights, fixed @ turn, means @ turn, PARAMS)
    np.testing.assert_allclose(turned, whole @ turn, atol=1e-5)


def test_a_damped_space_is_undamped_for_the_solution(weights, fixed, means):
    params = PARAMS.model_copy(update={"length_damping": 0.5})
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    whole = place_rows(weights, fixed, means * lengths, params)
    expected = whole / np.sqrt(np.linalg.norm(whole, axis=1, keepdims=True))
    np.testing.assert_allclose(place_tracks(weights, fixed, means, params), expected, rtol=1e-4, atol=1e-5)


def test_a_new_listener_moves_towards_the_first_choices(world, params):
    fitted = factorise(world.matrix, params, seed=0)
    centre = np.tile(fitted.user_factors[:59].mean(axis=0), (3, 1))
    first = sparse.csr_matrix((np.ones(2, dtype=np.float32), ([1, 2], [0, 70])), shape=(3, 80))
    placed = place_listeners(first, fitted.item_factors, centre, params)
    assert np.array_equal(placed[0], centre[0])
    # Track 0 is of the first genre, 70 of the last.
    units = placed / np.linalg.norm(placed, axis=1, keepdims=True)
    toward = units @ fitted.item_factors[[0, 70]].T
    assert toward[1, 0] > toward[0, 0] > toward[2, 0]
    assert toward[2, 1] > toward[0, 1] > toward[1, 1]


def test_who_has_few_choices_is_pulled_to_the_average_listener_and_nobody_else_moves(world, params):
    dense = world.matrix.toarray()
    for user, kept in ((0, 1), (31, FEW_CHOICES), (32, FEW_CHOICES + 1)):
        dense[user, np.flatnonzero(dense[user])[kept:]] = 0
    matrix = sparse.csr_matrix(dense)
    fitted = factorise(matrix, params, seed=0)
    placed = place_newcomers(matrix, fitted, params)
    moved = np.flatnonzero((placed != fitted.user_factors).any(axis=1))
    assert moved.tolist() == [0, 31]
    average = np.delete(fitted.user_factors, [0, 31, 59], axis=0).mean(axis=0)

    def cosine(vectors: np.ndarray) -> np.ndarray:
        return vectors @ average / np.linalg.norm(vectors, axis=1) / np.linalg.norm(average)

    assert (cosine(placed[moved]) > cosine(fitted.user_factors[moved])).all()
    # Where everybody is new there is no average.
    alone = sparse.csr_matrix(dense[[0, 31]])
    few = Factors(fitted.user_factors[[0, 31]], fitted.item_factors)
    np.testing.assert_array_equal(place_newcomers(alone, few, params), few.user_factors)


def test_what_does_not_fit_together_is_refused(weights, fixed, means):
    with pytest.raises(InvalidArgumentError, match="prior means of shape"):
        place_rows(weights, fixed, means[:3], PARAMS)
    with pytest.raises(InvalidArgumentError, match="above zero"):
        place_rows(sparse.csr_matrix(-np.ones((14, 60), dtype=np.float32)), fixed, means, PARAMS)
    with pytest.raises(InvalidArgumentError, match="below zero"):
        place_rows(weights, fixed, means, PARAMS, prior_strength=-1)
