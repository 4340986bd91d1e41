import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage

from recsys_assets.mixes.tastes import TasteParams, count_tastes, find_tastes, ward_merges


def partition(labels: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels)}


def replay(pairs: np.ndarray, n_points: int, n_clusters: int) -> set[frozenset[int]]:
    labels = np.arange(n_points)
    for kept, joined in pairs[: n_points - n_clusters]:
        labels[labels == joined] = kept
    return partition(labels)


def test_with_equal_weights_it_is_the_ward_of_scipy():
    points = np.random.default_rng(2).normal(size=(15, 4)).astype(np.float32)
    pairs, costs = ward_merges(points[None], np.ones((1, 15), dtype=np.float32))
    theirs = linkage(points, "ward")
    # SciPy's height is sqrt(2 x the squared error that a merge adds).
    assert np.allclose(np.sqrt(2 * costs[0]), theirs[:, 2], rtol=1e-3)
    for k in range(1, 8):
        assert replay(pairs[0], 15, k) == partition(fcluster(theirs, k, "maxclust"))


def test_a_weight_of_three_is_three_points_in_one_place():
    rng = np.random.default_rng(4)
    points = rng.normal(size=(8, 3)).astype(np.float32)
    weights = rng.integers(1, 4, 8)
    pairs, costs = ward_merges(points[None], weights[None].astype(np.float32))
    repeated = linkage(points.repeat(weights, axis=0), "ward")
    assert np.allclose(np.sqrt(2 * costs[0]), repeated[-7:, 2], rtol=1e-3)
    owner = np.arange(8).repeat(weights)
    for k in (2, 3, 4):
        theirs = {frozenset(owner[list(group)].tolist()) for group in partition(fcluster(repeated, k, "maxclust"))}
        assert replay(pairs[0], 8, k) == theirs


@pytest.mark.parametrize(
    ("sizes", "spread"), [((30, 12), 1.0), ((20, 10, 6), 1.0), ((24,), 1.0), ((15, 13, 10, 8, 6), 0.7)]
)
def test_planted_tastes_are_found_in_order_of_weight(sizes, spread):
    rng = np.random.default_rng(sum(sizes))
    truth = np.arange(len(sizes)).repeat(sizes)
    centres = rng.normal(size=(len(sizes), 48))
    vectors = centres[truth] + spread * rng.normal(size=(truth.size, 48))
    shuffled = rng.permutation(truth.size)
    tastes = find_tastes(
        vectors[shuffled][None].astype(np.float32), np.ones((1, truth.size), dtype=np.float32), TasteParams()
    )
    if len(sizes) == 1:
        assert tastes.weights[0].tolist() == [24, 0, 0, 0, 0, 0]
    assert partition(tastes.labels[0]) == partition(truth[shuffled])
    assert tastes.weights[0][: len(sizes)].tolist() == sorted(sizes, reverse=True)
    assert (tastes.weights[0][len(sizes) :] == 0).all()
    cosine = (tastes.centres[0, 0] @ centres[0]) / np.linalg.norm(centres[0])
    assert cosine > 0.9


def test_who_plays_little_has_one_taste_and_who_plays_nothing_has_none():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(3, 10, 6)).astype(np.float32)
    weights = np.zeros((3, 10), dtype=np.float32)
    weights[0, :2] = 1
    weights[1, :10] = 1
    tastes = find_tastes(vectors, weights, TasteParams())
    assert tastes.labels[0].tolist() == [0, 0] + [-1] * 8
    assert (tastes.labels[2] == -1).all()
    assert not tastes.centres[2].any()
    # Ten tracks and at least four in each taste: never more than two.
    assert (tastes.weights[1] > 0).sum() <= 2


def test_a_listener_alone_gets_what_a_listener_in_a_batch_gets():
    rng = np.random.default_rng(9)
    vectors = rng.normal(size=(4, 20, 6)).astype(np.float32)
    weights = np.where(
        np.arange(20)[None, :] < np.array([20, 3, 12, 7])[:, None], rng.uniform(0.5, 3, (4, 20)), 0
    ).astype(np.float32)
    together = find_tastes(vectors, weights, TasteParams())
    for row in range(4):
        alone = find_tastes(vectors[row : row + 1], weights[row : row + 1], TasteParams())
        assert (alone.labels[0] == together.labels[row]).all()


def test_splits_count_only_while_they_cost_more_than_chance():
    # Four points, three merges. The longest of three random pieces has .611 of the stick, of two .75, of one all of it.
    costs = np.array([[0.1, 0.2, 0.7], [0.1, 0.3, 0.6], [0.02, 0.32, 0.66], [0, 0, 0]], dtype=np.float32)
    assert count_tastes(costs, np.array([4, 4, 4, 4]), most=6).tolist() == [2, 1, 3, 1]
    assert count_tastes(costs, np.array([4, 4, 4, 4]), most=2).tolist() == [2, 1, 2, 1]
