"""Which factorisation parameters suit these data: a small search, judged on a hold-out inside what may be seen.

Belongs here: the search. The hold-out is the caller's: the last days before an anchor in the daily graph, a random
inner split in a protocol over undated totals; either way it is part of the visible data. Fitting is ``factorise``.

A pattern search, because the loss surface is smooth and has one hill: starting from settings that suit HetRec's
listening counts, two moves are tried by a step each way; a better setting becomes the centre; a round without any gain
takes the square root of the step. From three starts a factor of thirty apart it ends within .001 of nDCG@100 on the
hold-out (same set, three splits). Large matrices are tuned on a sample of listeners: a track's regularisation and its
evidence both scale with the number of listeners, so that the best setting carries over.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from scipy import sparse

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.seeds import generator
from recsys_assets.latent.factorise import FactoriseParams, Factors, damp_lengths, factorise
from recsys_assets.latent.retrieve import top_n
from recsys_assets.metrics.ranking import mean_over_lists, ndcg_at

logger = logging.getLogger(__name__)


class SearchParams(BaseModel, frozen=True):
    """What a run of the graph may set; anchors and protocols share the defaults, so that figures are of what runs."""

    max_trials: int = Field(default=16, ge=1, le=500, description="Settings that the tuner tries at most.")
    epochs: int = Field(default=16, ge=1, description="Epochs of the chosen setting.")
    max_embedding_size: int = Field(default=128, ge=4, le=2048, description="Most dimensions.")


class TuneParams(SearchParams, frozen=True):
    """How far to search."""

    max_listeners: int = Field(default=10_000, ge=10, description="Listeners to tune on; a random sample of more.")
    trial_epochs: int = Field(default=8, ge=1, description="Epochs of a trial; the chosen setting gets `epochs`.")
    confidence_exponents: tuple[float, ...] = Field(
        default=(2.0, 1.0, 0.0), min_length=1, description="Exponents tried."
    )
    length_dampings: tuple[float, ...] = Field(
        default=(0.0, 0.1, 0.2, 0.3, 0.4),
        min_length=1,
        description="Dampings tried on every fit; they need no fit of their own.",
    )
    first_unobserved_weight: float = Field(default=0.05, gt=0, description="Where the search starts.")
    first_regularization: float = Field(default=0.02, gt=0, description="Where the search starts.")
    first_step: float = Field(default=2.0, gt=1, description="First factor by which a weight is changed.")
    last_step: float = Field(default=1.15, gt=1, description="The search ends when the factor falls below this.")
    cut: int = Field(default=100, ge=1, description="Cut-off of the nDCG that decides.")


@dataclass(frozen=True)
class TunedParams:
    """The choice and how it was made.

    Attributes:
        params: of the best trial, with the epochs of a whole fit.
        ndcg: of the best trial.
        popular_ndcg: what the list of what most listeners play reaches with the same listeners; 0 where nobody is judged.
        trials: trial (int32, from 1), params (JSON), ndcg (float32), is_chosen.
    """

    params: FactoriseParams
    ndcg: float
    popular_ndcg: float
    trials: pl.DataFrame


def choose_embedding_size(n_pairs: int, *, limit: int) -> int:
    """Suggest dimensions: the power of two nearest to the square root of the observed pairs, within 8 … ``limit``.

    HetRec's visible pairs would take 256: nDCG@100 .3722, against .3718 at 128 in half the time and .3717 at 64 (an inner
    split of them, seed 0).
    """
    size = 2 ** round(np.log2(max(n_pairs, 1) ** 0.5))
    return int(min(max(size, 8), limit))


def tune(
    visible: sparse.csr_matrix,
    validation: sparse.csr_matrix,
    *,
    params: TuneParams,
    seed: int,
    num_threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> TunedParams:
    """Search for the parameters whose fit to ``visible`` ranks ``validation`` best.

    Args:
        visible: confidences above zero, rows = listeners; what a trial is fitted on.
        validation: same shape; the stored entries are the held-out items. Items in ``visible`` are not ranked.
        params: how far to search.
        seed: of the starts and of the sample; every trial starts from the same point.
        num_threads: of the solver. The result does not depend on it.
        progress: called after each trial with (done, at most).

    Returns:
        The first setting where nothing can be judged (no listener has both visible and held-out items), as trial 1 with
        nDCG 0.
    """
    if visible.shape != validation.shape:
        raise InvalidArgumentError(f"visible has shape {visible.shape}, validation {validation.shape}")
    fitted, judged = _sample_listeners(visible, validation, params, seed=seed)
    search = _Search(fitted, judged, params, seed=seed, num_threads=num_threads, progress=progress)
    first = FactoriseParams(
        embedding_size=choose_embedding_size(fitted.nnz, limit=params.max_embedding_size),
        epochs=params.trial_epochs,
        unobserved_weight=params.first_unobserved_weight,
        regularization=params.first_regularization,
        confidence_exponent=params.confidence_exponents[0],
    )
    best, step, exponents = first, params.first_step, params.confidence_exponents[1:]
    while step >= params.last_step and not search.is_spent:
        centre = best
        for move in (_shrink, _trade):
            best = _climb(search, best, move, step)
        if best == centre:
            # Exponents differ by less than a bad pair of weights does, so they are compared near the top, once.
            for exponent in exponents:
                best = search.better(best, best.model_copy(update={"confidence_exponent": exponent}))
            step, exponents = step**0.5, ()
    return search.result(search.better(best, best))


def _shrink(setting: FactoriseParams, factor: float) -> FactoriseParams:
    """Change the regularisation alone."""
    return setting.model_copy(update={"regularization": _rounded(setting.regularization * factor)})


def _trade(setting: FactoriseParams, factor: float) -> FactoriseParams:
    """Change the weight of unobserved pairs, and the regularisation against it: the hill is a ridge in this direction.

    With each weight changed alone the search stuck on the ridge's side for one seed of three.
    """
    weight = _rounded(setting.unobserved_weight * factor)
    return setting.model_copy(
        update={"unobserved_weight": weight, "regularization": _rounded(setting.regularization / factor**0.5)}
    )


def _rounded(value: float) -> float:
    """Four digits, so that there and back again is the same setting."""
    return float(f"{value:.4g}")


def _climb(
    search: "_Search", centre: FactoriseParams, move: Callable[[FactoriseParams, float], FactoriseParams], step: float
) -> FactoriseParams:
    """Make one move by one step, one way or else the other, if that is better."""
    for factor in (1 / step, step):
        tried = search.better(centre, move(centre, factor))
        if tried != centre:
            return tried
    return centre


class _Search:
    """Trials made so far; a setting is never fitted twice."""

    def __init__(
        self,
        visible: sparse.csr_matrix,
        validation: sparse.csr_matrix,
        params: TuneParams,
        *,
        seed: int,
        num_threads: int | None,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self._visible = visible
        self._validation = validation
        self._params = params
        self._seed = seed
        self._num_threads = num_threads
        self._progress = progress
        self._figures: dict[FactoriseParams, float] = {}
        self._dampings: dict[FactoriseParams, float] = {}

    @property
    def is_spent(self) -> bool:
        return len(self._figures) >= self._params.max_trials

    def better(self, one: FactoriseParams, other: FactoriseParams) -> FactoriseParams:
        """Return whichever ranks the validation better; ``one`` in a tie or when no trial is left."""
        return other if self._figure(other) > self._figure(one) else one

    def _figure(self, setting: FactoriseParams) -> float:
        if setting not in self._figures:
            if self.is_spent:
                return -np.inf
            self._figures[setting], self._dampings[setting] = self._try(setting)
            logger.info("trial %d: %s ndcg %.4f", len(self._figures), setting, self._figures[setting])
            if self._progress:
                self._progress(len(self._figures), self._params.max_trials)
        return self._figures[setting]

    def _try(self, setting: FactoriseParams) -> tuple[float, float]:
        """Fit once; return the best figure and the damping that gave it."""
        factors = factorise(self._visible, setting, seed=self._seed, num_threads=self._num_threads)
        figures = []
        for damping in self._params.length_dampings:
            damped = damp_lengths(factors.item_factors, setting.model_copy(update={"length_damping": damping}))
            figures.append((self._judge(Factors(factors.user_factors, damped)), damping))
        return max(figures, key=lambda each: each[0])

    def _judge(self, factors: Factors) -> float:
        threads = self._num_threads
        figure = mean_over_lists(
            validation_ndcg(factors, self._visible, self._validation, cut=self._params.cut, num_threads=threads)
        )
        return 0.0 if np.isnan(figure) else figure

    def _with_damping(self, setting: FactoriseParams) -> FactoriseParams:
        return setting.model_copy(update={"length_damping": self._dampings[setting]})

    def result(self, best: FactoriseParams) -> TunedParams:
        trials = pl.DataFrame(
            {
                "trial": range(1, len(self._figures) + 1),
                "params": [
                    json.dumps(self._with_damping(setting).model_dump(), sort_keys=True) for setting in self._figures
                ],
                "ndcg": list(self._figures.values()),
                "is_chosen": [setting == best for setting in self._figures],
            },
            schema={"trial": pl.Int32, "params": pl.String, "ndcg": pl.Float32, "is_chosen": pl.Boolean},
        )
        chosen = self._with_damping(best).model_copy(update={"epochs": self._params.epochs})
        return TunedParams(params=chosen, ndcg=self._figures[best], popular_ndcg=self._popular_figure(), trials=trials)

    def _popular_figure(self) -> float:
        return self._judge(popular_factors(self._visible))


def popular_factors(visible: sparse.csr_matrix) -> Factors:
    """Popularity as a space of one dimension: who has anything is at 1, an item at its number of listeners."""
    is_known = np.diff(visible.indptr) > 0
    listeners = np.bincount(visible.indices, minlength=visible.shape[1])
    return Factors(is_known.astype(np.float32)[:, None], listeners.astype(np.float32)[:, None])


def validation_ndcg(
    factors: Factors,
    visible: sparse.csr_matrix,
    validation: sparse.csr_matrix,
    *,
    cut: int,
    num_threads: int | None = None,
) -> NDArray[np.float64]:
    """Return the nDCG of each listener who has held-out items, in row order; visible items are not ranked."""
    judged = np.flatnonzero(np.diff(validation.indptr))
    if not judged.size:
        return np.empty(0)
    best = top_n(
        factors.user_factors, factors.item_factors, n=cut, seen=visible, user_rows=judged, num_threads=num_threads
    )
    return ndcg_at(cut, best.item_rows, validation[judged])


def _sample_listeners(
    visible: sparse.csr_matrix, validation: sparse.csr_matrix, params: TuneParams, *, seed: int
) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    if visible.shape[0] <= params.max_listeners:
        return visible, validation
    rows = np.sort(generator(seed, "tune").choice(visible.shape[0], params.max_listeners, replace=False))
    return visible[rows], validation[rows]
