"""What a listener gets from the whole graph, held against what was landed and not against what the graph made of it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from world import (
    HEARD_NOTHING,
    HEARD_TWO,
    MODEL_DAYS,
    MONDAYS,
    planted_feedback,
    planted_plays,
    tables,
    tiny_world,
)

from recsys_assets.core import columns as c

pytestmark = pytest.mark.integration

PAIR = (c.USER_ID, c.TRACK_ID)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def heard_before(day: date) -> pl.DataFrame:
    planted = pl.DataFrame(planted_plays()).select(*PAIR, pl.col(c.PLAYED_AT).str.to_datetime(time_zone="UTC"))
    plays = pl.concat([tiny_world().plays.select(planted.columns), planted])
    return plays.filter(pl.col(c.PLAYED_AT) < midnight(day)).select(PAIR).unique()


def hidden_before(day: date) -> pl.DataFrame:
    planted = pl.DataFrame(planted_feedback()).select(*PAIR, pl.col(c.AT).str.to_datetime(time_zone="UTC"), c.ACTION)
    acts = pl.concat([tiny_world().feedback.select(planted.columns), planted])
    return acts.filter(pl.col(c.AT) < midnight(day), pl.col(c.ACTION) == "hide").select(PAIR).drop_nulls().unique()


@pytest.fixture(scope="module")
def discover(finished: Path) -> pl.DataFrame:
    return tables(finished)["mixes.discover_weekly"]


@pytest.fixture(scope="module")
def daily(finished: Path) -> pl.DataFrame:
    return tables(finished)["mixes.daily_mix"]


def with_tracks(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.join(tiny_world().tracks, on=c.TRACK_ID, how="left", validate="m:1")


def test_everybody_who_did_anything_gets_thirty_tracks(discover: pl.DataFrame):
    for monday in MONDAYS:
        week = discover.filter(pl.col(c.WEEK) == monday)
        users = set(heard_before(monday)[c.USER_ID])

        assert users <= set(week[c.USER_ID])
        assert set(week.group_by(c.USER_ID).len()["len"]) == {30}
        assert week.group_by(c.USER_ID).agg(pl.col(c.RANK).sort())[c.RANK].to_list() == [list(range(1, 31))] * len(
            week[c.USER_ID].unique()
        )


def test_discover_weekly_was_never_heard(discover: pl.DataFrame):
    for monday in MONDAYS:
        week, heard = discover.filter(pl.col(c.WEEK) == monday), heard_before(monday)

        assert heard.height > 500
        assert week.join(heard, on=PAIR).is_empty()


def test_an_artist_has_two_places_and_a_recording_one(discover: pl.DataFrame):
    rows = with_tracks(discover)
    per_artist = rows.explode(c.ARTIST_IDS).group_by(c.WEEK, c.USER_ID, c.ARTIST_IDS).len()
    # The demo's versions: "Title (Live)" or "Title - Acoustic" by the same artist.
    bare = pl.col(c.TITLE).str.replace(r"(?i)\s*(\(|- ).*(live|acoustic).*$", "")
    per_recording = rows.group_by(c.WEEK, c.USER_ID, c.ARTIST_IDS, bare.alias("bare")).len()

    assert per_artist["len"].max() == 2
    assert per_recording["len"].max() == 1
    assert tiny_world().tracks.group_by(c.ARTIST_IDS, bare.alias("bare")).len()["len"].max() > 1


def test_no_week_offers_again_what_an_earlier_one_did(discover: pl.DataFrame):
    first, second = (discover.filter(pl.col(c.WEEK) == monday).select(PAIR) for monday in MONDAYS)

    assert first.join(second, on=PAIR).is_empty()


@pytest.mark.parametrize("mix", ["discover", "daily"])
def test_nothing_withdrawn_unreleased_or_hidden(mix: str, request: pytest.FixtureRequest):
    rows, world = with_tracks(request.getfixturevalue(mix)), tiny_world()
    delivered = pl.col(c.WEEK) if mix == "discover" else pl.col(c.DATE) + timedelta(days=1)

    assert world.tracks[c.IS_WITHDRAWN].any()
    assert (world.tracks[c.RELEASED_ON] > MONDAYS[-1]).any()
    assert rows.filter(pl.col(c.IS_WITHDRAWN)).is_empty()
    assert rows.filter(pl.col(c.RELEASED_ON) > delivered).is_empty()
    for day in MONDAYS if mix == "discover" else MODEL_DAYS:
        hidden = hidden_before(day)
        assert hidden.height >= 5
        assert rows.filter(delivered >= day).join(hidden, on=PAIR).is_empty()


@pytest.mark.parametrize("mix", ["discover", "daily"])
def test_every_row_says_why(mix: str, request: pytest.FixtureRequest):
    rows = request.getfixturevalue(mix)

    assert rows.filter(pl.col(c.REASON).str.strip_chars().str.len_chars() < 10).is_empty()
    assert rows[c.REASON].n_unique() > 50
    assert rows.filter(pl.col(c.SOURCE) == "").is_empty()


def test_because_you_played_is_true(discover: pl.DataFrame):
    titles = tiny_world().tracks.select(c.TRACK_ID, c.TITLE)
    for monday in MONDAYS:
        heard = heard_before(monday).join(titles, on=c.TRACK_ID)
        played = {user: set(rows[c.TITLE]) for (user,), rows in heard.group_by(c.USER_ID)}
        rows = discover.filter(pl.col(c.WEEK) == monday, pl.col(c.REASON).str.starts_with("because you played "))
        names_one = [
            any(title in reason for title in played[user])
            for user, reason in rows.select(c.USER_ID, c.REASON).iter_rows()
        ]
        assert len(names_one) > 100
        # A title may be shown cut or cleaned; hardly any is.
        assert sum(names_one) / len(names_one) > 0.95


def test_two_plays_are_enough_for_a_week_of_ones_own(discover: pl.DataFrame):
    for monday in MONDAYS:
        mine = discover.filter(pl.col(c.WEEK) == monday, pl.col(c.USER_ID) == HEARD_TWO)

        assert mine.height == 30
        assert set(mine[c.SOURCE]) != {"popular"}


def test_who_has_heard_nothing_gets_what_is_popular_and_is_told_so(discover: pl.DataFrame):
    mine = discover.filter(pl.col(c.USER_ID) == HEARD_NOTHING)

    assert mine.height == 30 * len(MONDAYS)
    assert mine.filter(pl.col(c.SOURCE) != "popular").is_empty()
    assert mine.filter(~pl.col(c.REASON).str.contains("popular|play")).is_empty()


def test_daily_mixes_are_numbered_and_end_where_they_should(daily: pl.DataFrame):
    sizes = daily.group_by(c.DATE, c.USER_ID, c.MIX).agg(pl.len().alias("n"), pl.col(c.RANK).max())

    assert set(daily[c.DATE]) == set(MODEL_DAYS)
    assert set(daily[c.MIX]) <= {f"daily_mix_{n}" for n in range(1, 7)}
    assert (sizes["n"] == sizes[c.RANK]).all()
    assert sizes["n"].max() == 30
    assert (
        daily.group_by(c.DATE, c.USER_ID, c.MIX).agg(pl.col(c.TRACK_ID).is_duplicated().any())[c.TRACK_ID].any()
        is False
    )


def test_daily_mixes_hold_known_and_new_tracks(daily: pl.DataFrame):
    last = daily.filter(pl.col(c.DATE) == MODEL_DAYS[-1])
    heard = heard_before(MODEL_DAYS[-1] + timedelta(days=1)).with_columns(known=pl.lit(value=True))
    rows = last.join(heard, on=PAIR, how="left").with_columns(pl.col("known").fill_null(value=False))

    # A pre-saved track is one's own before anybody can hear it.
    wanted = (
        tiny_world().feedback.filter(pl.col(c.ACTION).is_in(["presave", "save", "like", "playlist_add"])).select(PAIR)
    )
    assert 0.1 < rows["known"].mean() < 0.9
    assert rows.filter(pl.col(c.SOURCE) == "familiar", ~pl.col("known")).join(wanted, on=PAIR, how="anti").is_empty()
    assert rows.filter(pl.col(c.SOURCE) != "familiar", pl.col("known")).is_empty()
