"""What happens by the clock, in UTC. What happens because something arrived is ``sensors``."""

from datetime import date, timedelta

import dagster as dg

from recsys_assets.cold_start.place_tables import PLACEMENTS
from recsys_assets.core.schemas import TableSchema
from recsys_assets.core.windows import friday_of, monday_of
from recsys_assets.defs.jobs import crawl, daily, friday, monday
from recsys_assets.defs.partitions import PARTITION
from recsys_assets.defs.resources import HomeResource
from recsys_assets.signals.tables import TRACK_SIGNALS

# What a Friday's deliveries stand on last.
READY_BY_FRIDAY = PLACEMENTS
# Until then Monday waits for a Sunday that is being made.
_LATEST_HOUR = 12
_UNDER_WAY = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


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
    description="On Monday from 05:00 UTC, once Sunday is made, make the week's anchor and Discover Weekly.",
)
def monday_delivery(context: dg.ScheduleEvaluationContext, home: HomeResource) -> dg.RunRequest | dg.SkipReason:
    """Ask for the week that begins, or wait for its Sunday."""
    week = monday_of(context.scheduled_execution_time.date())
    sunday = week - timedelta(days=1)
    if not _is_made(context.instance, home, TRACK_SIGNALS, sunday):
        return dg.SkipReason(f"signals of Sunday {sunday} are not there yet: looking again in an hour")
    # Reasons of Discover Weekly cite articles of what Sunday placed. A Sunday that failed keeps nobody from the mixes, nor
    # does one that hangs.
    if context.scheduled_execution_time.hour >= _LATEST_HOUR:
        return dg.RunRequest(run_key=f"monday-{week}", partition_key=week.isoformat())
    of_sunday = dg.RunsFilter(job_name=daily.name, statuses=list(_UNDER_WAY), tags={PARTITION: sunday.isoformat()})
    if runs := context.instance.get_runs(of_sunday, limit=1):
        return dg.SkipReason(f"run {runs[0].run_id} is making Sunday {sunday}: looking again in an hour")
    return dg.RunRequest(run_key=f"monday-{week}", partition_key=week.isoformat())


@dg.schedule(
    job=friday,
    cron_schedule="30 4-23 * * 5",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="On Friday from 04:30 UTC, once the places of Thursday are there, make the week's Release Radar.",
)
def friday_delivery(context: dg.ScheduleEvaluationContext, home: HomeResource) -> dg.RunRequest | dg.SkipReason:
    """Ask for the Friday that it is, or wait for its Thursday."""
    today = friday_of(context.scheduled_execution_time.date())
    thursday = today - timedelta(days=1)
    if not _is_made(context.instance, home, READY_BY_FRIDAY, thursday):
        return dg.SkipReason(f"the places of Thursday {thursday} are not there yet: looking again in an hour")
    return dg.RunRequest(run_key=f"friday-{today}", partition_key=today.isoformat())


@dg.schedule(
    job=crawl,
    cron_schedule="0 */6 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every six hours from 00:00 UTC, ask the sites of `sources.yaml` for what is new; articles land, and the day's "
    "run reads them. Without a list of sources, or while another crawl is under way, nothing is asked.",
)
def crawl_refresh(context: dg.ScheduleEvaluationContext, home: HomeResource) -> dg.RunRequest | dg.SkipReason:
    """Ask for a crawl, where there is anything to crawl and nobody at it."""
    if not home.home.sources.exists():
        return dg.SkipReason(f"there is no {home.home.own_sources}: docs/crawling.md shows a list of sources")
    at_work = dg.RunsFilter(job_name=crawl.name, statuses=list(_UNDER_WAY))
    if runs := context.instance.get_runs(at_work, limit=1):
        return dg.SkipReason(f"run {runs[0].run_id} crawls or is about to: what it leaves is asked for in six hours")
    return dg.RunRequest(run_key=f"crawl-{context.scheduled_execution_time:%Y-%m-%dT%H}")


def _is_made(instance: dg.DagsterInstance, home: HomeResource, table: TableSchema, day: date) -> bool:
    """Whether the day of a table was made. A day on which nobody played has no rows, and only its run tells."""
    if day in home.lake.open(table).partitions:
        return True
    made = dg.AssetRecordsFilter(asset_key=dg.AssetKey(table.name), asset_partitions=[day.isoformat()])
    return bool(instance.fetch_materializations(made, limit=1).records)
