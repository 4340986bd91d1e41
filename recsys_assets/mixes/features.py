"""What the ranker reads of a candidate: each source's score, how it compares within the query, and plain facts.

Belongs here: (query, candidate) to numbers, the same in training and in serving. All of it comes from the baskets' visible entries,
their order and titles.
"""

import numpy as np
from numpy.typing import NDArray

from recsys_assets.mixes.baskets import Baskets
from recsys_assets.mixes.candidates import Candidates, Gatherer
from recsys_assets.mixes.source_scores import SourceScores
from recsys_assets.mixes.sources import SourceIndex

# Scores that also enter as a share of the query's best and as a rank: what is a strong score differs between queries.
_COMPARED = (
    "neighbours", "chance", "baskets", "adjacent", "between", "titles", "space", "space_cosine", "similar_artist",
    "filling", "artist_mates", "ridge",
)  # fmt: skip
# They bring candidates to a playlist that has no tracks. With tracks, whole titles have said it already: what words were tried as
# features added nothing (decision record 0005).
_NOT_READ = frozenset({"title_terms"})


def build_features(
    index: SourceIndex, queries: Baskets, scores: SourceScores, candidates: Candidates
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Describe candidates.

    Returns:
        float32 of shape (n_queries, n_candidates, n_features), and the features' names. Rows of padding (track -1) are zero.
    """
    tracks = np.maximum(candidates.tracks, 0).astype(np.int64)
    named = _source_features(index, scores, tracks)
    named |= {f"{name}_share": _share(named[name]) for name in _COMPARED}
    named |= {f"{name}_rank": log_rank(named[name]) for name in _COMPARED}
    artist = index.facts.artist[tracks]
    lengths = np.maximum(queries.lengths, 1).astype(np.float32)[:, None]
    artist_size = np.bincount(index.facts.artist, minlength=index.facts.n_artists).astype(np.float32)
    for name in ("popularity", "neighbours", "adjacent", "space", "ridge"):
        of_track = np.broadcast_to(np.log(index.counts)[tracks], tracks.shape) if name == "popularity" else named[name]
        named[f"{name}_rank_of_artist"] = _rank_within(artist, of_track)
    named["candidates_of_artist"] = _count_within(artist)
    named["same_artist_share"] = named["same_artist"] / lengths
    named["same_artist_coverage"] = named["same_artist"] / artist_size[artist]
    named["blend"] = np.where(np.isfinite(candidates.scores), candidates.scores, 0)
    named["blend_rank"] = np.broadcast_to(np.log1p(np.arange(tracks.shape[1], dtype=np.float32)), tracks.shape)
    named["popularity"] = np.log(index.counts)[tracks]
    named["artist_popularity"] = np.log(index.artist_counts)[artist]
    named["artist_size"] = np.log(artist_size)[artist]
    artist_plays = np.bincount(index.facts.artist, weights=index.counts, minlength=index.facts.n_artists)
    named["share_of_artist"] = (index.counts[tracks] / artist_plays[artist]).astype(np.float32)
    named["basket_length"] = np.log1p(index.mean_length)[tracks]
    for name, values in scores.by_query.items():
        named[name] = np.broadcast_to(values[:, None], tracks.shape)
    names = tuple(sorted(named))
    described = np.empty((*tracks.shape, len(names)), dtype=np.float32)
    for place, name in enumerate(names):
        described[:, :, place] = named[name]
    described[candidates.tracks < 0] = 0
    return described, names


def _source_features(
    index: SourceIndex, scores: SourceScores, tracks: NDArray[np.int64]
) -> dict[str, NDArray[np.float32]]:
    n_queries = tracks.shape[0]
    rows = np.arange(n_queries, dtype=np.int64)[:, None]
    by_track = Gatherer(n_queries, index.counts.size)
    by_artist = Gatherer(n_queries, index.facts.n_artists)
    at_track = rows * index.counts.size + tracks
    at_artist = rows * index.facts.n_artists + index.facts.artist[tracks]
    named = {
        name: np.take_along_axis(matrix, tracks, axis=1)
        if isinstance(matrix, np.ndarray)
        else by_track.take(matrix, at_track)
        for name, matrix in scores.by_track.items()
        if name not in _NOT_READ
    }
    named |= {name: by_artist.take(matrix, at_artist) for name, matrix in scores.by_artist.items()}
    own = np.maximum(scores.by_query["vector_norm"], 1e-9)[:, None]
    named["space_cosine"] = (named["space"] / index.norms[tracks] / own).astype(np.float32)
    return named


def _share(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return values / np.maximum(values.max(axis=1, keepdims=True, initial=1e-9), 1e-9)


def log_rank(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logarithm of the place of each value in its row, best first; ties in their order."""
    order = np.argsort(-values, axis=1, kind="stable")
    rank = np.empty(values.shape, dtype=np.float32)
    np.put_along_axis(rank, order, np.log1p(np.arange(values.shape[1], dtype=np.float32))[None, :], axis=1)
    return rank


def _rank_within(groups: NDArray[np.integer], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logarithm of the place of each value among those of its group in its row, best first; ties in their order."""
    n_rows, n = groups.shape
    rows = np.repeat(np.arange(n_rows), n)
    order = np.lexsort((-values.ravel(), groups.ravel(), rows))
    starts = _group_starts(rows[order], groups.ravel()[order])
    place = np.arange(order.size) - starts
    ranked = np.empty(order.size, dtype=np.float32)
    ranked[order] = np.log1p(place)
    return ranked.reshape(groups.shape)


def _count_within(groups: NDArray[np.integer]) -> NDArray[np.float32]:
    """Logarithm of how many of its row belong to each one's group."""
    n_rows, n = groups.shape
    rows = np.repeat(np.arange(n_rows), n)
    order = np.lexsort((groups.ravel(), rows))
    starts = _group_starts(rows[order], groups.ravel()[order])
    sizes = np.bincount(starts, minlength=order.size)[starts]
    counted = np.empty(order.size, dtype=np.float32)
    counted[order] = np.log(sizes)
    return counted.reshape(groups.shape)


def _group_starts(rows: NDArray[np.integer], groups: NDArray[np.integer]) -> NDArray[np.int64]:
    """The first position of the run that each position belongs to."""
    is_first = np.ones(rows.size, dtype=bool)
    is_first[1:] = (rows[1:] != rows[:-1]) | (groups[1:] != groups[:-1])
    return np.maximum.accumulate(np.where(is_first, np.arange(rows.size), 0))
