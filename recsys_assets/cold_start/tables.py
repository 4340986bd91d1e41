"""What ``cold_start`` publishes about submissions, and how to read it as it was known at an instant."""

from datetime import datetime

import polars as pl

from recsys_assets.audio.tables import ANALYSIS_COLUMNS
from recsys_assets.core import columns as c
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.schemas import IDS, INSTANT, TableSchema, columns

GROUP = "cold_start"

RECEIVED_AT = "received_at"
VERDICT = "verdict"
STATE = "state"
CONTENT_SHA256 = "content_sha256"
PROVEN_ARTIST_IDS = "proven_artist_ids"
IS_ON_TIME = "is_on_time"
ON_TIME_FROM = "on_time_from"
ACCEPTED, LATE, REJECTED, WITHDRAWN = "accepted", "late", "rejected", "withdrawn"

# Every receipt leaves a row, so that a past day can be made again as it was known then.
SUBMISSION_VERDICTS = TableSchema(
    group=GROUP,
    name="submission_verdicts",
    grain="One row per submission and receipt of it: what was judged of what came then; the newest one holds.",
    columns=columns(
        (RECEIVED_AT, INSTANT, "When this content came, by our receipt; of a folder that went, when it was missed.", False),
        (VERDICT, pl.String, "accepted, late (less than the set days ahead), rejected, or withdrawn.", False),
        (c.REASON, pl.String, "Why it was rejected, is late or withdrawn; null for what was accepted without remark."),
        (c.TITLE, pl.String, "Title of the track, as submitted."),
        ("artist_names", IDS, "Credited artists, as submitted, in order."),
        (c.ARTIST_ID, pl.String, "The first credited artist in the catalogue of that day; null where it knows none or several."),
        (c.ARTIST_IDS, IDS, "All credited artists that the catalogue knows, in order."),
        ("is_claim_verified", pl.Boolean, "Whether what the first artist's other tracks say may be inherited.", False),
        ("verified_artist_ids", IDS, "The credited artists whose other tracks it may inherit from.", False),
        (PROVEN_ARTIST_IDS, IDS, "The credited artists whose record has the submitter's key or label, inherited from or not."),
        ("claim_note", pl.String, "Why the claim is verified or is not, for people."),
        (c.RELEASED_ON, pl.Date, "The day of release, as submitted."),
        (c.GENRES, IDS, "Genres, as submitted."),
        ("moods", IDS, "Mood words, as submitted."),
        (c.ISRC, pl.String, "International Standard Recording Code, without hyphens."),
        ("label", pl.String, "The label, as submitted."),
        (c.IS_EXPLICIT, pl.Boolean, "Whether it is marked explicit."),
        (c.TRACK_ID, pl.String, "The track it is or will be in the catalogue, else `submission:` and its own id.", False),
        (IS_ON_TIME, pl.Boolean, "Whether it came the set days (of 24 hours) before 00:00 UTC of its release.", False),
        (ON_TIME_FROM, pl.Date, "The first day of release that it came in time for; null where it is not going to be released."),
        (CONTENT_SHA256, pl.String, "SHA-256 of the recording's file."),
        ("duplicate_of", pl.String, "The catalogue's track that sounds the same and is as long; null for none."),
        ("duplicate_score", pl.Float32, "Share of the fingerprint that agrees with it, 0 to 1."),
        ("replaced_by", pl.String, "The submission that took its place."),
    ),
    key=(RECEIVED_AT,),
    partition=c.SUBMISSION_ID,
)  # fmt: skip

SUBMISSION_STATES = TableSchema(
    group=GROUP,
    name="submission_states",
    grain="One row per submission and state that it had reached by the end of the day.",
    columns=columns(
        (c.SUBMISSION_ID, pl.String, "The submission.", False),
        (STATE, pl.String, "received, rejected, accepted, late, analysed, placed, scored, released or withdrawn.", False),
        (c.AT, INSTANT, 'Since when; "at" stands in double quotes in SQL.', False),
        (c.REASON, pl.String, "Why, for people; null where the state says it all."),
        ("is_current", pl.Boolean, "Whether it is the state at the end of the day.", False),
        (c.TITLE, pl.String, "Title of the track, as submitted."),
        ("artist_names", IDS, "Credited artists, as submitted, in order."),
        (c.RELEASED_ON, pl.Date, "The day of release, as submitted."),
    ),
    key=(c.SUBMISSION_ID, STATE),
    partition=c.DATE,
)  # fmt: skip

# Made once per content; rows of earlier receipts stay, so that a past day's placement can be made again.
SUBMISSION_ANALYSIS = TableSchema(
    group=GROUP,
    name="submission_analysis",
    grain="One row per submission and content of its recording that was accepted: what was heard in it.",
    columns=ANALYSIS_COLUMNS,
    key=(CONTENT_SHA256,),
    partition=c.SUBMISSION_ID,
)

TABLES = (SUBMISSION_VERDICTS, SUBMISSION_ANALYSIS, SUBMISSION_STATES)


def verdicts_known(verdicts: TableVersion, before: datetime) -> pl.DataFrame:
    """Return one row per submission: the verdict that held before an instant, as it was known then.

    Args:
        verdicts: all of ``submission_verdicts``.
        before: what was received at this instant or later is not known; the end of day D is midnight after it.

    Returns:
        The table's columns, ordered by submission.
    """
    known = verdicts.scan().filter(pl.col(RECEIVED_AT) < before).collect()
    return known.sort(c.SUBMISSION_ID, RECEIVED_AT).unique(c.SUBMISSION_ID, keep="last", maintain_order=True)


def came_in_time(released_on: pl.Expr) -> pl.Expr:
    """Whether a verdict accepts a submission in time for a day of release, which the catalogue may have brought forward.

    Args:
        released_on: the day that counts; ``released_on`` of the verdict is the one that was submitted. A verdict that
            does not tell from which day on it is in time is so from the day that was submitted.
    """
    in_time = released_on >= pl.coalesce(ON_TIME_FROM, c.RELEASED_ON)
    return (pl.col(IS_ON_TIME) & (pl.col(VERDICT) == ACCEPTED) & in_time).fill_null(value=False)
