"""The hold-out protocol: what is hidden, what may be seen, and that ours beats popularity on a planted world."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from recsys_assets.core.errors import DataFaultError, InvalidArgumentError
from recsys_assets.core.seeds import generator
from recsys_assets.evaluation.holdout import (
    build_task,
    evaluate_holdout,
    judge_lists,
    rank_ours,
    rank_scores,
    read_lastfm_2k,
)
from recsys_assets.evaluation.peers import PLAY_COUNT_PEERS, Peer, fit_popularity
from recsys_assets.evaluation.report import OURS
from recsys_assets.latent.tune import TuneParams

QUICK = TuneParams(max_trials=3, trial_epochs=4, epochs=6, max_embedding_size=8)
POPULARITY = PLAY_COUNT_PEERS[0]


def write_world(folder: Path, *, header: str | None = "//userID\tartistID\tweight") -> Path:
    """98 listeners in three unequal groups, each with 12 of the group's 25 artists and 2 of anybody's."""
    rng = generator(0, "holdout-world")
    lines = [] if header is None else [header]
    group_of = np.repeat([0, 1, 2], [50, 28, 20])
    for user, group in enumerate(group_of):
        artists = np.unique([*(25 * group + rng.choice(25, 12, replace=False)), *rng.choice(75, 2, replace=False)])
        lines += [f"{user + 2}\t{artist + 1}\t{rng.integers(1, 500)}" for artist in artists]
    lines += ["2\t999\t7", "500\t1\t3"]
    (folder / "user_artists.dat").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def world(tmp_path):
    return write_world(tmp_path)


def test_the_protocol_filters_and_hides(world):
    counts = read_lastfm_2k(world)
    task = build_task(counts, seed=0)
    assert "999" not in task.items.ids, "an artist with one listener is not ranked"
    assert "500" not in task.users.ids, "a listener with one artist is not tested"
    assert task.split.visible.shape == (98, 75)
    per_listener = np.diff(task.split.visible.indptr) + np.diff(task.split.hidden.indptr)
    assert np.diff(task.split.hidden.indptr).tolist() == np.floor(0.2 * per_listener + 0.5).tolist()
    assert task.split.visible.multiply(task.split.hidden).nnz == 0
    row, column = counts.users.row("2"), task.items.row("1")
    whole = task.split.visible + task.split.hidden
    assert whole[task.users.row("2"), column] == counts.matrix[row, counts.items.row("1")]


def test_another_seed_hides_others_and_the_same_the_same(world):
    counts = read_lastfm_2k(world)
    one, same, other = (build_task(counts, seed=seed).split.hidden for seed in (0, 0, 1))
    assert (one != same).nnz == 0
    assert (one != other).nnz > 0


@pytest.mark.parametrize("header", ["userID\tartistID\tweight", "//userID\tartistID\tweight", None])
def test_the_first_line_is_a_header_or_data(tmp_path, header):
    counts = read_lastfm_2k(write_world(tmp_path, header=header))
    assert counts.users.size == 99
    assert counts.matrix.nnz == read_lastfm_2k(write_world(tmp_path)).matrix.nnz


def test_ours_sees_nothing_hidden(world):
    task = build_task(read_lastfm_2k(world), seed=0)
    altered = task.split.hidden.copy()
    altered.data[:] = 1e6
    moved = replace(task, split=replace(task.split, hidden=sparse.csr_matrix(altered.shape, dtype=np.float32)))
    louder = replace(task, split=replace(task.split, hidden=altered))
    lists = [rank_ours(each, QUICK, seed=0) for each in (task, moved, louder)]
    assert (lists[0] == lists[1]).all()
    assert (lists[0] == lists[2]).all()
    for row, visible in enumerate(np.split(task.split.visible.indices, task.split.visible.indptr[1:-1])):
        assert not np.isin(lists[0][row], visible).any()


def test_ours_beats_popularity_on_planted_tastes(world):
    told = []
    report = evaluate_holdout("lastfm-2k", world, [0, 1], params=QUICK, peers=(POPULARITY,), progress=told.append)
    assert report.summary(OURS, "recall@20").mean > report.summary("popularity", "recall@20").mean + 0.2
    assert report.summary(OURS, "ndcg@100").mean > report.summary("popularity", "ndcg@100").mean + 0.1
    assert report.metrics == ("recall@20", "recall@50", "ndcg@100")
    assert (report.n_train, report.n_test) == (
        build_task(read_lastfm_2k(world), seed=0).split.visible.nnz,
        report.n_test,
    )
    assert told == ["seed 0: popularity", "seed 0: ours", "seed 1: popularity", "seed 1: ours"]


def test_a_peer_gets_visible_counts_only_and_is_ranked_without_them(world):
    task = build_task(read_lastfm_2k(world), seed=0)
    given = []

    def fit(matrix, seed):
        given.append(matrix)
        return lambda start, stop: np.tile(np.arange(75, dtype=np.float32), (stop - start, 1))

    evaluate_holdout("lastfm-2k", world, [0], params=QUICK, peers=(Peer("by row", fit),))
    assert (given[0] != task.split.visible).nnz == 0
    ranked = rank_scores(fit(task.split.visible, 0), task.split.visible, batch_size=7)
    expected = [item for item in range(74, -1, -1) if item not in set(task.split.visible[3].indices)]
    assert ranked[3][: len(expected)].tolist() == expected
    assert (ranked[3][len(expected) :] == -1).all()


def test_ties_of_a_peer_go_to_the_lower_row():
    visible = sparse.csr_matrix(np.array([[1, 0, 0, 0], [0, 0, 1, 0]], dtype=np.float32))
    assert rank_scores(fit_popularity(visible, 0), visible).tolist() == [[2, 1, 3, -1], [0, 1, 3, -1]]


def test_figures_by_hand():
    hidden = sparse.csr_matrix(np.array([[0, 1, 0, 1], [0, 0, 0, 0]], dtype=np.float32))
    figures = judge_lists(np.array([[1, 0, 2, -1], [0, 1, 2, 3]]), hidden)
    assert figures["recall@20"] == figures["recall@50"] == 0.5
    assert figures["ndcg@100"] == pytest.approx(1 / (1 + 1 / np.log2(3)))


def test_bad_input_is_named(tmp_path):
    with pytest.raises(InvalidArgumentError, match=r"user_artists\.dat"):
        read_lastfm_2k(tmp_path)
    with pytest.raises(InvalidArgumentError, match="lastfm-2k"):
        evaluate_holdout("lastfm-1b", tmp_path, [0])
    (tmp_path / "user_artists.dat").write_text("userID\tartistID\tweight\n1\t2\tmany\n")
    with pytest.raises(DataFaultError, match="three tab-separated columns"):
        read_lastfm_2k(tmp_path)
    (tmp_path / "user_artists.dat").write_text("userID\tartistID\tweight\n1\t2\t5\n")
    with pytest.raises(InvalidArgumentError, match="no listener has 5 artists"):
        build_task(read_lastfm_2k(tmp_path), seed=0)


@pytest.mark.realdata
def test_real_listening_is_predicted_as_well_as_promised():
    root = Path(os.environ.get("RECSYS_TEST_DATA", "../shared/data")) / "lastfm-2k"
    if not root.is_dir():
        pytest.skip(f"no HetRec 2011 Last.fm set at {root}: set RECSYS_TEST_DATA to the folder that holds lastfm-2k")
    task = build_task(read_lastfm_2k(root), seed=0)
    assert task.split.visible.shape == (1859, 2828)
    # Few trials: the full search, three seeds and the peers are `recsys evaluate holdout`.
    figures = judge_lists(rank_ours(task, TuneParams(max_trials=4), seed=0), task.split.hidden)
    assert figures["recall@20"] > 0.36
    assert figures["ndcg@100"] > 0.435
