"""``similar`` and ``vector`` over a planted space of three directions: what was understood, and what is near."""

import json
from datetime import date
from typing import Any

import polars as pl
import pytest
from factories import rows_of, stored

from recsys_assets.cold_start.place_tables import SUBMISSION_PREVIEW
from recsys_assets.core.schemas import TableSchema
from recsys_assets.corpus.tables import ENTITY_TERMS
from recsys_assets.latent.tables import (
    ARTIST_NEIGHBOURS,
    ARTIST_VECTORS,
    TRACK_NEIGHBOURS,
    TRACK_VECTORS,
)
from recsys_assets.raw.tables import RAW_ARTISTS, RAW_TRACKS

DAY = date(2026, 1, 6)
VECTORS = {
    "calm": [1.0, 0.0, 0.0],
    "calm-live": [1.0, 1.0, 0.0],
    "loud": [0.0, 0.1, 1.0],
    "loud-live": [0.0, 1.0, 1.0],
    "far": [0.2, -1.0, 0.1],
}
TITLES = {
    "calm": "Paper Lanterns",
    "calm-live": "Paper Lanterns (Live)",
    "loud": "Glass Rivers",
    "loud-live": "Glass Rivers (Live)",
    "far": "[bold]\x1bFar[/bold]",
}


def put(world: Any, schema: TableSchema, rows: list[dict[str, object]]) -> None:
    filled = [
        {name: row.get(name, DAY if name == schema.partition else None) for name in schema.dtypes} for row in rows
    ]
    frame = pl.DataFrame(filled, schema=schema.dtypes, orient="row")
    world.lake.replace(schema, frame, partitions=[DAY])


@pytest.fixture
def space(empty: Any) -> Any:
    put(empty, RAW_TRACKS, [{"track_id": t, "title": x, "artist_ids": ["a1"]} for t, x in TITLES.items()])
    put(empty, RAW_ARTISTS, [{"artist_id": "a1", "name": "The Hills"}, {"artist_id": "a2", "name": "Valley"}])
    version = {"space_version": "2026-01-06-x"}
    put(empty, TRACK_VECTORS, [{"track_id": t, "vector": v, **version} for t, v in VECTORS.items()])
    put(
        empty,
        ARTIST_VECTORS,
        [{"artist_id": a, "vector": v, **version} for a, v in (("a1", [1.0, 0.0, 0.0]), ("a2", [0.0, 0.0, 1.0]))],
    )
    nearest = [("calm", "calm-live", 1, 0.7), ("calm", "far", 2, 0.2), ("loud", "loud-live", 1, 0.8)]
    put(
        empty,
        TRACK_NEIGHBOURS,
        [{"track_id": a, "neighbour_id": b, "rank": r, "cosine": x} for a, b, r, x in nearest],
    )
    put(empty, ARTIST_NEIGHBOURS, [{"artist_id": "a1", "neighbour_id": "a2", "rank": 1, "cosine": 0.1}])
    return empty


@pytest.mark.parametrize("asked", ["calm", "Paper Lanterns", "papr lanterns", "paper lanterns the hills"])
def test_similar_by_id_by_name_and_roughly(space: Any, asked: str):
    answer = json.loads(space.run("similar", asked, "--json").stdout)

    assert [place["id"] for place in answer["resolved"]] == ["calm"]
    assert [(row["rank"], row["id"], row["cosine"]) for row in answer["rows"]] == [
        (1, "calm-live", 0.7),
        (2, "far", 0.2),
    ]
    assert answer["rows"][0]["name"] == "Paper Lanterns (Live)"
    assert answer["rows"][0]["artist_name"] == "The Hills"


def test_similar_for_people(space: Any):
    result = space.run("similar", "paper lanterns")

    assert "Paper Lanterns (The Hills)" in result.stderr
    assert "Paper Lanterns (Live)" in result.stdout
    assert "[bold]Far[/bold]" in result.stdout
    assert "\x1b" not in result.output


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("similar", "The Hills", "--kind", "track"), "an artist is called The Hills: --kind artist asks for it"),
        (("similar", "Vally", "--kind", "track"), "an artist is called Valley: --kind artist asks for it"),
        (("vector", "Paper Lanterns+Glass Rivers"), "put spaces round the sign"),
        (("vector", "zzzz+qqqq"), "put spaces round the sign"),
    ],
)
def test_what_was_probably_meant_is_told(space: Any, args: tuple[str, ...], says: str):
    assert says in space.run(*args).stderr


@pytest.mark.parametrize("args", [("similar", "papr lanterns"), ("vector", "papr lanterns + glass rivers")])
def test_what_is_clear_gets_no_hint(space: Any, args: tuple[str, ...]):
    stderr = space.run(*args).stderr
    assert "--kind artist" not in stderr
    assert "put spaces" not in stderr


@pytest.fixture
def doubles(space: Any) -> Any:
    """A track called like an artist, an artist and a track that nobody has heard, and one article about the artist."""
    titles = TITLES | {"namesake": "Valley", "unheard": "Quiet Snow"}
    names = {"a1": "The Hills", "a2": "Valley", "a3": "Nobody Yet"}
    put(space, RAW_TRACKS, [{"track_id": t, "title": x, "artist_ids": ["a1"]} for t, x in titles.items()])
    put(space, RAW_ARTISTS, [{"artist_id": a, "name": name} for a, name in names.items()])
    vectors = [{"track_id": t, "vector": v, "space_version": "2026-01-06-x"} for t, v in VECTORS.items()]
    put(
        space,
        TRACK_VECTORS,
        [*vectors, {"track_id": "namesake", "vector": [0.5, 0.5, 0.0], "space_version": "2026-01-06-x"}],
    )
    put(space, ARTIST_NEIGHBOURS, [{"artist_id": "a2", "neighbour_id": "a1", "rank": 1, "cosine": 0.1}])
    put(space, TRACK_NEIGHBOURS, [{"track_id": "namesake", "neighbour_id": "calm", "rank": 1, "cosine": 0.7}])
    said = {"kind": "artist", "weight": 1.0, "rank": 1, "n_articles": 1, "n_sites": 1, "excerpt": "x", "url": "u"}
    put(space, ENTITY_TERMS, [{"entity_id": each, "term": "dreamy", **said} for each in ("a1", "a3")])
    return space


def test_an_artist_goes_before_a_track_of_its_name_and_how_to_ask_for_that_is_said(doubles: Any):
    answer = doubles.run("similar", "valley", "--json")
    assert json.loads(answer.stdout)["kind"] == "artist"
    assert "an artist and a track is called so: this is the artist; --kind track asks for the track" in answer.stderr

    asked = doubles.run("similar", "valley", "--kind", "track", "--json")
    assert [place["id"] for place in json.loads(asked.stdout)["resolved"]] == ["namesake"]
    assert "called so" not in asked.stderr


def test_an_artist_whom_nobody_heard_does_not_hide_the_track_of_that_name(doubles: Any):
    names = {"a1": "Valleys", "a2": "The Hills", "a3": "Valley"}
    put(doubles, RAW_ARTISTS, [{"artist_id": a, "name": name} for a, name in names.items()])
    answer = doubles.run("similar", "valley", "--json")

    assert [place["id"] for place in json.loads(answer.stdout)["resolved"]] == ["namesake"]
    assert "this is the artist" not in answer.stderr


def test_a_rough_name_is_the_artist_where_that_is_much_nearer(doubles: Any):
    put(doubles, ARTIST_NEIGHBOURS, [{"artist_id": "a1", "neighbour_id": "a2", "rank": 1, "cosine": 0.1}])
    answer = json.loads(doubles.run("similar", "the hils", "--json").stdout)

    assert [(place["kind"], place["id"]) for place in answer["resolved"]] == [("artist", "a1")]


@pytest.mark.parametrize(
    ("asked", "who"), [("nobody yet", "Nobody Yet"), ("a3", "Nobody Yet"), ("Quiet Snow", "Quiet Snow")]
)
def test_whom_nobody_heard_is_said_to_have_no_place_and_which_view_knows_them(doubles: Any, asked: str, who: str):
    result = doubles.run("similar", asked)

    assert result.exit_code == 1
    assert f"nobody had heard {who}" in result.stderr
    assert "materialise" not in result.stderr
    by_text = "`recsys similar 'Nobody Yet' --kind artist --by text` knows more"
    assert (by_text in result.stderr) is (who == "Nobody Yet")


def test_similar_artists(space: Any):
    answer = json.loads(space.run("similar", "the hills", "--kind", "artist", "--json").stdout)

    assert [row["name"] for row in answer["rows"]] == ["Valley"]


def test_vector(space: Any):
    asked = "Paper Lanterns (Live) - Paper Lanterns + Glass Rivers"

    answer = json.loads(space.run("vector", asked, "--json", "--limit", "2").stdout)

    assert [(place["sign"], place["id"]) for place in answer["resolved"]] == [
        (1, "calm-live"),
        (-1, "calm"),
        (1, "loud"),
    ]
    # What was subtracted and added is left out, so the answer to "live, but loud" is the other live track.
    assert answer["rows"][0]["id"] == "loud-live"
    assert len(answer["rows"]) == 2


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("similar",), 2),
        (("similar", "zzzzqqqq"), 2),
        (("similar", "calm", "--kind", "album"), 2),
        (("similar", "far"), 1),
        (("vector", "Paper Lanterns + + Glass"), 2),
        (("vector", "Paper Lanterns +"), 2),
        (("vector", 'a "b'), 2),
        (("vector", "zzzzqqqq - xxxxjjjj"), 2),
    ],
)
def test_what_can_not_be_answered(space: Any, args: tuple[str, ...], code: int):
    result = space.run(*args)

    assert result.exit_code == code, result.output
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("args", [("similar", "x"), ("vector", "x + y")])
def test_before_there_is_a_space(empty: Any, args: tuple[str, ...]):
    empty.home.root.mkdir()
    result = empty.run(*args)

    assert result.exit_code == 1
    assert "no latent space yet" in result.stderr


@pytest.mark.parametrize(
    ("place", "stands_on"),
    [
        ({"artist_weight": 0.0, "sound_vector": [0.0, 0.1, 1.0]}, "its sound alone puts it"),
        ({"artist_weight": 0.7}, "its artists' other tracks alone put it"),
        (
            {"artist_weight": 0.7, "sound_vector": [0.0, 0.1, 1.0], "n_listeners": 2},
            "its artists' other tracks, its sound and those few put it",
        ),
        ({"artist_weight": 0.0}, "nothing says where it belongs"),
    ],
)
def test_what_was_submitted_since_the_day_was_made_is_known_and_what_its_place_stands_on_is_said(
    space: Any, place: dict[str, Any], stands_on: str
):
    row = {"submission_id": "sub1", "track_id": "submission:sub1", "vector": [0.0, 0.1, 1.0], **place}
    of_space = {"space_version": "2026-01-06-x", "inherits_artist": place["artist_weight"] > 0}
    stored(space.lake, SUBMISSION_PREVIEW, rows_of(SUBMISSION_PREVIEW, [row | of_space]))
    result = space.run("similar", "sub1", "--json")

    assert json.loads(result.stdout)["rows"][0]["id"] == "loud"
    assert stands_on in result.stderr
    stored(space.lake, SUBMISSION_PREVIEW, rows_of(SUBMISSION_PREVIEW, [row | of_space | {"space_version": "older"}]))
    assert space.run("similar", "sub1").exit_code == 2
