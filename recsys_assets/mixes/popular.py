"""What is popular with everybody: the list of those of whom nothing is known, and the last resort of a list too short.

Belongs here: the order of tracks by listeners. Taking tracks from it for one listener is ``discover_weekly`` and
``daily_mix``.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.core import columns as c
from recsys_assets.mixes.catalogue import Catalogue

POPULAR_DAYS = 28


@dataclass(frozen=True)
class Popular:
    """Offerable tracks, the most popular first.

    Attributes:
        tracks: int32 rows.
        share: float32, never rising: of the listeners of the last days; of a track that nobody heard in them, of all
            listeners, scaled to stay below the others. 0 to 1.
        is_recent: whether the last days decide; False where nobody is known to have heard anything in them.
    """

    tracks: NDArray[np.int32]
    share: NDArray[np.float32]
    is_recent: bool

    def __len__(self) -> int:
        return self.tracks.size


def rank_popular(recent: pl.DataFrame, pairs: pl.DataFrame, catalogue: Catalogue, *, by: str = c.USER_ID) -> Popular:
    """Rank tracks by how many different listeners heard them in the last days, then by how many like them at all.

    Listeners and not plays are counted, so that nobody alone can make a track popular. Tracks of nobody are not in the
    list.

    Args:
        recent: ``track_id``, ``listener_count``, ``listener_share`` of the last ``POPULAR_DAYS`` days
            (``sql/mixes/popular_tracks.sql``); without rows, as where only undated totals are known, ``pairs`` decide.
        pairs: one row per listener and track of older evidence (``play_matrix.play_confidence``), or per playlist and
            track.
        catalogue: the tracks; those that are not offerable are left out.
        by: whose number counts in ``pairs``: ``user_id``, or ``playlist_id`` where only playlists are known.

    Returns:
        Every offerable track that somebody heard, likes or holds; ties by track id.
    """
    n_all = max(pairs[by].n_unique(), 1) if len(pairs) else 1
    counted = (
        pairs.group_by(c.TRACK_ID)
        .agg(ever=pl.col(by).n_unique() / n_all)
        .join(recent.select(c.TRACK_ID, lately="listener_share"), on=c.TRACK_ID, how="full", coalesce=True)
        .select(c.TRACK_ID, pl.col("ever", "lately").fill_null(0.0).cast(pl.Float64))
    )
    rows = catalogue.tracks.rows(counted[c.TRACK_ID])
    offered = np.flatnonzero((rows >= 0) & catalogue.is_offerable[rows] if catalogue.tracks.size else rows >= 0)
    rows, ever, lately = rows[offered], counted["ever"].to_numpy()[offered], counted["lately"].to_numpy()[offered]
    order = np.lexsort((rows, -ever, -lately))
    rows, ever, lately = rows[order], ever[order], lately[order]
    least = lately[lately > 0].min(initial=1.0)
    share = np.where(lately > 0, lately, least * ever)
    return Popular(rows.astype(np.int32), share.astype(np.float32), is_recent=bool((lately > 0).any()))
