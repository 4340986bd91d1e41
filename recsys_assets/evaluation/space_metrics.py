"""Is the space any good: the vectors that were published, asked for what listeners then heard for the first time.

The space that was published the day before is judged on the day's first listens, which it can not have seen, beside
the one published before it and beside popularity. What is read are the stored vectors, so that a broken fit, turn or
table shows, and not only a bad setting. Verdicts are ``gates``; settings are compared with each other by the tuner.
"""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from scipy import sparse

from recsys_assets.core.ids import IdMap
from recsys_assets.core.lake import Lake
from recsys_assets.core.warehouse import SqlSettings
from recsys_assets.core.windows import monday_of
from recsys_assets.evaluation.figures import (
    OURS,
    POPULAR,
    YESTERDAY,
    catalogue_figures,
    figures_frame,
    listener_figures,
)
from recsys_assets.latent.anchors import Anchors
from recsys_assets.latent.days import read_day
from recsys_assets.latent.making import make_day
from recsys_assets.latent.retrieve import top_n
from recsys_assets.latent.space import LatentSpace
from recsys_assets.latent.tune import popular_factors
from recsys_assets.metrics.exposure import catalog_coverage, count_exposures
from recsys_assets.metrics.ranking import ndcg_at, recall_at
from recsys_assets.play_matrix.confidence import Evidence, weigh_evidence
from recsys_assets.play_matrix.holdout import Holdout, HoldoutParams, split_last_days
from recsys_assets.play_matrix.matrix import build_matrix
from recsys_assets.play_matrix.params import ConfidenceParams

RANKED = 100
DAY = timedelta(days=1)


class SpaceMetricsParams(BaseModel, frozen=True):
    """Who is judged."""

    max_listeners: int = Field(default=20_000, ge=10, description="Listeners judged; a random sample of more.")
    seed: int = Field(default=7, description="Of the sample and of the resampling.")


def measure_space(
    holdout: Holdout,
    spaces: Mapping[str, LatentSpace],
    day: date,
    *,
    seed: int,
    num_threads: int | None = None,
) -> pl.DataFrame:
    """Judge spaces, and popularity before the hidden day, on the day's first listens.

    Args:
        holdout: of the day.
        spaces: by model, ``ours`` among them.
        day: the partition.
        seed: of the resampling.
        num_threads: of the search.

    Returns:
        Rows of ``space_metrics`` without the partition; none where no listener or no space can be judged.
    """
    if OURS not in spaces or not len(holdout.listeners):
        return figures_frame([])
    train, relevant = holdout.train, holdout.first_listens[holdout.listeners]
    popular = popular_factors(train.matrix)
    ranked = {
        model: _rank(
            place(space.user_vectors, space.users, train.users),
            place(space.track_vectors, space.tracks, train.tracks),
            holdout,
            num_threads,
        )
        for model, space in spaces.items()
    } | {POPULAR: _rank(popular.user_factors, popular.item_factors, holdout, num_threads)}
    recall = {model: recall_at(20, lists, relevant) for model, lists in ranked.items()}
    ndcg = {model: ndcg_at(RANKED, lists, relevant) for model, lists in ranked.items()}
    rows = listener_figures("recall@20", recall, day=day, seed=seed)
    rows += listener_figures("ndcg@100", ndcg, day=day, seed=seed)
    rows += catalogue_figures("catalog_coverage", ranked, lambda lists: _coverage(lists, relevant))
    return figures_frame(rows)


def place(vectors: NDArray[np.float32], ids: IdMap, wanted: IdMap) -> NDArray[np.float32]:
    """Arrange vectors in the order of other ids; who has no place gets zeros."""
    rows = ids.rows(wanted.ids)
    placed = np.zeros((wanted.size, vectors.shape[1]), dtype=np.float32)
    placed[rows >= 0] = vectors[rows[rows >= 0]]
    return placed


def _rank(
    users: NDArray[np.float32], items: NDArray[np.float32], holdout: Holdout, num_threads: int | None
) -> NDArray[np.int32]:
    found = top_n(users, items, n=RANKED, seen=holdout.heard, user_rows=holdout.listeners, num_threads=num_threads)
    return found.item_rows


def _coverage(ranked: NDArray[np.integer], relevant: sparse.csr_matrix) -> float:
    return catalog_coverage(count_exposures(ranked[:, :20], n_items=relevant.shape[1]))


def measure_day(
    evidence: Evidence,
    day: date,
    lake: Lake,
    *,
    confidence: ConfidenceParams,
    params: SpaceMetricsParams,
    settings: SqlSettings | None = None,
) -> pl.DataFrame:
    """Measure the spaces of the two days before ``day`` on what listeners first heard on it.

    Args:
        evidence: all days and all snapshots.
        day: the partition.
        lake: where the spaces are.
        confidence: what evidence weighs.
        params: who is judged.
        settings: what each query may use.

    Returns:
        As ``measure_space``.
    """
    hidden = HoldoutParams(holdout_days=1, max_listeners=params.max_listeners)
    holdout = split_last_days(evidence, day, confidence, hidden, seed=params.seed, settings=settings)
    found = {
        model: space_of(evidence, day - age * DAY, lake, confidence=confidence, seed=params.seed, settings=settings)
        for model, age in ((OURS, 1), (YESTERDAY, 2))
    }
    spaces = {model: space for model, space in found.items() if space is not None}
    return measure_space(holdout, spaces, day, seed=params.seed)


def space_of(
    evidence: Evidence,
    day: date,
    lake: Lake,
    *,
    confidence: ConfidenceParams,
    seed: int,
    settings: SqlSettings | None = None,
) -> LatentSpace | None:
    """Read the published space of ``day``; where it was not made, make it the same way, without publishing it.

    Days of a backfill are made in any order, and their figures must not depend on it. None where the week has no
    anchor, or nobody had a place.
    """
    anchors = Anchors.open(lake)
    if anchors.params_of(monday_of(day)) is None:
        return None
    published = read_day(lake, day)
    if published is not None:
        return published
    known = evidence.known_at(day)
    matrix = build_matrix(weigh_evidence(known, day, confidence, settings))
    return make_day(day, matrix, known.tracks, anchors.serving(day), seed=seed) if matrix.users.size else None
