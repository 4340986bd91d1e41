"""``recsys similar --by``: one artist seen by listeners, by sound, by text and by all of them."""

import json
from datetime import date
from typing import Any

import polars as pl
import pytest

from recsys_assets.audio.sound_tables import AUDIO_VECTORS
from recsys_assets.core.schemas import TableSchema
from recsys_assets.corpus.tables import CO_MENTIONS, ENTITY_TERMS
from recsys_assets.latent.tables import ARTIST_VECTORS
from recsys_assets.raw.tables import RAW_ARTISTS, RAW_TRACKS

DAY = date(2026, 1, 5)


def put(world: Any, schema: TableSchema, rows: list[dict[str, object]]) -> None:
    filled = [
        {name: row.get(name, DAY if name == schema.partition else None) for name in schema.dtypes} for row in rows
    ]
    world.lake.replace(schema, pl.DataFrame(filled, schema=schema.dtypes, orient="row"), partitions=[DAY])


@pytest.fixture
def artists(empty: Any) -> Any:
    """Four artists; to `a1` listeners say `a2` is near, sound `a3`, and text both `a3` and `a4`."""
    names = {"a1": "Paper Lanterns", "a2": "Acier", "a3": "Glass", "a4": "\x1b[31mRed\x07"}
    put(empty, RAW_ARTISTS, [{"artist_id": each, "name": name} for each, name in names.items()])
    put(empty, RAW_TRACKS, [{"track_id": f"t{n}", "title": "x", "artist_ids": [f"a{n}"]} for n in range(1, 4)])
    places = {"a1": [1.0, 0.0], "a2": [0.9, 0.1], "a3": [0.5, 0.5], "a4": [-1.0, 0.0]}
    put(empty, ARTIST_VECTORS, [{"artist_id": each, "vector": at, "space_version": "x"} for each, at in places.items()])
    heard = {"t1": [0.0, 1.0], "t2": [1.0, 0.0], "t3": [0.1, 1.0]}
    put(
        empty,
        AUDIO_VECTORS,
        [
            {"track_id": each, "vector": at, "space_version": "x", "is_held_out": False, "is_warm": True}
            for each, at in heard.items()
        ],
    )
    return empty


@pytest.fixture
def written(artists: Any) -> Any:
    said = [("a1", "dreamy"), ("a3", "dreamy"), ("a4", "loud")]
    rest = {"kind": "artist", "weight": 1.0, "rank": 1, "n_articles": 1, "n_sites": 1, "excerpt": "x", "url": "u"}
    put(artists, ENTITY_TERMS, [{"entity_id": each, "term": term, **rest} for each, term in said])
    put(artists, CO_MENTIONS, [{"artist_id": "a1", "other_artist_id": "a4", "weight": 2.0, "n_articles": 1}])
    return artists


def nearest(world: Any, by: str) -> list[str]:
    answer = json.loads(world.run("similar", "paper lanterns", "--by", by, "--json").stdout)
    assert answer["by"] == by
    assert [place["id"] for place in answer["resolved"]] == ["a1"]
    return [row["id"] for row in answer["rows"]]


def test_each_view_has_its_own_nearest(written: Any):
    assert nearest(written, "listeners") == ["a2", "a3", "a4"]
    assert nearest(written, "sound") == ["a3", "a2"]
    assert nearest(written, "text") == ["a3", "a4"]
    assert nearest(written, "all")[0] == "a3"


def test_all_does_without_what_says_nothing_and_says_so(artists: Any):
    done = artists.run("similar", "Paper Lanterns", "--by", "all")

    assert done.exit_code == 0
    assert "without text: no article that was read speaks of Paper Lanterns" in done.stderr
    assert "\x1b" not in done.output


def test_tracks_have_views_too(artists: Any):
    answer = json.loads(artists.run("similar", "t1", "--kind", "track", "--by", "sound", "--json").stdout)

    assert [(row["id"], row["artist_name"]) for row in answer["rows"]] == [("t3", "Glass"), ("t2", "Acier")]


def test_what_articles_do_not_speak_of_is_not_sent_to_the_graph(written: Any):
    done = written.run("similar", "a2", "--by", "text")

    assert "no article that was read speaks of Acier" in done.stderr
    assert "materialise" not in done.stderr


def test_a_track_of_this_very_name_is_taken_where_no_artist_has_it(artists: Any):
    put(artists, RAW_TRACKS, [{"track_id": "t1", "title": "Snowfall", "artist_ids": ["a1"]}])
    answer = json.loads(artists.run("similar", "snowfall", "--by", "sound", "--json").stdout)

    assert (answer["kind"], answer["resolved"][0]["id"]) == ("track", "t1")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("Paper Lanterns", "--by", "text"), 1, "no article that was read speaks of Paper Lanterns"),
        (("a4", "--by", "sound"), 1, "no recording of"),
        (("Paper Lanterns", "--by", "smell"), 2, "--by is listeners, sound, text or all, found 'smell'"),
        (("nobody at all like it", "--by", "text"), 1, "the catalogue has no artist called like"),
    ],
)
def test_what_a_view_can_not_tell_is_one_line(artists: Any, arguments: tuple[str, ...], code: int, says: str):
    done = artists.run("similar", *arguments)

    assert done.exit_code == code
    assert says in done.stderr
    assert "Traceback" not in done.output
