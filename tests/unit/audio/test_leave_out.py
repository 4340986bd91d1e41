"""The answer without some rows is that of a regression that never had them, to the last digit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_assets.audio.leave_out import KernelRidge


def problem(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n, 3))
    kernel = np.exp(-np.square(points[:, None] - points).sum(axis=2))
    return kernel, rng.dirichlet(np.ones(4), size=n)


@given(st.integers(0, 1000), st.sets(st.integers(0, 19), max_size=19))
def test_it_is_exactly_the_regression_on_the_others(seed: int, left_out: set[int]):
    kernel, targets = problem(seed, 20)
    rows = np.array(sorted(left_out), dtype=np.int64)
    stay = np.setdiff1d(np.arange(20), rows)
    mean, coefficients = KernelRidge.of(kernel, targets, 0.03).without(rows)
    expected = np.linalg.solve(
        kernel[np.ix_(stay, stay)] + 0.03 * np.eye(len(stay)), targets[stay] - targets[stay].mean(axis=0)
    )

    np.testing.assert_allclose(mean, targets[stay].mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(coefficients[stay], expected, atol=1e-7)
    assert not coefficients[rows].any()


def test_without_anybody_nothing_is_known():
    kernel, targets = problem(0, 5)
    mean, coefficients = KernelRidge.of(kernel, targets, 0.03).without(np.arange(5))

    assert mean == pytest.approx([0.25] * 4)
    assert not coefficients.any()
