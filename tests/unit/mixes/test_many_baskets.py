"""With very many baskets only some are asked in training, only some relations are kept, and candidates wait in files."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from basket_world import basket_world
from mix_frames import history_of, week_of
from polars.testing import assert_frame_equal

from recsys_assets.core import columns as c
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.mixes.arrange import arrange_week
from recsys_assets.mixes.baskets import concatenate, hide_one
from recsys_assets.mixes.network import NetworkParams
from recsys_assets.mixes.ranker import RankerParams, rank_candidates
from recsys_assets.mixes.refusals import DiscoverParams
from recsys_assets.mixes.sources import SourceParams, fit_sources
from recsys_assets.mixes.tables import SOURCE_TYPE
from recsys_assets.mixes.training import fit_ranker
from recsys_assets.mixes.weekly import deliver

SOURCE_PARAMS = SourceParams(
    space=FactoriseParams(embedding_size=8, epochs=4, regularization=0.01, unobserved_weight=0.05)
)
PARAMS = RankerParams(sources=SOURCE_PARAMS, network=NetworkParams(passes=2), least_training_queries=5)


def untitled(baskets):
    renamed = type(baskets)(
        ids=pl.Series([f"listener-{i:03d}" for i in range(len(baskets))]),
        indptr=baskets.indptr,
        tracks=baskets.tracks,
        weights=baskets.weights,
        titles=("",) * len(baskets),
        n_tracks=baskets.n_tracks,
    )
    return concatenate([baskets, renamed])


def test_only_so_many_baskets_are_asked_in_all_rounds_together():
    baskets, facts, _ = basket_world()

    few = fit_ranker(
        untitled(baskets), facts, PARAMS.model_copy(update={"max_training_queries": 40}), seed=1, num_threads=1
    )
    all_of_them = fit_ranker(untitled(baskets), facts, PARAMS, seed=1, num_threads=1)

    assert 20 < few.n_training_queries <= 40
    assert all_of_them.n_training_queries > 3 * len(baskets)


def test_hiding_from_some_leaves_the_others_whole():
    baskets, _, _ = basket_world()
    asked = np.array([1, 4])

    visible, hidden = hide_one(baskets, rng=np.random.default_rng(0), of=asked)

    lost = np.zeros(len(baskets), dtype=np.int64)
    lost[asked] = 1
    assert (baskets.lengths - visible.lengths == lost).all()
    assert ((hidden >= 0) == (lost == 1)).all()


def test_taken_baskets_keep_their_tracks_and_titles():
    baskets, _, _ = basket_world()

    taken = baskets.take(np.array([2, 7]))

    assert taken.ids.to_list() == ["p002", "p007"]
    assert taken.titles == (baskets.titles[2], baskets.titles[7])
    assert taken.tracks.tolist() == [*baskets.rows(2, 3).tracks, *baskets.rows(7, 8).tracks]


def test_a_relation_keeps_the_strongest_of_each_track_when_there_are_too_many():
    baskets, facts, _ = basket_world()
    whole = fit_sources(baskets, facts, SOURCE_PARAMS, seed=1, num_threads=1).adjacent
    limit = whole.nnz // 2

    few = SOURCE_PARAMS.model_copy(update={"relation_entries": limit})
    kept = fit_sources(baskets, facts, few, seed=1, num_threads=1).adjacent

    assert 0 < kept.nnz <= limit
    assert kept.max(axis=1).toarray().tolist() == whole.max(axis=1).toarray().tolist()


@pytest.mark.parametrize("threads", [2, 3])
def test_the_number_of_threads_changes_neither_order_nor_scores(threads: int):
    baskets, facts, _ = basket_world()
    index = fit_sources(baskets, facts, SOURCE_PARAMS, seed=1, num_threads=1)

    def ranked(n: int) -> list:
        return list(rank_candidates(None, index, baskets, blend=PARAMS.blend, queries_at_once=7, num_threads=n))

    for (start, one), (other_start, other) in zip(ranked(1), ranked(threads), strict=True):
        assert start == other_start
        assert (one.tracks == other.tracks).all()
        assert (one.scores == other.scores).all()


def test_candidates_wait_in_files_and_come_back_with_their_names(tmp_path):
    plays = [("ann", "t1"), ("ann", "t2"), ("bob", "t1"), ("bob", "t3"), ("cid", "t2"), ("cid", "t3")]
    tracks = [("t1", "One", "a"), ("t2", "Two", "b"), ("t3", "Three", "c"), ("t4", "Four", "d")]
    history = history_of([(*pair, 2, datetime(2026, 3, 1, tzinfo=UTC)) for pair in plays], recent=plays)
    tables = week_of(tracks, history, confidence=[(*pair, 1.0) for pair in plays])

    delivery = deliver(
        arrange_week(tables),
        None,
        ranker_params=PARAMS,
        params=DiscoverParams(),
        seed=1,
        folder=tmp_path,
        num_threads=1,
    )

    candidates = delivery.candidates.collect()
    assert list(tmp_path.glob("*.parquet"))
    assert candidates.schema[c.SOURCE] == pl.String
    assert set(candidates[c.SOURCE]) <= set(SOURCE_TYPE.categories)
    offered = candidates.group_by(c.USER_ID).agg(pl.col(c.TRACK_ID).sort()).sort(c.USER_ID)
    expected = pl.DataFrame({c.USER_ID: ["ann", "bob", "cid"], c.TRACK_ID: [["t3", "t4"], ["t2", "t4"], ["t1", "t4"]]})
    assert_frame_equal(offered, expected)
