"""What happens by the clock, in UTC. What happens because something arrived is ``sensors``."""

from datetime import date, timedelta

import dagster as dg

from recsys_assets.core.windows import monday_of
from recsys_assets.defs.jobs import daily, monday
from recsys_assets.defs.resources import HomeResource
from recsys_assets.signals.tables import TRACK_SIGNALS


# Dagster shows a sensor's docstring and not a schedule's, so what a user sees happen is said as an argument.
@dg.schedule(
    job=daily,
    cron_schedule="0 4 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="At 04:00 UTC make the day that ended at midnight: Daily Mixes are there when listeners wake up.",
)
def daily_refresh(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Ask for yesterday."""
    day = context.scheduled_execution_time.date() - timedelta(days=1)
    return dg.RunRequest(run_key=f"daily-{day}", partition_key=day.isoformat())


@dg.schedule(
    job=monday,
    cron_schedule="0 5-23 * * 1",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="On Monday from 05:00 UTC, once Sunday is counted, make the week's anchor and Discover Weekly.",
)
def monday_delivery(context: dg.ScheduleEvaluationContext, home: HomeResource) -> dg.RunRequest | dg.SkipReason:
    """Ask for the week that begins, or wait for its Sunday."""
    week = monday_of(context.scheduled_execution_time.date())
    sunday = week - timedelta(days=1)
    if not _is_counted(context.instance, home, sunday):
        return dg.SkipReason(f"signals of Sunday {sunday} are not there yet: looking again in an hour")
    return dg.RunRequest(run_key=f"monday-{week}", partition_key=week.isoformat())


def _is_counted(instance: dg.DagsterInstance, home: HomeResource, day: date) -> bool:
    """Whether the day's signals were made. A day on which nobody played has no rows, and only its run tells."""
    if day in home.lake.open(TRACK_SIGNALS).partitions:
        return True
    made = dg.AssetRecordsFilter(asset_key=dg.AssetKey(TRACK_SIGNALS.name), asset_partitions=[day.isoformat()])
    return bool(instance.fetch_materializations(made, limit=1).records)
