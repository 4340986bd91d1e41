"""Metrics against values worked by hand, and the properties that every ranking metric has."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.metrics import ranking


def relevant_of(*lists: set[int], n_items: int = 10) -> sparse.csr_matrix:
    dense = np.zeros((len(lists), n_items), dtype=np.float32)
    for row, items in enumerate(lists):
        dense[row, list(items)] = 1
    return sparse.csr_matrix(dense)


RANKED = np.array([[3, 1, 4, 5], [2, 7, -1, -1], [0, 1, 2, 3]])
RELEVANT = relevant_of({1, 5, 9}, {8}, set())


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (lambda: ranking.recall_at(2, RANKED, RELEVANT), [1 / 2, 0]),
        (lambda: ranking.recall_at(4, RANKED, RELEVANT), [2 / 3, 0]),
        (
            lambda: ranking.ndcg_at(4, RANKED, RELEVANT),
            [(1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3) + 1 / 2), 0],
        ),
        (lambda: ranking.ndcg_at(2, RANKED, RELEVANT), [(1 / math.log2(3)) / (1 + 1 / math.log2(3)), 0]),
    ],
)
def test_hand_worked_values(metric, expected):
    values = metric()
    np.testing.assert_allclose(values[:2], expected)
    assert np.isnan(values[2]), "a list without relevant items can not be judged"


def test_a_cut_beyond_the_list_counts_what_is_there():
    np.testing.assert_allclose(ranking.recall_at(100, RANKED, RELEVANT)[0], 2 / 3)
    np.testing.assert_allclose(ranking.ndcg_at(100, RANKED, RELEVANT)[0], ranking.ndcg_at(4, RANKED, RELEVANT)[0])


def test_padding_is_never_a_hit_even_beside_the_last_item():
    # -1 as an index would be item 9 of the list above.
    ranked = np.array([[-1, -1]])
    assert not ranking.find_hits(ranked, relevant_of({9})).any()
    assert not ranking.find_hits(np.array([[5], [-1]]), relevant_of({9}, {0})).any()


def test_unsorted_truth_is_found():
    relevant = sparse.csr_matrix((np.ones(3), np.array([7, 2, 5]), np.array([0, 3])), shape=(1, 8))
    assert ranking.find_hits(np.array([[5, 6, 2, 7]]), relevant).tolist() == [[True, False, True, True]]


def test_ranks_count_ties_by_the_lower_row():
    scores = np.array([[5.0, 7.0, 5.0, 1.0], [2.0, 2.0, 2.0, -np.inf]])
    assert ranking.rank_targets(scores, np.array([2, 0])).tolist() == [3, 1]
    assert ranking.rank_targets(scores, np.array([0, 3])).tolist() == [2, 0]


def test_from_ranks():
    ranks = np.array([1, 10, 11, 501, 0])
    assert ranking.hit_at_from_ranks(10, ranks).tolist() == [1, 1, 0, 0, 0]
    np.testing.assert_allclose(ranking.reciprocal_from_ranks(ranks, cut=500), [1, 0.1, 1 / 11, 0, 0])


def test_mean_leaves_out_what_can_not_be_judged():
    assert ranking.mean_over_lists(np.array([1.0, np.nan, 0.0])) == 0.5
    assert math.isnan(ranking.mean_over_lists(np.array([np.nan])))


def test_faults_are_named():
    with pytest.raises(InvalidArgumentError, match="at least 1"):
        ranking.recall_at(0, RANKED, RELEVANT)
    with pytest.raises(InvalidArgumentError, match="one row per list"):
        ranking.find_hits(RANKED[:2], RELEVANT)
    with pytest.raises(InvalidArgumentError, match="item row 10"):
        ranking.find_hits(np.array([[10]]), relevant_of({1}))


@st.composite
def judged_lists(draw):
    n_items = draw(st.integers(2, 12))
    order = draw(st.permutations(range(n_items)))
    truth = draw(st.sets(st.integers(0, n_items - 1), min_size=1))
    k = draw(st.integers(1, 15))
    return np.array([order]), truth, relevant_of(truth, n_items=n_items), k


@given(judged_lists())
def test_metrics_stay_in_bounds_and_a_perfect_list_scores_one(world):
    ranked, truth, relevant, k = world
    best = np.array([sorted(ranked[0], key=lambda item: item not in truth)])
    for metric in (ranking.recall_at, ranking.ndcg_at):
        assert 0 <= metric(k, ranked, relevant)[0] <= 1 + 1e-12
        assert metric(k, best, relevant)[0] == pytest.approx(1)


@given(judged_lists(), st.data())
def test_moving_a_hit_up_never_hurts(world, data):
    ranked, truth, relevant, k = world
    item = data.draw(st.sampled_from(sorted(truth)))
    place = int(np.flatnonzero(ranked[0] == item)[0])
    target = data.draw(st.integers(0, place))
    moved = np.array([np.insert(np.delete(ranked[0], place), target, item)])
    # Moving past another hit changes nothing for the set metrics, past a miss it can only help.
    for metric in (ranking.recall_at, ranking.ndcg_at):
        assert metric(k, moved, relevant)[0] >= metric(k, ranked, relevant)[0] - 1e-12


@given(st.lists(st.integers(0, 5), min_size=3, max_size=8), st.integers(0, 100))
def test_both_forms_agree_where_one_item_is_right(raw, which):
    scores = np.array([raw], dtype=float)
    target = which % len(raw)
    ranked = np.argsort(-scores, axis=1, kind="stable")
    relevant = relevant_of({target}, n_items=len(raw))
    rank = ranking.rank_targets(scores, np.array([target]))
    assert ranked[0, rank[0] - 1] == target
    assert ranking.reciprocal_from_ranks(rank, cut=500)[0] == 1 / rank[0]
    for k in (1, 3, 8):
        assert ranking.hit_at_from_ranks(k, rank)[0] == ranking.recall_at(k, ranked, relevant)[0]
