"""What a source's words are worth: do the artists that it names together also get heard together, above chance.

Belongs here: from pairs of artists by source and who heard whom to a weight by source. Which artists stand near each other is
``co_mentions``. Listeners are counted and never leave.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from scipy import sparse

from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.corpus.tables import SOURCE_WEIGHTS

OTHER = "other_artist_id"
_CHUNK = 256


class SourceParams(BaseModel, frozen=True):
    """How much evidence moves a source's weight."""

    shrinkage: float = Field(
        default=30.0, ge=0, le=10_000, description="Pairs of artists at which a source's own score counts half."
    )
    min_listeners: int = Field(default=2, ge=1, le=1000, description="Listeners that an artist of a pair must have.")
    max_pairs: int = Field(default=2_000, ge=10, le=100_000, description="Heaviest pairs that a source is judged on.")
    least_reference: float = Field(
        default=0.1, gt=0, le=1, description="Score that weighs 1, where the mean of all sources is lower than this."
    )
    least_weight: float = Field(
        default=0.05, ge=0, le=1, description="Of a source that foretells nothing: the sentences stay to be looked at."
    )


@dataclass(frozen=True)
class Heard:
    """Who is heard with whom: artists, and unit rows over listeners, CSR of shape (artists, listeners)."""

    artists: IdMap
    rows: sparse.csr_matrix


def heard_together(heard: pl.DataFrame, params: SourceParams) -> Heard:
    """Arrange who heard whom for ``judge_pairs``.

    Args:
        heard: artist_id, user_id; repeats count once.
        params: artists with too few listeners are left out.
    """
    distinct = heard.select(c.ARTIST_ID, c.USER_ID).unique()
    enough = distinct.group_by(c.ARTIST_ID).len().filter(pl.col("len") >= params.min_listeners)
    kept = distinct.join(enough, on=c.ARTIST_ID, how="semi").sort(c.ARTIST_ID, c.USER_ID)
    artists, listeners = IdMap.of(kept[c.ARTIST_ID]), IdMap.of(kept[c.USER_ID])
    matrix = sparse.csr_matrix(
        (np.ones(kept.height), (artists.rows(kept[c.ARTIST_ID]), listeners.rows(kept[c.USER_ID]))),
        shape=(artists.size, listeners.size),
    )
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return Heard(artists, sparse.diags(1 / np.maximum(lengths, 1e-9)) @ matrix)


def judge_pairs(pairs: pl.DataFrame, heard: Heard) -> pl.DataFrame:
    """Say how much more two artists are heard together than one of them with any other.

    Args:
        pairs: artist_id, other_artist_id.
        heard: see ``heard_together``.

    Returns:
        ``pairs`` of artists that are both heard, with ``agreement``: 1 if no other artist shares listeners with the first as
        the second does (cosine), -1 if all do more; 0 is chance.
    """
    first = heard.artists.rows(pairs[c.ARTIST_ID])
    second = heard.artists.rows(pairs[OTHER])
    known = np.flatnonzero((first >= 0) & (second >= 0) & (first != second))
    first, second = first[known], second[known]
    agreement = np.zeros(len(known))
    for start in range(0, len(known), _CHUNK):
        part = slice(start, start + _CHUNK)
        agreement[part] = _agreement(heard.rows, first[part], second[part])
    return pairs[known].with_columns(pl.Series("agreement", agreement, dtype=pl.Float64))


def _agreement(rows: sparse.csr_matrix, first: NDArray[np.integer], second: NDArray[np.integer]) -> NDArray[np.float64]:
    cosines = (rows[first] @ rows.T).toarray()
    place = np.arange(len(first))
    theirs = cosines[place, second][:, None].copy()
    # An artist is no peer of itself.
    cosines[place, first] = np.nan
    n_others = max(rows.shape[0] - 2, 1)
    below = (cosines < theirs - 1e-9).sum(axis=1)
    above = (cosines > theirs + 1e-9).sum(axis=1)
    return (below - above) / n_others


def weigh_sources(sites: pl.DataFrame, pairs: pl.DataFrame, heard: pl.DataFrame, params: SourceParams) -> pl.DataFrame:
    """Weigh each source by how well its pairs of artists foretell who is heard with whom.

    The score is the mean agreement of a source's pairs. It is shrunk, by the number of pairs, to a reference: the mean of all
    sources, or 0.1 where that is lower, so that a press of bad sources is not its own measure. The weight is the ratio of
    the two, 0.05 to 2: a source of which nothing is known weighs 1.

    Args:
        sites: site, n_articles, n_mentions.
        pairs: site, artist_id, other_artist_id, weight; each pair of a site once, in one direction.
        heard: artist_id, user_id.
        params: how.

    Returns:
        Rows of ``corpus.source_weights`` without the week, by site.
    """
    heaviest = pairs.sort("weight", c.ARTIST_ID, OTHER, descending=[True, False, False])
    heaviest = heaviest.group_by("site", maintain_order=True).head(params.max_pairs)
    judged = judge_pairs(heaviest, heard_together(heard, params)) if heard.height else heaviest.clear()
    if judged.is_empty():
        scored = pl.DataFrame(schema={"site": pl.String, c.SCORE: pl.Float64, "n_judged": pl.UInt32})
    else:
        scored = judged.group_by("site").agg(pl.col("agreement").mean().alias(c.SCORE), pl.len().alias("n_judged"))
    reference = max(_mean_of_sources(scored, params), params.least_reference)
    shrunk = (pl.col(c.SCORE) * pl.col("n_judged") + reference * params.shrinkage) / (
        pl.col("n_judged") + params.shrinkage
    )
    weight = (shrunk / reference).clip(params.least_weight, 2.0)
    joined = sites.join(scored, on="site", how="left").with_columns(
        pl.when(pl.col("n_judged") > 0).then(weight).otherwise(1.0).alias("weight"), pl.col("n_judged").fill_null(0)
    )
    names = [column.name for column in SOURCE_WEIGHTS.columns]
    return joined.select(pl.col(name).cast(SOURCE_WEIGHTS.dtypes[name]) for name in names).sort("site")


def _mean_of_sources(scored: pl.DataFrame, params: SourceParams) -> float:
    """Average the scores: a source of many pairs says more, but no more than ten times what shrinkage asks."""
    if scored.is_empty():
        return 0.0
    says = scored["n_judged"].cast(pl.Float64).clip(upper_bound=10 * max(params.shrinkage, 1.0))
    return float(np.average(scored[c.SCORE].to_numpy(), weights=says.to_numpy()))
