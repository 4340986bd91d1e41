"""The calendar of the graph. Which day it is and which days exist is decided here and nowhere else.

Daily partitions are UTC days that are over. A weekly partition is named by its delivery day and exists from that day
on (``end_offset=1``), because everything it needs ends before it. A submission is a partition by its own id.
"""

from datetime import date, timedelta

import dagster as dg

from recsys_assets.core.schemas import Partition, TableSchema
from recsys_assets.core.windows import friday_of, monday_of, parse_day
from recsys_assets.defs.resources import first_day_setting

FIRST_DAY = parse_day(first_day_setting())
DAILY = dg.DailyPartitionsDefinition(start_date=FIRST_DAY.isoformat())
# One key per folder of `landing/submissions/`: the sensor adds it when it has found the folder.
SUBMISSIONS = dg.DynamicPartitionsDefinition(name="submissions")
WEEKLY_MONDAY = dg.WeeklyPartitionsDefinition(
    start_date=monday_of(FIRST_DAY + timedelta(days=6)).isoformat(), day_offset=1, end_offset=1
)
# The Friday after the first day, so that there is a day to learn from.
WEEKLY_FRIDAY = dg.WeeklyPartitionsDefinition(
    start_date=friday_of(FIRST_DAY + timedelta(days=1)).isoformat(), day_offset=5, end_offset=1
)

# The tag by which jobs choose their assets and the run queue its limits.
CADENCE = "recsys/cadence"
# Of what has no partitions and is no snapshot of the landing zone.
CRAWL = "crawl"
# The tags by which Dagster knows a run of one partition and of several.
PARTITION = "dagster/partition"
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


def cadence_of(partitions: dg.PartitionsDefinition | None) -> str:
    """Name how often an asset with these partitions is made."""
    if partitions is None:
        return "snapshot"
    return {DAILY: "daily", SUBMISSIONS: "submission", WEEKLY_FRIDAY: "friday"}.get(partitions, "weekly")


def trailing_days(days: int) -> dg.TimeWindowPartitionMapping:
    """Map a day to itself and the ``days - 1`` days before it; days before the first partition do not count."""
    return dg.TimeWindowPartitionMapping(start_offset=1 - days, allow_nonexistent_upstream_partitions=True)


def earlier_days(days: int) -> dg.TimeWindowPartitionMapping:
    """Map a day to the ``days`` days before it."""
    return dg.TimeWindowPartitionMapping(start_offset=-days, end_offset=-1, allow_nonexistent_upstream_partitions=True)


def days_before_delivery(weeks: int) -> dg.TimeWindowPartitionMapping:
    """Map a weekly delivery to the ``weeks`` weeks of days that end before it.

    Dagster's default would give a Monday the seven days after it.
    """
    return dg.TimeWindowPartitionMapping(start_offset=-weeks, end_offset=-1, allow_nonexistent_upstream_partitions=True)


def earlier_deliveries(weeks: int) -> dg.TimeWindowPartitionMapping:
    """Map a weekly delivery to the ``weeks`` deliveries before it."""
    return dg.TimeWindowPartitionMapping(start_offset=-weeks, end_offset=-1, allow_nonexistent_upstream_partitions=True)


def partition_days(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> list[date]:
    """Return the partition keys of this run as days: one, or all of a ranged run."""
    return [date.fromisoformat(key) for key in context.partition_keys]


def partition_keys(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, table: TableSchema
) -> list[Partition]:
    """Return the partition keys of this run as the values of the table's partition column: days, or ids."""
    return [table.parse_partition(key) for key in context.partition_keys]
