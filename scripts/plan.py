"""What `make run` does on which days, worked out from what has landed. Pure: no lake, no Dagster."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from recsys_assets.core.windows import friday_of, monday_of

# A run of its own costs some seconds and a day without a file half a second: short gaps are read along.
WIDEST_GAP_DAYS = 7
WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class LandedDays:
    """The landed days that can be read, and those before the calendar begins, which have to wait; both ascending."""

    days: list[date]
    waiting: list[date]


def landed_days(landed: Iterable[date], first: date, until: date) -> LandedDays:
    """Part the landed days.

    Args:
        landed: days that have plays or acts, in any order.
        first: the first day that has a partition.
        until: the last day to read; what landed later is left for later.
    """
    days = sorted(day for day in landed if day <= until)
    return LandedDays([day for day in days if day >= first], [day for day in days if day < first])


def days_between(first: date, last: date) -> list[date]:
    """Return the days from ``first`` to ``last``, both included; none where ``last`` is earlier."""
    return [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]


def ranges(landed: Iterable[date], *, widest_gap: int = WIDEST_GAP_DAYS) -> list[list[date]]:
    """Group landed days into ranges without gaps, each from a landed day to a landed day, oldest first.

    Args:
        landed: days that have a file, in any order.
        widest_gap: that many days without a file are read along; a longer silence parts two ranges.
    """
    found: list[list[date]] = []
    for day in sorted(set(landed)):
        if found and (day - found[-1][-1]).days <= widest_gap + 1:
            found[-1] += days_between(found[-1][-1] + timedelta(days=1), day)
        else:
            found.append([day])
    return found


def stretches(known: Sequence[str], wanted: Collection[str], *, widest_gap: int = 0) -> list[list[str]]:
    """Group the wanted partitions into stretches of neighbours, so that few runs make them.

    Args:
        known: all partitions, in their order.
        wanted: some of them.
        widest_gap: so many partitions in between that nobody wants are run along.
    """
    found: list[list[str]] = []
    last = 0
    for n, key in enumerate(known):
        if key not in wanted:
            continue
        if found and n - last <= widest_gap + 1:
            found[-1] += known[last + 1 : n + 1]
        else:
            found.append([key])
        last = n
    return found


def weeks_to_make(heard: Collection[date], yesterday: date, *, n: int) -> tuple[list[date], list[date]]:
    """Choose the newest ``n`` Mondays up to tomorrow of ``yesterday`` that anybody's listening is of use to.

    A week whose days have the first listening of all gets its anchor too, an empty one: its days start from it.

    Args:
        heard: the days of all listening, totals among them by the day they were counted up to.
        yesterday: the newest day that is over.
        n: how many weeks.

    Returns:
        The Mondays to make and those to leave, both ascending.
    """
    newest = monday_of(yesterday + timedelta(days=1))
    mondays = [newest - back * WEEK for back in range(n - 1, -1, -1)]
    first = min(heard, default=None)
    made = [monday for monday in mondays if first is not None and first < min(monday + WEEK, yesterday + timedelta(1))]
    return made, [monday for monday in mondays if monday not in made]


def days_to_model(
    landed: Collection[date], heard: Collection[date], weeks: Collection[date], yesterday: date, *, n: int
) -> list[date]:
    """Choose the newest ``n`` days up to ``yesterday`` that differ from each other and have the anchor of their week.

    Args:
        landed: days with plays or acts. Without any, all days are alike but for the totals' age: one is enough.
        heard: as in ``weeks_to_make``; days before the first of all listening have nobody to make a mix for.
        weeks: Mondays that have an anchor.
        yesterday: the newest day that is over.
        n: how many days.
    """
    first = max(min(heard, default=yesterday), yesterday - timedelta(days=(n if landed else 1) - 1))
    return [day for day in days_between(first, yesterday) if monday_of(day) in weeks]


def fridays_to_make(days: Collection[date], first: date) -> list[date]:
    """Choose the Fridays whose Thursday is among the days of mixes, ascending: it holds what their mixes are made of.

    Args:
        days: that have a space.
        first: the first day that has a partition.
    """
    eves = (friday_of(day) for day in days if friday_of(day) - day == timedelta(days=1))
    return sorted(friday for friday in eves if friday > first)


def crawls_to_make(
    first: date | None, weeks: Collection[date], crawled: Collection[date], yesterday: date
) -> list[date]:
    """Choose the days on which the made-up press is crawled: the eve of the first week that is modelled, and the last day.

    Articles count for the Mondays after the day on which they were fetched. A crawl's clock never goes back.

    Args:
        first: the first landed day; before it nothing was written.
        weeks: the Mondays that are modelled.
        crawled: days on which something was crawled before.
        yesterday: the newest day that is over.
    """
    wanted = {*([min(weeks) - timedelta(days=1)] if weeks else []), yesterday}
    return sorted(day for day in wanted if first is not None and day >= first and day > max(crawled, default=date.min))
