"""The tail protocol: hidden tracks of artists whom few playlists hold, found with and without what is written of them.

Belongs here: the task, the two models and the figures. One track of each playlist is hidden as ``missing_track`` does it; a
text is a biography (``biographies``); the prior is ``latent.content_prior`` and the half-step ``latent.posterior``, as in the
daily graph: tracks that few playlists hold are placed by both, the others stand where the fit puts them. Both models give
the few-held the mean length of the others, or how few hold them would decide before where they stand.

Ours also scores by how well what is written of a track fits what is written of the playlist's (``latent.text_match``).

``tail``: hidden tracks whose artist has a biography and stands in at most 5 playlists once the tracks are hidden; ``rest``:
all others. ``plain`` is the same model without text, on the same cases, so that the difference of the two is paired: its
interval is a bootstrap over the cases of all seeds. ``lifted`` is ours with a constant where texts are compared: it shows what
comes of showing artists more who few know and somebody wrote about, and what of reading it.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel
from scipy import sparse

from recsys_assets.cold_start.placing import PlacingParams
from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.seeds import generator
from recsys_assets.evaluation.biographies import Biographies, read_biographies
from recsys_assets.evaluation.missing_track import MissingTrackTask, Playlists, build_task, read_playlists
from recsys_assets.evaluation.report import OURS, ModelRun, Report
from recsys_assets.latent.content import PlacedTracks, TrackContent
from recsys_assets.latent.content_prior import ContentPriorParams, fit_content_prior
from recsys_assets.latent.factorise import FactoriseParams, Factors, factorise, weigh_pairs
from recsys_assets.latent.posterior import place_tracks
from recsys_assets.latent.text_match import widen_by_text
from recsys_assets.metrics.ranking import hit_at_from_ranks, rank_targets
from recsys_assets.metrics.uncertainty import Interval, bootstrap_mean

logger = logging.getLogger(__name__)

PROTOCOL, PLAIN, LIFTED = "tail", "plain", "lifted"
TAIL, REST = "tail", "rest"
STEPS_PER_SEED = 3
MAX_TAIL_PLAYLISTS = 5
# In the place of each cosine of texts it gives artists of the tail as many of the first ten places as texts do: .039 of them,
# where ``plain`` gives .022 (seeds 5 to 7).
_LIFT = 0.36
_BATCH = 256
_CUTS = (10, 100)


class TailParams(BaseModel, frozen=True):
    """Of both models: the space, the prior, and what the platform's own days place and match by."""

    space: FactoriseParams = FactoriseParams(
        embedding_size=128, unobserved_weight=0.02, regularization=0.02, confidence_exponent=1, epochs=8
    )
    prior: ContentPriorParams = ContentPriorParams()
    placing: PlacingParams = PlacingParams()


@dataclass(frozen=True)
class TailTask:
    """What is visible, and which of the hidden tracks are of the tail.

    Attributes:
        task: as of the missing-track protocol.
        content: of its tracks, in their order, with the biographies' text.
        is_tail: by playlist: whether its hidden track is one of the tail.
    """

    task: MissingTrackTask
    content: TrackContent
    is_tail: NDArray[np.bool_]


def evaluate_tail(
    playlists: Path,
    biographies: Path,
    seeds: Sequence[int],
    *,
    params: TailParams | None = None,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Run the protocol.

    Args:
        playlists: as ``read_playlists``.
        biographies: as ``read_biographies``.
        seeds: one run each.
        params: of both models.
        progress: told in words what is being done.

    Returns:
        Figures of all cases, and in ``strata`` of ``tail`` and ``rest``, each with the paired difference.

    Raises:
        InvalidArgumentError: no hidden track is of the tail under any seed.
    """
    say, params = progress or (lambda _: None), params or TailParams()
    read, bios = read_playlists(playlists), read_biographies(biographies)
    runs: dict[str, list[ModelRun]] = {"all": [], TAIL: [], REST: []}
    gains: dict[str, list[NDArray[np.float64]]] = {"all": [], TAIL: [], REST: []}
    n_train = n_test = 0
    for seed in seeds:
        tail_task = build_tail_task(read, bios, seed=seed)
        n_train, n_test = n_train or tail_task.task.visible.tracks.size, n_test or tail_task.is_tail.size
        ranks = rank_hidden(tail_task, bios.co_mentions, params, seed=seed, say=say)
        for stratum, chosen in _strata(tail_task.is_tail).items():
            hits = {model: hit_at_from_ranks(10, found[chosen]).astype(float) for model, (found, _) in ranks.items()}
            gains[stratum].append(hits[OURS] - hits[PLAIN])
            if chosen.any():
                runs[stratum] += [
                    ModelRun(model, seed, judge(found[chosen]), seconds) for model, (found, seconds) in ranks.items()
                ]
    if not runs[TAIL]:
        raise InvalidArgumentError(
            f"no hidden track of {read.name} is by an artist with a biography in at most {MAX_TAIL_PLAYLISTS} playlists"
        )
    reports = {
        name: Report(
            PROTOCOL, read.name, n_train, sum(map(len, gains[name])), tuple(of), gains=_interval(gains[name], name)
        )
        for name, of in runs.items()
        if of
    }
    return Report(
        PROTOCOL, read.name, n_train, n_test, tuple(runs["all"]),
        strata={name: each for name, each in reports.items() if name != "all"},
    )  # fmt: skip


def build_tail_task(playlists: Playlists, bios: Biographies, *, seed: int) -> TailTask:
    """Hide a track of each playlist and find out which are of the tail."""
    task = build_task(playlists, seed=seed)
    content = bios.describe(TrackContent(task.track_ids.ids, task.artist_ids))
    # First credits: a playlist has one artist to a row.
    by_artist = (task.visible.matrix() @ task.facts.by_artist).tocsc()
    n_playlists = np.diff(by_artist.indptr)[task.facts.artist]
    is_tail = content.has_text & (n_playlists <= MAX_TAIL_PLAYLISTS)
    return TailTask(task, content, is_tail[task.hidden] & (task.hidden >= 0))


def rank_hidden(
    tail: TailTask,
    co_mentions: pl.DataFrame,
    params: TailParams,
    *,
    seed: int,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, tuple[NDArray[np.int64], float]]:
    """Rank the hidden track of each playlist by the models; by model the ranks from 1, and the seconds of fitting."""
    visible = tail.task.visible.matrix()
    say(f"seed {seed}: the space")
    started = time.perf_counter()
    factors = factorise(visible, params.space, seed=seed)
    shared = time.perf_counter() - started
    found: dict[str, tuple[NDArray[np.int64], float]] = {}
    silent = TrackContent(tail.content.track_ids, tail.content.artist_ids)
    is_few = np.bincount(visible.indices, minlength=visible.shape[1]) <= params.placing.few_listeners
    say(f"seed {seed}: {PLAIN}")
    places = place_few(visible, factors, silent, None, params, seed=seed)
    found[PLAIN] = (_ranks(visible, factors.user_factors, places, tail.task.hidden), time.perf_counter() - started)
    say(f"seed {seed}: {OURS}")
    started = time.perf_counter() - shared
    places = place_few(visible, factors, tail.content, co_mentions, params, seed=seed)
    for model, constant in ((LIFTED, _LIFT), (OURS, None)):
        wide = widen_by_text(
            visible,
            factors.user_factors,
            places,
            tail.content,
            is_few=is_few,
            params=params.placing.text_match,
            constant=constant,
        )
        ranks = _ranks(visible, wide.listeners, wide.tracks, tail.task.hidden)
        found[model] = (ranks, time.perf_counter() - started)
    return found


def place_few(
    visible: sparse.csr_matrix,
    factors: Factors,
    content: TrackContent,
    co_mentions: pl.DataFrame | None,
    params: TailParams,
    *,
    seed: int,
) -> NDArray[np.float32]:
    """Place the tracks that few playlists hold by these and by their content; return the vectors of all tracks.

    What content says is learnt on the others, and so is where artists stand who are named near by.
    """
    counts = np.bincount(visible.indices, minlength=visible.shape[1])
    well = counts > params.placing.few_listeners
    if not well.any():
        return factors.item_factors
    heard = counts > 0
    learnt = PlacedTracks(content.filter(well), factors.item_factors[well], co_mentions)
    prior = fit_content_prior(learnt, params.prior, seed=seed)
    logger.info("seed %d: k = %g, b = %g, %s", seed, prior.shrinkage, prior.residual_share, prior.figures)
    known = PlacedTracks(content.filter(heard), factors.item_factors[heard], co_mentions)
    means = prior.means(content.filter(~well), known).mean
    weights = weigh_pairs(visible, params.space).T.tocsr()[np.flatnonzero(~well)]
    places = factors.item_factors.copy()
    strength = params.placing.prior_strength
    few = place_tracks(weights, factors.user_factors, means, params.space, prior_strength=strength)
    # The fit keeps what few hold short, and a scalar product never finds it: with the length of the others .117 instead of
    # .107 of all hidden tracks are among the first ten, and 4 instead of 2 of the 45 of the tail (seed 0, without text).
    length = np.maximum(np.linalg.norm(few, axis=1, keepdims=True), 1e-9)
    places[~well] = few * (np.linalg.norm(places[well], axis=1).mean() / length)
    return places


def judge(ranks: NDArray[np.integer]) -> dict[str, float]:
    """Return hit@10 and hit@100 of the hidden tracks' ranks."""
    return {f"hit@{k}": float(hit_at_from_ranks(k, ranks).mean()) for k in _CUTS}


def _strata(is_tail: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    return {"all": np.ones(is_tail.size, dtype=bool), TAIL: is_tail, REST: ~is_tail}


def _interval(gains: Sequence[NDArray[np.float64]], stratum: str) -> dict[str, Interval]:
    return {"hit@10": bootstrap_mean(np.concatenate(gains), rng=generator(0, PROTOCOL, stratum))}


def _ranks(
    visible: sparse.csr_matrix,
    users: NDArray[np.float32],
    tracks: NDArray[np.float32],
    hidden: NDArray[np.integer],
) -> NDArray[np.int64]:
    parts = []
    for start in range(0, visible.shape[0], _BATCH):
        rows = visible[start : start + _BATCH]
        scores = users[start : start + _BATCH] @ tracks.T
        scores[np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr)), rows.indices] = -np.inf
        parts.append(rank_targets(scores, hidden[start : start + _BATCH]))
    return np.concatenate(parts)
