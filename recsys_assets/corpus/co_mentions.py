"""Which artists are named near each other: pairs by article, and over many articles, chance taken off.

Belongs here: pairs. What a source is worth is ``sources``; the week's window is ``reading_weeks``.
"""

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.corpus.tables import ARTIST, CO_MENTIONS

OTHER = "other_artist_id"
# Sentences apart that still count, each halving; a sentence that lists more artists is read to this many.
FARTHEST_SENTENCES, MAX_ARTISTS_IN_SENTENCE = 2, 40


def pairs_by_article(mentions: pl.DataFrame) -> pl.DataFrame:
    """Return each two artists that an article names within two sentences of each other, in both directions.

    The weight is the product of confidences times 0.5 ** sentences apart, at their nearest, divided by log2(1 + artists of the
    article): a list of everybody says little of any two.

    Args:
        mentions: rows of ``corpus.article_mentions``.

    Returns:
        url, site, artist_id, other_artist_id, weight, excerpt (null where they share no sentence).
    """
    named = (
        mentions.lazy()
        .filter(pl.col("kind") == ARTIST)
        .group_by("url", "site", "sentence", pl.col("entity_id").alias(c.ARTIST_ID))
        .agg(pl.col(c.CONFIDENCE).max(), pl.col("excerpt").sort_by("start").first())
        .sort(c.CONFIDENCE, c.ARTIST_ID, descending=[True, False])
        .group_by("url", "sentence", maintain_order=True)
        .head(MAX_ARTISTS_IN_SENTENCE)
    )
    crowd = named.group_by("url").agg(pl.col(c.ARTIST_ID).n_unique().alias("n_artists"))
    found = []
    for apart in range(-FARTHEST_SENTENCES, FARTHEST_SENTENCES + 1):
        other = named.select(
            "url",
            (pl.col("sentence") - apart).alias("sentence"),
            pl.col(c.ARTIST_ID).alias(OTHER),
            pl.col(c.CONFIDENCE).alias("other_confidence"),
        )
        paired = named.join(other, on=["url", "sentence"]).filter(pl.col(c.ARTIST_ID) != pl.col(OTHER))
        weight = pl.col(c.CONFIDENCE) * pl.col("other_confidence") * 0.5 ** abs(apart)
        excerpt = pl.col("excerpt") if apart == 0 else pl.lit(None, dtype=pl.String)
        found.append(paired.select("url", "site", c.ARTIST_ID, OTHER, weight.alias("weight"), excerpt.alias("excerpt")))
    return (
        pl.concat(found)
        .sort("weight", "excerpt", descending=True, nulls_last=True)
        .group_by("url", "site", c.ARTIST_ID, OTHER, maintain_order=True)
        .first()
        .join(crowd, on="url")
        .with_columns((pl.col("weight") / (1 + pl.col("n_artists")).cast(pl.Float64).log(2)).alias("weight"))
        .drop("n_artists")
        .sort("url", c.ARTIST_ID, OTHER)
        .collect()
    )


def pairs_by_site(pairs: pl.DataFrame) -> pl.DataFrame:
    """Sum pairs over a site's articles, each pair once (the smaller id first): site, artist_id, other_artist_id, weight."""
    once = pairs.filter(pl.col(c.ARTIST_ID) < pl.col(OTHER))
    summed = once.group_by("site", c.ARTIST_ID, OTHER).agg(pl.col("weight").sum())
    return summed.sort("site", c.ARTIST_ID, OTHER)


def count_co_mentions(pairs: pl.DataFrame, source_weights: pl.DataFrame) -> pl.DataFrame:
    """Sum pairs over articles, weighted by source, and take off what chance would give.

    Of a weight w between a and b the share that chance explains is w_a w_b / (w W), where w_a is all weight of a and W
    that of everybody: two that everybody names are named together anyhow. What is left is above 0, or the pair goes.

    Args:
        pairs: see ``pairs_by_article``.
        source_weights: site, weight; a source that is not in it weighs 1.

    Returns:
        Rows of ``corpus.co_mentions`` without the week.
    """
    trust = source_weights.select("site", pl.col("weight").alias("trust"))
    weighed = pairs.join(trust, on="site", how="left").with_columns(
        (pl.col("weight") * pl.col("trust").fill_null(1.0)).alias("weight")
    )
    summed = (
        weighed.sort("weight", "url", descending=[True, False])
        .group_by(c.ARTIST_ID, OTHER, maintain_order=True)
        .agg(
            pl.col("weight").sum(),
            pl.col("url").n_unique().alias("n_articles"),
            pl.col("excerpt").drop_nulls().first(),
            pl.col("url").filter(pl.col("excerpt").is_not_null()).first(),
        )
    )
    mine = pl.col("weight").sum().over(c.ARTIST_ID)
    theirs = pl.col("weight").sum().over(OTHER)
    kept = summed.with_columns((pl.col("weight") - mine * theirs / pl.col("weight").sum()).alias("weight"))
    names = [column.name for column in CO_MENTIONS.columns]
    rows = kept.filter(pl.col("weight") > 0).select(pl.col(name).cast(CO_MENTIONS.dtypes[name]) for name in names)
    return rows.sort(c.ARTIST_ID, "weight", OTHER, descending=[False, True, False])
