"""Listeners placed by the content of what they chose."""

import numpy as np
import pytest
from scipy import sparse

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.latent.cold_reach import ZEROS_WEIGHT, even_lengths, place_listeners_by_content
from recsys_assets.latent.factorise import FactoriseParams, solve_rows

PARAMS = FactoriseParams(embedding_size=4, regularization=0.1, unobserved_weight=0.05)


def test_the_place_by_content_is_a_half_step_with_firmer_zeros_beside_the_published_vector():
    rng = np.random.default_rng(0)
    users, means = (rng.normal(size=(n, 4)).astype(np.float32) for n in (6, 9))
    weights = sparse.csr_matrix((rng.random((6, 9)) < 0.4).astype(np.float32))
    weights = sparse.vstack([weights[:5], sparse.csr_matrix((1, 9), dtype=np.float32)], format="csr")
    found = place_listeners_by_content(weights, users, means, PARAMS)
    firmer = PARAMS.model_copy(update={"unobserved_weight": 0.05 * ZEROS_WEIGHT})
    np.testing.assert_allclose(found - users, solve_rows(weights, means, firmer), atol=1e-6)
    np.testing.assert_array_equal(found[5], users[5])
    with pytest.raises(InvalidArgumentError, match="for 6 listeners and 8 tracks"):
        place_listeners_by_content(weights, users, means[:8], PARAMS)


def test_lengths_are_evened_out_and_directions_kept():
    places = np.array([[8.0, 0], [0, -1], [0, 0]], dtype=np.float32)
    np.testing.assert_allclose(even_lengths(places), [[8**0.7, 0], [0, -1], [0, 0]], rtol=1e-6)
