"""Biographies of artists as what the content prior reads: a vector and an amount of text each, and who is named in whose.

Belongs here: the form for protocols on public data, where an artist is known by name. Articles of the platform are read in
``corpus``. Vectors are TF-IDF, reduced by truncated SVD (latent semantic analysis): what words stand in a biography says
more of its artist than what its sentences mean on average does.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.core import columns as c
from recsys_assets.core.errors import DataFaultError, InvalidArgumentError
from recsys_assets.core.threads import blas_limited
from recsys_assets.latent.content import TrackContent

_WIDTH = 128
_MAX_TERMS = 20_000
_MIN_BIOGRAPHIES = 3
_MAX_SHARE, _FEW = 0.3, 10
# A biography of a megabyte says no more about the music than its first pages.
_MAX_CHARS = 50_000
_SENTENCE_END = r"[.!?](\s|$)"
_WORD = re.compile(r"[^\W_]+(?:['\u2019&.-][^\W_]+)*|&")
_MAX_WORDS = 5
# A word that biographies write small is no name by itself; names of one or two letters are too often something else.
_MIN_LETTERS = 3


@dataclass(frozen=True)
class Biographies:
    """What is written of artists, who are known by name.

    Attributes:
        artists: names, each once.
        vectors: float32, shape (n, t).
        amounts: float32, shape (n,): sentences.
        co_mentions: ``artist_id``, ``other_artist_id``, ``weight``.
    """

    artists: pl.Series
    vectors: NDArray[np.float32]
    amounts: NDArray[np.float32]
    co_mentions: pl.DataFrame

    def describe(self, content: TrackContent) -> TrackContent:
        """Return the content with the text of each track's first artist of whom there is a biography."""
        of = dict(zip(self.artists, range(len(self.artists)), strict=True))
        rows = np.array(
            [next((of[name] for name in names or [] if name in of), -1) for names in content.artist_ids.to_list()],
            dtype=np.int64,
        )
        text = np.full((len(content), self.vectors.shape[1]), np.nan, dtype=np.float32)
        amounts = np.zeros(len(content), dtype=np.float32)
        text[rows >= 0] = self.vectors[rows[rows >= 0]]
        amounts[rows >= 0] = self.amounts[rows[rows >= 0]]
        return replace(content, text=text, text_amount=amounts)


def read_biographies(file: Path) -> Biographies:
    """Read ``artist_name`` and ``text`` of a parquet file; of two biographies of one artist the longer one counts.

    Raises:
        InvalidArgumentError: there is no such file.
        DataFaultError: it is no parquet file with these columns, or too little is written to compare anything.
    """
    if not file.is_file():
        raise InvalidArgumentError(f"{file} is not there: give a parquet file with artist_name and text")
    try:
        rows = pl.read_parquet(file, columns=["artist_name", "text"])
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataFaultError(f"{file} is no parquet file with artist_name and text: {error}") from error
    if rows.schema != {"artist_name": pl.String, "text": pl.String}:
        raise DataFaultError(f"{file}: artist_name and text must be strings, found {dict(rows.schema)}")
    rows = (
        rows.drop_nulls()
        .with_columns(pl.col("text").str.slice(0, _MAX_CHARS))
        .filter(pl.col("text").str.strip_chars() != "")
        .sort("artist_name", pl.col("text").str.len_chars(), "text", descending=[False, True, False])
        .unique("artist_name", keep="first", maintain_order=True)
    )
    texts = rows["text"].to_list()
    sentences = rows["text"].str.count_matches(_SENTENCE_END).cast(pl.Float32).to_numpy()
    return Biographies(
        rows["artist_name"], encode_texts(texts), np.maximum(sentences, 1), find_co_mentions(rows["artist_name"], texts)
    )


def encode_texts(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return vectors of length 1, float32 of shape (n, at most 128); zeros where no word tells anything.

    Raises:
        DataFaultError: fewer than three texts share a word.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    try:
        words = TfidfVectorizer(
            sublinear_tf=True, min_df=_MIN_BIOGRAPHIES, max_df=_MAX_SHARE if len(texts) > _FEW else 1.0,
            stop_words="english", ngram_range=(1, 2), max_features=_MAX_TERMS, dtype=np.float32,
        ).fit_transform(texts)  # fmt: skip
    except ValueError as error:
        raise DataFaultError(f"{len(texts)} biographies have no words in common to compare them by: {error}") from error
    width = min(_WIDTH, min(words.shape) - 1)
    if width < 1:
        raise DataFaultError(f"{len(texts)} biographies with {words.shape[1]} words in common are too few to compare")
    with blas_limited():
        return np.asarray(normalize(TruncatedSVD(width, random_state=0).fit_transform(words)), dtype=np.float32)


def find_co_mentions(artists: pl.Series, texts: Sequence[str]) -> pl.DataFrame:
    """Find the artists' names in each other's biographies; a rare name counts more, a biography that names many less.

    A name counts where it is written with capitals as it is known. A name of one word has to be a word that is never written
    small, and alone: in "Joe Strummer" nobody is called Joe.

    Returns:
        ``artist_id``, ``other_artist_id``, ``weight``: both of a pair, who is named and in whose biography.
    """
    names = {tuple(_WORD.findall(name)): name for name in artists}
    names = {words: name for words, name in names.items() if words and any(map(str.isupper, words[0][:1]))}
    tokens = [_WORD.findall(text) for text in texts]
    small = Counter(word for each in tokens for word in set(each) if word.islower())
    names = {words: name for words, name in names.items() if len(words) > 1 or _is_name(words[0], small)}
    found = [_names_in(each, names, artist) for artist, each in zip(artists, tokens, strict=True)]
    shown = Counter(name for each in found for name in each)
    rows: list[tuple[str, str, float]] = []
    for artist, each in zip(artists, found, strict=True):
        for name in sorted(each):
            weight = log(1 + len(artists) / shown[name]) / log(1 + len(artists))
            rows += [(artist, name, weight), (name, artist, weight)]
    schema = {c.ARTIST_ID: pl.String, "other_artist_id": pl.String, "weight": pl.Float32}
    pairs = pl.DataFrame(rows, schema=schema, orient="row")
    return (
        pairs.group_by(c.ARTIST_ID, "other_artist_id").agg(pl.col("weight").sum()).sort(c.ARTIST_ID, "other_artist_id")
    )


def _is_name(word: str, small: Counter[str]) -> bool:
    return len(word) >= _MIN_LETTERS and not small[word.lower()]


def _is_alone(words: Sequence[str], at: int) -> bool:
    return not any(word[:1].isupper() for word in (*words[max(at - 1, 0) : at], *words[at + 1 : at + 2]))


def _names_in(words: Sequence[str], names: dict[tuple[str, ...], str], own: str) -> set[str]:
    found: set[str] = set()
    at = 0
    while at < len(words):
        # Names begin with a capital or a digit: most words are none, and need no looking up.
        for length in range(_MAX_WORDS if not words[at].islower() else 0, 0, -1):
            name = names.get(tuple(words[at : at + length]))
            if name is not None and (length > 1 or _is_alone(words, at)):
                # The longest match stands.
                found.add(name)
                at += length - 1
                break
        at += 1
    return found - {own}
