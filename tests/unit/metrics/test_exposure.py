"""Coverage, inequality and novelty by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.metrics.exposure import catalog_coverage, count_exposures, gini, novelty

RANKED = np.array([[0, 1, -1], [0, 3, -1]])


def test_exposures_and_coverage():
    exposures = count_exposures(RANKED, n_items=5)
    assert exposures.tolist() == [2, 1, 0, 1, 0]
    assert catalog_coverage(exposures) == 3 / 5
    assert catalog_coverage(np.empty(0, int)) == 0


@pytest.mark.parametrize(
    ("exposures", "expected"),
    [([3, 3, 3], 0), ([0, 0, 0, 8], 3 / 4), ([1, 3], 1 / 4), ([0, 0], 0), ([5], 0)],
)
def test_gini(exposures, expected):
    assert gini(np.array(exposures)) == pytest.approx(expected)


def test_gini_refuses_negative_counts():
    with pytest.raises(InvalidArgumentError, match="negative"):
        gini(np.array([1, -1]))


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=20), st.integers(1, 9))
def test_gini_is_bounded_and_does_not_see_scale_or_order(counts, factor):
    exposures = np.array(counts)
    assert -1e-9 <= gini(exposures) <= 1
    assert gini(exposures[::-1] * factor) == pytest.approx(gini(exposures), abs=1e-9)


def test_novelty_in_bits():
    values = novelty(np.array([[0, 1], [2, -1], [-1, -1]]), listeners_of=np.array([4, 1, 0]), n_listeners=8)
    assert values[:2].tolist() == [(1 + 3) / 2, 3]
    assert np.isnan(values[2])
