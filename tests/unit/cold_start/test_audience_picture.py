"""The picture of an audience, and the line under its title."""

import io

import polars as pl
import pytest
from PIL import Image

from recsys_assets.cold_start.audience_picture import (
    bars_by_nearness,
    count_near,
    draw_audience,
    funnel_line,
    place_on_map,
    reach_line,
)

AUDIENCE = {
    "n_listeners_scored": 1_200,
    "n_within_reach": 240,
    "n_reach_low": 130,
    "n_reach_high": 410,
    "n_calibrated_on": 300,
    "threshold": 1.1,
    "histogram": [0] * 8 + [60] * 16 + [20] * 8 + [0] * 16,
    "near_track_ids": ["t1", "t2", "t9"],
    "genres": ["deep house", "音楽 $x$"],
    "genre_shares": [0.8, 0.2],
}
MAP = pl.DataFrame(
    {
        "kind": ["track", "track", "track", "artist"],
        "id": ["t1", "t2", "t3", "t1"],
        "x": [0.0, 2.0, 9.0, 50.0],
        "y": [0.0, 1.0, 9.0, 50.0],
    }
)


def test_the_line_says_how_many_and_how_sure():
    assert reach_line(AUDIENCE) == "240 of 1,200 listeners within reach (130 to 410 for nine of ten such tracks)"
    unsure = AUDIENCE | {"n_reach_low": None, "n_reach_high": None, "n_calibrated_on": 7}
    assert "7 heard tracks are too few" in reach_line(unsure)
    assert "nobody can tell how many of 1,200 listeners" in reach_line(unsure | {"threshold": None})


def test_the_funnel_says_what_each_number_is_of_the_one_before():
    near = count_near(AUDIENCE)
    told = funnel_line(AUDIENCE)
    assert (
        told.index("1,200 listeners")
        < told.index(f"about {near} are near enough")
        < told.index("expect 240 within reach")
    )
    assert told.endswith("(130 to 410 for nine of ten such tracks).")
    assert "7 heard tracks are too few" in funnel_line(AUDIENCE | {"n_reach_low": None, "n_calibrated_on": 7})
    assert funnel_line(AUDIENCE | {"threshold": None}) == reach_line(AUDIENCE | {"threshold": None})


@pytest.mark.parametrize("space_map", [MAP, MAP.clear()])
@pytest.mark.parametrize(
    "changes", [{}, {"threshold": None, "n_reach_low": None}, {"near_track_ids": [], "genres": []}]
)
def test_a_picture_is_drawn_of_whatever_is_known_and_is_the_same_twice(space_map: pl.DataFrame, changes: dict):
    drawn = draw_audience(AUDIENCE | changes, space_map, title="Neon Hour by Marta $\\alpha$")

    with Image.open(io.BytesIO(drawn)) as picture:
        assert picture.size == (1100, 470)
        assert len(picture.convert("RGB").getcolors(1 << 20)) > 20  # pyright: ignore[reportArgumentType]
    assert drawn == draw_audience(AUDIENCE | changes, space_map, title="Neon Hour by Marta $\\alpha$")


def test_a_place_is_shown_amid_its_nearest_tracks():
    found = place_on_map(AUDIENCE, MAP)

    assert found is not None
    assert found[0].tolist() == [[0, 0], [2, 1]]
    assert found[1] == (1.0, 0.5)
    assert place_on_map(AUDIENCE | {"near_track_ids": ["t9"]}, MAP) is None


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        # 1.1 lies 0.4 into the bar from 1 to 1.25, of which there are 60: 36 of it are within, and all that follow.
        (1.1, 36 + 3 * 60 + 8 * 20),
        (1.0, 4 * 60 + 8 * 20),
        (9.0, 0),
        (None, 0),
    ],
)
def test_the_bar_that_the_threshold_goes_through_is_cut_there(threshold: float | None, expected: int):
    audience = AUDIENCE | {"threshold": threshold}
    farther, within = bars_by_nearness(audience)

    assert count_near(audience) == expected
    assert (farther[:, 1] == within[:, 0]).all()
    assert (within[:, 1] - farther[:, 0]).tolist() == [0.25] * 48
