"""What proposes tracks for a basket: item neighbours, like baskets, the latent space, artists, order, titles and words.

Belongs here: fitting every source on baskets. What they say of a query is ``source_scores``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from scipy import sparse

from recsys_assets.core.seeds import generator
from recsys_assets.latent.factorise import FactoriseParams, factorise
from recsys_assets.mixes.baskets import Baskets
from recsys_assets.mixes.relations import (
    adjacency,
    co_occurrence,
    following,
    keep_top_per_row,
    power,
    scale,
)
from recsys_assets.mixes.ridge import RidgeWeights, fit_ridge
from recsys_assets.mixes.titles import TitleIndex, fit_titles
from recsys_assets.mixes.tracks import TrackFacts
from recsys_assets.mixes.wording import WordIndex, fit_words


class SourceParams(BaseModel, frozen=True):
    """How the sources are fitted. Chosen on inner splits of playlists (one more track hidden), November 2026."""

    neighbours: int = Field(default=800, gt=0, description="Item neighbours kept per track.")
    neighbour_entries: int = Field(
        default=20_000_000, gt=0, description="Item neighbours kept in all: with many tracks each keeps fewer."
    )
    relation_entries: int = Field(
        default=12_000_000,
        gt=0,
        description="Entries kept of any relation of tracks; with more each track keeps its strongest. Adjacency of "
        "100,000 histories had 23 million, and reading them took longer than all other sources together.",
    )
    like_baskets: int = Field(default=100, gt=0, description="Most similar baskets that vote for a query.")
    nearest_baskets: int = Field(default=10, gt=0, description="The few nearest of them, which vote once more.")
    witnesses: int = Field(default=20_000, gt=0, description="Baskets that may vote; a sample where there are more.")
    like_titles: int = Field(
        default=80, gt=0, description="Baskets with the most similar titles that vote for a query."
    )
    least_title_cosine: float = Field(default=0.3, ge=0, le=1, description="Titles less alike do not count.")
    reach: int = Field(default=5, gt=0, description="Places apart up to which tracks of a basket count as adjacent.")
    ridge_baskets: int = Field(
        default=7_000, ge=0, description="With more baskets the linear autoencoder is left out: its cost is their cube."
    )
    ridge_regularization: float = Field(
        default=1.0, gt=0, description="Of the autoencoder, per mean squared length of a row."
    )
    ridge_row_exponent: float = Field(default=0.25, ge=0, description="Rows of the autoencoder: length ** -this.")
    ridge_track_exponent: float = Field(default=0.25, ge=0, description="Columns of the autoencoder: baskets ** -this.")
    popularity_floor: float = Field(
        default=3.0,
        gt=0,
        description="Baskets a track is counted in at least. Rarer ones are alike, so that nothing can be learned from how "
        "close a track is to being dropped from the catalogue.",
    )
    space: FactoriseParams = Field(
        default=FactoriseParams(
            embedding_size=256, epochs=8, regularization=0.005, frequency_exponent=1.0, unobserved_weight=0.02
        ),
        description="The latent space of tracks by baskets.",
    )


@dataclass(frozen=True)
class SourceIndex:
    """The fitted sources. ``counts``: baskets per track, floored; ``artist_counts``: baskets per artist, floored."""

    params: SourceParams
    facts: TrackFacts
    counts: NDArray[np.float32]
    artist_counts: NDArray[np.float32]
    mean_length: NDArray[np.float32]
    neighbours: sparse.csr_matrix
    neighbour_chance: sparse.csr_matrix
    neighbour_peaks: sparse.csr_matrix
    adjacent: sparse.csr_matrix
    adjacent_peaks: sparse.csr_matrix
    adjacent_before: sparse.csr_matrix
    following: sparse.csr_matrix
    following_before: sparse.csr_matrix
    artist_mates: sparse.csr_matrix
    adjacent_mates: sparse.csr_matrix
    artist_neighbours: sparse.csr_matrix
    factors: NDArray[np.float32]
    gram: NDArray[np.float32]
    norms: NDArray[np.float32]
    witnesses: Baskets
    witness_tracks: sparse.csr_matrix
    witness_artists: sparse.csr_matrix
    witnesses_by_track: sparse.csr_matrix
    titles: TitleIndex
    words: WordIndex
    ridge: RidgeWeights | None


# Peaks are p-norms: for p = 6 the norm of the strongest links is their maximum within a few per cent, and it stays a product
# of sparse matrices.
PEAK = 6.0


def fit_sources(
    baskets: Baskets, facts: TrackFacts, params: SourceParams, *, seed: int, num_threads: int | None = None
) -> SourceIndex:
    """Fit every source on baskets. Deterministic; ``num_threads`` of the factorisation does not change the result."""
    matrix = baskets.matrix()
    lengths = np.maximum(baskets.lengths, 1).astype(np.float32)
    true_counts = np.asarray(matrix.sum(axis=0), dtype=np.float32).ravel()
    counts = np.maximum(true_counts, params.popularity_floor).astype(np.float32)
    k = max(1, min(params.neighbours, params.neighbour_entries // max(baskets.n_tracks, 1)))
    # A long basket says less of each pair: weights 1 / sqrt(length) gave hit@100 .394 against .382 without.
    cosine = co_occurrence(matrix, row_weights=lengths**-0.5, scales=counts**-0.5, k=k)
    cosine = _strongest(cosine, params.relation_entries)
    adjacent = adjacency(baskets, reach=params.reach)
    adjacent = _strongest(scale(adjacent, rows=counts**-0.5, columns=counts**-0.5), params.relation_entries)
    follow = _strongest(scale(following(baskets), rows=counts**-0.5, columns=counts**-0.5), params.relation_entries)
    artists = count_artists(matrix, facts)
    artist_counts, artist_neighbours = _artist_neighbours(artists, params, k=k)
    witnesses = _choose_witnesses(baskets, params, seed=seed)
    witness_tracks = witnesses.matrix()
    factors = factorise(matrix, params.space, seed=seed, num_threads=num_threads).item_factors
    norms = np.maximum(np.linalg.norm(factors, axis=1), 1e-9)
    return SourceIndex(
        params=params,
        facts=facts,
        counts=counts,
        artist_counts=artist_counts,
        mean_length=(matrix.T @ lengths / np.maximum(true_counts, 1)).astype(np.float32),
        neighbours=cosine,
        neighbour_chance=scale(cosine, rows=counts**-0.4, columns=counts**0.1),
        neighbour_peaks=_peaks(cosine),
        adjacent=adjacent,
        adjacent_peaks=_peaks(adjacent),
        adjacent_before=adjacent.T.tocsr(),
        following=follow,
        following_before=follow.T.tocsr(),
        artist_mates=_same_artist_only(cosine, facts),
        adjacent_mates=_same_artist_only(adjacent, facts),
        artist_neighbours=artist_neighbours,
        factors=factors,
        gram=factors.T @ factors,
        norms=norms,
        witnesses=witnesses,
        witness_tracks=witness_tracks,
        witness_artists=_binary(count_artists(witness_tracks, facts)),
        witnesses_by_track=basket_vectors(witness_tracks, counts).T.tocsr(),
        titles=fit_titles(witnesses),
        words=fit_words(witnesses),
        ridge=_fit_ridge(matrix, counts, params),
    )


def _fit_ridge(matrix: sparse.csr_matrix, counts: NDArray[np.float32], params: SourceParams) -> RidgeWeights | None:
    if matrix.shape[0] > params.ridge_baskets:
        return None
    return fit_ridge(
        matrix,
        counts**-params.ridge_track_exponent,
        regularization=params.ridge_regularization,
        row_exponent=params.ridge_row_exponent,
    )


def _strongest(matrix: sparse.csr_matrix, entries: int) -> sparse.csr_matrix:
    """Keep the strongest of each row where there are more than ``entries`` in all."""
    if matrix.nnz <= entries:
        return matrix
    return keep_top_per_row(matrix, max(1, entries // max(matrix.shape[0], 1)))


def _choose_witnesses(baskets: Baskets, params: SourceParams, *, seed: int) -> Baskets:
    """Baskets that may vote: those with a title first (they are playlists), the rest by chance."""
    n = len(baskets)
    if n <= params.witnesses:
        return baskets
    untitled = np.array([not title for title in baskets.titles])
    draw = generator(seed, "witnesses").random(n)
    chosen = np.sort(np.lexsort((draw, untitled))[: params.witnesses])
    return baskets.take(chosen)


def basket_vectors(matrix: sparse.csr_matrix, counts: NDArray[np.float32]) -> sparse.csr_matrix:
    """Return unit vectors of baskets, rare tracks weighing more (count ** -0.4: hit@10 .128, TF-IDF's logarithm .120)."""
    weighted = scale(matrix, columns=counts**-0.4)
    norms = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return scale(weighted, rows=1 / np.maximum(norms, 1e-9))


def count_artists(matrix: sparse.csr_matrix, facts: TrackFacts) -> sparse.csr_matrix:
    """Count each artist's tracks in each basket."""
    counted = (matrix @ facts.by_artist).tocsr()
    counted.sort_indices()
    return counted


def _artist_neighbours(
    artists: sparse.csr_matrix, params: SourceParams, *, k: int
) -> tuple[NDArray[np.float32], sparse.csr_matrix]:
    baskets_of = np.bincount(artists.indices, minlength=artists.shape[1]).astype(np.float32)
    counts = np.maximum(baskets_of, params.popularity_floor).astype(np.float32)
    logs = sparse.csr_matrix((np.log1p(artists.data), artists.indices, artists.indptr), shape=artists.shape)
    breadth = np.maximum(np.diff(artists.indptr), 1)
    return counts, co_occurrence(logs, row_weights=breadth**-0.5, scales=counts**-0.5, k=k)


def _binary(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones_like(matrix.data), matrix.indices, matrix.indptr), shape=matrix.shape)


def _same_artist_only(matrix: sparse.csr_matrix, facts: TrackFacts) -> sparse.csr_matrix:
    owners = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    data = np.where(facts.artist[owners] == facts.artist[matrix.indices], matrix.data, 0)
    mates = sparse.csr_matrix((data, matrix.indices.copy(), matrix.indptr.copy()), shape=matrix.shape)
    mates.eliminate_zeros()
    return mates


def _peaks(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    # Below a thousandth of the largest the sixth power would be subnormal, which is slow, and could never be a peak.
    top = float(matrix.data.max()) if matrix.nnz else 1.0
    clipped = sparse.csr_matrix(
        (np.maximum(matrix.data / top, 1e-3), matrix.indices, matrix.indptr), shape=matrix.shape
    )
    return power(clipped.astype(np.float32), PEAK)
