"""The verdict on one submission: pure, from what came, what was heard and what was known when it came.

Whoever reads the files is ``pitch``, whoever listens ``listening``, and ``intake`` brings them together. Each refusal is one
line: what was found, what was expected, what to do.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from recsys_assets.cold_start.claims import Claim, cap_claim, weigh_claim
from recsys_assets.cold_start.known import Catalogue, Known, TrackRecord, folded
from recsys_assets.cold_start.params import SubmissionParams
from recsys_assets.cold_start.pitch import Pitch
from recsys_assets.cold_start.submission import OWN_TRACK_PREFIX, Submission
from recsys_assets.cold_start.tables import (
    ACCEPTED,
    CONTENT_SHA256,
    LATE,
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
    claim, track_id, refusal = _NOBODY, None, refusal_alone(pitch)
    if refusal is None:
        claim = weigh_claim(submission, known.catalogue)
        try:
            _require_place(pitch, submission, known)
            track_id = _own_track(pitch, submission, claim, known)
        except SourceRejectedError as error:
            refusal = str(error)
    refusal = refusal or heard.refusal
    if refusal is not None:
        return _row(pitch, REJECTED, refusal, claim=Claim(claim.artist_id, claim.artist_ids, (), claim.note))
    return _standing(pitch, heard, claim, str(track_id), known=known, params=params)


def _standing(
    pitch: Pitch, heard: Heard, claim: Claim, track_id: str, *, known: Known, params: SubmissionParams
) -> Row:
    """The row of a submission that is going to be released: accepted, or late."""
    submission = pitch.submission
    assert submission is not None, "what can not be read is rejected"
    released_on = submission.released_on
    assert released_on is not None, "a submission that was read has a release date"
    others = [row for row in known.standing() if row[c.SUBMISSION_ID] != submission.replaces]
    claim = cap_claim(claim, released_on, others, most=params.max_per_artist_and_week)
    on_time = is_on_time(pitch, released_on, params)
    remarks = [] if on_time else [_lateness(pitch, released_on, params)]
    if submission.unknown:
        remarks.append(f"keys that nobody reads: {', '.join(submission.unknown)}")
    row = _row(pitch, ACCEPTED if on_time else LATE, "; ".join(remarks) or None, claim=claim)
    copies = [r[c.TRACK_ID] for r in others if r[CONTENT_SHA256] == pitch.content_sha256 and r[c.TRACK_ID] != track_id]
    return row | {
        c.TRACK_ID: track_id,
        "is_on_time": on_time,
        "duplicate_of": heard.duplicate_of or next(iter(sorted(copies)), None),
        "duplicate_score": heard.duplicate_score if heard.duplicate_of or not copies else 1.0,
    }


def is_on_time(pitch: Pitch, released_on: date, params: SubmissionParams) -> bool:
    """Whether it came at least the set number of 24 hours before 00:00 UTC of the release date."""
    return pitch.receipt.received_at <= midnight(released_on) - timedelta(hours=24 * params.days_ahead)


def _lateness(pitch: Pitch, released_on: date, params: SubmissionParams) -> str:
    ahead = (midnight(released_on) - pitch.receipt.received_at) / timedelta(days=1)
    came = f"{ahead:.1f} days before" if ahead > 0 else "on the day of"
    return f"received {came} its release, on time is {params.days_ahead}: released, but not offered for its sound"


def _require_place(pitch: Pitch, submission: Submission, known: Known) -> None:
    """Require that it may take the place of the submission it replaces, and still has a place of its own.

    Raises:
        SourceRejectedError: there is no such submission, or it is of others; or this one has been replaced.
    """
    if submission.replaces:
        before = known.others.get(submission.replaces)
        if submission.replaces == pitch.receipt.submission_id or before is None:
            raise SourceRejectedError(f"it replaces {submission.replaces}, which was not submitted before it")
        # What was rejected has no place to defend, and may never have said whose it was.
        theirs = {folded(name) for name in before["artist_names"] or ()}
        if before[VERDICT] != REJECTED and theirs != {folded(credit.name) for credit in submission.artists}:
            raise SourceRejectedError(
                f"it replaces {submission.replaces}, which is by other artists: withdraw that one there"
            )
    successor = (known.own or {}).get("replaced_by")
    if any(row[c.SUBMISSION_ID] == successor for row in known.standing()):
        raise SourceRejectedError(
            f"its place was taken by the submission {successor}: correct that one, or withdraw it"
        )


def _own_track(pitch: Pitch, submission: Submission, claim: Claim, known: Known) -> str:
    """Say which track it is or will be in the catalogue.

    Raises:
        SourceRejectedError: the id or the ISRC is another's.
    """
    catalogue = known.catalogue
    named = catalogue.tracks.get(submission.track_id) if submission.track_id else None
    if named is not None:
        _require_unreleased(pitch, named, claim, f"track_id {submission.track_id}")
        if submission.isrc and named.isrc and named.isrc != submission.isrc:
            raise SourceRejectedError(
                f"isrc {submission.isrc} contradicts {named.isrc}, which the catalogue has for it"
            )
    track_id = submission.track_id
    if submission.isrc:
        track_id = _track_of_isrc(pitch, submission, claim, catalogue) or track_id
    _require_unclaimed(submission, track_id, known)
    return track_id or f"{OWN_TRACK_PREFIX}{pitch.receipt.submission_id}"


def _track_of_isrc(pitch: Pitch, submission: Submission, claim: Claim, catalogue: Catalogue) -> str | None:
    ids = [known for known in catalogue.tracks_by_isrc.get(str(submission.isrc), ()) if known != submission.track_id]
    if not ids:
        return None
    if submission.track_id or len(ids) > 1:
        raise SourceRejectedError(f"isrc {submission.isrc} is in use by {', '.join(ids[:3])} in the catalogue")
    _require_unreleased(pitch, catalogue.tracks[ids[0]], claim, f"isrc {submission.isrc}")
    return ids[0]


def _require_unreleased(pitch: Pitch, track: TrackRecord, claim: Claim, what: str) -> None:
    if track.released_on is None or track.released_on <= pitch.receipt.received_at.date():
        since = f"released on {track.released_on}" if track.released_on else "in the catalogue without a release date"
        raise SourceRejectedError(
            f"{what} is in use by the track {track.track_id}, {since}: a new recording needs its own"
        )
    if not set(claim.artist_ids) & set(track.artist_ids):
        raise SourceRejectedError(f"{what} is in use by the track {track.track_id} of other artists")


def _require_unclaimed(submission: Submission, track_id: str | None, known: Known) -> None:
    for row in known.standing():
        other = row[c.SUBMISSION_ID]
        if other == submission.replaces:
            continue
        for what, mine, theirs in (("isrc", submission.isrc, row[c.ISRC]), ("track_id", track_id, row[c.TRACK_ID])):
            if mine is not None and mine == theirs:
                raise SourceRejectedError(
                    f"{what} {mine} is in use by the submission {other}: to correct that one, change its files or say "
                    "`replaces`"
                )


def _row(pitch: Pitch, verdict: str, reason: str | None, *, claim: Claim = _NOBODY) -> Row:
    submission = pitch.submission or Submission()
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
        "is_on_time": False,
        CONTENT_SHA256: pitch.content_sha256,
    }


def replaced(row: Row, by: Row) -> Row:
    """Return the verdict on a submission from the moment on that another took its place; what was rejected stays so."""
    why, is_rejected = f"replaced by the submission {by[c.SUBMISSION_ID]}", row[VERDICT] == REJECTED
    return row | {
        RECEIVED_AT: by[RECEIVED_AT],
        VERDICT: REJECTED if is_rejected else WITHDRAWN,
        c.REASON: f"{row[c.REASON]}; {why}" if is_rejected else why,
        "replaced_by": by[c.SUBMISSION_ID],
    }
