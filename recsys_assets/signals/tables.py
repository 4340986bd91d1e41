"""What ``signals`` publishes: evidence counted per listener and day, before anybody weighs it."""

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.schemas import INSTANT, TableSchema, columns

TRACK_SIGNALS = TableSchema(
    group="signals",
    name="track_signals",
    grain="One row per listener and track with any play or deliberate act on the day.",
    columns=columns(
        (c.USER_ID, pl.String, "The listener.", False),
        (c.TRACK_ID, pl.String, "The track.", False),
        ("plays", pl.Int32, "Plays that reached the completion line (half of the track, or four minutes).", False),
        ("partial_plays", pl.Int32, "Plays that ended before the line and not by a skip, or of unknown length.", False),
        ("skips", pl.Int32, "Plays that the listener cut short before the line.", False),
        ("ms_played", pl.Int64, "Milliseconds heard, 0 where no play says.", False),
        ("likes", pl.Int32, "Likes minus unlikes.", False),
        ("saves", pl.Int32, "Saves to the library.", False),
        ("playlist_adds", pl.Int32, "Additions to playlists minus removals.", False),
        ("hides", pl.Int32, "Wishes never to hear it again.", False),
        ("presaves", pl.Int32, "Pre-saves before the release.", False),
        (c.LAST_HEARD_AT, INSTANT, "When the day's last play of it began, UTC; null where only acts happened.", True),
    ),
    key=(c.USER_ID, c.TRACK_ID),
    partition=c.DATE,
    personal=c.USER_ID,
)

ARTIST_SIGNALS = TableSchema(
    group="signals",
    name="artist_signals",
    grain="One row per listener and artist with a deliberate act on the artist on the day.",
    columns=columns(
        (c.USER_ID, pl.String, "The listener.", False),
        (c.ARTIST_ID, pl.String, "The artist.", False),
        ("follows", pl.Int32, "Follows and likes minus unlikes.", False),
        ("hides", pl.Int32, "Wishes never to hear the artist again.", False),
    ),
    key=(c.USER_ID, c.ARTIST_ID),
    partition=c.DATE,
    personal=c.USER_ID,
)

TABLES = (TRACK_SIGNALS, ARTIST_SIGNALS)
