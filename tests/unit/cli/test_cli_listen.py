"""What people see of the mixes, on a planted lake with hostile names."""

import json
from datetime import date
from typing import Any

import pytest
from factories import rows_of, stored

from recsys_assets.mixes.tables import RELEASE_RADAR


@pytest.mark.parametrize("user", ["annabelle", "bob'); --"])
def test_mixes_for_people(world: Any, user: str):
    result = world.run("mixes", user)

    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    # Two mixes of five tracks, each track on one line whatever its title holds.
    assert sum("because you played" in line for line in lines) == 10
    assert sum("Discover Weekly · 2026-01-05" in line for line in lines) == 1
    assert sum("Daily Mix 1 · 2026-01-06" in line for line in lines) == 1
    assert "\x1b" not in result.output
    assert "\x07" not in result.output
    for title in ("Plain Song", "../../x", "CON", "🎧 \u0645\u0631 [bold]loud[/bold]", "'; drop table users; --"):
        assert title in result.output
    assert "AC/DC" in result.output


def test_mixes_for_programs(world: Any):
    result = world.run("mixes", "annabelle", "--mix", "discover_weekly", "--json")

    answer = json.loads(result.stdout)
    assert answer["user_id"] == "annabelle"
    assert [row["track"] for row in answer["rows"]] == list(world.titles.values())
    assert answer["rows"][1] == {
        "mix": "discover_weekly",
        "title": "Discover Weekly",
        "delivered_on": "2026-01-05",
        "rank": 2,
        "track_id": "t2",
        "track": "../../x",
        "artist": "AC/DC",
        "reason": "because you played ../../x",
        "source": "space",
        "score": 0.5,
    }


@pytest.mark.parametrize(
    ("options", "delivered"),
    [
        ((), ["2026-01-05", "2026-01-06"]),
        (("--mix", "daily_mix"), ["2026-01-06"]),
        (("--mix", "daily_mix_1"), ["2026-01-06"]),
        (("--date", "2026-01-05"), ["2026-01-05"]),
        (("--date", "2026-01-05", "--mix", "daily_mix"), ["2026-01-05"]),
    ],
)
def test_which_mixes_and_of_which_day(world: Any, options: tuple[str, ...], delivered: list[str]):
    result = world.run("mixes", "annabelle", "--json", *options)

    assert sorted({row["delivered_on"] for row in json.loads(result.stdout)["rows"]}) == delivered


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("annabelle", "--mix", "daily_mix_2"), 2, "there are: daily_mix_1"),
        (("annabelle", "--mix", "release_radar"), 2, "there are: daily_mix_1, discover_weekly"),
        (("--any", "--date", "2026-01-04"), 2, "the first mixes are of 2026-01-05"),
        (("annabelle", "--date", "2026-01-04"), 2, "on or before 2026-01-04: the first mixes are of 2026-01-05"),
        (
            ("annabelle", "--mix", "daily_mix_6"),
            2,
            "'annabelle' has no daily_mix_6; there are: daily_mix_1, discover_weekly",
        ),
    ],
)
def test_mixes_that_are_not_there(world: Any, args: tuple[str, ...], code: int, says: str):
    result = world.run("mixes", *args)

    assert result.exit_code == code
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_mix_asked_for_before_its_first_day_is_told_that_day(world: Any):
    radar = {
        "mix": "release_radar",
        "rank": 1,
        "score": 1.0,
        "source": "space",
        "reason": "new",
        "mix_title": "Release Radar",
    }
    rows = [{"user_id": "annabelle", "track_id": "t1", "week": date(2026, 1, day), **radar} for day in (9, 16)]
    stored(world.lake, RELEASE_RADAR, rows_of(RELEASE_RADAR, rows))

    for day, code, said in (
        ("2026-01-08", 2, "there is no release_radar on or before 2026-01-08: the first is of 2026-01-09"),
        ("2026-01-15", 0, "2026-01-09"),
    ):
        result = world.run("mixes", "annabelle", "--mix", "release_radar", "--date", day)
        assert (result.exit_code, said in result.output) == (code, True), result.output


def test_who_is_not_known_sees_what_is_popular_and_is_told_so(world: Any):
    for_people, for_programs = world.run("mixes", "nobody"), world.run("mixes", "nobody", "--json")
    answer = json.loads(for_programs.stdout)

    assert for_people.exit_code == for_programs.exit_code == 0, for_people.output
    assert "nobody" in for_people.stderr
    assert for_people.stderr.count("\n") == 1
    assert "Popular · 2026-01-05" in for_people.stdout
    assert not answer["is_known"]
    # Two listeners have two tracks, both by one artist.
    assert [row["track_id"] for row in answer["rows"]] == ["t1", "t2"]
    assert {row["source"] for row in answer["rows"]} == {"popular"}
    # Nobody has played anything in the last four weeks, so it is not popular "right now".
    assert {row["reason"] for row in answer["rows"]} == {
        "popular with everybody: play a few tracks and this becomes yours"
    }


def test_mixes_before_the_graph_has_run(empty: Any):
    result = empty.run("mixes", "annabelle")

    assert result.exit_code == 1
    assert "make run" in result.stderr


def test_listeners(world: Any):
    result = world.run("listeners", "--json", "--limit", "1")

    assert json.loads(result.stdout) == {
        "as_of": "2026-01-06",
        "listeners": 2,
        "rows": [{"user_id": world.listeners[1], "tracks": 2, "plays": 5.0}],
    }
    assert world.listeners[0] in world.run("listeners").stdout
