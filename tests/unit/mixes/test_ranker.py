"""Candidates and the ranker on planted playlists: the missing track is found, nothing leaks, the same comes out twice."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from basket_world import basket_world
from scipy import sparse

from recsys_assets.core.errors import DataFaultError, MissingInputError
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.mixes.baskets import Baskets, concatenate, hide_one
from recsys_assets.mixes.candidates import SOURCES, BlendParams, _best, propose
from recsys_assets.mixes.features import build_features
from recsys_assets.mixes.network import NetworkParams
from recsys_assets.mixes.ranker import Ranker, RankerParams, rank_candidates
from recsys_assets.mixes.source_scores import score_sources
from recsys_assets.mixes.sources import SourceParams, fit_sources
from recsys_assets.mixes.training import fit_ranker

SOURCE_PARAMS = SourceParams(
    space=FactoriseParams(embedding_size=8, epochs=4, regularization=0.01, unobserved_weight=0.05)
)
PARAMS = RankerParams(sources=SOURCE_PARAMS, network=NetworkParams(passes=60), n_reranked=40, rounds_of_hiding=2)


@pytest.fixture(scope="module")
def task():
    baskets, facts, _ = basket_world()
    visible, hidden = hide_one(baskets, rng=np.random.default_rng(0))
    return visible, hidden, facts


@pytest.fixture(scope="module")
def ranker(task) -> Ranker:
    visible, _, facts = task
    return fit_ranker(visible, facts, PARAMS, seed=1, num_threads=1)


@pytest.fixture(scope="module")
def index(task):
    visible, _, facts = task
    return fit_sources(visible, facts, SOURCE_PARAMS, seed=1, num_threads=1)


def ranked(ranker, index, queries, **kwargs) -> np.ndarray:
    return np.concatenate(
        [found.tracks for _, found in rank_candidates(ranker, index, queries, blend=PARAMS.blend, **kwargs)]
    )


def hit_rate(tracks: np.ndarray, hidden: np.ndarray, k: int) -> float:
    return float((tracks[:, :k] == hidden[:, None]).any(axis=1).mean())


def test_the_missing_track_is_found_far_more_often_than_by_popularity(task, ranker, index):
    visible, hidden, _ = task
    popular = np.tile(np.argsort(-index.counts, kind="stable"), (len(visible), 1))
    for row in range(len(visible)):
        own = np.isin(popular[row], visible.tracks[visible.indptr[row] : visible.indptr[row + 1]])
        popular[row] = np.concatenate([popular[row][~own], np.full(own.sum(), -1)])
    assert hit_rate(ranked(ranker, index, visible), hidden, 3) > 3 * hit_rate(popular, hidden, 3)


def test_the_network_makes_up_for_a_poor_first_score(task):
    visible, hidden, facts = task
    poor = BlendParams(
        space=0,
        ridge=0,
        neighbours=0,
        baskets=0,
        similar_artist=0,
        same_artist=0,
        titles=1,
        title_terms=0,
        adjacent=0,
        between=0,
    )
    params = PARAMS.model_copy(update={"blend": poor})
    trained = fit_ranker(visible, facts, params, seed=1, num_threads=1)
    sources = fit_sources(visible, facts, SOURCE_PARAMS, seed=1, num_threads=1)
    found = {}
    for name, it in (("first", None), ("second", trained)):
        batches = rank_candidates(it, sources, visible, blend=poor)
        found[name] = hit_rate(np.concatenate([c.tracks for _, c in batches]), hidden, 1)
    assert found["second"] > 0.5 > 2 * found["first"]


def test_own_excluded_and_barred_tracks_are_never_proposed(task, ranker, index):
    visible, hidden, _ = task
    barred = np.zeros(visible.n_tracks, dtype=bool)
    barred[::7] = True
    excluded = sparse.csr_matrix(
        (np.ones(len(visible)), (np.arange(len(visible)), hidden)), shape=(len(visible), visible.n_tracks)
    )
    for start, found in rank_candidates(
        ranker, index, visible, blend=PARAMS.blend, queries_at_once=40, excluded=excluded, barred=barred
    ):
        assert not barred[found.tracks[found.tracks >= 0]].any()
        for offset, row in enumerate(found.tracks):
            given = row[row >= 0].tolist()
            own = visible.tracks[visible.indptr[start + offset] : visible.indptr[start + offset + 1]].tolist()
            assert not set(given) & {*own, int(hidden[start + offset])}
            assert len(given) == len(set(given))


def test_scores_descend_and_padding_is_last(task, ranker, index):
    visible, _, _ = task
    for _, found in rank_candidates(ranker, index, visible, blend=PARAMS.blend):
        padded = found.tracks < 0
        assert (np.diff(padded.astype(int), axis=1) >= 0).all()
        assert np.isneginf(found.scores[padded]).all()
        filled = np.where(padded, -1e9, found.scores)
        assert (np.diff(filled, axis=1) <= 0).all()


def test_lists_shorter_than_what_is_reordered_are_padded_with_minus_infinity(task, ranker, index):
    visible, _, _ = task
    few = np.ones(visible.n_tracks, dtype=bool)
    few[:: max(1, visible.n_tracks // 30)] = False
    for _, found in rank_candidates(ranker, index, visible, blend=PARAMS.blend, barred=few):
        assert (found.tracks < 0).any(axis=1).all()
        assert np.isneginf(found.scores[found.tracks < 0]).all()
        assert np.isfinite(found.scores[found.tracks >= 0]).all()


def test_the_number_of_threads_changes_nothing(task, ranker, index):
    visible, _, _ = task
    np.testing.assert_array_equal(
        ranked(ranker, index, visible, num_threads=1),
        ranked(ranker, index, visible, num_threads=2),
    )


def test_the_same_seed_gives_the_same_ranker_and_text_carries_it(task, ranker):
    visible, _, facts = task
    again = fit_ranker(visible, facts, PARAMS, seed=1, num_threads=2)
    assert again.to_text() == ranker.to_text()
    assert Ranker.from_text(ranker.to_text()).to_text() == ranker.to_text()


@pytest.mark.parametrize("text", ["", "{}", '{"format": 0}', "[]"])
def test_what_is_not_a_ranker_is_refused(text: str):
    with pytest.raises(DataFaultError):
        Ranker.from_text(text)


def test_too_few_baskets_train_nothing(task):
    visible, _, facts = task
    with pytest.raises(MissingInputError, match="needed baskets"):
        fit_ranker(visible.rows(0, 6), facts, PARAMS, seed=1)


def test_a_basket_that_says_nothing_gets_the_popular_tracks(task, index):
    visible, _, _ = task
    empty = Baskets(
        pl.Series(["nobody"]), np.array([0, 0]), np.empty(0, np.int32), np.empty(0, np.float32), ("",), visible.n_tracks
    )
    found = propose(index, empty, score_sources(index, empty), BlendParams(n_candidates=5))
    assert found.tracks[0].tolist() == np.lexsort((np.arange(index.counts.size), -index.counts))[:5].tolist()
    assert (found.sources == SOURCES.index("popular")).all()


def test_a_name_without_tracks_keeps_its_first_order(task, ranker, index):
    visible, _, _ = task
    n = len(visible)
    bare = visible.keep(np.zeros(visible.tracks.size, dtype=bool))
    both = concatenate([bare, replace(visible, ids=pl.Series([f"whole {row}" for row in range(n)]))])
    first, final = ranked(None, index, both), ranked(ranker, index, both)

    np.testing.assert_array_equal(final[:n], first[:n])
    assert (final[n:] != first[n:]).any()
    for _, found in rank_candidates(ranker, index, bare, blend=PARAMS.blend):
        assert (np.diff(np.where(found.tracks < 0, -1e9, found.scores), axis=1) <= 0).all()


def test_a_listener_without_a_title_is_served(task, ranker, index):
    visible, _, _ = task
    silent = Baskets(
        visible.ids, visible.indptr, visible.tracks, visible.weights, ("",) * len(visible), visible.n_tracks
    )
    assert (ranked(ranker, index, silent) >= 0).any(axis=1).all()


def test_features_of_padding_are_zero_and_all_are_finite(task, index):
    visible, _, _ = task
    scores = score_sources(index, visible)
    found = propose(index, visible, scores, BlendParams())
    features, names = build_features(index, visible, scores, found)
    assert features.shape == (*found.tracks.shape, len(names))
    assert np.isfinite(features).all()
    assert not features[found.tracks < 0].any()


@pytest.mark.parametrize("seed", range(4))
def test_the_best_places_are_exact_and_ties_go_to_the_lower_one(seed: int):
    rng = np.random.default_rng(seed)
    # The last rows make the sample misjudge: all the best stand where it looks, or where it does not.
    scores = (rng.integers(0, 50, (6, 4_000)) / 7).astype(np.float32)
    scores[-1, ::16] += 100
    scores[-2, 1::16] += 100
    scores[-3] = -np.inf
    tracks, values = _best(scores, 300)
    for row in range(len(scores)):
        expected = np.lexsort((np.arange(4_000), -scores[row]))[:300]
        np.testing.assert_array_equal(values[row], scores[row][expected])
        np.testing.assert_array_equal(tracks[row], np.where(np.isneginf(values[row]), -1, expected))
