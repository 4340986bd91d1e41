"""Whether a submission may inherit what an artist's other tracks say: a verified claim, and not too many in a week.

The artist has to resolve (an id of the catalogue, or a name that exactly one artist has), and the submitter's key or label
has to match the artist's record there. Anything else is placed by its sound alone, and the note says why.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from recsys_assets.cold_start.known import ArtistRecord, Catalogue, folded
from recsys_assets.cold_start.submission import Credit, Submission
from recsys_assets.core import columns as c
from recsys_assets.core.windows import friday_of

BY_SOUND = ": placed by its sound alone"


@dataclass(frozen=True)
class Claim:
    """Who is credited, as the catalogue knows them, and whose prior may be inherited.

    Attributes:
        artist_id: the first credited artist, None where nobody or several answer to it.
        artist_ids: all credited artists that resolve, in order.
        verified_ids: those whose record has the submitter's key or label.
        note: for people, about the first artist.
    """

    artist_id: str | None
    artist_ids: tuple[str, ...]
    verified_ids: tuple[str, ...]
    note: str

    @property
    def is_verified(self) -> bool:
        """Whether the first artist's prior may be inherited."""
        return self.artist_id is not None and self.artist_id in self.verified_ids


def key_digest(key: str) -> str:
    """Return the SHA-256 of a submitter's key, as an artist's record holds it."""
    return hashlib.sha256(key.encode()).hexdigest()


def weigh_claim(submission: Submission, catalogue: Catalogue) -> Claim:
    """Look the credited artists up and hold the submitter's key and label against their records."""
    found = [_resolve(credit, catalogue) for credit in submission.artists]
    artists = [artist for artist, _ in found if artist is not None]
    verified = tuple(artist.artist_id for artist in artists if _matches(submission, artist) is not None)
    first, why_not = found[0] if found else (None, "nobody is credited")
    if first is None:
        note = f"{why_not}{BY_SOUND}"
    elif (by := _matches(submission, first)) is not None:
        note = f"the {by} matches the record of {first.name}"
    else:
        note = f"{_mismatch(submission, first)}{BY_SOUND}"
    ids = tuple(dict.fromkeys(artist.artist_id for artist in artists))
    return Claim(first.artist_id if first else None, ids, tuple(dict.fromkeys(verified)), note)


def _resolve(credit: Credit, catalogue: Catalogue) -> tuple[ArtistRecord | None, str]:
    if credit.artist_id is not None:
        artist = catalogue.artists.get(credit.artist_id)
        return artist, "" if artist else f"the catalogue knows no artist {credit.artist_id}"
    ids = catalogue.artists_by_name.get(folded(credit.name), ())
    if len(ids) == 1:
        return catalogue.artists[ids[0]], ""
    if ids:
        return None, f"{len(ids)} artists are called {credit.name}, say which by artist_id"
    return None, f"the catalogue knows no artist called {credit.name}"


def _matches(submission: Submission, artist: ArtistRecord) -> str | None:
    """Name what matches the artist's record; None where nothing does."""
    if submission.submitter_key and key_digest(submission.submitter_key) in artist.key_digests:
        return "submitter's key"
    if submission.label and folded(submission.label) in artist.labels:
        return f"label {submission.label}"
    return None


def _mismatch(submission: Submission, artist: ArtistRecord) -> str:
    if not artist.labels and not artist.key_digests:
        return f"the record of {artist.name} names no label and no key"
    given = [name for name, value in (("key", submission.submitter_key), ("label", submission.label)) if value]
    return (
        f"the {' and the '.join(given)} do not match the record of {artist.name}"
        if len(given) > 1
        else f"the {given[0]} does not match the record of {artist.name}"
        if given
        else f"neither key nor label says that {artist.name} is the submitter's"
    )


def cap_claim(claim: Claim, released_on: date, others: Iterable[Mapping[str, Any]], *, most: int) -> Claim:
    """Take the verification of a claim away when enough earlier submissions of the week inherit from that artist.

    Args:
        claim: of the submission that came last.
        released_on: its release.
        others: the verdicts that hold of submissions that came before it.
        most: so many may inherit.
    """
    week = friday_of(released_on)
    same_week = [row for row in others if row[c.RELEASED_ON] and friday_of(row[c.RELEASED_ON]) == week]
    full = {
        artist_id
        for artist_id in claim.verified_ids
        if sum(artist_id in (row["verified_artist_ids"] or ()) for row in same_week) >= most
    }
    if not full:
        return claim
    kept = tuple(artist_id for artist_id in claim.verified_ids if artist_id not in full)
    note = claim.note
    if claim.artist_id in full:
        note = f"{claim.note}, but {most} submissions of the week of {week} inherit already{BY_SOUND}"
    return Claim(claim.artist_id, claim.artist_ids, kept, note)
