"""The calendar: which partitions exist when, and which days a week or a day reads."""

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from recsys_assets.definitions import defs
from recsys_assets.defs.partitions import (
    DAILY,
    WEEKLY_FRIDAY,
    WEEKLY_MONDAY,
    cadence_of,
    days_before_delivery,
    earlier_deliveries,
    trailing_days,
)

MONDAY = date(2026, 3, 2)
NOON_LATER = datetime(2026, 6, 1, 12, tzinfo=UTC)
Windows = dg.TimeWindowPartitionsDefinition


def days(first: date, n: int) -> list[date]:
    return [first + timedelta(days=offset) for offset in range(n)]


def read_by(key: date, mapping: dg.PartitionMapping, reader: Windows, source: Windows) -> list[date]:
    """The partitions of ``source`` that the partition ``key`` of ``reader`` is given."""
    with dg.partition_loading_context(NOON_LATER):
        subset = reader.subset_with_partition_keys([key.isoformat()])
        found = mapping.get_upstream_mapped_partitions_result_for_partitions(subset, reader, source)
        return sorted(date.fromisoformat(name) for name in found.partitions_subset.get_partition_keys())


@pytest.mark.parametrize(
    ("partitions", "now", "exists"),
    [
        (DAILY, datetime(2026, 3, 2, 0, 0, tzinfo=UTC), False),
        (DAILY, datetime(2026, 3, 2, 23, 59, tzinfo=UTC), False),
        (DAILY, datetime(2026, 3, 3, 0, 0, tzinfo=UTC), True),
        (WEEKLY_MONDAY, datetime(2026, 3, 1, 23, 59, tzinfo=UTC), False),
        (WEEKLY_MONDAY, datetime(2026, 3, 2, 0, 0, tzinfo=UTC), True),
        (WEEKLY_FRIDAY, datetime(2026, 3, 2, 0, 0, tzinfo=UTC), False),
    ],
)
def test_a_day_exists_when_it_is_over_and_a_delivery_on_its_day(partitions: Windows, now: datetime, exists: bool):
    with dg.partition_loading_context(now):
        assert partitions.has_partition_key(MONDAY.isoformat()) is exists


def test_weeks_are_named_by_mondays():
    assert all(date.fromisoformat(key).weekday() == 0 for key in WEEKLY_MONDAY.get_partition_keys())
    assert all(date.fromisoformat(key).weekday() == 4 for key in WEEKLY_FRIDAY.get_partition_keys())


def test_a_friday_exists_from_its_own_midnight_on_and_the_first_has_a_day_before_it():
    friday = date(2026, 3, 6)
    for now, exists in ((datetime(2026, 3, 5, 23, 59, tzinfo=UTC), False), (datetime(2026, 3, 6, tzinfo=UTC), True)):
        with dg.partition_loading_context(now):
            assert WEEKLY_FRIDAY.has_partition_key(friday.isoformat()) is exists
    first = date.fromisoformat(WEEKLY_FRIDAY.get_first_partition_key())

    assert 1 <= (first - date.fromisoformat(DAILY.get_first_partition_key())).days <= 7


@pytest.mark.parametrize("weeks", [1, 2])
def test_a_delivery_reads_the_days_before_it_and_none_of_its_own(weeks: int):
    read = read_by(MONDAY, days_before_delivery(weeks), WEEKLY_MONDAY, DAILY)

    assert read == days(MONDAY - timedelta(weeks=weeks), 7 * weeks)


def test_the_default_would_have_read_the_week_after():
    assert read_by(MONDAY, dg.TimeWindowPartitionMapping(), WEEKLY_MONDAY, DAILY) == days(MONDAY, 7)


def test_the_first_delivery_reads_what_there_is():
    first = date.fromisoformat(WEEKLY_MONDAY.get_first_partition_key())
    start = date.fromisoformat(DAILY.get_first_partition_key())

    read = read_by(first, days_before_delivery(26), WEEKLY_MONDAY, DAILY)

    assert read == days(start, (first - start).days)


def test_a_window_ends_with_its_day():
    assert read_by(MONDAY, trailing_days(5), DAILY, DAILY) == days(MONDAY - timedelta(days=4), 5)


def test_earlier_deliveries_are_those_before():
    read = read_by(MONDAY, earlier_deliveries(4), WEEKLY_MONDAY, WEEKLY_MONDAY)

    assert read == [MONDAY - timedelta(weeks=back) for back in (4, 3, 2, 1)]


@pytest.mark.parametrize(("day", "anchor"), [(0, MONDAY), (3, MONDAY), (6, MONDAY), (7, MONDAY + timedelta(days=7))])
def test_a_day_reads_the_anchor_of_its_own_week(day: int, anchor: date):
    graph = defs.resolve_asset_graph()
    mapping = graph.get_partition_mapping(dg.AssetKey("user_vectors"), dg.AssetKey("anchor_params"))

    assert read_by(MONDAY + timedelta(days=day), mapping, DAILY, WEEKLY_MONDAY) == [anchor]


@pytest.mark.parametrize(("weekly", "delivery"), [(WEEKLY_MONDAY, MONDAY), (WEEKLY_FRIDAY, date(2026, 3, 6))])
def test_every_weekly_asset_reads_only_days_that_are_over_on_its_day(weekly: Windows, delivery: date):
    graph = defs.resolve_asset_graph()
    edges = [
        (node.key, parent)
        for node in graph.asset_nodes
        for parent in node.parent_keys
        if node.partitions_def == weekly and graph.get(parent).partitions_def == DAILY
    ]

    assert edges
    for key, parent in edges:
        read = read_by(delivery, graph.get_partition_mapping(key, parent), weekly, DAILY)
        assert max(read) == delivery - timedelta(days=1), f"{key} reads {parent} of {read}"


@pytest.mark.parametrize(
    ("partitions", "cadence"),
    [(None, "snapshot"), (DAILY, "daily"), (WEEKLY_MONDAY, "weekly"), (WEEKLY_FRIDAY, "friday")],
)
def test_cadences(partitions: Windows | None, cadence: str):
    assert cadence_of(partitions) == cadence
