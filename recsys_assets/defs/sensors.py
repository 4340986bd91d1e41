"""What happens because something arrived, or broke. What happens by the clock is ``schedules``."""

import json
import logging
from datetime import UTC, date, datetime

import dagster as dg

from recsys_assets.defs.jobs import catalogue, ingest
from recsys_assets.defs.partitions import DAILY
from recsys_assets.defs.resources import HomeResource
from recsys_assets.raw.contract import SOURCES
from recsys_assets.raw.signatures import daily_signatures, snapshot_signature
from recsys_assets.raw.snapshots import changed_days
from recsys_assets.raw.tables import LANDED

logger = logging.getLogger(__name__)


@dg.sensor(
    jobs=[catalogue, ingest],
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Within half a minute of a file landing, its rows are in the raw tables. New or changed snapshots "
    "start `catalogue`; a new or changed day of plays or acts starts `ingest` for that day. Days that are not over, "
    "or that lie before the first partition, wait or are said in the tick.",
)
def landing_files(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SensorResult:
    """Compare what lies there with what the last tick saw; what it never saw, with what has been read already."""
    seen: dict[str, str] = json.loads(context.cursor or "{}")
    landing = home.home.landing
    requests = []
    snapshot = snapshot_signature(landing)
    is_new = snapshot and ("snapshot" in seen or _unread(home, is_dated=False))
    if is_new and snapshot != seen.get("snapshot"):
        requests.append(dg.RunRequest(run_key=f"catalogue-{snapshot}", job_name=catalogue.name))
    now = {"snapshot": snapshot} if snapshot else {}
    waiting = []
    signatures = daily_signatures(landing)
    # Days that were read by hand before the first tick: sixty runs would read sixty days again.
    unread = _unread(home, is_dated=True) if any(day.isoformat() not in seen for day in signatures) else set()
    for day, signature in sorted(signatures.items()):
        key = day.isoformat()
        if not DAILY.has_partition_key(key):
            waiting.append(key)
            continue
        now[key] = signature
        if signature != seen.get(key) and (key in seen or day in unread):
            requests.append(dg.RunRequest(run_key=f"ingest-{key}-{signature}", job_name=ingest.name, partition_key=key))
    note = f"no partition (not over, or before the first day): {', '.join(waiting)}" if waiting else None
    return dg.SensorResult(
        run_requests=requests,
        cursor=json.dumps(now),
        skip_reason=None if requests else note or "nothing new has landed",
    )


def _unread(home: HomeResource, *, is_dated: bool) -> set[date]:
    """Days with files that no run has read as they are now."""
    sources = [name for name, source in SOURCES.items() if source.is_dated == is_dated]
    return {day for name in sources for day in changed_days(home.home.landing, name, home.lake.open(LANDED[name]))}


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Each failed run leaves one line in `state/failures.jsonl`: when, which job and partition, and why.",
)
def run_failures(context: dg.RunFailureSensorContext, home: HomeResource) -> None:
    """Write the line."""
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
