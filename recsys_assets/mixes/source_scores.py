"""What the fitted sources say of queries.

Belongs here: each source's scores for a batch of queries. Which of the proposals become candidates is ``candidates``; what the
ranker reads of the scores is ``features``.

No source needs to be corrected for a query that is itself one of the baskets: a basket shares tracks only with tracks that it
holds, and those are never proposed to it. Where that is not so (like baskets, like titles) its own row is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.latent.factorise import solve_rows
from recsys_assets.mixes.baskets import Baskets
from recsys_assets.mixes.relations import drop_entries, keep_top_per_row, power, scale
from recsys_assets.mixes.ridge import score_ridge
from recsys_assets.mixes.sources import PEAK, SourceIndex, basket_vectors, count_artists
from recsys_assets.mixes.titles import similar_titles
from recsys_assets.mixes.wording import terms_of_titles


@dataclass(frozen=True)
class SourceScores:
    """Scores of one batch of queries, 0 where a source has nothing to say.

    ``by_track``: queries x tracks, sparse, or dense for the latent space; ``by_artist``: queries x artists;
    ``by_query``: one value per query.
    """

    by_track: Mapping[str, sparse.csr_matrix | NDArray[np.float32]]
    by_artist: Mapping[str, sparse.csr_matrix]
    by_query: Mapping[str, NDArray[np.float32]]


def score_sources(index: SourceIndex, queries: Baskets, *, num_threads: int | None = None) -> SourceScores:
    """Score all tracks for a batch of queries by every source."""
    params, counts = index.params, index.counts
    asked = queries.matrix(weighted=True)
    plain = queries.matrix()
    lengths = np.maximum(queries.lengths, 1).astype(np.float32)
    shrunk = scale(asked, rows=lengths**-0.5)
    own = own_rows(index, queries)
    like = drop_entries((basket_vectors(plain, counts) @ index.witnesses_by_track).tocsr(), own)
    like = keep_top_per_row(like, params.like_baskets)
    titled = similar_titles(index.titles, queries, own_rows=own, k=params.like_titles, least=params.least_title_cosine)
    terms = terms_of_titles(index.words, queries)
    vectors = solve_rows(plain, index.factors, params.space, gram=index.gram, num_threads=num_threads)
    dot = vectors @ index.factors.T
    artists = count_artists(asked, index.facts)
    breadth = np.maximum(np.diff(artists.indptr), 1).astype(np.float32)
    logs = sparse.csr_matrix((np.log1p(artists.data), artists.indices, artists.indptr), shape=artists.shape)
    return SourceScores(
        by_track={
            "neighbours": shrunk @ index.neighbours,
            "chance": shrunk @ index.neighbour_chance,
            "neighbour_peak": _root(asked @ index.neighbour_peaks),
            "baskets": scale(like @ index.witness_tracks, columns=counts**-0.3),
            "nearest_baskets": power(keep_top_per_row(like, params.nearest_baskets), 2.0) @ index.witness_tracks,
            "adjacent": asked @ index.adjacent,
            "adjacent_peak": _root(asked @ index.adjacent_peaks),
            "basket_peak": _root(power(like, PEAK) @ index.witness_tracks),
            "between": _between(index.adjacent, index.adjacent_before, queries),
            "filling": _between(index.following, index.following_before, queries),
            "after": asked @ index.following,
            "before": asked @ index.following_before,
            "artist_mates": asked @ index.artist_mates,
            "adjacent_mates": asked @ index.adjacent_mates,
            "titles": scale(titled @ index.witness_tracks, columns=counts**-0.3),
            "title_terms": (terms @ index.words.term_tracks).tocsr(),
            "space": dot,
            "ridge": score_ridge(index.ridge, plain) if index.ridge else sparse.csr_matrix(dot.shape, dtype=np.float32),
        },
        by_artist={
            "same_artist": artists,
            "similar_artist": scale(logs, rows=breadth**-0.5) @ index.artist_neighbours,
            "title_artists": scale(titled @ index.witness_artists, columns=index.artist_counts**-0.3),
        },
        by_query={
            "length": np.log(lengths),
            "artist_breadth": breadth / lengths,
            "top_artist_share": _row_max(artists) / lengths,
            "title_support": np.log1p(np.asarray(titled.sum(axis=1), dtype=np.float32).ravel()),
            "vector_norm": np.linalg.norm(vectors, axis=1).astype(np.float32),
        },
    )


def own_rows(index: SourceIndex, queries: Baskets) -> NDArray[np.int64]:
    """Return the row of each query among the witnesses, by id; -1 where it is not one of them."""
    import polars as pl

    known = pl.DataFrame({"id": index.witnesses.ids.cast(pl.String)}).with_row_index("row")
    asked = pl.DataFrame({"id": queries.ids.cast(pl.String)})
    found = asked.join(known, on="id", how="left", maintain_order="left")["row"].cast(pl.Int64)
    return found.fill_null(-1).to_numpy()


def _between(after: sparse.csr_matrix, before: sparse.csr_matrix, queries: Baskets) -> sparse.csr_matrix:
    """Tracks that elsewhere follow the first and precede the second of two consecutive tracks of the query: what fills the gap."""
    owners, tracks = queries.owners, queries.tracks
    same = owners[1:] == owners[:-1]
    both = after[tracks[:-1][same]].multiply(before[tracks[1:][same]]).tocsr()
    gaps = sparse.csr_matrix(
        (np.ones(both.shape[0], dtype=np.float32), (owners[:-1][same], np.arange(both.shape[0]))),
        shape=(len(queries), both.shape[0]),
    )
    return gaps @ power(both.astype(np.float32), 0.5)


def _root(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    return power(matrix.tocsr(), 1 / PEAK)


def _row_max(matrix: sparse.csr_matrix) -> NDArray[np.float32]:
    return np.asarray(matrix.max(axis=1).todense(), dtype=np.float32).ravel()
