"""``recsys terms``: what articles say of an artist, harmless on a terminal."""

import json
from typing import Any

import pytest

from recsys_assets.corpus.tables import ENTITY_TERMS
from tests.factories import DAY_1, rows_of

HOSTILE = "\x1b[31mloud\x07 [bold]live[/bold]"


@pytest.fixture
def read(world: Any) -> Any:
    rows = [
        {"term": term, "weight": 2.0 / rank, "rank": rank, "excerpt": f"They are {term}.", "url": "https://p.example/1"}
        for rank, term in enumerate(("hard rock", HOSTILE, "schoolboy"), start=1)
    ]
    frame = rows_of(ENTITY_TERMS, rows, kind="artist", entity_id="a1", n_articles=2, n_sites=1, week=DAY_1)
    world.lake.replace(ENTITY_TERMS, frame, partitions=[DAY_1])
    return world


def test_terms_come_best_first_with_a_sentence_each(read: Any):
    result = read.run("terms", "ac dc")
    assert result.exit_code == 0, result.output
    assert result.stdout.index("hard rock") < result.stdout.index("schoolboy")
    assert "They are hard rock." in result.stdout
    assert "AC/DC (a1)" in result.stderr


def test_nothing_commands_the_terminal(read: Any):
    result = read.run("terms", "a1")
    assert "\x1b" not in result.stdout
    assert "\x07" not in result.stdout
    assert "[bold]live[/bold]" in result.stdout


def test_json_is_for_programs(read: Any):
    told = json.loads(read.run("terms", "AC/DC", "--json", "--limit", "2").stdout)
    assert (told["id"], told["name"], len(told["terms"])) == ("a1", "AC/DC", 2)
    assert told["terms"][0]["term"] == "hard rock"
    assert told["terms"][1]["term"] == HOSTILE


def test_a_rough_name_is_said_what_it_was_taken_for(read: Any):
    assert "taken for AC/DC" in read.run("terms", "acc dc").stderr


def test_an_unknown_name_lists_the_nearest_and_is_none_of_a_part(read: Any):
    result = read.run("terms", "acidify")
    assert result.exit_code == 1
    assert "nearest names: AC/DC" in result.stderr
    assert "materialise" not in read.run("terms", "t1", "--kind", "track").stderr


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("zzzzzz",), 1, "no artist called like"),
        ((" ",), 2, "ARTIST is empty"),
        (("a1", "--kind", "album"), 2, "--kind"),
        (("t1", "--kind", "track"), 1, "say nothing of Plain Song"),
    ],
)
def test_what_can_not_be_answered_is_said(read: Any, args: tuple[str, ...], code: int, said: str):
    result = read.run("terms", *args)
    assert result.exit_code == code
    assert said in " ".join(result.stderr.split())


def test_before_any_article_it_says_what_to_do(world: Any):
    result = world.run("terms", "AC/DC")
    assert result.exit_code == 1
    assert "landing/articles" in result.stderr
