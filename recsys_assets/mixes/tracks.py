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
    ``titles`` by track and ``artist_names`` by artist are empty texts where they are not known.
    """

    artist: NDArray[np.int32]
    n_artists: int
    titles: tuple[str, ...]
    artist_names: tuple[str, ...]

    @property
    def by_artist(self) -> sparse.csr_matrix:
        """Tracks x artists, ones, first credits only."""
        n = self.artist.size
        return sparse.csr_matrix(
            (np.ones(n, dtype=np.float32), self.artist, np.arange(n + 1)), shape=(n, self.n_artists)
        )


def build_track_facts(tracks: pl.DataFrame, track_ids: IdMap, artists: pl.DataFrame | None = None) -> TrackFacts:
    """Make facts of the catalogue.

    Args:
        tracks: one row per ``track_id`` with ``artist_ids`` (null or empty where unknown), and ``title`` where titles are known.
        track_ids: the rows; a track absent from ``tracks`` counts as unknown.
        artists: one row per ``artist_id`` with ``name``, where names are known.
    """
    require(tracks, {c.TRACK_ID: pl.String, c.ARTIST_IDS: pl.List(pl.String)}, what="tracks")
    wanted = pl.DataFrame({c.TRACK_ID: track_ids.ids})
    title = pl.col(c.TITLE) if c.TITLE in tracks.columns else pl.lit(None, pl.String)
    facts = wanted.join(
        tracks.select(c.TRACK_ID, title.alias(c.TITLE), artist=pl.col(c.ARTIST_IDS).list.first()).unique(
            c.TRACK_ID, keep="first", maintain_order=True
        ),
        on=c.TRACK_ID,
        how="left",
        maintain_order="left",
    ).with_columns(
        # Ids are prefixed, so that a track that stands for its own unknown artist can not meet an artist of that id.
        key=pl.coalesce(pl.lit("a:") + pl.col("artist"), pl.lit("t:") + pl.col(c.TRACK_ID)),
    )
    artist = IdMap.of(facts["key"])
    names = pl.DataFrame(schema={"key": pl.String, c.NAME: pl.String})
    if artists is not None:
        named = artists.select((pl.lit("a:") + pl.col(c.ARTIST_ID)).alias("key"), c.NAME)
        names = named.unique("key", keep="first", maintain_order=True)
    by_artist = pl.DataFrame({"key": artist.ids}).join(names, on="key", how="left", maintain_order="left")
    return TrackFacts(
        artist=artist.rows(facts["key"]),
        n_artists=artist.size,
        titles=tuple(facts[c.TITLE].fill_null("")),
        artist_names=tuple(by_artist[c.NAME].fill_null("")),
    )
