"""Which items lie near which: the nearest by cosine, as a table.

Belongs here: neighbours within one kind. Items for a listener are ``retrieve``; sums and differences are
``arithmetic``.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.latent.retrieve import top_n
from recsys_assets.latent.space import LatentSpace
from recsys_assets.metrics.ranking import PADDING

NEIGHBOUR_ID = "neighbour_id"
COSINE = "cosine"


def track_neighbours(space: LatentSpace, *, k: int, num_threads: int | None = None) -> pl.DataFrame:
    """Return track_id, neighbour_id, rank (int32, from 1), cosine (float32); see ``nearest``."""
    return _table(c.TRACK_ID, space.tracks, space.track_vectors, k=k, num_threads=num_threads)


def artist_neighbours(space: LatentSpace, *, k: int, num_threads: int | None = None) -> pl.DataFrame:
    """Return artist_id, neighbour_id, rank (int32, from 1), cosine (float32); see ``nearest``."""
    return _table(c.ARTIST_ID, space.artists, space.artist_vectors, k=k, num_threads=num_threads)


def nearest(
    vectors: NDArray[np.float32], *, k: int, num_threads: int | None = None
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Find the ``k`` nearest others of each vector, exactly.

    Returns:
        (rows, cosines), each of shape (n, k), nearest first, ties by the lower row; -1 and -inf where there are fewer
        others, and in the whole line of a zero vector.
    """
    units = to_units(vectors)
    # One more than k, because each is its own nearest; not always in the first place, when two are identical.
    found = top_n(units, units, n=k + 1, num_threads=num_threads)
    is_self = found.item_rows == np.arange(len(units), dtype=np.int32)[:, None]
    # Where rounding pushed itself out of the list, the last goes instead, so that each line loses exactly one.
    is_self[~is_self.any(axis=1), -1] = True
    shape = (len(units), k)
    return found.item_rows[~is_self].reshape(shape), np.minimum(found.scores[~is_self].reshape(shape), 1)


def to_units(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows to length 1; zero rows stay zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _table(
    id_column: str, ids: IdMap, vectors: NDArray[np.float32], *, k: int, num_threads: int | None
) -> pl.DataFrame:
    rows, cosines = nearest(vectors, k=k, num_threads=num_threads)
    own, place = np.nonzero(rows != PADDING)
    return pl.DataFrame(
        {
            id_column: ids.external(own),
            NEIGHBOUR_ID: ids.external(rows[own, place]),
            c.RANK: (place + 1).astype(np.int32),
            COSINE: cosines[own, place],
        },
        schema={id_column: pl.String, NEIGHBOUR_ID: pl.String, c.RANK: pl.Int32, COSINE: pl.Float32},
    )
