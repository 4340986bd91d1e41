"""What articles say of an artist or a track, as one vector: the mean of its best contexts.

Belongs here: which contexts are read, and how they are put together. A context is the sentence of a mention. What an article says
three times counts once, what many sites copy counts once, and of an entity that everybody writes about the surest contexts are
read: beyond some dozens the mean hardly moves, and reading is what costs.
"""

import re
from collections.abc import Callable
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from recsys_assets.core import columns as c
from recsys_assets.corpus import tables as t

Progress = Callable[[int, int], None]
_NOT_WORDS = re.compile(r"\W+")
_ENTITY = [t.KIND, t.ENTITY_ID]


class EntityTextParams(BaseModel, frozen=True):
    """What is read."""

    most_contexts: int = Field(default=40, ge=1, description="Contexts read of one entity, the surest first.")
    least_confidence: float = Field(default=0.3, ge=0, le=1, description="A mention below is not read.")
    least_characters: int = Field(default=30, ge=1, description="A shorter sentence says nothing.")


class ReadsSentences(Protocol):
    """What ``Encoder`` is to this module."""

    @property
    def name(self) -> str:
        """Which encoder it is."""
        ...

    def encode(self, sentences: list[str], *, progress: Progress) -> NDArray[np.float32]:
        """Return vectors of length 1, one row per sentence."""
        ...


def make_entity_text(
    mentions: pl.DataFrame,
    source_weights: pl.DataFrame,
    encoder: ReadsSentences,
    params: EntityTextParams | None = None,
    *,
    progress: Progress = lambda _done, _of: None,
) -> pl.DataFrame:
    """Make the rows of ``corpus.entity_text``, without the week, sorted by entity.

    Args:
        mentions: ``corpus.article_mentions`` of the articles that were fetched before the week.
        source_weights: ``corpus.source_weights``; a source without a row counts 1, one with weight 0 is not read.
        encoder: reads; it is not asked where there is nothing to read.
        params: what is read.
        progress: told how many sentences have a vector, and of how many.
    """
    contexts = choose_contexts(mentions, source_weights, params or EntityTextParams())
    if contexts.is_empty():
        return t.ENTITY_TEXT.empty().drop(c.WEEK, strict=False)
    sentences = contexts[t.EXCERPT].to_list()
    vectors = encoder.encode(sentences, progress=progress)
    entities = contexts.group_by(_ENTITY).agg(
        pl.col(t.WEIGHT).sum().cast(pl.Float32).alias(t.N_CONTEXTS),
        pl.col(t.URL).n_unique().cast(pl.Int32).alias(t.N_ARTICLES),
        pl.col(t.SITE).n_unique().cast(pl.Int32).alias(t.N_SITES),
    )
    entities = entities.sort(_ENTITY).with_row_index("row")
    row = contexts.join(entities, on=_ENTITY, how="left", maintain_order="left")["row"].to_numpy()
    sums = np.zeros((entities.height, vectors.shape[1]), dtype=np.float64)
    np.add.at(sums, row, vectors * contexts[t.WEIGHT].to_numpy()[:, None])
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    means = (sums / np.maximum(lengths, np.finfo(np.float64).tiny)).astype(np.float32)
    made = entities.drop("row").with_columns(
        # Of rows of one length Polars makes an array, whatever type is asked for.
        pl.Series(c.VECTOR, means, dtype=pl.Array(pl.Float32, means.shape[1])).arr.to_list(),
        pl.lit(encoder.name).alias("encoder"),
    )
    # Contexts that cancel out leave no direction.
    made = made.filter(pl.Series(lengths[:, 0] > 0))
    return made.select(*_ENTITY, c.VECTOR, t.N_CONTEXTS, t.N_ARTICLES, t.N_SITES, "encoder")


def choose_contexts(mentions: pl.DataFrame, source_weights: pl.DataFrame, params: EntityTextParams) -> pl.DataFrame:
    """Choose what is read: one row per entity and different sentence, the heaviest first.

    Returns:
        kind, entity_id, excerpt, url, site and weight: confidence times that of the source, above 0.
    """
    weighed = (
        mentions.join(source_weights.select(t.SITE, pl.col(t.WEIGHT).alias("of_site")), on=t.SITE, how="left")
        .with_columns((pl.col(c.CONFIDENCE) * pl.col("of_site").fill_null(1.0)).cast(pl.Float64).alias(t.WEIGHT))
        .filter(
            (pl.col(c.CONFIDENCE) >= params.least_confidence)
            & (pl.col(t.WEIGHT) > 0)
            & (pl.col(t.EXCERPT).str.len_chars() >= params.least_characters)
        )
    )
    wording = weighed[t.EXCERPT].map_elements(_wording, return_dtype=pl.String)
    return (
        weighed.with_columns(wording.alias("wording"))
        .sort(t.WEIGHT, t.URL, "start", descending=[True, False, False])
        .unique([*_ENTITY, "wording"], keep="first", maintain_order=True)
        .group_by(_ENTITY, maintain_order=True)
        .head(params.most_contexts)
        .sort(*_ENTITY, t.WEIGHT, t.URL, "start", descending=[False, False, True, False, False])
        .select(*_ENTITY, t.EXCERPT, t.URL, t.SITE, t.WEIGHT)
    )


def _wording(sentence: str) -> str:
    """Reduce a sentence to its different words, sorted: copies differ in case, signs, order and a word said twice."""
    return " ".join(sorted(set(_NOT_WORDS.sub(" ", sentence.casefold()).split())))
