"""Words of playlists' names and descriptions to tracks: what is collected under a word.

Belongs here: the weight of a track for a term. The words are ``playlist_words``; which playlists are read is ``playlist_quality``.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from pydantic import BaseModel, Field
from scipy import sparse

from recsys_assets.core import columns as c
from recsys_assets.corpus import tables as t
from recsys_assets.corpus.playlist_words import playlist_terms
from recsys_assets.corpus.pmi import PmiParams, associate


class TitleTermParams(BaseModel, frozen=True):
    """Which terms are kept."""

    min_playlists: int = Field(default=3, gt=0, description="Good playlists that a term stands in, at least.")
    most_terms: int = Field(default=20_000, gt=0, description="Terms kept, those of most playlists first.")
    most_tracks: int = Field(default=100, gt=0, description="Tracks kept of a term, the heaviest first.")


@dataclass(frozen=True)
class TermMatrix:
    """Which documents hold which terms: documents x terms, ones; ``terms`` in ascending order."""

    matrix: sparse.csr_matrix
    terms: tuple[str, ...]

    def transform(self, documents: Sequence[Sequence[str]]) -> sparse.csr_matrix:
        """Return documents x terms of other documents; terms that are not known are left out."""
        return _matrix(documents, {term: row for row, term in enumerate(self.terms)})


def build_term_matrix(
    documents: Sequence[Sequence[str]], *, min_documents: int, most_terms: int | None = None
) -> TermMatrix:
    """Find the terms that several documents share.

    Args:
        documents: the different terms of each.
        min_documents: fewest documents of a term.
        most_terms: keep those of most documents, ties by the term.
    """
    counts = Counter(term for terms in documents for term in set(terms))
    frequent = [term for term, n in counts.items() if n >= min_documents]
    kept = sorted(frequent, key=lambda term: (-counts[term], term))[:most_terms]
    terms = tuple(sorted(kept))
    return TermMatrix(_matrix(documents, {term: row for row, term in enumerate(terms)}), terms)


def _matrix(documents: Sequence[Sequence[str]], rows: dict[str, int]) -> sparse.csr_matrix:
    found = [sorted({rows[term] for term in terms if term in rows}) for terms in documents]
    indptr = np.concatenate([[0], np.cumsum([len(each) for each in found])]).astype(np.int64)
    indices = np.array([row for each in found for row in each], dtype=np.int32)
    ones = np.ones(indices.size, dtype=np.float32)
    return sparse.csr_matrix((ones, indices, indptr), shape=(len(found), max(len(rows), 1)))


def weigh_title_terms(
    held: sparse.csr_matrix,
    track_ids: pl.Series,
    texts: Sequence[tuple[str, str]],
    params: TitleTermParams | None = None,
) -> pl.DataFrame:
    """Weigh the tracks of every term.

    Args:
        held: good playlists x tracks, ones.
        track_ids: by column.
        texts: name and description of each playlist, either may be empty.
        params: what is kept.

    Returns:
        Rows of ``corpus.title_terms`` without the week: by term, heaviest track first.
    """
    wanted = params or TitleTermParams()
    documents = [playlist_terms(name, description) for name, description in texts]
    found = build_term_matrix(documents, min_documents=wanted.min_playlists, most_terms=wanted.most_terms)
    # A name is chosen, so that nothing is taken off what stands under it.
    pmi = PmiParams(shift=0.0, strongest=wanted.most_tracks)
    weights = associate(found.matrix, held, pmi).tocoo()
    both = (found.matrix.T @ held).tocsr()
    n_playlists = np.asarray(both[weights.row, weights.col]).ravel() if weights.nnz else np.zeros(0)
    rows = pl.DataFrame(
        {
            t.TERM: pl.Series(found.terms or [""], dtype=pl.String).gather(weights.row.astype(np.int64)),
            c.TRACK_ID: track_ids.gather(weights.col.astype(np.int64)),
            t.WEIGHT: weights.data.astype(np.float32),
            t.N_PLAYLISTS: n_playlists.astype(np.int32),
        }
    )
    ranked = rows.sort(t.TERM, t.WEIGHT, c.TRACK_ID, descending=[False, True, False]).with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(t.TERM).alias(c.RANK)
    )
    return ranked.select(name for name in t.TITLE_TERMS.dtypes if name != c.WEEK)
