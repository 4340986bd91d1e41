"""The network of the ranker: it learns what only a product of two features tells, and its text carries it."""

import numpy as np
import pytest

from recsys_assets.mixes.network import ListNetwork, NetworkParams, fit_network

PARAMS = NetworkParams(passes=40, others_per_list=20)


def lists_of(n: int, *, seed: int, width: int = 24) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lists whose missing track has the largest product of the first two of four features; a third are padded."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, width, 4)).astype(np.float32)
    sizes = np.where(np.arange(n) % 3 == 0, width // 2, width)
    product = features[:, :, 0] * features[:, :, 1]
    is_padding = np.arange(width)[None, :] >= sizes[:, None]
    product[is_padding] = -np.inf
    features[is_padding] = 0
    return features, product.argmax(axis=1), sizes


@pytest.fixture(scope="module")
def network() -> ListNetwork:
    return fit_network(*lists_of(1_500, seed=0), PARAMS, seed=3)


def found(network: ListNetwork, features: np.ndarray, missing: np.ndarray, sizes: np.ndarray) -> float:
    scores = network.score(features)
    scores[np.arange(features.shape[1])[None, :] >= sizes[:, None]] = -np.inf
    return float((scores.argmax(axis=1) == missing).mean())


def test_it_learns_what_no_linear_score_can(network: ListNetwork):
    # By chance one of 24 is right; a linear score of these features is no better.
    assert found(network, *lists_of(300, seed=1)) > 0.6


def test_the_same_seed_gives_the_same_network_and_another_seed_another():
    few = NetworkParams(passes=1)
    lists = lists_of(200, seed=2)
    first, again, other = (fit_network(*lists, few, seed=seed).to_lists() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_fitting_leaves_the_callers_chance_and_threads_alone():
    import torch

    torch.manual_seed(5)
    expected, threads = torch.rand(3), torch.get_num_threads()
    torch.manual_seed(5)
    fit_network(*lists_of(100, seed=2), NetworkParams(passes=1), seed=1)
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads


def test_lists_of_numbers_carry_it(network: ListNetwork):
    features, _, _ = lists_of(5, seed=4)
    np.testing.assert_array_equal(ListNetwork.from_lists(network.to_lists()).score(features), network.score(features))


def test_scoring_leaves_the_features_as_they_were(network: ListNetwork):
    features, _, _ = lists_of(3, seed=5)
    before = features.copy()
    network.score(features)
    np.testing.assert_array_equal(features, before)
