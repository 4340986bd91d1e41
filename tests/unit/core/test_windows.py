"""The calendar: half-open windows, days, Mondays."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.windows import (
    TimeWindow,
    day_window,
    friday_of,
    midnight,
    monday_of,
    parse_day,
    trailing_window,
)

DAY = date(2026, 3, 1)


def test_a_day_ends_before_the_next_begins():
    window = day_window(DAY)

    assert (window.start, window.end) == (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
    assert (window.first_day, window.last_day, window.days()) == (DAY, DAY, [DAY])


@pytest.mark.parametrize(("days", "first"), [(1, date(2026, 3, 1)), (2, date(2026, 2, 28)), (29, date(2026, 2, 1))])
def test_a_trailing_window_includes_its_last_day(days: int, first: date):
    window = trailing_window(DAY, days=days)

    assert (window.first_day, window.last_day, len(window.days())) == (first, DAY, days)


def test_an_empty_window_touches_no_day():
    assert TimeWindow(midnight(DAY), midnight(DAY)).days() == []


@pytest.mark.parametrize(
    ("start", "end", "fault"),
    [
        (datetime(2026, 3, 1), midnight(DAY), "UTC"),  # noqa: DTZ001 - the fault itself
        (midnight(DAY), datetime(2026, 3, 2, tzinfo=timezone(timedelta(hours=1))), "UTC"),
        (midnight(DAY), midnight(DAY) - timedelta(seconds=1), "before it starts"),
    ],
)
def test_windows_that_can_not_be(start: datetime, end: datetime, fault: str):
    with pytest.raises(InvalidArgumentError, match=fault):
        TimeWindow(start, end)


def test_no_days_are_no_trailing_window():
    with pytest.raises(InvalidArgumentError, match="at least one day"):
        trailing_window(DAY, days=0)


@given(st.dates(min_value=date(1950, 1, 9)))
def test_the_monday_serves_the_six_days_after_it(day: date):
    monday = monday_of(day)

    assert monday.weekday() == 0
    assert 0 <= (day - monday).days <= 6


def test_days_are_iso_dates():
    assert parse_day("2026-03-01") == DAY
    with pytest.raises(InvalidArgumentError, match="YYYY-MM-DD"):
        parse_day("1.3.2026")


@pytest.mark.parametrize(
    ("day", "friday"),
    [
        ("2026-04-03", "2026-04-03"),
        ("2026-04-04", "2026-04-10"),
        ("2026-04-09", "2026-04-10"),
        ("2026-03-28", "2026-04-03"),
    ],
)
def test_a_release_stands_in_the_release_radar_of_the_friday_that_ends_its_week(day: str, friday: str):
    assert str(friday_of(date.fromisoformat(day))) == friday
