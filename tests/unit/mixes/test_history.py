"""What is known of listeners at the end of a day, read from a lake by hand: nothing later, nobody left out."""

from datetime import UTC, datetime

import polars as pl
from factories import DAY_1, day, rows_of, stored

from recsys_assets.core.lake import Lake
from recsys_assets.mixes.history import History, read_history
from recsys_assets.raw.tables import RAW_PLAY_COUNTS
from recsys_assets.signals.tables import ARTIST_SIGNALS, TRACK_SIGNALS


def instant(offset: int, hour: int) -> datetime:
    on = day(offset)
    return datetime(on.year, on.month, on.day, hour, tzinfo=UTC)


TRACK_ACTS = [
    {"user_id": "ann", "track_id": "new", "date": day(0), "plays": 1, "last_heard_at": instant(0, 9)},
    {"user_id": "ann", "track_id": "new", "date": day(-3), "partial_plays": 2, "last_heard_at": instant(-3, 9)},
    {"user_id": "bob", "track_id": "new", "date": day(-20), "plays": 1, "last_heard_at": instant(-20, 9)},
    {"user_id": "bob", "track_id": "old", "date": day(-90), "plays": 4, "last_heard_at": instant(-90, 9)},
    {"user_id": "cid", "track_id": "old", "date": day(-1), "skips": 1, "last_heard_at": instant(-1, 9)},
    {"user_id": "dan", "track_id": "new", "date": day(-40), "hides": 1},
    {"user_id": "later", "track_id": "new", "date": day(1), "plays": 1, "last_heard_at": instant(1, 9)},
]
ARTIST_ACTS = [
    {"user_id": "fan", "artist_id": "a", "date": day(-100), "follows": 1},
    {"user_id": "ann", "artist_id": "b", "date": day(0), "hides": 1},
    {"user_id": "later", "artist_id": "a", "date": day(1), "follows": 1},
]
TOTALS = [
    {"user_id": "eve", "track_id": "old", "play_count": 7, "as_of": day(-5)},
    {"user_id": "later", "track_id": "old", "play_count": 7, "as_of": day(5)},
]


def known(lake: Lake, acts: list[dict], artist_acts: list[dict], totals: list[dict]) -> History:
    return read_history(
        track_signals=stored(lake, TRACK_SIGNALS, rows_of(TRACK_SIGNALS, acts)),
        artist_signals=stored(lake, ARTIST_SIGNALS, rows_of(ARTIST_SIGNALS, artist_acts)),
        play_counts=stored(lake, RAW_PLAY_COUNTS, rows_of(RAW_PLAY_COUNTS, totals, arrived_on=DAY_1)),
        last_day=DAY_1,
    )


def test_everything_up_to_the_day_and_nothing_later(lake: Lake):
    found = known(lake, TRACK_ACTS, ARTIST_ACTS, TOTALS)

    assert found.heard.rows() == [
        ("ann", "new", 1, instant(0, 9)),
        ("bob", "new", 1, instant(-20, 9)),
        ("bob", "old", 4, instant(-90, 9)),
        ("cid", "old", 0, instant(-1, 9)),
        ("eve", "old", 7, None),
    ]
    assert found.recent.rows() == [("ann", "new", 3)]
    assert found.hidden.rows() == [("dan", "new")]
    assert found.hidden_artists.rows() == [("ann", "b")]
    assert found.followed_artists.rows() == [("fan", "a")]
    assert found.listeners["user_id"].to_list() == ["ann", "bob", "cid", "dan", "eve", "fan"]


def test_popular_is_what_was_heard_in_four_weeks_by_how_many(lake: Lake):
    found = known(lake, TRACK_ACTS, ARTIST_ACTS, TOTALS)

    # Ann and Bob heard it; Cid cut the other short, and Bob's old favourite is of another season.
    assert found.popular.rows() == [("new", 2, 1.0)]


def test_of_nothing_nothing_is_known(lake: Lake):
    empty = [lake.open(schema) for schema in (TRACK_SIGNALS, ARTIST_SIGNALS, RAW_PLAY_COUNTS)]
    found = read_history(track_signals=empty[0], artist_signals=empty[1], play_counts=empty[2], last_day=DAY_1)

    assert all(getattr(found, name).is_empty() for name in found.__dataclass_fields__)
    assert found.heard.schema["last_heard_at"] == pl.Datetime("us", "UTC")
