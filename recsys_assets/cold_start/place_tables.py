"""What ``cold_start`` publishes about tracks that few have heard: their places, first listeners and audiences.

Submissions themselves (verdicts, states, analysis) are ``tables``.
"""

import polars as pl

from recsys_assets.cold_start.tables import IS_ON_TIME, RECEIVED_AT
from recsys_assets.core import columns as c
from recsys_assets.core.schemas import EMBEDDING, IDS, INSTANT, Column, TableSchema, columns

GROUP = "cold_start"
SOUND_VECTOR = "sound_vector"
MADE_AT = "made_at"
SHARES = pl.List(pl.Float32)

_PLACE = columns(
    (c.TRACK_ID, pl.String, "The track, as it is or will be in the catalogue.", False),
    (c.VECTOR, EMBEDDING, "Its place: what its listeners say, pulled to its content by how few they are.", False),
    (SOUND_VECTOR, EMBEDDING, "Where the sound of its recording alone puts it; null without one."),
    (c.SPACE_VERSION, pl.String, "Which space this is a place in.", False),
    ("n_listeners", pl.Int32, "Listeners whose evidence is in it.", False),
    ("artist_weight", pl.Float32, "How much of the prior its artists' other tracks say, 0 to 1.", False),
    ("text_weight", pl.Float32, "How much of the rest is what is written of it, 0 to 1; null: from before it was read."),
    ("inherits_artist", pl.Boolean, "Whether it may stand on its artists' tracks: a verified claim, or the catalogue's.", False),
)  # fmt: skip

PLACEMENTS = TableSchema(
    group=GROUP,
    name="placements",
    grain="One row per submission not yet a week old, and per catalogue track with few listeners.",
    columns=(
        _PLACE[0],
        *columns(
            (c.SUBMISSION_ID, pl.String, "The submission; null for a track of the catalogue that nobody submitted.")
        ),
        *_PLACE[1:],
        *columns(
            (IS_ON_TIME, pl.Boolean, "Whether it was accepted in time for its first week; null without a submission."),
            (c.RELEASED_ON, pl.Date, "The day of release; null where nobody says."),
        ),
    ),
    key=(c.TRACK_ID,),
    partition=c.DATE,
)

_LISTENER: tuple[Column, ...] = columns(
    (c.USER_ID, pl.String, "The listener.", False),
    (c.RANK, pl.Int32, "1 is the nearest listener.", False),
    (
        c.SCORE,
        pl.Float32,
        "Standard deviations of the listener's own scores above their mean; compares listeners.",
        False,
    ),
)
FIRST_LISTENERS = TableSchema(
    group=GROUP,
    name="first_listeners",
    grain="One row per submission and near listener, nearest first.",
    columns=(*columns((c.SUBMISSION_ID, pl.String, "The submission.", False)), *_LISTENER),
    key=(c.SUBMISSION_ID, c.RANK),
    partition=c.DATE,
    personal=c.USER_ID,
)

_AUDIENCE = columns(
    ("n_listeners_scored", pl.Int32, "Listeners who have a place in the space.", False),
    ("n_within_reach", pl.Int32, "Listeners it can grow among: as near as the listeners of other tracks.", False),
    ("n_reach_low", pl.Int32, "Of ten such tracks nine reach at least so many and at most the next; null: too few to tell by."),
    ("n_reach_high", pl.Int32, "See n_reach_low."),
    ("n_calibrated_on", pl.Int32, "Heard tracks, placed as if nobody had heard them, that this is told by.", False),
    ("threshold", pl.Float32, "The score from which on a listener is within reach; null where nothing tells it."),
    ("histogram", pl.List(pl.Int32), "Listeners by score, in even steps from -4 to 8, both ends open.", False),
    ("near_track_ids", IDS, "The nearest tracks, nearest first.", False),
    ("near_track_cosines", SHARES, "Their cosines.", False),
    ("near_artist_ids", IDS, "The nearest artists, nearest first.", False),
    ("near_artist_cosines", SHARES, "Their cosines.", False),
    (c.GENRES, IDS, "Genres of the nearest tracks, the commonest first.", False),
    ("genre_shares", SHARES, "Shares of the nearest tracks, by cosine.", False),
    ("terms", IDS, "Words that titles of playlists with the nearest tracks have more often than others.", False),
)  # fmt: skip
AUDIENCES = TableSchema(
    group=GROUP,
    name="audiences",
    grain="One row per submission: how many listeners are within reach, how sure that is, and what it sits among.",
    columns=(*columns((c.SUBMISSION_ID, pl.String, "The submission.", False)), *_AUDIENCE),
    key=(c.SUBMISSION_ID,),
    partition=c.DATE,
)
SUBMISSION_PREVIEW = TableSchema(
    group=GROUP,
    name="submission_preview",
    grain="One row per submission: its place in the latest space and its audience, at once after it came.",
    columns=(
        *_PLACE,
        *columns(
            (c.AS_OF, pl.Date, "The day of the space.", False),
            (RECEIVED_AT, INSTANT, "The receipt of what is shown; a correction has another one."),
            (MADE_AT, INSTANT, "When what came with that receipt was first shown."),
        ),
        *_AUDIENCE,
    ),
    key=(c.TRACK_ID,),
    partition=c.SUBMISSION_ID,
)

TABLES = (PLACEMENTS, FIRST_LISTENERS, AUDIENCES, SUBMISSION_PREVIEW)
