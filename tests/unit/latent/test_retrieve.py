"""Retrieval against brute force, and the traps of the library that it closes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.latent.retrieve import iter_top_n, top_n


def brute(users, items, n, seen=None, allowed=None):
    scores = users.astype(np.float64) @ items.T.astype(np.float64)
    if seen is not None:
        scores[seen.toarray() > 0] = -np.inf
    if allowed is not None:
        scores[:, ~allowed] = -np.inf
    scores[:, ~items.any(axis=1)] = -np.inf
    scores[~users.any(axis=1)] = -np.inf
    order = np.argsort(-scores, axis=1, kind="stable")[:, :n]
    order = np.where(np.isfinite(np.take_along_axis(scores, order, axis=1)), order, -1)
    return np.pad(order, ((0, 0), (0, max(0, n - order.shape[1]))), constant_values=-1)


@st.composite
def worlds(draw):
    n_users, n_items, n = draw(st.integers(1, 9)), draw(st.integers(1, 12)), draw(st.integers(1, 14))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    # Small whole numbers: exact in float32, and full of ties.
    users = rng.integers(-2, 3, (n_users, 3)).astype(np.float32)
    items = rng.integers(-2, 3, (n_items, 3)).astype(np.float32)
    seen = sparse.csr_matrix((rng.random((n_users, n_items)) < 0.4).astype(np.float32))
    allowed = rng.random(n_items) < 0.8
    return users, items, n, seen, allowed


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_lists_are_exact_with_ties_by_the_lower_row(world):
    users, items, n, seen, allowed = world
    found = top_n(users, items, n=n, seen=seen, allowed=allowed, num_threads=1)
    assert found.item_rows.tolist() == brute(users, items, n, seen, allowed).tolist()
    assert (np.isneginf(found.scores) == (found.item_rows == -1)).all()


def test_excluded_items_never_come_back_when_too_few_are_left():
    # The library answers with the excluded ids and a score of -3.4e38 here.
    users, items = np.ones((2, 2), np.float32), np.array([[1, 0], [2, 0], [3, 0]], np.float32)
    seen = sparse.csr_matrix(np.array([[0, 1, 1], [1, 1, 1]], np.float32))
    found = top_n(users, items, n=3, seen=seen)
    assert found.item_rows.tolist() == [[0, -1, -1], [-1, -1, -1]]
    assert found.scores[0].tolist() == [1, -np.inf, -np.inf]


def test_batches_and_threads_do_not_change_the_answer():
    rng = np.random.default_rng(0)
    users, items = rng.normal(size=(700, 6)).astype(np.float32), rng.normal(size=(90, 6)).astype(np.float32)
    seen = sparse.random(700, 90, density=0.2, format="csr", random_state=0, dtype=np.float32)
    whole = top_n(users, items, n=10, seen=seen, num_threads=2)
    parts = list(iter_top_n(users, items, n=10, seen=seen, batch_size=37, num_threads=1))
    assert [len(part.user_rows) for part in parts] == [37] * 18 + [34]
    assert (np.concatenate([part.item_rows for part in parts]) == whole.item_rows).all()
    assert (whole.item_rows == brute(users, items, 10, seen)).all()


def test_some_listeners_in_the_order_asked():
    users, items = np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32)
    seen = sparse.csr_matrix(np.array([[1, 0, 0], [0, 0, 0], [0, 0, 0]], np.float32))
    found = top_n(users, items, n=1, seen=seen, user_rows=np.array([2, 0]))
    assert found.user_rows.tolist() == [2, 0]
    assert found.item_rows.tolist() == [[2], [1]]


def test_nobody_gets_an_empty_answer():
    found = top_n(np.ones((2, 2), np.float32), np.ones((3, 2), np.float32), n=4, user_rows=np.empty(0, int))
    assert found.item_rows.shape == (0, 4)
    assert top_n(np.ones((2, 2), np.float32), np.ones((0, 2), np.float32), n=2).item_rows.tolist() == [
        [-1, -1],
        [-1, -1],
    ]


def test_faults_are_gathered():
    with pytest.raises(InvalidArgumentError, match=r"dimensions.*seen.*allowed.*n and batch_size"):
        top_n(
            np.ones((2, 2), np.float32),
            np.ones((3, 1), np.float32),
            n=0,
            seen=sparse.csr_matrix((3, 2)),
            allowed=np.ones(2, bool),
        )
