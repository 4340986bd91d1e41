"""Words as a hint: what a playlist is called and what it says of itself, what tracks and artists are called.

Belongs here: what the words of baskets and the catalogue say of candidates. Similarity of whole titles is ``titles``; which words
a playlist has is ``corpus.playlist_words``.

A title teaches with its visible tracks only: what is hidden is taken away before anything is fitted, so that no weight of a word
for a track was counted in the basket that the track is missing from.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.corpus.playlist_words import playlist_terms, playlist_words
from recsys_assets.corpus.pmi import PmiParams, associate
from recsys_assets.corpus.text import fold
from recsys_assets.corpus.title_terms import TermMatrix, build_term_matrix
from recsys_assets.mixes.baskets import Baskets
from recsys_assets.mixes.relations import scale
from recsys_assets.mixes.tracks import TrackFacts

_LEAST_DOCUMENTS = 2
_FEATURED = re.compile(r"[(\[ -](?:feat\.?|ft\.?|featuring|with) ([^)\]]+)", re.IGNORECASE)
_AND = re.compile(r"\s*(?:,|&|\band\b| x |/)\s*", re.IGNORECASE)
# A name of two letters is a word.
_LEAST_LETTERS = 3
# What is named after a title, of a title that is pages long.
_MAX_CHARS = 300


@dataclass(frozen=True)
class WordIndex:
    """The words that were seen.

    Attributes:
        terms: of titles and descriptions of baskets.
        term_tracks: terms x tracks, association.
        term_artists: terms x artists, association.
        track_terms: tracks x terms, rows of length 1: what baskets that hold a track are called.
        artist_terms: artists x terms, likewise.
        words: of titles of tracks, names of artists and titles of baskets.
        track_words: tracks x words of their titles, rare words heavier, rows of length 1.
        artist_words: artists x words of their names, likewise.
        rarity: by word.
        featured: tracks x artists who are named in the title as guests, ones.
    """

    terms: TermMatrix
    term_tracks: sparse.csr_matrix
    term_artists: sparse.csr_matrix
    track_terms: sparse.csr_matrix
    artist_terms: sparse.csr_matrix
    words: TermMatrix
    track_words: sparse.csr_matrix
    artist_words: sparse.csr_matrix
    rarity: NDArray[np.float32]
    featured: sparse.csr_matrix


def fit_words(baskets: Baskets, facts: TrackFacts) -> WordIndex:
    """Read the titles of baskets and the names of the catalogue; what has no text says nothing."""
    held = baskets.matrix()
    by_artist = (held @ facts.by_artist).tocsr()
    terms = build_term_matrix([_terms_of(title) for title in baskets.titles], min_documents=_LEAST_DOCUMENTS)
    pmi = PmiParams(shift=0.0, smoothing=1.0, strongest=10_000)
    term_tracks = associate(terms.matrix, held, pmi)
    term_artists = associate(terms.matrix, by_artist, pmi)
    asked = [playlist_words(_name_of(title)) for title in baskets.titles]
    named = (*_read(facts.titles), *_read(facts.artist_names))
    words = build_term_matrix([*named, *asked], min_documents=_LEAST_DOCUMENTS)
    documents = np.maximum(np.bincount(words.matrix.indices, minlength=words.matrix.shape[1]), 1)
    rarity = np.log(max(words.matrix.shape[0], 2) / documents).astype(np.float32)
    n_tracks, n_artists = len(facts.titles), facts.n_artists
    weighed = unit_rows(scale(words.matrix, columns=rarity))
    return WordIndex(
        terms=terms,
        term_tracks=term_tracks,
        term_artists=term_artists,
        track_terms=unit_rows(term_tracks.T.tocsr()),
        artist_terms=unit_rows(term_artists.T.tocsr()),
        words=words,
        track_words=weighed[:n_tracks],
        artist_words=weighed[n_tracks : n_tracks + n_artists],
        rarity=rarity,
        featured=_featured(facts.titles, facts.artist_names),
    )


def terms_of_titles(index: WordIndex, queries: Baskets) -> sparse.csr_matrix:
    """Return queries x terms of their titles and descriptions; more terms weigh less each (n ** -0.5)."""
    asked = index.terms.transform([_terms_of(title) for title in queries.titles])
    return scale(asked, rows=np.maximum(np.diff(asked.indptr), 1).astype(np.float32) ** -0.5)


def words_of_titles(index: WordIndex, queries: Baskets) -> sparse.csr_matrix:
    """Return queries x words of their names, rare words heavier, rows of length 1."""
    asked = index.words.transform([playlist_words(_name_of(title)) for title in queries.titles])
    return unit_rows(scale(asked, columns=index.rarity))


def unit_rows(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Scale rows to length 1; empty rows stay."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1), dtype=np.float32).ravel())
    return scale(matrix.tocsr(), rows=1 / np.maximum(lengths, 1e-9))


def _name_of(title: str) -> str:
    return title.partition("\n")[0]


def _terms_of(title: str) -> Sequence[str]:
    name, _, description = title.partition("\n")
    return playlist_terms(name, description) if title else ()


# A catalogue is read once for all rounds of training and the serving after them.
@lru_cache(maxsize=2)
def _read(texts: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(playlist_words(text[:_MAX_CHARS]) for text in texts)


@lru_cache(maxsize=1)
def _featured(titles: tuple[str, ...], artist_names: tuple[str, ...]) -> sparse.csr_matrix:
    known: dict[str, int] = {}
    for row, name in enumerate(artist_names):
        folded = fold(name[:_MAX_CHARS])
        if len(folded) >= _LEAST_LETTERS:
            known.setdefault(folded, row)
    pairs = {
        (track, known[name])
        for track, title in enumerate(titles)
        if (found := _FEATURED.search(title[:_MAX_CHARS]))
        for name in map(fold, _AND.split(found[1]))
        if name in known
    }
    rows, columns = zip(*sorted(pairs), strict=True) if pairs else ((), ())
    shape = (len(titles), len(artist_names))
    return sparse.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)
