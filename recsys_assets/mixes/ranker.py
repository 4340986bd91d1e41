"""The second stage: a network that puts the track first which a basket misses.

Belongs here: ranking with a fitted network, and the ranker as text. How it learns is ``training``; candidates and features are
made by the same functions there and here, so that a number means the same in both.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from scipy import sparse

from recsys_assets.core.errors import DataFaultError
from recsys_assets.core.threads import available_cores, blas_limited
from recsys_assets.mixes.baskets import Baskets
from recsys_assets.mixes.candidates import BlendParams, Candidates, propose
from recsys_assets.mixes.features import build_features
from recsys_assets.mixes.network import ListNetwork, NetworkParams
from recsys_assets.mixes.source_scores import SourceScores, score_sources
from recsys_assets.mixes.sources import SourceIndex, SourceParams

_FORMAT = 4
_Done = TypeVar("_Done")


class RankerParams(BaseModel, frozen=True):
    """How the ranker is trained and used. Chosen on inner splits of playlists (one more track hidden), November 2026."""

    sources: SourceParams = Field(default=SourceParams())
    blend: BlendParams = Field(default=BlendParams())
    rounds_of_hiding: int = Field(default=3, gt=0, description="Times one more track of each basket is hidden.")
    n_reranked: int = Field(
        default=300, gt=0, description="Best candidates that the network reorders; the rest follow as they came."
    )
    untitled_share: float = Field(
        default=0.0, ge=0, le=1, description="Share of training queries that lose their title, as listeners have none."
    )
    network: NetworkParams = Field(default=NetworkParams())
    least_training_queries: int = Field(
        default=50, gt=0, description="Fewer queries whose missing track is among the candidates train nothing."
    )
    max_training_queries: int = Field(
        default=9_000,
        gt=0,
        description="Baskets asked in all rounds together, half of them with a title where there are so many; with more "
        "baskets than this one round is enough.",
    )
    queries_at_once: int = Field(default=512, gt=0, description="Queries scored together: bounds the memory.")


@dataclass(frozen=True)
class Ranker:
    """A network that reads the features named, and the parameters of what comes before."""

    params: RankerParams
    feature_names: tuple[str, ...]
    network: ListNetwork
    n_training_queries: int

    def to_text(self) -> str:
        """Write as JSON; the same fit gives the same text."""
        return json.dumps(
            {
                "format": _FORMAT,
                "params": self.params.model_dump(mode="json"),
                "feature_names": list(self.feature_names),
                "network": self.network.to_lists(),
                "n_training_queries": self.n_training_queries,
            },
            sort_keys=True,
        )

    @classmethod
    def from_text(cls, text: str) -> "Ranker":
        """Read what ``to_text`` wrote.

        Raises:
            DataFaultError: it is not a ranker of this version.
        """
        try:
            read = json.loads(text)
            if read["format"] != _FORMAT:
                raise DataFaultError(f"ranker has format {read['format']}, expected {_FORMAT}: train it again")
            return cls(
                params=RankerParams.model_validate(read["params"]),
                feature_names=tuple(read["feature_names"]),
                network=ListNetwork.from_lists(read["network"]),
                n_training_queries=read["n_training_queries"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DataFaultError(f"not a ranker: {error}; train it again") from error


def rank_candidates(
    ranker: Ranker | None,
    index: SourceIndex,
    queries: Baskets,
    *,
    blend: BlendParams,
    queries_at_once: int = 512,
    excluded: sparse.csr_matrix | None = None,
    barred: NDArray[np.bool_] | None = None,
    num_threads: int | None = None,
) -> Iterator[tuple[int, Candidates]]:
    """Rank tracks for each query, a batch at a time.

    Args:
        ranker: None keeps the order of the first score.
        index: sources fitted on the baskets as they are known when serving.
        queries: playlists or histories; titles may be absent.
        blend: of the first stage.
        queries_at_once: the batch.
        excluded: queries x tracks that may not be proposed, besides the query's own.
        barred: by track, True for tracks that nobody may get.
        num_threads: all cores where None; the result does not depend on it.

    Yields:
        The row of the first query of a batch, and its candidates in the final order. The first ``n_reranked`` carry the network's
        score, the rest their first score lowered below it, so that scores descend. A query without tracks keeps its first order.
    """
    threads = available_cores() if num_threads is None else num_threads

    def rank(start: int) -> tuple[int, Candidates]:
        stop = min(start + queries_at_once, len(queries))
        batch = queries.rows(start, stop)
        scores = score_sources(index, batch, num_threads=1)
        unseen = excluded[start:stop] if excluded is not None else None
        candidates = propose(index, batch, scores, blend, excluded=unseen, barred=barred)
        if ranker:
            candidates = _rerank(ranker, index, batch, scores, candidates)
        return start, candidates

    yield from in_order(rank, range(0, len(queries), queries_at_once), num_threads=threads)


def in_order(work: Callable[[int], _Done], starts: Sequence[int], *, num_threads: int) -> Iterator[_Done]:
    """Work on batches by threads, a few ahead of the reader; BLAS is held to one, so that sums keep their order."""
    with blas_limited(), ThreadPoolExecutor(num_threads) as pool:
        ahead: deque[Future[_Done]] = deque()
        for start in starts:
            ahead.append(pool.submit(work, start))
            if len(ahead) > num_threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _rerank(
    ranker: Ranker, index: SourceIndex, batch: Baskets, scores: SourceScores, candidates: Candidates
) -> Candidates:
    n = min(ranker.params.n_reranked, candidates.tracks.shape[1])
    head = candidates.head(n)
    features, names = build_features(index, batch, scores, head)
    if names != ranker.feature_names:
        raise DataFaultError("the ranker was trained on other features than are made now: train it again")
    # The network has learned from baskets with tracks, and most of what it reads is silent without: a name alone keeps its order.
    predicted = np.where(batch.lengths[:, None] > 0, ranker.network.score(features), head.scores)
    predicted[head.tracks < 0] = -np.inf
    # Ties keep the order of the first stage.
    order = np.argsort(-predicted, axis=1, kind="stable")
    tracks, first, sources = candidates.tracks.copy(), candidates.scores.copy(), candidates.sources.copy()
    tracks[:, :n] = np.take_along_axis(head.tracks, order, axis=1)
    sources[:, :n] = np.take_along_axis(head.sources, order, axis=1)
    first[:, :n] = np.take_along_axis(predicted, order, axis=1)
    if n < tracks.shape[1]:
        # Only full heads have a tail; the rest of a short list is padding at minus infinity already.
        has_tail = np.isfinite(first[:, n])
        drop = predicted[has_tail].min(axis=1, keepdims=True) - first[has_tail, n, None] - np.float32(1e-6)
        first[has_tail, n:] += drop
    return Candidates(tracks=tracks, scores=first, sources=sources)
