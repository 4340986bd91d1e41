"""Hiding the last days: what a space may see, and the first listens that it is then asked for.

The tuner and the day's figures are judged on the same kind of split, each on its own days. Random splits of public
protocols are ``metrics.splits``.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from scipy import sparse

from recsys_assets.core import columns as c
from recsys_assets.core.seeds import generator
from recsys_assets.core.warehouse import SqlSettings, run_sql
from recsys_assets.metrics.splits import hide_share_per_row
from recsys_assets.play_matrix.confidence import Evidence, weigh_evidence
from recsys_assets.play_matrix.matrix import InteractionMatrix, build_matrix
from recsys_assets.play_matrix.params import ConfidenceParams

# Fewer listeners than this tell settings apart by luck only.
LEAST_LISTENERS = 20
RANDOM_SHARE = 0.2


class HoldoutParams(BaseModel, frozen=True):
    """What is hidden, and from whom."""

    holdout_days: int = Field(default=7, ge=1, le=60, description="Days hidden, the last one included.")
    max_listeners: int = Field(default=20_000, ge=10, description="Listeners judged; a random sample of more.")


@dataclass(frozen=True)
class Holdout:
    """What the space may see and what it is asked for.

    Attributes:
        train: confidence before the hidden days.
        heard: train's shape; what a listener had heard before them, which is not asked for.
        first_listens: train's shape; tracks completed in the hidden days for the first time.
        listeners: rows of the listeners who are judged.
    """

    train: InteractionMatrix
    heard: sparse.csr_matrix
    first_listens: sparse.csr_matrix
    listeners: NDArray[np.intp]


def split_last_days(
    evidence: Evidence,
    day: date,
    confidence: ConfidenceParams,
    params: HoldoutParams,
    *,
    seed: int,
    settings: SqlSettings | None = None,
) -> Holdout:
    """Hide the last days up to the end of ``day``; nothing of them reaches the training side.

    Args:
        evidence: all days and all snapshots; those that arrived in the hidden days stay hidden too.
        day: the last hidden one.
        confidence: what evidence weighs.
        params: how much is hidden, from whom.
        seed: of the sample of listeners.
        settings: what each query may use.
    """
    last_visible = day - timedelta(days=params.holdout_days)
    known = evidence.known_at(last_visible)
    train = build_matrix(weigh_evidence(known, last_visible, confidence, settings))
    hidden = evidence.track_signals.between(last_visible + timedelta(days=1), day)
    before = {"track_signals": known.track_signals, "play_counts": known.play_counts}
    heard = run_sql("play_matrix/heard_tracks", inputs=before, parameters={"last_day": last_visible}, settings=settings)
    listens = run_sql("play_matrix/completed_tracks", inputs={"track_signals": hidden}, settings=settings)
    first = listens.join(heard, on=[c.USER_ID, c.TRACK_ID], how="anti")
    wanted = _pattern(first, train)
    listeners = np.flatnonzero(np.diff(wanted.indptr))
    if len(listeners) > params.max_listeners:
        rng = generator(seed, "holdout", day)
        listeners = np.sort(rng.choice(listeners, params.max_listeners, replace=False))
    return Holdout(train, _pattern(heard, train), wanted, listeners)


def _pattern(pairs: pl.DataFrame, train: InteractionMatrix) -> sparse.csr_matrix:
    ones = pairs.select(c.USER_ID, c.TRACK_ID, pl.lit(1.0, pl.Float32).alias(c.CONFIDENCE))
    return build_matrix(ones, users=train.users, tracks=train.tracks).matrix


def tuning_split(
    evidence: Evidence,
    last_day: date,
    confidence: ConfidenceParams,
    params: HoldoutParams,
    *,
    seed: int,
    settings: SqlSettings | None = None,
) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Split what is known at the end of ``last_day`` into what a trial is fitted on and what judges it.

    The last days are hidden. Where they hold too few first listens (undated totals, the first week of a service) a
    fifth of each listener's tracks is hidden at random instead. Arguments are those of ``split_last_days``.

    Returns:
        Two matrices of one shape, listeners x tracks.
    """
    holdout = split_last_days(evidence, last_day, confidence, params, seed=seed, settings=settings)
    if len(holdout.listeners) >= LEAST_LISTENERS:
        return holdout.train.matrix, holdout.first_listens
    whole = build_matrix(weigh_evidence(evidence.known_at(last_day), last_day, confidence, settings))
    split = hide_share_per_row(whole.matrix, share=RANDOM_SHARE, rng=generator(seed, "tuning", last_day))
    return split.visible, split.hidden
