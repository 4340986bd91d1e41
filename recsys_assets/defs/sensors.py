"""What happens because something arrived, or broke. What happens by the clock is ``schedules``."""

import json
import logging
from datetime import UTC, datetime

import dagster as dg

from recsys_assets.defs.jobs import catalogue, ingest
from recsys_assets.defs.partitions import DAILY
from recsys_assets.defs.resources import HomeResource
from recsys_assets.raw.signatures import daily_signatures, snapshot_signature

logger = logging.getLogger(__name__)


@dg.sensor(jobs=[catalogue, ingest], minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def landing_files(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SensorResult:
    """Within half a minute of a file landing, its rows are in the raw tables.

    New or changed snapshots start ``catalogue``; a new or changed day of plays or acts starts ``ingest`` for that day.
    Days that are not over, or that lie before the first partition, wait or are said in the tick.
    """
    seen: dict[str, str] = json.loads(context.cursor or "{}")
    landing = home.home.landing
    requests = []
    snapshot = snapshot_signature(landing)
    if snapshot and snapshot != seen.get("snapshot"):
        requests.append(dg.RunRequest(run_key=f"catalogue-{snapshot}", job_name=catalogue.name))
    now = {"snapshot": snapshot} if snapshot else {}
    waiting = []
    for day, signature in sorted(daily_signatures(landing).items()):
        key = day.isoformat()
        if not DAILY.has_partition_key(key):
            waiting.append(key)
            continue
        now[key] = signature
        if signature != seen.get(key):
            requests.append(dg.RunRequest(run_key=f"ingest-{key}-{signature}", job_name=ingest.name, partition_key=key))
    note = f"no partition (not over, or before the first day): {', '.join(waiting)}" if waiting else None
    return dg.SensorResult(
        run_requests=requests,
        cursor=json.dumps(now),
        skip_reason=None if requests else note or "nothing new has landed",
    )


@dg.run_failure_sensor(default_status=dg.DefaultSensorStatus.RUNNING)
def run_failures(context: dg.RunFailureSensorContext, home: HomeResource) -> None:
    """Each failed run leaves one line in ``state/failures.jsonl``: when, which job and partition, and why."""
    run = context.dagster_run
    line = {
        "at": datetime.now(tz=UTC).isoformat(timespec="seconds"),
        "job": run.job_name,
        "partition": run.tags.get("dagster/partition"),
        "run_id": run.run_id,
        "why": context.failure_event.message,
    }
    home.home.state.mkdir(parents=True, exist_ok=True)
    with (home.home.state / "failures.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
    logger.error("run %s of %s failed: %s", run.run_id, run.job_name, line["why"])
