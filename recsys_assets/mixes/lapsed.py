"""Listeners who played things once and nothing lately: their older plays stand in for what has left the window.

Belongs here: the stand-in. What the window holds is ``play_matrix``, which forgets on purpose; a mix does not have to, and
who comes back after half a year is no stranger.
"""

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.mixes.history import History


def with_older_plays(confidence: pl.DataFrame, history: History) -> pl.DataFrame:
    """Complete the confidences of a window by those of listeners who have none in it.

    Args:
        confidence: ``user_id``, ``track_id``, ``confidence`` of a window.
        history: all that was ever heard and hidden.

    Returns:
        The same columns. For a listener without a row: every track that they ever heard to the completion line and have
        not hidden, with ``log(1 + plays)``, which compares within that listener only. Who only ever cut plays short still
        has none.
    """
    older = (
        history.heard.filter(pl.col(c.PLAY_COUNT) > 0)
        .join(confidence, on=c.USER_ID, how="anti")
        .join(history.hidden, on=[c.USER_ID, c.TRACK_ID], how="anti")
        .select(
            c.USER_ID,
            c.TRACK_ID,
            (pl.col(c.PLAY_COUNT) + 1).cast(pl.Float64).log().cast(pl.Float32).alias(c.CONFIDENCE),
        )
        .sort(c.USER_ID, c.TRACK_ID)
    )
    return pl.concat([confidence.select(c.USER_ID, c.TRACK_ID, pl.col(c.CONFIDENCE).cast(pl.Float32)), older])
