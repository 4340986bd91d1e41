"""Vectors of tracks and artists from good playlists: what is collected together lies together.

Belongs here: one space for tracks and artists. Associations and their factors are ``pmi``.
"""

import numpy as np
import polars as pl
from pydantic import BaseModel, Field
from scipy import sparse

from recsys_assets.core import columns as c
from recsys_assets.corpus import tables as t
from recsys_assets.corpus.pmi import PmiParams, associate, factorise_associations, unit_vectors


class PlaylistVectorParams(BaseModel, frozen=True):
    """How the vectors are made."""

    n_dimensions: int = Field(default=64, gt=0, description="Length of a vector.")
    min_playlists: int = Field(default=2, gt=0, description="Good playlists that hold a track or an artist, at least.")
    strongest: int = Field(default=PmiParams().strongest, gt=0, description="Associations kept of a track or artist.")


def make_playlist_vectors(
    held: sparse.csr_matrix,
    track_ids: pl.Series,
    artist_of: pl.Series,
    params: PlaylistVectorParams | None = None,
    *,
    seed: int,
) -> pl.DataFrame:
    """Factorise which tracks and artists stand in the same good playlists.

    Args:
        held: good playlists x tracks, ones.
        track_ids: by column.
        artist_of: by column, the first credited artist; null where it is not known.
        params: how.
        seed: of the factorisation.

    Returns:
        Rows of ``corpus.playlist_vectors`` without the week, by kind and id; vectors of length 1.
    """
    wanted = params or PlaylistVectorParams()
    artists = artist_of.drop_nulls().unique().sort()
    credited = pl.DataFrame({"id": artist_of}).with_row_index("track").drop_nulls()
    row_of = pl.DataFrame({"id": artists}).with_row_index("artist")
    credit = credited.join(row_of, on="id", how="left", maintain_order="left")
    by_artist = sparse.csr_matrix(
        (np.ones(credit.height, dtype=np.float32), (credit["track"].to_numpy(), credit["artist"].to_numpy())),
        shape=(held.shape[1], artists.len()),
    )
    entities = sparse.hstack([held, held @ by_artist], format="csr")
    n_playlists = np.bincount(entities.indices, minlength=entities.shape[1])
    kept = np.flatnonzero(n_playlists >= wanted.min_playlists)
    chosen = entities[:, kept].tocsr()
    found = associate(chosen, chosen, PmiParams(strongest=wanted.strongest), is_same=True)
    # Who is among the strongest of whom is not mutual: with both directions a rare track keeps what names it.
    vectors = unit_vectors(factorise_associations(found.maximum(found.T).tocsr(), wanted.n_dimensions, seed=seed)[0])
    ids = pl.concat([track_ids.cast(pl.String).alias("id"), artists.cast(pl.String).alias("id")])
    kinds = [t.TRACK] * held.shape[1] + [t.ARTIST] * artists.len()
    rows = pl.DataFrame(
        {
            t.KIND: pl.Series(kinds, dtype=pl.String).gather(kept),
            t.ENTITY_ID: ids.gather(kept),
            c.VECTOR: pl.Series(list(vectors), dtype=pl.List(pl.Float32)),
            t.N_PLAYLISTS: n_playlists[kept].astype(np.int32),
        }
    )
    # What nothing is associated with has no direction.
    return rows.filter(pl.Series(np.abs(vectors).sum(axis=1) > 0)).sort(t.KIND, t.ENTITY_ID)
