"""The tuner finds better settings than it starts from, within its budget, the same ones twice."""

import json

import numpy as np
import pytest

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.seeds import generator
from recsys_assets.latent.making import AnchorParams, tune_params
from recsys_assets.latent.tune import TuneParams, choose_embedding_size, tune
from recsys_assets.metrics.ranking import ndcg_at
from recsys_assets.metrics.splits import hide_share_per_row

POOR_START = TuneParams(
    max_trials=12, trial_epochs=4, first_regularization=1e-5, first_unobserved_weight=0.1, max_embedding_size=8
)


@pytest.fixture(scope="module")
def split(world):
    return hide_share_per_row(world.matrix, share=0.3, rng=generator(0, "tune"))


def test_a_poor_start_is_left(split):
    tuned = tune(split.visible, split.hidden, params=POOR_START, seed=0, num_threads=1)
    assert tuned.trials.height <= 12
    assert tuned.trials["trial"].to_list() == list(range(1, tuned.trials.height + 1))
    assert tuned.ndcg == pytest.approx(tuned.trials["ndcg"].max())
    assert tuned.ndcg > tuned.trials["ndcg"][0] + 0.02
    chosen = tuned.trials.filter("is_chosen")
    assert chosen.height == 1
    assert json.loads(chosen["params"][0])["regularization"] == tuned.params.regularization
    assert tuned.params.epochs == POOR_START.epochs


def test_the_same_seed_chooses_the_same(split):
    few = POOR_START.model_copy(update={"max_trials": 4})
    one, two = (tune(split.visible, split.hidden, params=few, seed=0, num_threads=n) for n in (1, 2))
    assert one.params == two.params
    assert one.trials.equals(two.trials)


def test_no_setting_is_tried_twice_and_progress_is_told(split):
    told = []
    tuned = tune(
        split.visible, split.hidden, params=POOR_START, seed=0, num_threads=1, progress=lambda *at: told.append(at)
    )
    assert told == [(n, 12) for n in range(1, tuned.trials.height + 1)]
    settings = [json.loads(each) | {"length_damping": 0} for each in tuned.trials["params"]]
    assert len({json.dumps(each, sort_keys=True) for each in settings}) == len(settings)


def test_a_sample_of_listeners_is_enough_to_choose(split):
    tuned = tune(
        split.visible, split.hidden, params=POOR_START.model_copy(update={"max_listeners": 40}), seed=0, num_threads=1
    )
    assert tuned.ndcg > tuned.trials["ndcg"][0] + 0.02


def test_popularity_is_judged_on_the_listeners_that_settings_are(split):
    few = POOR_START.model_copy(update={"max_listeners": 40, "max_trials": 1})
    tuned = tune(split.visible, split.hidden, params=few, seed=0, num_threads=1)
    rows = np.sort(generator(0, "tune").choice(60, 40, replace=False))
    visible, hidden = split.visible[rows], split.hidden[rows]
    judged = np.flatnonzero(np.diff(hidden.indptr))
    counts = np.tile(visible.getnnz(axis=0).astype(float), (len(judged), 1))
    counts[visible[judged].toarray() > 0] = -np.inf
    counts[:, visible.getnnz(axis=0) == 0] = -np.inf
    ranked = np.argsort(-counts, axis=1, kind="stable")
    ranked[~np.isfinite(np.take_along_axis(counts, ranked, axis=1))] = -1

    assert tuned.popular_ndcg == pytest.approx(ndcg_at(100, ranked, hidden[judged]).mean())
    whole = tune(split.visible, split.hidden, params=few.model_copy(update={"max_listeners": 60}), seed=0)
    assert whole.popular_ndcg != tuned.popular_ndcg


def test_protocols_search_as_anchors_do():
    assert tune_params(AnchorParams()) == TuneParams()
    changed = AnchorParams(max_trials=3, epochs=5, max_embedding_size=9)
    assert tune_params(changed) == TuneParams(max_trials=3, epochs=5, max_embedding_size=9)


def test_nothing_to_judge_keeps_the_first_setting(split):
    empty = split.hidden.copy()
    empty.data[:] = 0
    empty.eliminate_zeros()
    tuned = tune(split.visible, empty, params=POOR_START, seed=0, num_threads=1)
    assert tuned.params.regularization == 1e-5
    assert tuned.ndcg == tuned.popular_ndcg == 0


@pytest.mark.parametrize(("pairs", "size"), [(0, 8), (100, 8), (4_000, 64), (57_000, 128), (10_000_000, 128)])
def test_dimensions_grow_with_the_data(pairs, size):
    assert choose_embedding_size(pairs, limit=128) == size


def test_shapes_must_agree(split):
    with pytest.raises(InvalidArgumentError, match="shape"):
        tune(split.visible, split.hidden[:10], params=POOR_START, seed=0)


def test_the_root_of_the_pairs_is_what_counts():
    assert np.log2(choose_embedding_size(2**14, limit=4096)) == 7
