"""Gates on a Friday's Release Radar see what is missing and what must not be there."""

from datetime import timedelta

import polars as pl
import pytest
from radar_world import FRIDAY, RadarWorld

from recsys_assets.core import columns as c
from recsys_assets.mixes.catalogue import EligibilityParams
from recsys_assets.mixes.gates import every_accepted_track_lands, nothing_unwanted_lands
from recsys_assets.mixes.release_radar import ReleaseRadarParams
from recsys_assets.mixes.release_radar_days import RadarTables, make_friday

ALL = EligibilityParams()


@pytest.fixture
def tables() -> RadarTables:
    world = RadarWorld()
    world.release("cold", "a10")
    world.place("cold", 1)
    world.release("late", "a20")
    world.place("late", 2, is_on_time=False)
    world.release("gone", "a10", is_withdrawn=True)
    world.place("gone", 1)
    world.release("next_week", "a10", days=1)
    submitted = [(name, name, ["a10"], FRIDAY) for name in ("cold", "late", "gone")]
    known = world.tables(follows=[("u0_00", "a20")], submitted=submitted)
    return RadarTables(
        **{
            **vars(known),
            "submitted": known.submitted.with_columns(
                is_on_time=pl.col(c.TRACK_ID) != "late",
                verdict=pl.when(pl.col(c.TRACK_ID) == "late").then(pl.lit("late")).otherwise(pl.lit("accepted")),
                on_time_from=pl.col(c.RELEASED_ON),
            ),
        }
    )


def test_a_good_friday_passes(tables: RadarTables):
    radar = make_friday(tables, ReleaseRadarParams())
    promise, rules = every_accepted_track_lands(radar, tables, ALL), nothing_unwanted_lands(radar, tables, ALL)

    assert promise.passed, promise.notes
    assert (promise.observed, promise.threshold) == (1, 1)
    assert rules.passed, rules.notes


def test_a_promise_not_held_is_named(tables: RadarTables):
    radar = make_friday(tables, ReleaseRadarParams()).filter(pl.col(c.TRACK_ID) != "cold")
    verdict = every_accepted_track_lands(radar, tables, ALL)

    assert not verdict.passed
    assert "missing: cold" in verdict.notes
    assert f"{FRIDAY - timedelta(days=1)}" in verdict.notes


def test_what_the_catalogue_brought_forward_is_promised_only_if_it_came_in_time_for_that(tables: RadarTables):
    later = tables.submitted.with_columns(pl.col("on_time_from") + pl.duration(days=1))
    tables = RadarTables(**{**vars(tables), "submitted": later})
    radar = make_friday(tables, ReleaseRadarParams())

    assert every_accepted_track_lands(radar, tables, ALL).threshold == 0
    assert "not accepted in time" in nothing_unwanted_lands(radar, tables, ALL).notes


@pytest.mark.parametrize(
    ("track", "source", "said"),
    [
        ("late", "sound", "not accepted in time"),
        ("gone", "followed_artist", "nobody may get"),
        ("next_week", "followed_artist", "nobody may get"),
        ("t000", "same_artist", "not released in the week"),
    ],
)
def test_what_must_not_be_there_stops_it(tables: RadarTables, track: str, source: str, said: str):
    radar = make_friday(tables, ReleaseRadarParams())
    wrong = radar.head(1).with_columns(pl.lit(track).alias(c.TRACK_ID), pl.lit(source).alias(c.SOURCE))
    verdict = nothing_unwanted_lands(pl.concat([radar, wrong]), tables, ALL)

    assert not verdict.passed
    assert verdict.blocking
    assert said in verdict.notes


def test_explicit_tracks_are_promised_only_where_they_are_offered(tables: RadarTables):
    rude = tables.tracks.with_columns(
        pl.when(pl.col(c.TRACK_ID) == "cold").then(True).otherwise(c.IS_EXPLICIT).alias(c.IS_EXPLICIT)
    )
    tables = RadarTables(**{**vars(tables), "tracks": rude})

    assert (
        every_accepted_track_lands(tables.tracks.clear(), tables, EligibilityParams(allow_explicit=False)).threshold
        == 0
    )
    assert every_accepted_track_lands(tables.tracks.clear(), tables, ALL).threshold == 1
