"""Which track a submission is, and whose place it may take: proof decides, a name does not.

Belongs here: ids, ISRCs and places that several may want. Who has proved to be which artist is ``claims``, the verdict as a
whole ``verdicts``. Anybody can write an artist's name, so a track of the catalogue is given to those alone who show the
key or a label of its artists; and of two who want the same, who has shown one goes before who has not.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from recsys_assets.cold_start.claims import Claim
from recsys_assets.cold_start.known import Catalogue, Known, TrackRecord, folded
from recsys_assets.cold_start.pitch import Pitch
from recsys_assets.cold_start.submission import OWN_TRACK_PREFIX, Submission
from recsys_assets.cold_start.tables import IS_ON_TIME, PROVEN_ARTIST_IDS, RECEIVED_AT, REJECTED, VERDICT, WITHDRAWN
from recsys_assets.core import columns as c
from recsys_assets.core.errors import SourceRejectedError

Row = dict[str, Any]


def proof_of(row: Mapping[str, Any]) -> frozenset[str]:
    """Return the artists whose key or label was shown with a submission; of verdicts that do not tell, whom it inherits."""
    proven = row[PROVEN_ARTIST_IDS]
    return frozenset((row["verified_artist_ids"] if proven is None else proven) or ())


def require_place(pitch: Pitch, submission: Submission, claim: Claim, known: Known) -> None:
    """Require that it may take the place of the submission it replaces, and still has a place of its own.

    Raises:
        SourceRejectedError: there is no such submission, it is of others or was better proved; or this one has been
            replaced by one that proves no less.
    """
    proof = frozenset(claim.verified_ids)
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
        if not proof_of(before) <= proof:
            raise SourceRejectedError(
                f"it replaces {submission.replaces}, which was submitted with a key or label of its artists: give the "
                "same submitter_key or label"
            )
    successor = (known.own or {}).get("replaced_by")
    for row in known.standing():
        if row[c.SUBMISSION_ID] == successor and not _outranks(proof, proof_of(row), None):
            raise SourceRejectedError(
                f"its place was taken by the submission {successor}: correct that one, or withdraw it"
            )


def own_track(pitch: Pitch, submission: Submission, claim: Claim, known: Known) -> str:
    """Say which track it is or will be in the catalogue.

    Raises:
        SourceRejectedError: the id or the ISRC is another's, or the catalogue has another date for the track.
    """
    catalogue = known.catalogue
    named = catalogue.tracks.get(submission.track_id) if submission.track_id else None
    if named is not None:
        _require_given(pitch, named, claim, catalogue, what=f"track_id {submission.track_id}")
        if submission.isrc and named.isrc and named.isrc != submission.isrc:
            raise SourceRejectedError(
                f"isrc {submission.isrc} contradicts {named.isrc}, which the catalogue has for it"
            )
    track_id = submission.track_id
    if submission.isrc:
        track_id = _track_of_isrc(pitch, submission, claim, catalogue) or track_id
    track = catalogue.tracks.get(track_id) if track_id else None
    for row, what in _rivals(submission.isrc, track_id, submission.replaces, known):
        if not _outranks(frozenset(claim.verified_ids), proof_of(row), track):
            raise SourceRejectedError(
                f"{what} is in use by the submission {row[c.SUBMISSION_ID]}: to correct that one, change its files or "
                "say `replaces`"
            )
    return track_id or f"{OWN_TRACK_PREFIX}{pitch.receipt.submission_id}"


def _track_of_isrc(pitch: Pitch, submission: Submission, claim: Claim, catalogue: Catalogue) -> str | None:
    ids = [known for known in catalogue.tracks_by_isrc.get(str(submission.isrc), ()) if known != submission.track_id]
    if not ids:
        return None
    if submission.track_id or len(ids) > 1:
        raise SourceRejectedError(f"isrc {submission.isrc} is in use by {', '.join(ids[:3])} in the catalogue")
    _require_given(pitch, catalogue.tracks[ids[0]], claim, catalogue, what=f"isrc {submission.isrc}")
    return ids[0]


def _require_given(pitch: Pitch, track: TrackRecord, claim: Claim, catalogue: Catalogue, *, what: str) -> None:
    """Require that a track of the catalogue is still to come, that it is the submitter's, and comes when they say."""
    assert pitch.submission is not None, "what can not be read names no track"
    if track.released_on is None or track.released_on <= pitch.receipt.received_at.date():
        since = f"released on {track.released_on}" if track.released_on else "in the catalogue without a release date"
        raise SourceRejectedError(
            f"{what} is in use by the track {track.track_id}, {since}: a new recording needs its own"
        )
    if not set(claim.artist_ids) & set(track.artist_ids):
        raise SourceRejectedError(f"{what} is in use by the track {track.track_id} of other artists")
    if not set(claim.verified_ids) & set(track.artist_ids):
        raise SourceRejectedError(
            f"{what} is in use by the track {track.track_id} of {_names(track.artist_ids, catalogue)}, and neither key "
            "nor label is theirs: give the submitter_key or label of their record, or leave track_id and isrc out"
        )
    if track.released_on != pitch.submission.released_on:
        raise SourceRejectedError(
            f"release_date {pitch.submission.released_on} contradicts {track.released_on}, which the catalogue has for "
            f"the track {track.track_id}: correct the one that is wrong"
        )


def _names(artist_ids: Iterable[str], catalogue: Catalogue) -> str:
    known = catalogue.artists
    return ", ".join(known[artist].name if artist in known else artist for artist in artist_ids)


def _outranks(mine: frozenset[str], theirs: frozenset[str], track: TrackRecord | None) -> bool:
    """Whether one proof goes before another: it is of the track's artists, or of anybody where no catalogue says whose it is."""
    artists = frozenset(track.artist_ids) if track else mine | theirs
    return bool(mine & artists) and not theirs & artists


def _rivals(
    isrc: str | None, track_id: str | None, replaces: str | None, known: Known
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Standing submissions, besides the one that is replaced, that have the same ISRC or track, and which of the two."""
    for row in known.standing():
        for what, mine, theirs in (("isrc", isrc, row[c.ISRC]), ("track_id", track_id, row[c.TRACK_ID])):
            if row[c.SUBMISSION_ID] != replaces and mine is not None and mine == theirs:
                yield row, f"{what} {mine}"
                break


def ousted(row: Row, replaces: str | None, known: Known) -> list[Row]:
    """Return what a verdict makes of other submissions: of the one replaced, and of those that wanted its track with less proof.

    Args:
        row: the verdict.
        replaces: the submission that it says it replaces.
        known: as it was judged with.

    Returns:
        Verdicts that hold from the receipt of ``row`` on; none where it was rejected or withdrawn.
    """
    if row[VERDICT] in {REJECTED, WITHDRAWN}:
        return []
    before = known.others.get(replaces) if replaces else None
    gone = [] if before is None or before[VERDICT] == WITHDRAWN or before["replaced_by"] else [replaced(before, row)]
    return gone + [
        _displaced(other, row, what) for other, what in _rivals(row[c.ISRC], row[c.TRACK_ID], replaces, known)
    ]


def replaced(row: Mapping[str, Any], by: Row) -> Row:
    """Return the verdict on a submission from the moment on that another took its place; what was rejected stays so."""
    why, is_rejected = f"replaced by the submission {by[c.SUBMISSION_ID]}", row[VERDICT] == REJECTED
    return {
        **row,
        RECEIVED_AT: _since(row, by),
        VERDICT: REJECTED if is_rejected else WITHDRAWN,
        c.REASON: f"{row[c.REASON]}; {why}" if is_rejected else why,
        "replaced_by": by[c.SUBMISSION_ID],
    }


def _displaced(row: Mapping[str, Any], by: Row, what: str) -> Row:
    """Return the verdict on a submission from the moment on that another proved whose its track is."""
    why = f"{what} went to the submission {by[c.SUBMISSION_ID]}, which came with a key or label of the artist: "
    return {
        **row,
        RECEIVED_AT: _since(row, by),
        VERDICT: REJECTED,
        c.REASON: f"{why}submit yours with the submitter_key or label of its artists, or without track_id and isrc",
        IS_ON_TIME: False,
    }


def _since(row: Mapping[str, Any], by: Row) -> Any:
    # Folders found by one tick are stamped with one instant: each keeps the verdict on its own receipt.
    return max(by[RECEIVED_AT], row[RECEIVED_AT] + timedelta(microseconds=1))
