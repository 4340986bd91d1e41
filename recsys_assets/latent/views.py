"""Who is like whom, seen from one side: by listeners, by sound, by text, and by all of these together.

Belongs here: nearness of one artist or track to the others in each view, and their blend. Vectors and terms come as frames. A
view that knows nothing of the one that is asked for is empty, and the blend does without it.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from recsys_assets.core import columns as c

LISTENERS, SOUND, TEXT, ALL = "listeners", "sound", "text", "all"
VIEWS = (LISTENERS, SOUND, TEXT)
ID, LIKENESS = "id", "likeness"
# Reciprocal rank fusion (Cormack 2009): the first of a view counts 1/61, the hundredth 1/160; scores need not compare.
_FUSION = 60
_REACH = 500
# Of the parts of the view by text, where each has something to say.
_MEANING, _WORDS, _TOGETHER = 0.4, 0.4, 0.2


def by_vectors(vectors: pl.DataFrame, own: str) -> pl.DataFrame:
    """Rank all by the cosine to one.

    Args:
        vectors: id and vector; several rows of an id count as their mean direction.
        own: the id that is asked for; a view that has no vector of it is empty.

    Returns:
        id and likeness (-1 to 1), best first, without the one asked for.
    """
    rows = vectors.filter(pl.col(c.VECTOR).list.len() > 0)
    if rows.filter(pl.col(ID) == own).is_empty():
        return nobody()
    ids = rows[ID].unique().sort()
    at = rows.select(ID).join(pl.DataFrame({ID: ids}).with_row_index("row"), on=ID, how="left", maintain_order="left")
    matrix = np.stack(rows[c.VECTOR].to_list()).astype(np.float64)
    means = np.zeros((ids.len(), matrix.shape[1]))
    np.add.at(means, at["row"].to_numpy(), matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-12))
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    likeness = means @ means[ids.to_list().index(own)]
    return _ranked(pl.DataFrame({ID: ids, LIKENESS: likeness}), own)


def by_terms(terms: pl.DataFrame, own: str) -> pl.DataFrame:
    """Rank all by the cosine of their weighted terms: id, term, weight."""
    lengths = terms.group_by(ID).agg((pl.col("weight") ** 2).sum().sqrt().alias("length"))
    unit = terms.join(lengths, on=ID).with_columns((pl.col("weight") / pl.col("length")).alias("weight"))
    asked = unit.filter(pl.col(ID) == own).select("term", pl.col("weight").alias("own"))
    shared = unit.join(asked, on="term").group_by(ID).agg((pl.col("weight") * pl.col("own")).sum().alias(LIKENESS))
    return _ranked(shared.select(ID, pl.col(LIKENESS).cast(pl.Float64)), own)


def by_text(meaning: pl.DataFrame, words: pl.DataFrame, together: pl.DataFrame, own: str) -> pl.DataFrame:
    """Rank by what is written: the meaning of the sentences, the words near the names, who is named together.

    Each part counts as a share of its best; a part that knows nothing of the one asked for is left out of the scale.

    Args:
        meaning: id and likeness, from ``by_vectors``.
        words: id and likeness, from ``by_terms``.
        together: id and weight of those who are named near the one asked for.
        own: the id that is asked for.
    """
    named = together.select(ID, pl.col("weight").cast(pl.Float64).alias(LIKENESS))
    parts = [
        part.filter(pl.col(LIKENESS) > 0).select(ID, pl.col(LIKENESS) / pl.col(LIKENESS).max() * weight)
        for part, weight in ((meaning, _MEANING), (words, _WORDS), (named, _TOGETHER))
    ]
    total = sum(weight for part, weight in zip(parts, (_MEANING, _WORDS, _TOGETHER), strict=True) if part.height)
    summed = pl.concat(parts).group_by(ID).agg(pl.col(LIKENESS).sum() / max(total, 1e-12))
    return _ranked(summed, own)


def blend(views: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Put views together by the rank that each gives: id, likeness (0 to 1), and the rank in each view.

    Args:
        views: by name, each id and likeness, best first; empty ones do not count.
    """
    known = {name: rows for name, rows in views.items() if rows.height}
    if not known:
        return nobody()
    ranked = [
        rows.head(_REACH).select(ID, pl.lit(name).alias("view"), pl.int_range(1, pl.len() + 1).alias(c.RANK))
        for name, rows in known.items()
    ]
    best = len(known) / (_FUSION + 1)
    whole = pl.concat(ranked).group_by(ID).agg(
        ((1 / (_FUSION + pl.col(c.RANK))).sum() / best).alias(LIKENESS),
        *(pl.col(c.RANK).filter(pl.col("view") == name).first().alias(name) for name in known),
    )  # fmt: skip
    return whole.sort(LIKENESS, ID, descending=[True, False])


def nobody() -> pl.DataFrame:
    """Return an empty view."""
    return pl.DataFrame(schema={ID: pl.String, LIKENESS: pl.Float64})


def _ranked(rows: pl.DataFrame, own: str) -> pl.DataFrame:
    return rows.filter(pl.col(ID) != own).sort(LIKENESS, ID, descending=[True, False])
