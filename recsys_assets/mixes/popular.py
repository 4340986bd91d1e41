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


@dataclass(frozen=True)
class Popular:
    """Offerable tracks, the most popular first: ``tracks`` int32 rows, ``share`` float32 of all listeners, 0 to 1."""

    tracks: NDArray[np.int32]
    share: NDArray[np.float32]

    def __len__(self) -> int:
        return self.tracks.size


def rank_popular(pairs: pl.DataFrame, catalogue: Catalogue, *, by: str = c.USER_ID) -> Popular:
    """Rank tracks by how many different listeners play them.

    Listeners and not plays are counted, so that nobody alone can make a track popular. Tracks that nobody plays are not
    in the list.

    Args:
        pairs: one row per listener and track played in the window (``play_matrix.play_confidence``), or per playlist
            and track.
        catalogue: the tracks; those that are not offerable are left out.
        by: whose number counts: ``user_id``, or ``playlist_id`` where only playlists are known.

    Returns:
        Every offerable track that somebody plays; ties by track id.
    """
    n_all = pairs[by].n_unique() if len(pairs) else 0
    counted = pairs.group_by(c.TRACK_ID).agg(n=pl.col(by).n_unique())
    rows = catalogue.tracks.rows(counted[c.TRACK_ID])
    n = counted["n"].to_numpy()[rows >= 0]
    rows = rows[rows >= 0]
    n, rows = n[catalogue.is_offerable[rows]], rows[catalogue.is_offerable[rows]]
    order = np.lexsort((rows, -n.astype(np.int64)))
    share = (n[order] / max(n_all, 1)).astype(np.float32)
    return Popular(tracks=rows[order].astype(np.int32), share=share)
