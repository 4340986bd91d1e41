"""What the ranker knows of tracks besides who put them together: their artists.

Belongs here: credits as integers. Popularity and similarity are counted from baskets, in ``sources``; which tracks are
versions of one recording is ``versions``.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.core.schemas import require


@dataclass(frozen=True)
class TrackFacts:
    """Facts by track row.

    ``artist`` is the first credited artist, int32, dense from 0; a track without a known artist has one of its own.
    """

    artist: NDArray[np.int32]
    n_artists: int

    @property
    def by_artist(self) -> sparse.csr_matrix:
        """Tracks x artists, ones, first credits only."""
        n = self.artist.size
        return sparse.csr_matrix(
            (np.ones(n, dtype=np.float32), self.artist, np.arange(n + 1)), shape=(n, self.n_artists)
        )


def build_track_facts(tracks: pl.DataFrame, track_ids: IdMap) -> TrackFacts:
    """Make facts of the catalogue.

    Args:
        tracks: one row per ``track_id`` with ``artist_ids`` (null or empty where unknown).
        track_ids: the rows; a track absent from ``tracks`` counts as unknown.
    """
    require(tracks, {c.TRACK_ID: pl.String, c.ARTIST_IDS: pl.List(pl.String)}, what="tracks")
    wanted = pl.DataFrame({c.TRACK_ID: track_ids.ids})
    facts = wanted.join(
        tracks.select(c.TRACK_ID, artist=pl.col(c.ARTIST_IDS).list.first()).unique(
            c.TRACK_ID, keep="first", maintain_order=True
        ),
        on=c.TRACK_ID,
        how="left",
        maintain_order="left",
    ).with_columns(
        # Ids are prefixed, so that a track that stands for its own unknown artist can not meet an artist of that id.
        artist=pl.coalesce(pl.lit("a:") + pl.col("artist"), pl.lit("t:") + pl.col(c.TRACK_ID)),
    )
    artist = IdMap.of(facts["artist"])
    return TrackFacts(artist=artist.rows(facts["artist"]), n_artists=artist.size)
