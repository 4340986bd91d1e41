"""How the ranker learns: by the missing-track task on its own baskets.

Belongs here: hiding, asking, and lists of candidates for the network. Using what was learned is ``ranker``.

Training hides one more track of every basket *at once*, refits every source on what is left and asks for the hidden ones. What
then is known of a hidden track (its counts, its neighbours, its place in the space) is exactly what will be known of a
missing track when the ranker serves, and no score has to be corrected for having seen the answer.
"""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_assets.core.errors import MissingInputError
from recsys_assets.core.seeds import derived_seed, generator
from recsys_assets.core.threads import available_cores
from recsys_assets.mixes.baskets import Baskets, hide_one
from recsys_assets.mixes.candidates import propose
from recsys_assets.mixes.features import build_features
from recsys_assets.mixes.network import fit_network
from recsys_assets.mixes.ranker import Ranker, RankerParams, in_order
from recsys_assets.mixes.source_scores import score_sources
from recsys_assets.mixes.sources import fit_sources
from recsys_assets.mixes.tracks import TrackFacts

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Examples:
    """Features (n_lists, n, n_features) of lists, the place of each one's missing track and how many candidates it has."""

    features: NDArray[np.float32]
    missing: NDArray[np.int64]
    sizes: NDArray[np.int64]
    names: tuple[str, ...]

    @classmethod
    def joined(cls, parts: Sequence["_Examples"]) -> "_Examples":
        """Put lists one after the other."""
        return cls(
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.missing for part in parts]),
            np.concatenate([part.sizes for part in parts]),
            parts[0].names if parts else (),
        )


def fit_ranker(
    baskets: Baskets, facts: TrackFacts, params: RankerParams, *, seed: int, num_threads: int | None = None
) -> Ranker:
    """Train on baskets by hiding one more track of each.

    Args:
        baskets: to learn from: good playlists, or histories; those with fewer than two tracks teach nothing.
        facts: of the tracks.
        params: how.
        seed: of what is hidden and of every fit. The same inputs and seed give the same ranker, whatever the threads.
        num_threads: all cores where None.

    Raises:
        MissingInputError: too few baskets whose missing track was found among the candidates.
    """
    threads = available_cores() if num_threads is None else num_threads
    # Counted before any source is fitted: one track is hidden, one is left.
    _require(int((baskets.lengths >= 2).sum()), params)
    examples = _Examples.joined(
        [
            _make_examples(baskets, facts, params, seed=seed, round_of_hiding=i, num_threads=threads)
            for i in range(_rounds(len(baskets), params))
        ]
    )
    n_queries = len(examples.features)
    _require(n_queries, params)
    network = fit_network(
        examples.features, examples.missing, examples.sizes, params.network, seed=derived_seed(seed, "network")
    )
    return Ranker(params, examples.names, network, n_queries)


def _require(n: int, params: RankerParams) -> None:
    if n < params.least_training_queries:
        raise MissingInputError(
            f"{n} of {params.least_training_queries} needed baskets show what belongs together: more playlists or "
            "longer histories are needed before a ranker can be trained"
        )


def _make_examples(
    baskets: Baskets, facts: TrackFacts, params: RankerParams, *, seed: int, round_of_hiding: int, num_threads: int
) -> _Examples:
    """Hide one track of each basket asked, refit the sources, and describe the candidates of those whose track was found."""
    rng = generator(seed, "hide", round_of_hiding)
    asked = _choose_asked(baskets, params, rng=rng)
    visible, hidden = hide_one(baskets, rng=rng, of=asked)
    own_seed = derived_seed(seed, "sources", round_of_hiding) % 2**31
    index = fit_sources(visible, facts, params.sources, seed=own_seed, num_threads=num_threads)
    queries = _drop_titles(visible if asked is None else visible.take(asked), params.untitled_share, rng=rng)
    hidden = hidden if asked is None else hidden[asked]

    def describe(start: int) -> _Examples:
        batch = queries.rows(start, min(start + params.queries_at_once, len(queries)))
        scores = score_sources(index, batch, num_threads=1)
        best = propose(index, batch, scores, params.blend).head(params.n_reranked)
        wanted = hidden[start : start + len(batch)][:, None]
        is_missing = (best.tracks == wanted) & (wanted >= 0)
        features, names = build_features(index, batch, scores, best)
        found = np.asarray(is_missing.any(axis=1))
        sizes = (best.tracks[found] >= 0).sum(axis=1)
        return _Examples(features[found], is_missing[found].argmax(axis=1), sizes, names)

    starts = range(0, len(queries), params.queries_at_once)
    made = _Examples.joined(list(in_order(describe, starts, num_threads=num_threads)))
    found_share = len(made.features) / max(int((hidden >= 0).sum()), 1)
    _log.info("round %d of hiding: %.3f of the missing tracks are among the candidates", round_of_hiding, found_share)
    return made


def _rounds(n_baskets: int, params: RankerParams) -> int:
    return min(params.rounds_of_hiding, math.ceil(params.max_training_queries / max(n_baskets, 1)))


def _choose_asked(baskets: Baskets, params: RankerParams, *, rng: np.random.Generator) -> NDArray[np.int64] | None:
    """Rows of the baskets that this round asks, ascending; None for all.

    Listeners are served and playlists are what the task is about: one of each in turn, by chance within its kind.
    """
    n = params.max_training_queries // _rounds(len(baskets), params)
    if len(baskets) <= n:
        return None
    untitled = np.array([not title for title in baskets.titles])
    order = rng.permutation(len(baskets))
    turn = np.empty(len(baskets), dtype=np.int64)
    for kind in (untitled, ~untitled):
        drawn = order[kind[order]]
        turn[drawn] = np.arange(drawn.size)
    return np.sort(np.argsort(turn, kind="stable")[:n])


def _drop_titles(baskets: Baskets, share: float, *, rng: np.random.Generator) -> Baskets:
    drawn = rng.random(len(baskets)) < share
    titles = tuple("" if drop else title for title, drop in zip(baskets.titles, drawn, strict=True))
    return Baskets(baskets.ids, baskets.indptr, baskets.tracks, baskets.weights, titles, baskets.n_tracks)
