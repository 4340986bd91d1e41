"""Is the space any good today: a temporal hold-out of the day's own data, beside popularity and yesterday's model.

The last days are hidden, the space is fitted on what was known before them with the hyperparameters that serve the
day, and asked for the tracks that listeners then heard for the first time. Yesterday's model is the same with the
hyperparameters that served the day before: they differ on Mondays, when a new anchor takes over. Verdicts are
``gates``.
"""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.core import columns as c
from recsys_assets.core.seeds import generator
from recsys_assets.core.warehouse import SqlSettings
from recsys_assets.core.windows import monday_of
from recsys_assets.evaluation.tables import SPACE_METRICS
from recsys_assets.latent.anchors import Anchors
from recsys_assets.latent.factorise import FactoriseParams, factorise
from recsys_assets.latent.retrieve import top_n
from recsys_assets.metrics.exposure import catalog_coverage, count_exposures
from recsys_assets.metrics.ranking import ndcg_at, recall_at
from recsys_assets.metrics.uncertainty import bootstrap_mean
from recsys_assets.play_matrix.confidence import Evidence
from recsys_assets.play_matrix.holdout import Holdout, HoldoutParams, split_last_days
from recsys_assets.play_matrix.params import ConfidenceParams

RANKED = 100
OURS, YESTERDAY, POPULAR = "ours", "yesterday", "popular"


def measure_space(
    holdout: Holdout,
    settings_of: Mapping[str, FactoriseParams],
    day: date,
    *,
    seed: int,
    num_threads: int | None = None,
) -> pl.DataFrame:
    """Judge popularity and one fit per distinct setting.

    Args:
        holdout: of the day.
        settings_of: hyperparameters of ``ours`` and ``yesterday``; equal ones are fitted once.
        day: the partition.
        seed: of the fits and of the bootstrap.
        num_threads: of the solver.

    Returns:
        Rows of ``space_metrics`` without the partition; none where no listener can be judged.
    """
    if not len(holdout.listeners):
        return SPACE_METRICS.empty().drop(c.DATE)
    relevant = holdout.first_listens[holdout.listeners]
    ranked = {POPULAR: _rank(*_popularity(holdout.train.matrix), holdout, num_threads)}
    fitted: dict[FactoriseParams, NDArray[np.int32]] = {}
    for model, params in settings_of.items():
        if params not in fitted:
            factors = factorise(holdout.train.matrix, params, seed=seed, num_threads=num_threads)
            fitted[params] = _rank(factors.user_factors, factors.item_factors, holdout, num_threads)
        ranked[model] = fitted[params]
    rows = [row for model, lists in ranked.items() for row in _figures(model, lists, relevant, day, seed)]
    schema = {name: dtype for name, dtype in SPACE_METRICS.dtypes.items() if name != c.DATE}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _popularity(train: sparse.csr_matrix) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Popularity as a space of one dimension: every listener is at 1, every track at its number of listeners."""
    listeners = np.bincount(train.indices, minlength=train.shape[1]).astype(np.float32)
    return np.ones((train.shape[0], 1), np.float32), listeners[:, None]


def _rank(
    users: NDArray[np.float32], items: NDArray[np.float32], holdout: Holdout, num_threads: int | None
) -> NDArray[np.int32]:
    found = top_n(users, items, n=RANKED, seen=holdout.heard, user_rows=holdout.listeners, num_threads=num_threads)
    return found.item_rows


def _figures(
    model: str, ranked: NDArray[np.int32], relevant: sparse.csr_matrix, day: date, seed: int
) -> list[tuple[str, str, float, float, float, int]]:
    per_listener = {"recall@20": recall_at(20, ranked, relevant), "ndcg@100": ndcg_at(RANKED, ranked, relevant)}
    rows = []
    for metric, values in per_listener.items():
        # The same stream for every model: the same listeners are drawn, so intervals of two models compare.
        interval = bootstrap_mean(values, rng=generator(seed, "bootstrap", metric, day))
        rows.append((model, metric, interval.estimate, interval.low, interval.high, len(values)))
    coverage = catalog_coverage(count_exposures(ranked[:, :20], n_items=relevant.shape[1]))
    rows.append((model, "catalog_coverage", coverage, None, None, len(ranked)))
    return rows


def measure_day(
    evidence: Evidence,
    day: date,
    anchors: Anchors,
    *,
    confidence: ConfidenceParams,
    params: HoldoutParams,
    seed: int,
    settings: SqlSettings | None = None,
) -> pl.DataFrame:
    """Measure the space of ``day`` on its own last days.

    Raises:
        MissingInputError: the anchor that serves the day was not made.
    """
    today = anchors.serving(day).params
    # The day before the very first anchor has none: then there is no other model to compare with.
    yesterday = anchors.params_of(monday_of(day - timedelta(days=1))) or today
    holdout = split_last_days(evidence, day, confidence, params, seed=seed, settings=settings)
    return measure_space(holdout, {OURS: today, YESTERDAY: yesterday}, day, seed=seed)
