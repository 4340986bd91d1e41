"""Peers against values worked by hand, and one contract for all of them."""

import numpy as np
import pytest
from scipy import sparse

from recsys_assets.evaluation.peers import (
    PLAY_COUNT_PEERS,
    PLAYLIST_PEERS,
    Peer,
    fit_ease,
    fit_item_neighbours,
    fit_popularity,
)

HELD = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1]], dtype=np.float32)
MATRIX = sparse.csr_matrix(HELD)


def test_popularity_counts_rows():
    assert fit_popularity(MATRIX, 0)(1, 3).tolist() == [[2, 2, 2, 1]] * 2


def test_cosine_by_hand():
    scores = fit_item_neighbours(MATRIX, k=4, is_tfidf=False)(0, 1)[0]
    assert scores[2] == pytest.approx(2 * 1 / 2)
    assert scores[3] == pytest.approx(0)
    assert scores[0] == pytest.approx(1), "an item is no neighbour of itself"


def test_tfidf_by_hand():
    idf = np.log(4) - np.log1p(np.array([2.0, 3.0, 2.0]))
    weighted = HELD * idf[:, None]
    unit = weighted / np.linalg.norm(weighted, axis=0)
    similar = unit.T @ unit
    np.fill_diagonal(similar, 0)
    np.testing.assert_allclose(
        fit_item_neighbours(MATRIX, k=4, is_tfidf=True)(0, 3), HELD @ similar, rtol=1e-5, atol=1e-7
    )


TALL = np.vstack([HELD, [[1, 0, 0, 1], [0, 1, 1, 0], [1, 1, 0, 0]]]).astype(np.float32)


@pytest.mark.parametrize("held", [HELD, TALL], ids=["fewer rows than items", "more rows than items"])
def test_ease_by_hand(held: np.ndarray):
    inverse = np.linalg.inv(held.T @ held + 0.5 * np.eye(4))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    found = fit_ease(sparse.csr_matrix(held), regularization=0.5, max_items=9)(0, len(held))
    # On a row's own items the two sides differ, and no protocol ranks those.
    np.testing.assert_allclose(found[held == 0], (held @ weights)[held == 0], atol=1e-5)


def test_ease_leaves_rare_items_last():
    scores = fit_ease(sparse.csr_matrix(TALL), regularization=0.5, max_items=3)(0, 6)
    assert (scores[:, 3] < scores[:, :3].min(axis=1)).all()


@pytest.mark.parametrize("peer", [*PLAYLIST_PEERS, *PLAY_COUNT_PEERS], ids=lambda peer: peer.name)
def test_every_peer_keeps_the_contract(peer: Peer):
    rng = np.random.default_rng(0)
    # Two groups of unequal size that share nothing, so that a transposed matrix would show.
    dense = np.zeros((30, 18), dtype=np.float32)
    dense[:20, :12] = rng.random((20, 12)) < 0.6
    dense[20:, 12:] = rng.random((10, 6)) < 0.6
    matrix = sparse.csr_matrix(dense)
    score = peer.fit(matrix, 1)
    whole = np.asarray(score(0, 30))
    assert whole.shape == (30, 18)
    assert np.isfinite(whole).all()
    np.testing.assert_allclose(np.asarray(score(7, 9)), whole[7:9], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.asarray(peer.fit(matrix, 1)(0, 30)), whole, rtol=1e-4, atol=1e-5)
    if peer.name not in {"popularity"} and "ALS, tuned" not in peer.name:
        own, other = whole[20:, 12:].mean(), whole[20:, :12].mean()
        assert own > other, "a listener of the second group is offered the second group"
    np.testing.assert_array_equal(matrix.toarray(), dense)
