"""What ``play_matrix`` publishes: the confidence of each listener in each track, as known at the end of a day."""

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.schemas import TableSchema, columns

PLAY_CONFIDENCE = TableSchema(
    group="play_matrix",
    name="play_confidence",
    grain="One row per listener and track with positive evidence in the window that ends with the day.",
    columns=columns(
        (c.USER_ID, pl.String, "The listener.", False),
        (c.TRACK_ID, pl.String, "The track.", False),
        (c.CONFIDENCE, pl.Float32, "How sure we are that the listener likes the track, above 0, capped.", False),
        (c.PLAY_COUNT, pl.Float32, "Completed plays in the window, each fading with its age (half-life).", False),
    ),
    key=(c.USER_ID, c.TRACK_ID),
    partition=c.DATE,
    personal=c.USER_ID,
)

TABLES = (PLAY_CONFIDENCE,)
