"""Each promise of sql/play_matrix/heard_tracks.sql: when a track was heard last, and what is not known yet."""

from datetime import UTC, datetime

import polars as pl
from factories import DAY_1, day, rows_of

from recsys_assets.core.warehouse import run_sql
from recsys_assets.raw.tables import RAW_PLAY_COUNTS
from recsys_assets.signals.tables import TRACK_SIGNALS

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def heard(signals: list[dict], totals: list[dict] | None = None) -> pl.DataFrame:
    """What ann has heard at the end of DAY_1."""
    frames = {
        "track_signals": rows_of(TRACK_SIGNALS, signals, user_id="ann", date=DAY_1),
        "play_counts": rows_of(RAW_PLAY_COUNTS, totals or [], user_id="ann", arrived_on=DAY_1),
    }
    return run_sql("play_matrix/heard_tracks", inputs=frames, parameters={"last_day": DAY_1})


def test_the_last_instant_counts_and_a_day_without_one_stands_for_its_beginning():
    found = heard(
        [
            {"track_id": "a", "plays": 1, "date": day(-1), "last_heard_at": datetime(2026, 1, 4, 23, tzinfo=UTC)},
            {"track_id": "a", "skips": 1, "last_heard_at": NOON},
            {"track_id": "b", "partial_plays": 1},
            {"track_id": "liked", "likes": 1},
        ],
        [{"track_id": "c", "play_count": 9}, {"track_id": "a", "play_count": 2}],
    )

    assert found.select("track_id", "play_count", "last_heard_at").rows() == [
        ("a", 3, NOON),
        ("b", 0, datetime(2026, 1, 5, tzinfo=UTC)),
        ("c", 9, None),
    ]


def test_totals_that_are_counted_later_are_not_known_yet():
    totals = [
        {"track_id": "before", "play_count": 1, "as_of": DAY_1},
        {"track_id": "after", "play_count": 1, "as_of": day(1)},
        {"track_id": "undated", "play_count": 1, "as_of": None},
    ]

    assert heard([], totals)["track_id"].to_list() == ["before", "undated"]
