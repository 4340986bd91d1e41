"""The terms of an artist or a track over many articles: nearness, rarity and what the sources are worth.

Belongs here: weighing. What stands near a mention in one article is ``terms``.
"""

import math

import polars as pl
from pydantic import BaseModel, Field

from recsys_assets.core import columns as c
from recsys_assets.corpus.tables import ENTITY_TERMS

_ENTITY = ("kind", "entity_id")


class TermParams(BaseModel, frozen=True):
    """Which terms are kept."""

    n_terms: int = Field(default=100, ge=1, le=10_000, description="Terms kept of an entity, heaviest first.")
    rare: float = Field(
        default=2.0, ge=0, le=100, description="Articles at which a term's rarity counts half of what it could: a word "
        "that one article has may be a slip."
    )  # fmt: skip
    nested_share: float = Field(
        default=0.7, ge=0, le=1, description="A word of a phrase goes where the phrase has this share of its weight."
    )


def rarity_of(n_articles: int, n_all: int, params: TermParams) -> float:
    """Return how much a term that stands in ``n_articles`` of ``n_all`` counts, 0 to 1: most in between.

    n / (n + rare) * log((N + 1) / n) / log(N + 1): low for what one article has, and for what all have.
    """
    return n_articles / (n_articles + params.rare) * math.log((n_all + 1) / n_articles) / math.log(n_all + 1)


def weigh_terms(terms: pl.DataFrame, source_weights: pl.DataFrame, n_articles: int, params: TermParams) -> pl.DataFrame:
    """Sum the terms of each entity over articles and keep the heaviest.

    A sentence that stands word for word in several articles of a source counts once: it is what stands around articles.

    Args:
        terms: rows of ``corpus.article_terms``, one making of each article.
        source_weights: site, weight; a source that is not in it weighs 1.
        n_articles: how many articles were read, with or without a mention.
        params: how.

    Returns:
        Rows of ``corpus.entity_terms`` without the week, by entity, best first.
    """
    if terms.is_empty():
        return ENTITY_TERMS.empty().drop(c.WEEK)
    once = terms.sort("url").unique(["site", *_ENTITY, "term", "excerpt"], keep="first", maintain_order=True)
    n = pl.col("url").n_unique().over("term").cast(pl.Float64)
    n_all = float(max(n_articles, 1))
    rarity = n / (n + params.rare) * ((n_all + 1) / n).log() / math.log(n_all + 1)
    trust = source_weights.select("site", pl.col("weight").alias("trust"))
    weighed = once.join(trust, on="site", how="left").with_columns(
        (pl.col("weight").cast(pl.Float64) * rarity * pl.col("trust").fill_null(1.0)).alias("weight")
    )
    summed = (
        weighed.filter(pl.col("weight") > 0)
        .sort("weight", "url", descending=[True, False])
        .group_by(*_ENTITY, "term", maintain_order=True)
        .agg(
            pl.col("weight").sum(),
            pl.col("url").n_unique().alias("n_articles"),
            pl.col("site").n_unique().alias("n_sites"),
            pl.col("excerpt").first(),
            pl.col("url").first(),
        )
    )
    ranked = (
        _without_nested(summed, params)
        .sort(*_ENTITY, "weight", "term", descending=[False, False, True, False])
        .with_columns((pl.int_range(pl.len()).over(_ENTITY) + 1).alias(c.RANK))
        .filter(pl.col(c.RANK) <= params.n_terms)
    )
    names = [column.name for column in ENTITY_TERMS.columns]
    return ranked.select(pl.col(name).cast(ENTITY_TERMS.dtypes[name]) for name in names)


def _without_nested(summed: pl.DataFrame, params: TermParams) -> pl.DataFrame:
    """Drop "dream" where nearly all of it is "dream pop"."""
    phrases = (
        summed.filter(pl.col("term").str.contains(" ", literal=True))
        .select(*_ENTITY, "weight", pl.col("term").alias("phrase"), pl.col("term").str.split(" "))
        .with_columns(pl.col("term").list.len().alias("n_words"))
    )
    parts = phrases.with_columns(
        pl.concat_list(
            pl.col("term"),
            pl.when(pl.col("n_words") == 3).then(
                pl.concat_list(
                    pl.col("term").list.head(2).list.join(" "), pl.col("term").list.tail(2).list.join(" ")
                )
            ).otherwise(pl.lit([], dtype=pl.List(pl.String))),
        ).alias("term")
    ).explode("term")  # fmt: skip
    most = parts.group_by(*_ENTITY, "term").agg(pl.col("weight").max().alias("of_phrase"))
    joined = summed.join(most, on=[*_ENTITY, "term"], how="left")
    kept = pl.col("of_phrase").is_null() | (pl.col("of_phrase") < params.nested_share * pl.col("weight"))
    return joined.filter(kept).drop("of_phrase")
