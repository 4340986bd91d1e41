"""``recsys moved``: whom articles moved, on which day, and that a home which is not there is said."""

from datetime import date
from typing import Any

import pytest

from recsys_assets.cold_start.move_tables import ARTIST_MOVES
from tests.factories import rows_of

DAYS = (date(2026, 1, 6), date(2026, 1, 8))


@pytest.fixture
def moved(world: Any) -> Any:
    row = {
        "artist_id": "a1", "rank": 1, "distance": 0.3, "vector_before": [1.0], "vector_after": [0.5], "space_version": "x",
        "near_before": [], "near_after": ["a1"], "genre_before": None, "genre_after": "Rock", "n_listeners": 0,
        "n_moved_tracks": 1, "excerpt": "Loud \x1b[31mand live.", "url": "https://p.example/1",
    }  # fmt: skip
    for day in DAYS:
        world.lake.replace(ARTIST_MOVES, rows_of(ARTIST_MOVES, [row], date=day), partitions=[day])
    return world


def test_who_was_known_by_nothing_else_comes_from_nowhere(moved: Any):
    told = moved.run("moved").stdout
    assert "moved by articles on 2026-01-08" in told
    assert "from nowhere (nothing else is known of them) to Rock" in told
    assert "\x1b" not in told


def test_a_day_that_was_not_made_is_answered_by_the_one_before_and_said(moved: Any):
    result = moved.run("moved", "--date", "2026-01-07")
    assert "moved by articles on 2026-01-06" in result.stdout
    assert (
        "2026-01-07 was not made, this is 2026-01-06; the days that were made: 2026-01-06 to 2026-01-08"
        in result.stderr
    )


def test_a_day_before_all_says_which_days_there_are(moved: Any):
    result = moved.run("moved", "--date", "2020-01-01")
    assert result.exit_code == 2
    assert "the days that were made: 2026-01-06 to 2026-01-08" in result.stderr


def test_before_any_day_it_says_what_makes_one(world: Any):
    result = world.run("moved")
    assert result.exit_code == 1
    assert "landing/articles" in result.stderr


@pytest.mark.parametrize(
    "args",
    [
        ("moved",),
        ("search", "x"),
        ("similar", "x"),
        ("terms", "x"),
        ("listeners",),
        ("audience", "x"),
        ("sql", "select 1"),
    ],
)
def test_a_home_that_is_not_there_says_so_and_how_to_make_one(empty: Any, args: tuple[str, ...]):
    result = empty.run(*args)
    assert result.exit_code == 1
    assert f"there is no folder {empty.home.root}, which RECSYS_HOME names" in result.stderr
    assert "recsys demo" in result.stderr
    assert not empty.home.root.exists()
