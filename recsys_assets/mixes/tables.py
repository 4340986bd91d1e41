"""What ``mixes`` publishes: the ranker of the week, the candidates it chose from, and the mixes themselves."""

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.schemas import TableSchema, columns

# What can have proposed a track of a mix; ``candidates.SOURCES`` are the first, a test holds them together.
MIX_SOURCES = (
    "space",
    "neighbours",
    "same_artist",
    "similar_artist",
    "playlists",
    "playlist_titles",
    "sequence",
    "popular",
    "familiar",
    "followed_artist",
    "sound",
)

SOURCE_TYPE = pl.Enum(MIX_SOURCES)

_MIX_COLUMNS = columns(
    (c.USER_ID, pl.String, "The listener.", False),
    (c.MIX, pl.String, "`discover_weekly`, `release_radar`, or `daily_mix_1` … `daily_mix_6`.", False),
    (c.RANK, pl.Int32, "Position in the mix, from 1.", False),
    (c.TRACK_ID, pl.String, "The track.", False),
    (
        c.SCORE,
        pl.Float32,
        "The score that chose the track; compares within one listener's mix, and in a Daily Mix within one source.",
        False,
    ),
    (c.SOURCE, pl.String, f"What proposed it: {', '.join(f'`{source}`' for source in MIX_SOURCES)}.", False),
    (c.REASON, pl.String, "Why, in words, from evidence that exists.", False),
    ("mix_title", pl.String, "The mix's name as shown to the listener.", False),
)

RANKER = TableSchema(
    group="mixes",
    name="ranker",
    grain="One row per week: the ranker that serves it.",
    columns=columns(
        ("model", pl.String, "The network and its parameters, as text.", False),
        (
            "trained_on",
            pl.String,
            "JSON: how many playlists and histories it learned from; empty where too few.",
            False,
        ),
        (
            c.SPACE_VERSION,
            pl.String,
            "The anchor in force when it was trained; its own space is refitted (docs/adr/0005).",
            False,
        ),
    ),
    partition=c.WEEK,
)
CANDIDATES = TableSchema(
    group="mixes",
    name="discover_candidates",
    grain="One row per listener and candidate track, at most a thousand each.",
    columns=columns(
        (c.USER_ID, pl.String, "The listener.", False),
        (
            c.TRACK_ID,
            pl.String,
            "A track that the listener may be offered: not heard, hidden or lately offered in any version, no hidden artist's.",
            False,
        ),
        (
            c.SCORE,
            pl.Float32,
            "Never rising, comparable within one listener only: the ranker's of the best 300, then the first stage's.",
            False,
        ),
        (c.SOURCE, pl.String, "The source that ranked it highest.", False),
    ),
    key=(c.USER_ID, c.TRACK_ID),
    partition=c.WEEK,
    personal=c.USER_ID,
)
DISCOVER_WEEKLY = TableSchema(
    group="mixes",
    name="discover_weekly",
    grain="One row per listener and position, thirty tracks each, delivered on the Monday.",
    columns=_MIX_COLUMNS,
    key=(c.USER_ID, c.RANK),
    partition=c.WEEK,
    personal=c.USER_ID,
)
RELEASE_RADAR = TableSchema(
    group="mixes",
    name="release_radar",
    grain="One row per listener and position, up to thirty new releases each, delivered on the Friday.",
    columns=_MIX_COLUMNS,
    key=(c.USER_ID, c.RANK),
    partition=c.WEEK,
    personal=c.USER_ID,
)
RELEASE_RADAR_PREVIEW = TableSchema(
    group="mixes",
    name="release_radar_preview",
    grain="One row per submission and listener in whose Release Radar it would land, from what is known now.",
    columns=(
        _MIX_COLUMNS[0],
        *columns((c.WEEK, pl.Date, "The Friday on which it would be delivered.", False)),
        *_MIX_COLUMNS[2:7],
        *columns((c.AS_OF, pl.Date, "The day of the space that tells.", False)),
    ),
    key=(c.USER_ID,),
    partition=c.SUBMISSION_ID,
    personal=c.USER_ID,
)
DAILY_MIX = TableSchema(
    group="mixes",
    name="daily_mix",
    grain="One row per listener, mix (up to six) and position.",
    columns=_MIX_COLUMNS,
    key=(c.USER_ID, c.MIX, c.RANK),
    partition=c.DATE,
    personal=c.USER_ID,
)

TABLES = (RANKER, CANDIDATES, DISCOVER_WEEKLY, RELEASE_RADAR, RELEASE_RADAR_PREVIEW, DAILY_MIX)
