"""Time as an argument: half-open UTC windows and the calendar of partitions.

Nobody below ``defs`` asks what time it is. Partition keys are ISO dates; weeks are named by their delivery day.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from recsys_assets.core.errors import InvalidArgumentError


@dataclass(frozen=True)
class TimeWindow:
    """Instants ``t`` with ``start <= t < end``, both aware and in UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for name, instant in (("start", self.start), ("end", self.end)):
            if instant.utcoffset() != timedelta(0):
                raise InvalidArgumentError(f"window {name} {instant!r} is not in UTC: pass an aware UTC datetime")
        if self.end < self.start:
            raise InvalidArgumentError(f"window ends ({self.end}) before it starts ({self.start})")

    @property
    def first_day(self) -> date:
        """The day of the first instant."""
        return self.start.date()

    @property
    def last_day(self) -> date:
        """The day of the last instant inside (the end itself is outside)."""
        return (self.end - timedelta(microseconds=1)).date()

    def days(self) -> list[date]:
        """The days that the window touches, in order; an empty window touches none."""
        if self.start == self.end:
            return []
        count = (self.last_day - self.first_day).days + 1
        return [self.first_day + timedelta(days=offset) for offset in range(count)]


def midnight(day: date) -> datetime:
    """Return 00:00 UTC at the start of ``day``."""
    return datetime.combine(day, time(), tzinfo=UTC)


def day_window(day: date) -> TimeWindow:
    """Return the 24 hours of ``day`` in UTC."""
    return TimeWindow(midnight(day), midnight(day + timedelta(days=1)))


def trailing_window(last_day: date, *, days: int) -> TimeWindow:
    """Return the ``days`` days up to the end of ``last_day``, that day included."""
    if days < 1:
        raise InvalidArgumentError(f"a trailing window needs at least one day, found {days}")
    end = midnight(last_day + timedelta(days=1))
    return TimeWindow(end - timedelta(days=days), end)


def monday_of(day: date) -> date:
    """Return the Monday of the ISO week that ``day`` is in: the anchor that serves the day."""
    return day - timedelta(days=day.weekday())


def friday_of(day: date) -> date:
    """Return the first Friday that is not before ``day``: the delivery that holds what is released on it."""
    return day + timedelta(days=(4 - day.weekday()) % 7)


def parse_day(text: str) -> date:
    """Parse ``YYYY-MM-DD``.

    Raises:
        InvalidArgumentError: anything else, with an example of what is expected.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidArgumentError(f"{text!r} is not a day: expected YYYY-MM-DD, such as 2026-01-31") from error
