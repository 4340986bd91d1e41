"""Playlist titles as a hint: playlists with like titles hold like tracks.

Belongs here: similarity of titles. Character n-grams, because titles are short, misspelt and decorated ("Rock 🤘", "rock!!").
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys_assets.mixes.baskets import Baskets
from recsys_assets.mixes.relations import drop_entries, keep_top_per_row, power

_SPACES = re.compile(r"\s+")
_PUNCTUATION = re.compile(r"[^\w\s]")


@dataclass(frozen=True)
class TitleIndex:
    """The titles that were seen, as unit vectors of character n-grams; rows = baskets."""

    vectorizer: Any
    vectors: sparse.csr_matrix


def plain_title(title: str) -> str:
    """Reduce a title to lower case words; one that is nothing but signs (emoji) stays as it is.

    Lines after the first are the description, which is read word by word (``wording``).
    """
    title = title.partition("\n")[0]
    words = _SPACES.sub(" ", _PUNCTUATION.sub(" ", title.casefold())).strip()
    return words or title.strip()


def fit_titles(baskets: Baskets) -> TitleIndex:
    """Index the titles of baskets; without any title the index answers nothing."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [plain_title(title) for title in baskets.titles]
    if not any(texts):
        return TitleIndex(vectorizer=None, vectors=sparse.csr_matrix((len(baskets), 1), dtype=np.float32))
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, dtype=np.float32)
    return TitleIndex(vectorizer=vectorizer, vectors=vectorizer.fit_transform(texts).tocsr())


def similar_titles(
    index: TitleIndex, queries: Baskets, *, own_rows: np.ndarray, k: int, least: float
) -> sparse.csr_matrix:
    """Squared cosine of each query's title with the ``k`` most similar titles of other baskets, queries x baskets.

    Args:
        index: of the baskets.
        queries: whose titles are asked; no title gives an empty row.
        own_rows: the row of each query among the indexed baskets, -1 where it is not one of them.
        k: how many.
        least: the smallest cosine that counts.
    """
    if index.vectorizer is None or not any(queries.titles):
        return sparse.csr_matrix((len(queries), index.vectors.shape[0]), dtype=np.float32)
    asked = index.vectorizer.transform([plain_title(title) for title in queries.titles])
    cosine = drop_entries((asked @ index.vectors.T).tocsr(), own_rows)
    cosine.data[cosine.data < least] = 0
    cosine.eliminate_zeros()
    return power(keep_top_per_row(cosine, k), 2.0)
