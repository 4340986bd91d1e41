"""JSPF and M3U8, entry by entry, worked by hand."""

from datetime import date

import orjson
import polars as pl
import pytest

from recsys_assets.core.errors import SchemaMismatchError
from recsys_assets.exports.entries import Catalogue, TrackEntry, build_entries
from recsys_assets.exports.jspf import jspf_playlist
from recsys_assets.exports.m3u import m3u_playlist

GOLD = "e8f9b188-f819-4e43-ab0f-4bd26ce9ff56"
SPANDAU = "4c0d9acf-a8a1-4765-9c56-05f92f68c048"

TRACKS = pl.DataFrame(
    {
        "track_id": ["gold", "duet", "bare"],
        "title": ["Gold", "Duet", "Bare"],
        "artist_ids": [["spandau"], ["other", "spandau"], []],
        "album_id": ["true", None, None],
        "duration_ms": [233_600, None, 0],
        "mbid": [GOLD.upper(), "not-an-mbid", None],
        "isrc": ["GB-AYE-83-00043", None, None],
    },
    schema_overrides={"artist_ids": pl.List(pl.String)},
)
ARTISTS = pl.DataFrame(
    {"artist_id": ["spandau", "other"], "name": ["Spandau Ballet", "Other"], "mbid": [SPANDAU, None]}
)
ALBUMS = pl.DataFrame({"album_id": ["true"], "title": ["True"]})
RECORDINGS = pl.DataFrame({"track_id": ["gold"], "location": ["audio/gold.flac"]})
CATALOGUE = Catalogue(TRACKS, ARTISTS, ALBUMS, RECORDINGS)


def test_entries_say_what_the_catalogue_says():
    entries = build_entries(pl.Series(["gold", "duet", "bare", "gone", "gold"]), CATALOGUE)

    assert entries == {
        "gold": TrackEntry(
            "gold", "Gold", "Spandau Ballet", "True", 233_600, GOLD, "GBAYE8300043", (SPANDAU,), "audio/gold.flac"
        ),
        # Half a credit of MusicBrainz ids would point at the wrong artist.
        "duet": TrackEntry("duet", "Duet", "Other, Spandau Ballet"),
        "bare": TrackEntry("bare", "Bare"),
        "gone": TrackEntry("gone", "gone"),
    }


def test_entries_need_titles():
    with pytest.raises(SchemaMismatchError, match="title"):
        build_entries(pl.Series(["gold"]), Catalogue(TRACKS.drop("title"), ARTISTS))


def test_an_artist_without_a_name_is_called_by_its_id():
    entries = build_entries(pl.Series(["duet"]), Catalogue(TRACKS, ARTISTS.head(1)))

    assert entries["duet"].creator == "other, Spandau Ballet"


def test_jspf_with_everything_known():
    entry = build_entries(pl.Series(["gold"]), CATALOGUE)["gold"]

    document = orjson.loads(
        jspf_playlist(
            title="Discover Weekly",
            user_id="u1",
            mix="discover_weekly",
            day=date(2026, 1, 5),
            tracks=[(entry, "because you played X", "space", 0.5)],
        )
    )

    assert document == {
        "playlist": {
            "title": "Discover Weekly",
            "creator": "recsys",
            "date": "2026-01-05T00:00:00+00:00",
            "extension": {
                "https://musicbrainz.org/doc/jspf#playlist": {
                    "created_for": "u1",
                    "creator": "recsys",
                    "public": False,
                    "additional_metadata": {"mix": "discover_weekly"},
                }
            },
            "track": [
                {
                    "identifier": [f"https://musicbrainz.org/recording/{GOLD}"],
                    "title": "Gold",
                    "creator": "Spandau Ballet",
                    "album": "True",
                    "duration": 233_600,
                    "annotation": "because you played X",
                    "location": ["audio/gold.flac"],
                    "extension": {
                        "https://musicbrainz.org/doc/jspf#track": {
                            "artist_identifiers": [f"https://musicbrainz.org/artist/{SPANDAU}"],
                            "additional_metadata": {
                                "track_id": "gold",
                                "source": "space",
                                "score": 0.5,
                                "isrc": "GBAYE8300043",
                            },
                        }
                    },
                }
            ],
        }
    }


def test_jspf_leaves_out_what_nobody_knows():
    document = orjson.loads(
        jspf_playlist(
            title="x", user_id="u", mix="m", day=date(2026, 1, 5), tracks=[(TrackEntry("a/b", "B"), "r", "s", 0.0)]
        )
    )

    (track,) = document["playlist"]["track"]
    assert track == {
        "identifier": ["urn:track:a%2Fb"],
        "title": "B",
        "annotation": "r",
        "extension": {
            "https://musicbrainz.org/doc/jspf#track": {
                "additional_metadata": {"track_id": "a/b", "source": "s", "score": 0.0}
            }
        },
    }


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (TrackEntry("t", "Gold", "Spandau", duration_ms=233_600), ["#EXTINF:234,Spandau - Gold", "urn:track:t"]),
        (TrackEntry("t", "Blip", duration_ms=100), ["#EXTINF:1,Blip", "urn:track:t"]),
        (TrackEntry("t", "Gold"), ["#EXTINF:-1,Gold", "urn:track:t"]),
        (TrackEntry("t", "a\n#EXTINF:9,b"), ["#EXTINF:-1,a #EXTINF:9,b", "urn:track:t"]),
        (TrackEntry("t", "\x00\n"), ["#EXTINF:-1,t", "urn:track:t"]),
        (TrackEntry("\n", "\n"), ["#EXTINF:-1,untitled", "urn:track:%0A"]),
        (TrackEntry("t", "T", location="audio/t.mp3"), ["#EXTINF:-1,T", "audio/t.mp3"]),
        (TrackEntry("t", "T", location="#x"), ["#EXTINF:-1,T", "urn:track:t"]),
        (TrackEntry("t", "T", location="a\nb"), ["#EXTINF:-1,T", "urn:track:t"]),
    ],
)
def test_m3u_entry_is_two_lines(entry: TrackEntry, expected: list[str]):
    text = m3u_playlist(title="My\nMix", tracks=[entry]).decode()

    assert text.split("\n") == ["#EXTM3U", "#PLAYLIST:My Mix", *expected, ""]
