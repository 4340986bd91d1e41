"""MusicBrainz's JSON dumps, and folders of articles, into the landing zone."""

import json
from datetime import date
from pathlib import Path

import pytest
from raw_landing import drop, ingest

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.raw.discover import landing_days
from recsys_assets.raw.importers.articles import import_articles
from recsys_assets.raw.importers.musicbrainz import genres_of, import_musicbrainz

BAND, GUEST = "aaaaaaaa-2222-3333-4444-555555555555", "bbbbbbbb-2222-3333-4444-555555555555"
SONG = "11111111-2222-3333-4444-555555555555"


def lines(*entries: object) -> bytes:
    return b"\n".join(entry if isinstance(entry, bytes) else json.dumps(entry).encode() for entry in entries)


def test_artists_and_recordings_with_what_people_call_them(tmp_path: Path):
    artist = {
        "id": BAND, "name": "Band", "sort-name": "Band", "genres": [{"name": "Dream Pop", "count": 4}],
        "tags": [{"name": "dream pop", "count": 9}, {"name": "seen live", "count": 1}, {"name": "chapel", "count": 2}, 7],
    }  # fmt: skip
    recording = {
        "id": SONG, "title": "Low Tide", "length": 200_000, "first-release-date": "1999-05", "isrcs": ["GBAYE6900001"],
        "artist-credit": [{"artist": {"id": BAND, "name": "Band"}}, {"artist": {"id": GUEST, "name": "Guest"}}],
        "tags": [],
    }  # fmt: skip
    broken = [
        b"{",
        [],
        {"id": "x"},
        {"id": SONG},
        {"id": BAND, "sort-name": "x"},
        {"id": SONG, "title": "t", "artist-credit": [3]},
    ]
    files = [
        drop(tmp_path, "dump/recording", lines(recording, *broken)),
        drop(tmp_path, "dump/artist", lines(artist)),
    ]

    summary = import_musicbrainz(
        files, landing=tmp_path / "landing", state=tmp_path / "state", arrived_on=date(2026, 2, 1)
    )

    assert dict(summary.left) == {
        "broken_json": 1, "no_mbid": 2, "neither_artist_nor_recording": 1, "no_name": 2,
    }  # fmt: skip
    read = {}
    for source in ("artists", "tracks"):
        rows, rejected, _ = ingest(tmp_path / "landing", source, landing_days(tmp_path / "landing", source))
        assert rejected.is_empty(), rejected
        read[source] = rows
    named = {row["artist_id"]: row for row in read["artists"].iter_rows(named=True)}
    assert named[f"musicbrainz:artist:{BAND}"]["genres"] == ["dream pop", "chapel"]
    assert named[f"musicbrainz:artist:{GUEST}"]["name"] == "Guest"
    (track,) = read["tracks"].iter_rows(named=True)
    assert track["artist_ids"] == [f"musicbrainz:artist:{BAND}", f"musicbrainz:artist:{GUEST}"]
    assert (track["released_on"], track["isrc"], track["mbid"]) == (date(1999, 5, 1), "GBAYE6900001", SONG)


def test_most_votes_come_first_and_names_end_ties():
    tags = [{"name": name, "count": count} for name, count in (("b", 3), ("a", 3), ("z", 8), ("one", 1), (None, 9))]

    assert genres_of({"tags": tags, "genres": "none"}) == ["z", "a", "b"]


def test_a_folder_of_articles_lands_and_is_taken_in(tmp_path: Path):
    text = " ".join(f"The guitar of song number {number} hardly moves at all." for number in range(9))
    drop(tmp_path, "letters/2026-01-04-low-tide.md", f"---\ntitle: Low Tide\n---\n{text}".encode())

    counters = import_articles(
        tmp_path / "letters", landing=tmp_path / "landing", site=None, fetched="published", language="en"
    )

    assert (counters["articles"], counters["first_day"]) == (1, "2026-01-04")
    rows, rejected, _ = ingest(tmp_path / "landing", "articles", landing_days(tmp_path / "landing", "articles"))
    assert rejected.is_empty(), rejected
    assert rows["title"].to_list() == ["Low Tide"]
    with pytest.raises(InvalidArgumentError, match="--fetched"):
        import_articles(tmp_path / "letters", landing=tmp_path, site=None, fetched="sometimes", language=None)
    with pytest.raises(InvalidArgumentError, match="holds no"):
        import_articles(tmp_path / "landing", landing=tmp_path, site="x", fetched="now", language=None)
