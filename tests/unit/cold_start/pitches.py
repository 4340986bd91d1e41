"""Builders of submissions: folders with a description and a recording, receipts, and what the catalogue knows."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from recsys_assets.cold_start.claims import key_digest
from recsys_assets.cold_start.known import ArtistRecord, Catalogue, TrackRecord
from recsys_assets.cold_start.pitch import Pitch
from recsys_assets.cold_start.submission import build_submission
from recsys_assets.raw.receipts import Receipt

RELEASE = date(2026, 4, 3)
RECEIVED = datetime(2026, 3, 20, 12, tzinfo=UTC)
KEY = "the key of Ann"
SOUND = "a" * 64


def said(**other: Any) -> dict[str, Any]:
    """What a submitter writes, with some of it otherwise; None leaves a key out."""
    base = {"title": "Rain", "artists": ["Ann"], "release_date": str(RELEASE), "label": "Small Records"}
    return {name: value for name, value in (base | other).items() if value is not None}


def pitch(submission_id: str = "sub_1", *, at: datetime = RECEIVED, sound: str = SOUND, **other: Any) -> Pitch:
    """A pitch with one recording, read well."""
    receipt = Receipt(submission_id, at, {"song.wav": sound, "submission.json": "b" * 64})
    return Pitch(receipt, build_submission(said(**other)), recording="song.wav")


def catalogue(*tracks: TrackRecord) -> Catalogue:
    """Ann has a label and a key, Bob nothing; two are called Sam."""
    artists = [
        ArtistRecord("a1", "Ann", frozenset({"small records"}), frozenset({key_digest(KEY)})),
        ArtistRecord("a2", "Bob"),
        ArtistRecord("a3", "Sam", frozenset({"big records"})),
        ArtistRecord("a4", "sam", frozenset({"small records"})),
    ]
    by_isrc: dict[str, tuple[str, ...]] = {}
    for track in tracks:
        if track.isrc:
            by_isrc[track.isrc] = (*by_isrc.get(track.isrc, ()), track.track_id)
    return Catalogue(
        {artist.artist_id: artist for artist in artists},
        {"ann": ("a1",), "bob": ("a2",), "sam": ("a3", "a4")},
        {track.track_id: track for track in tracks},
        by_isrc,
    )


def write_folder(landing: Path, submission_id: str = "sub_1", *, sound: bytes = b"RIFF", **other: Any) -> Path:
    """A submission's folder in a landing zone."""
    folder = landing / "submissions" / submission_id
    folder.mkdir(parents=True, exist_ok=True)
    describe(folder, said(**other))
    (folder / "song.wav").write_bytes(sound)
    return folder


def describe(folder: Path, found: Mapping[str, Any]) -> None:
    """Write ``submission.json``."""
    (folder / "submission.json").write_text(json.dumps(found), encoding="utf-8")
