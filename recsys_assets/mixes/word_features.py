"""What words say of (query, candidate): numbers for the ranker, the same in training and in serving.

Belongs here: candidates only. Which words there are is ``wording``; what the other sources say is ``features``.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.mixes.baskets import Baskets
from recsys_assets.mixes.candidates import Gatherer
from recsys_assets.mixes.sources import SourceIndex, count_artists
from recsys_assets.mixes.wording import unit_rows, words_of_titles


def describe_words(index: SourceIndex, queries: Baskets, tracks: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
    """Describe candidates by words: float32 arrays of the shape of ``tracks``, 0 where nothing is said.

    * ``like_terms``, ``like_term_artists``: how alike the words are under which the query's tracks and the candidate stand;
    * ``title_in_title``, ``title_in_artist``: words of the query's title in the candidate's title and its artist's name;
    * ``like_words``: words that the titles of the query's tracks share with the candidate's ("Remix", "From Frozen");
    * ``artists_in_title``: names of the query's artists in the candidate's title;
    * ``is_guest``, ``has_guest``, ``same_guest``: the candidate's artist is a guest of the query's tracks, one of the query's
      artists is a guest of the candidate, both have the same guest;
    * ``title_words``: how many words the query's title has.
    """
    words, facts = index.words, index.facts
    n_queries = len(queries)
    artists = facts.artist[tracks]
    at_artist = np.arange(n_queries, dtype=np.int64)[:, None] * facts.n_artists + artists
    asked = words_of_titles(words, queries)
    held = queries.matrix()
    own_artists = count_artists(held, facts)
    logs = sparse.csr_matrix(
        (np.log1p(own_artists.data), own_artists.indices, own_artists.indptr), shape=own_artists.shape
    )
    guests = (held @ words.featured).tocsr()
    return {
        "like_terms": _at(unit_rows(held @ words.track_terms), words.track_terms, tracks),
        "like_term_artists": _at(unit_rows(logs @ words.artist_terms), words.artist_terms, artists),
        "title_in_title": _at(asked, words.track_words, tracks),
        "title_in_artist": _at(asked, words.artist_words, artists),
        "like_words": _at(unit_rows(held @ words.track_words), words.track_words, tracks),
        "artists_in_title": _at(unit_rows(own_artists @ words.artist_words), words.track_words, tracks),
        "is_guest": Gatherer(n_queries, facts.n_artists).take(guests, at_artist),
        "has_guest": _at(logs, words.featured, tracks),
        "same_guest": _at(guests, words.featured, tracks),
        "title_words": np.broadcast_to(np.diff(asked.indptr).astype(np.float32)[:, None], tracks.shape),
    }


def _at(asked: sparse.csr_matrix, known: sparse.csr_matrix, rows: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return the product of each query with its own candidates' rows only: a product with all would be nearly dense."""
    found = np.zeros(rows.shape, dtype=np.float32)
    for query, dense in _filled(asked.tocsr()):
        found[query] = known[rows[query]] @ dense
    return found


def _filled(matrix: sparse.csr_matrix) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield the rows that hold anything, each as a dense vector that is overwritten by the next."""
    dense = np.zeros(matrix.shape[1], dtype=np.float32)
    for row in np.flatnonzero(np.diff(matrix.indptr)):
        own = slice(matrix.indptr[row], matrix.indptr[row + 1])
        dense[matrix.indices[own]] = matrix.data[own]
        yield int(row), dense
        dense[matrix.indices[own]] = 0
