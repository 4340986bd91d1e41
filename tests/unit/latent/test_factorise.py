"""The factorisation against a direct solution of its own equations, and what it promises about chance and threads."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import sparse

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.latent.factorise import (
    FactoriseParams,
    Factors,
    damp_lengths,
    factorise,
    row_regularization,
    solve_rows,
    weigh_pairs,
)


def solve_directly(weights: np.ndarray, other: np.ndarray, params: FactoriseParams) -> np.ndarray:
    """Minimise the loss of the module's docstring for each row with dense algebra in float64."""
    solved = np.zeros((len(weights), other.shape[1]))
    charge = row_regularization((weights > 0).sum(axis=1), weights.shape[1], params)
    for row, own in enumerate(weights):
        if not own.any():
            continue
        total = params.unobserved_weight + own
        left = (other * total[:, None]).T @ other + charge[row] * np.eye(other.shape[1])
        solved[row] = np.linalg.solve(left, other.T @ (total * (own > 0)))
    return solved


def unequal(weights: sparse.csr_matrix) -> sparse.csr_matrix:
    """Take entries away, from later rows more, so that rows differ in frequency and the order of blocks matters."""
    kept = weights.multiply(np.random.default_rng(0).random(weights.shape) > np.arange(60)[:, None] / 70).tocsr()
    kept.eliminate_zeros()
    return kept


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_the_half_step_solves_the_stated_equations(world, params, exponent):
    params = params.model_copy(update={"frequency_exponent": exponent, "block_ratio": 1.0001})
    items = np.random.default_rng(1).normal(size=(80, 8)).astype(np.float32)
    weights = unequal(weigh_pairs(world.matrix, params))
    expected = solve_directly(weights.toarray().astype(float), items.astype(float), params)
    np.testing.assert_allclose(solve_rows(weights, items, params), expected, rtol=2e-3, atol=2e-5)


def test_blocks_err_little_in_regularisation(world, params):
    items = np.random.default_rng(1).normal(size=(80, 8)).astype(np.float32)
    weights = unequal(weigh_pairs(world.matrix, params))
    exact = solve_directly(weights.toarray().astype(float), items.astype(float), params)
    blocked = solve_rows(weights, items, params)
    assert np.abs(blocked - exact).max() < 0.02 * np.abs(exact).max()


@pytest.mark.parametrize("cg_steps", [3, 0])
def test_a_fit_ends_where_both_half_steps_agree(world, params, cg_steps):
    params = params.model_copy(update={"epochs": 60, "cg_steps": cg_steps, "block_ratio": 1.0001})
    fitted = factorise(world.matrix, params, seed=0)
    dense = weigh_pairs(world.matrix, params).toarray().astype(float)
    again = solve_directly(dense, fitted.item_factors.astype(float), params)
    np.testing.assert_allclose(fitted.user_factors, again, atol=3e-2 * np.abs(again).max())
    again = solve_directly(dense.T, fitted.user_factors.astype(float), params)
    np.testing.assert_allclose(fitted.item_factors, again, atol=3e-2 * np.abs(again).max())


def test_the_same_seed_gives_the_same_bytes_whatever_the_threads(world, params):
    one, two, again = (factorise(world.matrix, params, seed=5, num_threads=n) for n in (1, 2, 1))
    for other in (two, again):
        assert one.user_factors.tobytes() == other.user_factors.tobytes()
        assert one.item_factors.tobytes() == other.item_factors.tobytes()
    assert factorise(world.matrix, params, seed=6).item_factors.tobytes() != one.item_factors.tobytes()


def test_what_was_never_observed_is_zero_and_tastes_are_found(world, params):
    fitted = factorise(world.matrix, params, seed=0)
    assert not fitted.user_factors[59].any()
    assert not fitted.item_factors[79].any()
    scores = fitted.user_factors @ fitted.item_factors.T
    assert (scores[:30].argmax(axis=1) < 40).all()
    assert ((scores[30:50].argmax(axis=1) >= 40) & (scores[30:50].argmax(axis=1) < 64)).all()


@pytest.mark.parametrize("damping", [0.0, 0.3])
def test_a_start_is_taken_up(world, params, damping):
    params = params.model_copy(update={"length_damping": damping})
    fitted = factorise(world.matrix, params.model_copy(update={"epochs": 40}), seed=0)
    onward = factorise(world.matrix, params.model_copy(update={"epochs": 1}), seed=9, initial=fitted)
    moved = np.abs(onward.item_factors - fitted.item_factors).max() / np.abs(fitted.item_factors).max()
    assert moved < 0.05
    assert onward.item_factors is not fitted.item_factors


def test_a_start_is_not_changed(world, params):
    start = factorise(world.matrix, params, seed=0)
    before = start.item_factors.copy(), start.user_factors.copy()
    factorise(world.matrix, params, seed=0, initial=start)
    assert (start.item_factors == before[0]).all()
    assert (start.user_factors == before[1]).all()


def test_new_rows_land_where_the_fit_had_them(world, params):
    fitted = factorise(world.matrix, params.model_copy(update={"epochs": 60, "cg_steps": 0}), seed=0)
    folded = solve_rows(weigh_pairs(world.matrix, params), fitted.item_factors, params)
    np.testing.assert_allclose(folded, fitted.user_factors, atol=3e-2 * np.abs(folded).max())


def test_read_only_arrays_are_taken(world, params):
    items = np.ones((80, 8), dtype=np.float32)
    items.setflags(write=False)
    assert solve_rows(world.matrix, items, params).any()


def test_weights_are_relative_to_the_listener():
    matrix = sparse.csr_matrix(np.array([[1, 3, 0], [0, 0, 0], [10, 30, 20]], dtype=np.float32))
    squared = weigh_pairs(matrix, FactoriseParams(confidence_exponent=2)).toarray()
    np.testing.assert_allclose(squared, [[0.25, 2.25, 0], [0, 0, 0], [0.25, 2.25, 1]])
    assert set(weigh_pairs(matrix, FactoriseParams(confidence_exponent=0)).data) == {1.0}


def test_damping_shortens_the_long_more():
    items = np.array([[3, 4], [0.3, 0.4], [0, 0]], dtype=np.float32)
    damped = damp_lengths(items, FactoriseParams(length_damping=0.5))
    np.testing.assert_allclose(np.linalg.norm(damped, axis=1), [5**0.5, 0.5**0.5, 0], rtol=1e-6)
    assert (damp_lengths(items, FactoriseParams()) == items).all()


def test_a_fit_returns_damped_items(world, params):
    plain = factorise(world.matrix, params, seed=0)
    damped_params = params.model_copy(update={"length_damping": 0.3})
    damped = factorise(world.matrix, damped_params, seed=0)
    assert (damped.item_factors == damp_lengths(plain.item_factors, damped_params)).all()
    assert (damped.user_factors == plain.user_factors).all()


def test_faults_are_named(world, params):
    negative = world.matrix.copy()
    negative.data[3] = -1
    with pytest.raises(InvalidArgumentError, match="above zero"):
        factorise(negative, params, seed=0)
    with pytest.raises(InvalidArgumentError, match="shapes"):
        factorise(
            world.matrix, params, seed=0, initial=Factors(np.zeros((2, 8), np.float32), np.zeros((80, 8), np.float32))
        )
    with pytest.raises(InvalidArgumentError, match="columns"):
        solve_rows(world.matrix, np.ones((3, 8), np.float32), params)
    with pytest.raises(ValidationError):
        FactoriseParams(regularization=0)


def test_an_empty_world_gives_empty_factors(params):
    fitted = factorise(sparse.csr_matrix((0, 0), dtype=np.float32), params, seed=0)
    assert fitted.user_factors.shape == (0, 8)
    nobody = factorise(sparse.csr_matrix((3, 2), dtype=np.float32), params, seed=0)
    assert not nobody.user_factors.any()
    assert not nobody.item_factors.any()
