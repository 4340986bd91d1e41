"""Words as a hint: what a playlist is called and what it says of itself.

Belongs here: what the words of baskets say of tracks, for a playlist that has a name and no tracks. Similarity of whole titles is
``titles``; which words a playlist has is ``corpus.playlist_words``.

A title teaches with its visible tracks only: what is hidden is taken away before anything is fitted, so that no weight of a word
for a track was counted in the basket that the track is missing from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recsys_assets.corpus.playlist_words import playlist_terms
from recsys_assets.corpus.pmi import PmiParams, associate
from recsys_assets.corpus.title_terms import TermMatrix, build_term_matrix
from recsys_assets.mixes.baskets import Baskets
from recsys_assets.mixes.relations import scale

_LEAST_DOCUMENTS = 2


@dataclass(frozen=True)
class WordIndex:
    """The words that were seen.

    Attributes:
        terms: of titles and descriptions of baskets.
        term_tracks: terms x tracks, association.
    """

    terms: TermMatrix
    term_tracks: sparse.csr_matrix


def fit_words(baskets: Baskets) -> WordIndex:
    """Read the titles of baskets; what has no text says nothing."""
    terms = build_term_matrix([_terms_of(title) for title in baskets.titles], min_documents=_LEAST_DOCUMENTS)
    pmi = PmiParams(shift=0.0, smoothing=1.0, strongest=10_000)
    return WordIndex(terms=terms, term_tracks=associate(terms.matrix, baskets.matrix(), pmi))


def terms_of_titles(index: WordIndex, queries: Baskets) -> sparse.csr_matrix:
    """Return queries x terms of their titles and descriptions; more terms weigh less each (n ** -0.5)."""
    asked = index.terms.transform([_terms_of(title) for title in queries.titles])
    return scale(asked, rows=np.maximum(np.diff(asked.indptr), 1).astype(np.float32) ** -0.5)


def _terms_of(title: str) -> Sequence[str]:
    name, _, description = title.partition("\n")
    return playlist_terms(name, description) if title else ()
