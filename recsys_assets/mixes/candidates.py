"""A thousand tracks for each basket: what the sources propose, blended into a first score.

Belongs here: the first stage, from sources' scores to ranked candidates with their source. The second stage is ``ranker``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from scipy import sparse

from recsys_assets.mixes.baskets import Baskets
from recsys_assets.mixes.source_scores import SourceScores
from recsys_assets.mixes.sources import SourceIndex

# Names of sources as published; the order is that of ``Candidates.source``.
SOURCES = (
    "space",
    "neighbours",
    "same_artist",
    "similar_artist",
    "playlists",
    "playlist_titles",
    "sequence",
    "popular",
)
_SOURCE_OF = {
    "space": "space",
    "ridge": "neighbours",
    "neighbours": "neighbours",
    "baskets": "playlists",
    "similar_artist": "similar_artist",
    "same_artist": "same_artist",
    "titles": "playlist_titles",
    "title_terms": "playlist_titles",
    "adjacent": "sequence",
    "between": "sequence",
}
_NOTHING = np.float32(-np.inf)
_SAMPLED_EVERY = 16


class BlendParams(BaseModel, frozen=True):
    """Weights of the sources in the first score; every source is scaled to a largest value of 1 in each query."""

    n_candidates: int = Field(default=1000, gt=0, description="Candidates kept for each query.")
    space: float = Field(default=1.0, ge=0)
    ridge: float = Field(default=1.0, ge=0)
    neighbours: float = Field(default=1.0, ge=0)
    baskets: float = Field(default=1.0, ge=0)
    similar_artist: float = Field(default=0.3, ge=0)
    same_artist: float = Field(default=0.5, ge=0)
    titles: float = Field(default=0.3, ge=0)
    title_terms: float = Field(
        default=0.05,
        ge=0,
        description="Enough to speak where nothing else does; .2 and .4 lose candidates (among the first 300 .597 and .594 of "
        "the missing tracks, .598 with .1 or without).",
    )
    adjacent: float = Field(default=0.5, ge=0)
    between: float = Field(default=0.3, ge=0)


@dataclass(frozen=True)
class Candidates:
    """One row per query, best first; each array has shape (n_queries, n).

    ``tracks`` are rows (int32, -1 where there are no more), ``scores`` the first scores (float32, -inf there),
    ``sources`` places in ``SOURCES`` (int8).
    """

    tracks: NDArray[np.int32]
    scores: NDArray[np.float32]
    sources: NDArray[np.int8]

    def head(self, n: int) -> "Candidates":
        """Return the first ``n`` of every list."""
        return Candidates(self.tracks[:, :n], self.scores[:, :n], self.sources[:, :n])


class Gatherer:
    """Reads values of sparse rows at (query, column) pairs, through one scratch array that is reused.

    Looking pairs up in sorted sparse rows costs a binary search each; scattering the rows once and gathering costs less.
    """

    def __init__(self, n_queries: int, n_columns: int) -> None:
        self._scratch = np.zeros(n_queries * n_columns, dtype=np.float32)
        self._n_columns = n_columns

    def take(self, matrix: sparse.csr_matrix, at: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the values at flat places, 0 where nothing is stored."""
        places = _flat(matrix, self._n_columns)
        self._scratch[places] = matrix.data
        taken = self._scratch[at]
        self._scratch[places] = 0
        return taken


def propose(
    index: SourceIndex,
    queries: Baskets,
    scores: SourceScores,
    params: BlendParams,
    *,
    excluded: sparse.csr_matrix | None = None,
    barred: NDArray[np.bool_] | None = None,
) -> Candidates:
    """Choose each query's candidates by the blended first score.

    Args:
        index: the sources.
        queries: a batch.
        scores: of the batch, from ``score_sources``.
        params: the blend.
        excluded: queries x tracks, stored entries are never proposed; the query's own tracks never are.
        barred: by track, True for tracks that nobody may get.

    Returns:
        At most ``n_candidates`` for each query; ties go to the lower track row. Where no source says anything the most
        popular tracks come, marked as such.
    """
    n_queries, n_tracks = len(queries), queries.n_tracks
    artist = index.facts.artist
    nobody = np.zeros(n_tracks, dtype=bool) if barred is None else barred
    forbidden = np.tile(nobody, (n_queries, 1))
    flat_forbidden = forbidden.ravel()
    own = [_flat(seen, n_tracks) for seen in (queries.matrix(), excluded) if seen is not None]
    for places in own:
        flat_forbidden[places] = True
    # Popularity only breaks what nothing else decides: its weight is below what one shared basket adds.
    popularity = (index.counts / max(float(index.counts.max(initial=1)), 1.0)).astype(np.float32)
    blend = np.tile(popularity * np.float32(1e-4), (n_queries, 1))
    by_artist = np.zeros((n_queries, index.facts.n_artists), dtype=np.float32)
    scales: dict[str, NDArray[np.float32]] = {}
    for name in _SOURCE_OF:
        weight = getattr(params, name)
        if weight == 0:
            continue
        if name in scores.by_artist:
            _add_artists(by_artist, scores.by_artist[name], weight, scales, name)
        elif isinstance(scores.by_track[name], np.ndarray):
            _add_dense(blend, scores.by_track[name], own, nobody, weight=weight, scales=scales, name=name)
        else:
            _add_sparse(blend, scores.by_track[name], flat_forbidden, weight=weight, scales=scales, name=name)
    # Artists are summed among themselves first: spreading them over the tracks is the widest step.
    blend += np.take(by_artist, artist, axis=1)
    for places in own:
        blend.ravel()[places] = _NOTHING
    blend[:, np.flatnonzero(nobody)] = _NOTHING
    tracks, first = _best(blend, min(params.n_candidates, n_tracks))
    return Candidates(tracks=tracks, scores=first, sources=_main_source(index, scores, tracks, scales))


def _flat(matrix: sparse.csr_matrix, n_columns: int) -> NDArray[np.int64]:
    """Return the place of every stored entry in the flattened matrix."""
    owners = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    return owners * n_columns + matrix.indices


def _add_artists(
    by_artist: NDArray[np.float32],
    scores: sparse.csr_matrix,
    weight: float,
    scales: dict[str, NDArray[np.float32]],
    name: str,
) -> None:
    dense = scores.toarray()
    scales[name] = (weight / np.maximum(dense.max(axis=1, initial=0), 1e-9)).astype(np.float32)
    by_artist += dense * scales[name][:, None]


def _add_dense(
    blend: NDArray[np.float32],
    dense: NDArray[np.float32],
    own: list[NDArray[np.int64]],
    nobody: NDArray[np.bool_],
    *,
    weight: float,
    scales: dict[str, NDArray[np.float32]],
    name: str,
) -> None:
    allowed = dense.copy()
    for places in own:
        allowed.ravel()[places] = 0
    allowed[:, np.flatnonzero(nobody)] = 0
    scales[name] = (weight / np.maximum(allowed.max(axis=1), 1e-9)).astype(np.float32)
    # What is forbidden gets no score in the end, whatever is added here.
    allowed *= scales[name][:, None]
    blend += allowed


def _add_sparse(
    blend: NDArray[np.float32],
    matrix: sparse.csr_matrix,
    flat_forbidden: NDArray[np.bool_],
    *,
    weight: float,
    scales: dict[str, NDArray[np.float32]],
    name: str,
) -> None:
    owners = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    places = owners * matrix.shape[1] + matrix.indices
    allowed = np.where(flat_forbidden[places], 0, matrix.data)
    top = np.zeros(matrix.shape[0], dtype=np.float32)
    filled = np.diff(matrix.indptr) > 0
    if filled.any():
        top[filled] = np.maximum.reduceat(allowed, matrix.indptr[:-1][filled])
    scales[name] = (weight / np.maximum(top, 1e-9)).astype(np.float32)
    blend.ravel()[places] += matrix.data * scales[name][owners]


def _best(scores: NDArray[np.float32], n: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The ``n`` best places of every row and their scores, best first; ties go to the lower place."""
    tracks = np.empty((scores.shape[0], n), dtype=np.int32)
    values = np.empty((scores.shape[0], n), dtype=np.float32)
    for row, own in enumerate(scores):
        places = _promising(own, n)
        found = own[places]
        order = np.argsort(-found, kind="stable")[:n]
        tracks[row], values[row] = places[order], found[order]
    tracks[values == _NOTHING] = -1
    return tracks, values


def _promising(scores: NDArray[np.float32], n: int) -> NDArray[np.int64]:
    """Places, ascending, that hold the ``n`` best for certain, and not many more.

    What a sample says of where the n-th best lies is checked by counting: to partition all of 50,000 costs eight times as much.
    """
    sample = scores[::_SAMPLED_EVERY]
    k = int(1.3 * n / _SAMPLED_EVERY) + 8
    if k < sample.size:
        places = np.flatnonzero(scores >= np.partition(sample, sample.size - k)[sample.size - k])
        if places.size >= n:
            return places
    return np.arange(scores.size)


def _main_source(
    index: SourceIndex, scores: SourceScores, tracks: NDArray[np.int32], scales: dict[str, NDArray[np.float32]]
) -> NDArray[np.int8]:
    """The source with the largest part in each candidate's first score."""
    n_queries, n_tracks = tracks.shape[0], index.counts.size
    known = np.maximum(tracks, 0).astype(np.int64)
    rows = np.arange(n_queries, dtype=np.int64)[:, None]
    by_track = Gatherer(n_queries, n_tracks)
    by_artist = Gatherer(n_queries, index.facts.n_artists)
    best = np.full(tracks.shape, 1e-3, dtype=np.float32)
    source = np.full(tracks.shape, SOURCES.index("popular"), dtype=np.int8)
    for name, per_query in scales.items():
        if name in scores.by_artist:
            part = by_artist.take(scores.by_artist[name], rows * index.facts.n_artists + index.facts.artist[known])
        elif isinstance(scores.by_track[name], np.ndarray):
            part = np.take_along_axis(scores.by_track[name], known, axis=1)
        else:
            part = by_track.take(scores.by_track[name], rows * n_tracks + known)
        part = part * per_query[:, None]
        better = part > best
        best[better] = part[better]
        source[better] = SOURCES.index(_SOURCE_OF[name])
    return source
