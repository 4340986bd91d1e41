"""The verdict on one submission: pure, from what came, what was heard and what was known when it came.

Whoever reads the files is ``pitch``, whoever listens ``listening``, whose the track is says ``ownership``, and ``intake``
brings them together. Each refusal is one line: what was found, what was expected, what to do.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from recsys_assets.cold_start.claims import BY_SOUND, Claim, cap_claim, weigh_claim
from recsys_assets.cold_start.known import Known
from recsys_assets.cold_start.ownership import own_track, require_place
from recsys_assets.cold_start.params import SubmissionParams
from recsys_assets.cold_start.pitch import Pitch
from recsys_assets.cold_start.submission import OWN_TRACK_PREFIX, Submission
from recsys_assets.cold_start.tables import (
    ACCEPTED,
    CONTENT_SHA256,
    IS_ON_TIME,
    LATE,
    ON_TIME_FROM,
    PROVEN_ARTIST_IDS,
    RECEIVED_AT,
    REJECTED,
    SUBMISSION_VERDICTS,
    VERDICT,
    WITHDRAWN,
)
from recsys_assets.core import columns as c
from recsys_assets.core.errors import SourceRejectedError
from recsys_assets.core.windows import midnight
from recsys_assets.raw.contract import RELEASE_AHEAD_DAYS

Row = dict[str, Any]
_NOBODY = Claim(None, (), (), "")


@dataclass(frozen=True)
class Heard:
    """What listening said: why the recording can not be used, or the catalogue's recording that it is a copy of."""

    refusal: str | None = None
    duplicate_of: str | None = None
    duplicate_score: float | None = None


def refusal_alone(pitch: Pitch) -> str | None:
    """Say why a pitch is refused, as far as that follows from itself: nothing needs to be heard or looked up then."""
    if pitch.refusal or pitch.submission is None or pitch.submission.is_withdrawn:
        return pitch.refusal
    released_on = pitch.submission.released_on
    assert released_on is not None, "a submission that was read has a release date"
    received_on = pitch.receipt.received_at.date()
    if released_on < received_on:
        return (
            f"release_date {released_on} is in the past: it was received on {received_on}. What is released already "
            "belongs into the catalogue"
        )
    if released_on > received_on + timedelta(days=RELEASE_AHEAD_DAYS):
        return (
            f"release_date {released_on} is more than five years after it was received on {received_on}: check the year"
        )
    return None


def judge(pitch: Pitch, heard: Heard, known: Known, params: SubmissionParams) -> Row:
    """Judge what came with one receipt.

    Args:
        pitch: what came.
        heard: what listening said; of no meaning where ``refusal_alone`` refuses.
        known: the catalogue of the day of the receipt, and the verdicts on other submissions that held then.
        params: the rules.

    Returns:
        One row of ``submission_verdicts``.
    """
    submission = pitch.submission
    if submission is None:
        return _row(pitch, REJECTED, pitch.refusal)
    if submission.is_withdrawn:
        return _row(pitch, WITHDRAWN, "withdrawn by its submitter")
    claim, track_id, refusal = weigh_claim(submission, known.catalogue), None, refusal_alone(pitch)
    if refusal is None:
        try:
            require_place(pitch, submission, claim, known)
            track_id = own_track(pitch, submission, claim, known)
        except SourceRejectedError as error:
            refusal = str(error)
    refusal = refusal or heard.refusal
    if refusal is not None:
        # What is rejected is placed by nothing.
        unverified = Claim(claim.artist_id, claim.artist_ids, (), claim.note.removesuffix(BY_SOUND))
        return _row(pitch, REJECTED, refusal, claim=unverified) | {PROVEN_ARTIST_IDS: list(claim.verified_ids)}
    return _standing(pitch, heard, claim, str(track_id), known=known, params=params)


def _standing(
    pitch: Pitch, heard: Heard, claim: Claim, track_id: str, *, known: Known, params: SubmissionParams
) -> Row:
    """The row of a submission that is going to be released: accepted, or late."""
    submission = pitch.submission
    assert submission is not None, "what can not be read is rejected"
    released_on = submission.released_on
    assert released_on is not None, "a submission that was read has a release date"
    proven = claim.verified_ids
    others = [row for row in known.standing() if row[c.SUBMISSION_ID] != submission.replaces]
    claim = cap_claim(claim, released_on, others, most=params.max_per_artist_and_week)
    on_time_from = first_day_in_time(pitch.receipt.received_at, params)
    on_time = released_on >= on_time_from
    remarks = [] if on_time else [_lateness(pitch, released_on, params)]
    if submission.unknown:
        remarks.append(f"keys that nobody reads: {', '.join(submission.unknown)}")
    row = _row(pitch, ACCEPTED if on_time else LATE, "; ".join(remarks) or None, claim=claim)
    copies = [r[c.TRACK_ID] for r in others if r[CONTENT_SHA256] == pitch.content_sha256 and r[c.TRACK_ID] != track_id]
    return row | {
        c.TRACK_ID: track_id,
        PROVEN_ARTIST_IDS: list(proven),
        IS_ON_TIME: on_time,
        ON_TIME_FROM: on_time_from,
        "duplicate_of": heard.duplicate_of or next(iter(sorted(copies)), None),
        "duplicate_score": heard.duplicate_score if heard.duplicate_of or not copies else 1.0,
    }


def first_day_in_time(received_at: datetime, params: SubmissionParams) -> date:
    """Return the first release day whose 00:00 UTC is at least the set number of 24 hours after a receipt."""
    earliest = received_at + timedelta(hours=24 * params.days_ahead)
    return earliest.date() + timedelta(days=earliest > midnight(earliest.date()))


def _lateness(pitch: Pitch, released_on: date, params: SubmissionParams) -> str:
    ahead = (midnight(released_on) - pitch.receipt.received_at) / timedelta(days=1)
    came = f"{ahead:.1f} days before" if ahead > 0 else "on the day of"
    return f"received {came} its release, on time is {params.days_ahead}: released, but not offered for its sound"


def _row(pitch: Pitch, verdict: str, reason: str | None, *, claim: Claim = _NOBODY) -> Row:
    submission = pitch.submission or pitch.told or Submission()
    empty: Row = dict.fromkeys(SUBMISSION_VERDICTS.dtypes)
    return empty | {
        c.SUBMISSION_ID: pitch.receipt.submission_id,
        RECEIVED_AT: pitch.receipt.received_at,
        VERDICT: verdict,
        c.REASON: reason,
        c.TITLE: submission.title,
        "artist_names": [credit.name for credit in submission.artists],
        c.ARTIST_ID: claim.artist_id,
        c.ARTIST_IDS: list(claim.artist_ids),
        "is_claim_verified": claim.is_verified,
        "verified_artist_ids": list(claim.verified_ids),
        "claim_note": claim.note or None,
        c.RELEASED_ON: submission.released_on,
        c.GENRES: list(submission.genres),
        "moods": list(submission.moods),
        c.ISRC: submission.isrc,
        "label": submission.label,
        c.IS_EXPLICIT: submission.is_explicit,
        c.TRACK_ID: submission.track_id or f"{OWN_TRACK_PREFIX}{pitch.receipt.submission_id}",
        IS_ON_TIME: False,
        CONTENT_SHA256: pitch.content_sha256,
    }
