"""The cold-start protocol: tracks that nobody has heard, ranked for listeners by what is known of them.

Belongs here: what is made cold, who is judged, the models and the figures. Data come from ``cold_start_data``; ours goes
through the entry points of the daily graph (tuner, factorisation, content prior, posterior).

Tracks in at least 3 playlists are kept, then playlists with at least 10 of them. A random 20 % of the tracks that have
descriptors become cold: their entries are taken out of every playlist. 20 % of the playlists are judged: for each, all cold
tracks are ranked, and those that it held are the truth. Nothing that is learnt, tuned or chosen sees an entry of a cold
track, save for ``warm``, the ceiling, which is fitted with those of the other 80 % of playlists. ``ours`` scores as the
graph does, by the listener's published vector and by how much of the artist the listener has (``latent.share_of_artist``);
``places`` is ours without the latter, and ``reach`` scores the same places by ``latent.cold_reach``. Where biographies are
joined, ``text`` places by these alone, ``no_text`` is ours without them, and a stratum of its own are the tracks of new artists
of whom there is one: what text is worth is the difference of ``ours`` and ``no_text`` there.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.cold_start.scores import Beside, ScoreScale, score_listeners
from recsys_assets.core.seeds import derived_seed, generator
from recsys_assets.evaluation.cold_start_data import ColdStartData
from recsys_assets.evaluation.cold_start_task import PROTOCOL, ColdStartTask, build_task
from recsys_assets.evaluation.report import OURS, ModelRun, Report
from recsys_assets.latent.cold_reach import even_lengths, place_listeners_by_content
from recsys_assets.latent.content import PlacedTracks
from recsys_assets.latent.content_prior import ContentPriorParams, PriorMeans, fit_content_prior
from recsys_assets.latent.factorise import FactoriseParams, Factors, factorise, weigh_pairs
from recsys_assets.latent.posterior import place_tracks
from recsys_assets.latent.share_of_artist import ArtistCounts, ShareOfArtistParams
from recsys_assets.metrics.ranking import auc_of_scores, mean_over_lists, recall_at

logger = logging.getLogger(__name__)

ALL, KNOWN, NEW = "all", "known_artist", "new_artist"
TOLD_NEW = "new_artist_with_text"
PLAIN, PLACES, REACH, TEXT, NO_TEXT = "plain", "places", "reach", "text", "no_text"
STEPS_PER_SEED = 4
_CUT = 20


# Settings that suit playlists (thousands of lists of some thirty tracks) and listeners' confidences; an inner split decides.
# The second is near where the daily tuner ends on playlists. Two other splits of the playlists, recall@20 / AUC: .435 / .916
# and .418 / .920; 400 dimensions would give .438 / .918 in four times the time.
SPACES = (
    FactoriseParams(embedding_size=256, unobserved_weight=0.01, regularization=0.01, epochs=8),
    FactoriseParams(embedding_size=128, unobserved_weight=0.02, regularization=0.02, confidence_exponent=1, epochs=8),
)


@dataclass(frozen=True)
class ColdStartParams:
    """Of ours: settings of the space among which an inner split chooses, prior and share as the daily graph makes them."""

    spaces: tuple[FactoriseParams, ...] = SPACES
    prior: ContentPriorParams = field(default_factory=ContentPriorParams)
    share: ShareOfArtistParams = field(default_factory=ShareOfArtistParams)


def evaluate_cold_start(
    data: ColdStartData,
    seeds: Sequence[int],
    *,
    params: ColdStartParams | None = None,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Run the protocol.

    Args:
        data: listening with content.
        seeds: one run each.
        params: of ours.
        progress: told in words what is being done.

    Returns:
        Figures over all cold tracks, and in ``strata`` also over those whose artist has other tracks and those whose
        artist is new, each ranked among their own kind.
    """
    say = progress or (lambda _: None)
    params = params or ColdStartParams()
    runs: dict[str, list[ModelRun]] = {ALL: [], KNOWN: [], NEW: []}
    if data.content.has_text.any():
        runs[TOLD_NEW] = []
    n_train = n_test = 0
    for number, seed in enumerate(seeds):
        task = build_task(data, seed=seed)
        if number == 0:
            n_train, n_test = task.visible.nnz, task.truth.nnz
        for model, (scores, seconds) in score_models(data, task, params, seed=seed, say=say).items():
            for stratum, chosen in _strata(data, task).items():
                if stratum == TOLD_NEW and (stratum not in runs or not chosen.size):
                    continue
                metrics = judge_scores(scores[:, chosen], task.truth[:, chosen].tocsr())
                runs[stratum].append(ModelRun(model, seed, metrics, seconds))
    strata = {name: Report(PROTOCOL, data.name, n_train, n_test, tuple(of)) for name, of in runs.items() if of}
    return Report(PROTOCOL, data.name, n_train, n_test, tuple(runs[ALL]), strata=strata)


def _strata(data: ColdStartData, task: ColdStartTask) -> Mapping[str, NDArray[np.intp]]:
    return {
        ALL: np.arange(task.cold.size),
        KNOWN: np.flatnonzero(task.is_known),
        NEW: np.flatnonzero(~task.is_known),
        TOLD_NEW: np.flatnonzero(~task.is_known & data.content.has_text[task.cold]),
    }


def judge_scores(scores: NDArray[np.floating], truth: sparse.csr_matrix) -> dict[str, float]:
    """Return recall@20 (denominator min(20, relevant)) and auc, means over the listeners who have relevant tracks."""
    best = np.argsort(-scores, axis=1, kind="stable")[:, :_CUT]
    return {
        f"recall@{_CUT}": mean_over_lists(recall_at(_CUT, best, truth)),
        "auc": mean_over_lists(auc_of_scores(scores, truth)),
    }


Scored = dict[str, tuple[NDArray[np.float32], float]]


def score_models(
    data: ColdStartData,
    task: ColdStartTask,
    params: ColdStartParams,
    *,
    seed: int,
    say: Callable[[str], None] = lambda _: None,
) -> Scored:
    """Score all cold tracks for the judged listeners by every model.

    Returns:
        By model: float32 of shape (judged, cold), and the seconds that fitting took.
    """
    say(f"seed {seed}: the space")
    started = time.perf_counter()
    space = fit_space(data, task, params, seed=seed)
    say(f"seed {seed}: {OURS}")
    ours = place_cold(data, task, space, params.prior, seed=seed)
    seconds = time.perf_counter() - started
    say(f"seed {seed}: the ceiling")
    started = time.perf_counter()
    ceiling = factorise(task.ceiling, space.params, seed=seed)
    warm_seconds = time.perf_counter() - started
    say(f"seed {seed}: {PLAIN}")
    started = time.perf_counter()
    plain = place_plainly(data, task, space)
    plain_seconds = time.perf_counter() - started
    own = space.factors.user_factors[task.judged]
    noise = generator(seed, PROTOCOL, "random").random((task.judged.size, task.cold.size), dtype=np.float32)
    told: Scored = {}
    if data.content.has_text.any():
        silent = place_cold(data.without_text(), task, space, params.prior, seed=seed)
        told = {
            TEXT: (own @ ours.means.from_text.T, seconds),
            NO_TEXT: (with_shares(data, task, space, silent.places, params.share), seconds),
        }
    return {
        "random": (noise, 0.0),
        PLAIN: (own @ plain.T, plain_seconds),
        "audio": (own @ ours.means.from_sound.T, seconds),
        "artist": (own @ ours.means.from_artist.T, seconds),
        **told,
        PLACES: (own @ ours.places.T, seconds),
        OURS: (with_shares(data, task, space, ours.places, params.share), seconds),
        REACH: (ours.reach(), seconds),
        "warm": (ceiling.user_factors[task.judged] @ ceiling.item_factors[task.cold].T, warm_seconds),
    }


@dataclass(frozen=True)
class FittedSpace:
    """Factors of the visible confidences, and the parameters that were chosen on an inner split of them."""

    factors: Factors
    params: FactoriseParams


def fit_space(data: ColdStartData, task: ColdStartTask, params: ColdStartParams, *, seed: int) -> FittedSpace:
    """Choose the space that places pseudo-cold tracks best, and fit it to all that is visible.

    The trial is this protocol once more, on what is visible: warm described tracks and other listeners.
    """
    chosen = params.spaces[0]
    if len(params.spaces) > 1:
        known = np.setdiff1d(np.arange(task.visible.shape[0]), task.judged)
        inner_data = ColdStartData(data.name, task.visible[known], data.content, data.co_mentions)
        inner = build_task(inner_data, seed=derived_seed(seed, PROTOCOL, "inner") % 2**31, never=task.cold)
        chosen = max(params.spaces, key=lambda each: _try(inner_data, inner, each, params.prior, seed=seed))
    logger.info("seed %d: chose %s", seed, chosen)
    return FittedSpace(factorise(task.visible, chosen, seed=seed), chosen)


def _try(
    data: ColdStartData, task: ColdStartTask, space: FactoriseParams, prior: ContentPriorParams, *, seed: int
) -> float:
    fitted = FittedSpace(factorise(task.visible, space, seed=seed), space)
    placed = place_cold(data, task, fitted, prior, seed=seed)
    scores = fitted.factors.user_factors[task.judged] @ placed.places.T
    figures = judge_scores(scores, task.truth)
    logger.info("%s: %s", space, figures)
    return figures[f"recall@{_CUT}"]


@dataclass(frozen=True)
class PlacedCold:
    """Cold tracks by ours: ``places`` by the formula, ``means`` with its parts; ``listeners``: the judged, also by content."""

    places: NDArray[np.float32]
    means: PriorMeans
    listeners: NDArray[np.float32]

    def reach(self) -> NDArray[np.float32]:
        """Score the places for listeners who are placed by content too, shape (judged, cold)."""
        return self.listeners @ even_lengths(self.places).T


def place_cold(
    data: ColdStartData, task: ColdStartTask, space: FittedSpace, params: ContentPriorParams, *, seed: int
) -> PlacedCold:
    """Place the cold tracks as the graph does: prior from content, then the half-step over listeners, of whom there are none."""
    warm = np.bincount(task.visible.indices, minlength=task.visible.shape[1]) > 0
    is_cold = np.zeros(warm.size, dtype=bool)
    is_cold[task.cold] = True
    known = PlacedTracks(data.content.filter(warm), space.factors.item_factors[warm], data.co_mentions)
    prior = fit_content_prior(known, params, seed=seed)
    logger.info("seed %d: k = %g, b = %g, %s", seed, prior.shrinkage, prior.residual_share, prior.figures)
    means = prior.means(data.content.filter(is_cold), known)
    weights = weigh_pairs(task.visible, space.params)
    places = place_tracks(weights.T.tocsr()[task.cold], space.factors.user_factors, means.mean, space.params)
    listeners = place_listeners_by_content(
        weights[:, np.flatnonzero(warm)].tocsr(),
        space.factors.user_factors,
        prior.means(known.content, known).mean,
        space.params,
    )
    return PlacedCold(places, means, listeners[task.judged])


def with_shares(
    data: ColdStartData,
    task: ColdStartTask,
    space: FittedSpace,
    places: NDArray[np.float32],
    params: ShareOfArtistParams,
) -> NDArray[np.float32]:
    """Score the cold tracks for the judged listeners as first listeners are scored, shape (judged, cold)."""
    warm = np.bincount(task.visible.indices, minlength=task.visible.shape[1]) > 0
    is_cold = np.zeros(warm.size, dtype=bool)
    is_cold[task.cold] = True
    counts = ArtistCounts.of(task.visible[:, np.flatnonzero(warm)].tocsr(), data.content.filter(warm))
    beside = Beside(None, counts.shares(data.content.filter(is_cold), params)).on_rows(task.judged)
    scale = ScoreScale.of(space.factors.item_factors[warm])
    return score_listeners(space.factors.user_factors[task.judged], places, scale, beside=beside).T


def place_plainly(data: ColdStartData, task: ColdStartTask, space: FittedSpace) -> NDArray[np.float32]:
    """Place the cold tracks as one would at first: the plain mean of the artist's other tracks, else a ridge on descriptors."""
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import StandardScaler

    vectors, sound = space.factors.item_factors, data.content.sound
    assert sound is not None, "only described tracks are made cold"
    heard = np.bincount(task.visible.indices, minlength=task.visible.shape[1]) > 0
    learnt = heard & data.content.has_sound
    scaler = StandardScaler().fit(sound[learnt])
    ridge = Ridge(alpha=1.0).fit(scaler.transform(sound[learnt]), vectors[learnt])
    places = np.asarray(ridge.predict(scaler.transform(sound[task.cold])), dtype=np.float32)
    of_artist: dict[str, list[int]] = {}
    artists = data.content.artist_ids.to_list()
    for track in np.flatnonzero(heard):
        for artist in artists[track] or []:
            of_artist.setdefault(artist, []).append(int(track))
    for row, track in enumerate(task.cold):
        others = [other for artist in artists[track] or [] for other in of_artist.get(artist, [])]
        if others:
            places[row] = vectors[others].mean(axis=0)
    return places
