"""The terms of an artist or a track over many articles: nearness, rarity, who else has them, and what the sources are worth.

Belongs here: weighing. What stands near a mention in one article is ``terms``.
"""

import math

import polars as pl
from pydantic import BaseModel, Field

from recsys_assets.core import columns as c
from recsys_assets.corpus.tables import ARTIST, ENTITY_TERMS
from recsys_assets.corpus.text import UNKNOWN_LANGUAGE

_LANGUAGE = "language"
_ENTITY = ("kind", "entity_id")


class TermParams(BaseModel, frozen=True):
    """Which terms are kept."""

    n_terms: int = Field(default=100, ge=1, le=10_000, description="Terms kept of an entity, heaviest first.")
    rare: float = Field(
        default=2.0, ge=0, le=100, description="Articles at which a term's rarity counts half of what it could: a word "
        "that one article has may be a slip."
    )  # fmt: skip
    most_artists: float = Field(
        default=0.4, gt=0, le=1, description="A term that this share of the artists with text have counts nothing: it is how "
        "one writes of anybody. Up to half of it a term counts in full."
    )  # fmt: skip
    few_artists: int = Field(
        default=8,
        ge=1,
        le=10_000,
        description="The share is no fewer artists than these: in a small catalogue a word that half as many have tells in full.",
    )
    nested_share: float = Field(
        default=0.7, ge=0, le=1, description="A word of a phrase goes where the phrase has this share of its weight."
    )


def rarity_of(n_articles: int, n_all: int, params: TermParams) -> float:
    """Return how much a term that stands in ``n_articles`` of ``n_all`` counts, 0 to 1: most in between.

    n / (n + rare) * log((N + 1) / n) / log(N + 1): low for what one article has, and for what all have.
    """
    return n_articles / (n_articles + params.rare) * math.log((n_all + 1) / n_articles) / math.log(n_all + 1)


def weigh_terms(
    terms: pl.DataFrame,
    source_weights: pl.DataFrame,
    n_articles: int,
    params: TermParams,
    *,
    languages: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Sum the terms of each entity over articles and keep the heaviest.

    A sentence that stands word for word in several articles of a source counts once: it is what stands around articles. What
    most artists have in common counts nothing ("told", "fans"), nor what most of those have that are written about in the
    article's language ("aime", "groupe").

    Args:
        terms: rows of ``corpus.article_terms``, one making of each article.
        source_weights: site, weight; a source that is not in it weighs 1.
        n_articles: how many articles were read, with or without a mention.
        params: how.
        languages: url, language; null or no row: unknown, which counts as a language.

    Returns:
        Rows of ``corpus.entity_terms`` without the week, by entity, best first.
    """
    if terms.is_empty():
        return ENTITY_TERMS.empty().drop(c.WEEK)
    once = terms.sort("url").unique(["site", *_ENTITY, "term", "excerpt"], keep="first", maintain_order=True)
    once = once.with_columns(pl.col("url").n_unique().over("term").cast(pl.Float64).alias("n_having"))
    n = pl.col("n_having")
    n_all = float(max(n_articles, 1))
    rarity = n / (n + params.rare) * ((n_all + 1) / n).log() / math.log(n_all + 1)
    trust = source_weights.select("site", pl.col("weight").alias("trust"))
    weighed = once.join(trust, on="site", how="left").with_columns(
        (pl.col("weight").cast(pl.Float64) * pl.col("trust").fill_null(1.0)).alias("weight"), rarity.alias("rarity")
    )
    spoken = pl.DataFrame(schema={"url": pl.String, _LANGUAGE: pl.String}) if languages is None else languages
    weighed = weighed.join(spoken.select("url", _LANGUAGE).unique("url"), on="url", how="left").with_columns(
        pl.col(_LANGUAGE).str.slice(0, 2).str.to_lowercase().fill_null(UNKNOWN_LANGUAGE)
    )
    weighed = (
        weighed.join(_telling(weighed, ["term"], params), on="term", how="left")
        .join(_telling(weighed, ["term", _LANGUAGE], params), on=["term", _LANGUAGE], how="left", suffix="_here")
        # Of a term that only tracks have, how many artists have it is not known.
        .with_columns(pl.min_horizontal("telling", "telling_here").fill_null(1.0).alias("telling"))
    )
    weighed = _without_common_edges(weighed, params).with_columns(
        pl.col("weight") * pl.col("rarity") * pl.col("telling")
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


def _telling(weighed: pl.DataFrame, by: list[str], params: TermParams) -> pl.DataFrame:
    """Return how much each term tells whom it is said of, 0 to 1: ``by`` and ``telling``.

    How many artists have a term is the exponential of the entropy of its weight over them: one of a hundred equal parts is one
    of a hundred artists, and a stray sentence adds next to nothing. On a demo world it parts "guitars" (8 of 51) from "recorded"
    (28); the plain number, 15 and 31, does not.
    """
    of_artists = weighed.filter(pl.col("kind") == ARTIST)
    rest = [name for name in by if name != "term"]
    n_artists = pl.col("entity_id").n_unique()
    of_artists = of_artists.with_columns((n_artists.over(rest) if rest else n_artists).alias("n_artists"))
    part = pl.col("weight") / pl.col("weight").sum().over(by)
    most = (pl.col("n_artists").first() * params.most_artists).clip(lower_bound=params.few_artists)
    return (
        of_artists.group_by(*by, "entity_id", maintain_order=True)
        .agg(pl.col("weight").sum(), pl.col("n_artists").first())
        .filter(pl.col("weight") > 0)
        .with_columns(part.alias("part"))
        .group_by(by, maintain_order=True)
        .agg((-(pl.col("part") * pl.col("part").log()).sum()).exp().alias("having"), most.alias("most"))
        .select(*by, (2 * (1 - pl.col("having") / pl.col("most"))).round(9).clip(0, 1).alias("telling"))
    )


def _without_common_edges(weighed: pl.DataFrame, params: TermParams) -> pl.DataFrame:
    """Drop "nylon strings proved", where "proved" tells nothing, unless articles say it again and again: "carnival ready"."""
    silent = weighed.filter(pl.col("telling") == 0).select(pl.col("term").alias("edge"), _LANGUAGE).unique()
    words = pl.col("term").str.split(" ")
    chance = weighed.filter(pl.col("n_having") <= params.rare, pl.col("term").str.contains(" ", literal=True))
    edges = chance.select("term", _LANGUAGE, pl.concat_list(words.list.first(), words.list.last()).alias("edge"))
    dropped = edges.unique().explode("edge").join(silent, on=["edge", _LANGUAGE], how="semi").select("term", _LANGUAGE)
    return weighed.join(dropped.unique(), on=["term", _LANGUAGE], how="anti", maintain_order="left")


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
