"""What was known when a submission came: the catalogue of that day, and the submissions received before it.

Nothing learnt later changes a verdict: a catalogue that arrives tomorrow, or a submission that comes after, is not asked.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl

from recsys_assets.cold_start.submission import plain_isrc
from recsys_assets.cold_start.tables import RECEIVED_AT, REJECTED, VERDICT, WITHDRAWN
from recsys_assets.core import columns as c
from recsys_assets.core.lake import TableVersion


@dataclass(frozen=True)
class ArtistRecord:
    """What the catalogue says of an artist; labels case-folded, keys as SHA-256 in lower case."""

    artist_id: str
    name: str
    labels: frozenset[str] = frozenset()
    key_digests: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TrackRecord:
    """What the catalogue says of a track; ``isrc`` as ``plain_isrc`` writes it."""

    track_id: str
    artist_ids: tuple[str, ...] = ()
    released_on: date | None = None
    isrc: str | None = None


@dataclass(frozen=True)
class Catalogue:
    """Artists and tracks of one day's snapshot, as far as submissions ask for them."""

    artists: Mapping[str, ArtistRecord] = field(default_factory=dict)
    artists_by_name: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tracks: Mapping[str, TrackRecord] = field(default_factory=dict)
    tracks_by_isrc: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, artists: pl.DataFrame, tracks: pl.DataFrame) -> "Catalogue":
        """Read the columns of ``raw_artists`` and ``raw_tracks``; where a key stands twice the first row is heard."""
        by_id: dict[str, ArtistRecord] = {}
        by_name: dict[str, list[str]] = defaultdict(list)
        wanted = artists.select(c.ARTIST_ID, c.NAME, "labels", "submitter_keys")
        for artist_id, name, labels, keys in wanted.iter_rows():
            if artist_id not in by_id:
                by_id[artist_id] = ArtistRecord(
                    artist_id,
                    name,
                    frozenset(folded(label) for label in labels or ()),
                    frozenset(key.strip().lower() for key in keys or ()),
                )
                by_name[folded(name)].append(artist_id)
        known: dict[str, TrackRecord] = {}
        by_isrc: dict[str, list[str]] = defaultdict(list)
        for track_id, credit, released_on, isrc in tracks.select(
            c.TRACK_ID, c.ARTIST_IDS, c.RELEASED_ON, c.ISRC
        ).iter_rows():
            if track_id in known:
                continue
            code = plain_isrc(isrc) if isrc else None
            known[track_id] = TrackRecord(track_id, tuple(credit or ()), released_on, code)
            if code:
                by_isrc[code].append(track_id)
        return cls(
            by_id,
            {name: tuple(sorted(ids)) for name, ids in by_name.items()},
            known,
            {code: tuple(sorted(ids)) for code, ids in by_isrc.items()},
        )


def folded(text: str) -> str:
    """Return a name without regard to case and runs of spaces, for comparing."""
    return " ".join(text.casefold().split())


@dataclass(frozen=True)
class Known:
    """The catalogue of the day, and the verdicts that held at the instant: on others, by submission, and on its own past."""

    catalogue: Catalogue
    own: Mapping[str, Any] | None = None
    others: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def standing(self) -> list[Mapping[str, Any]]:
        """The others that are going to be released: neither rejected nor withdrawn."""
        return [row for row in self.others.values() if row[VERDICT] not in {REJECTED, WITHDRAWN}]


class History:
    """All verdicts so far and those of this run, looked up by instant."""

    def __init__(self, verdicts: TableVersion) -> None:
        frame = verdicts.read()
        self.rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in frame.sort(c.SUBMISSION_ID, RECEIVED_AT).iter_rows(named=True):
            self.rows[row[c.SUBMISSION_ID]].append(row)

    def newest(self, submission_id: str) -> dict[str, Any] | None:
        """Return the verdict that holds now."""
        rows = self.rows.get(submission_id)
        return rows[-1] if rows else None

    def before(self, at: datetime, submission_id: str) -> dict[str, Any] | None:
        """Return the verdict on a submission that held before an instant."""
        earlier = [row for row in self.rows.get(submission_id, ()) if row[RECEIVED_AT] < at]
        return earlier[-1] if earlier else None

    def known_before(self, at: datetime, submission_id: str) -> dict[str, Mapping[str, Any]]:
        """Return the verdicts of others that held when ``submission_id`` came; of one instant the smaller id is first."""
        found: dict[str, Mapping[str, Any]] = {}
        for other, rows in self.rows.items():
            if other != submission_id:
                earlier = [row for row in rows if (row[RECEIVED_AT], other) < (at, submission_id)]
                if earlier:
                    found[other] = earlier[-1]
        return found

    def put(self, row: dict[str, Any]) -> None:
        """Keep a verdict in the place of one on the same receipt."""
        rows = self.rows[row[c.SUBMISSION_ID]]
        rows[:] = sorted([r for r in rows if r[RECEIVED_AT] != row[RECEIVED_AT]] + [row], key=lambda r: r[RECEIVED_AT])
