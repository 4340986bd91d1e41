"""What happens because something arrived, or broke. What happens by the clock is ``schedules``."""

import json
import logging
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from recsys_assets.audio.changes import IDENTITY
from recsys_assets.audio.landing import list_recordings, recordings_signature
from recsys_assets.audio.tables import REJECTED_RECORDINGS, TRACK_ANALYSIS
from recsys_assets.defs.jobs import catalogue, ingest
from recsys_assets.defs.partitions import DAILY, RANGE_END, RANGE_START
from recsys_assets.defs.resources import HomeResource
from recsys_assets.raw.contract import SOURCES
from recsys_assets.raw.signatures import Seen, daily_signatures, snapshot_signature, spans
from recsys_assets.raw.snapshots import changed_days, flat_arrivals
from recsys_assets.raw.tables import LANDED

logger = logging.getLogger(__name__)


# As many days as one run was measured with.
MAX_DAYS_PER_RUN = 60
# Unchanged days between two changed ones that are read once more rather than start a second run: reading is cheap.
MAX_GAP_DAYS = 7
# More days than these that lose their files at once were archived, or lie on a disk that is gone; nobody withdraws so many.
MAX_EMPTIED_DAYS = 3
# A run that died without a word, as one that a script started may, does not hold the others for ever.
MAX_WAIT = timedelta(hours=3)
_ENDED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


@dg.sensor(
    jobs=[catalogue, ingest],
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Within half a minute of a file landing, a run reads it. New, changed or removed snapshots and recordings "
    "start `catalogue`; days of plays or acts with new, changed or removed files start `ingest`, neighbouring days in one "
    "run. Days wait for a catalogue that is being read, which may name their tracks. Days that are not over, or that "
    "lie before the first partition, wait or are said in the tick.",
)
def landing_files(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SensorResult | dg.SkipReason:
    """Compare what lies there with what the last tick saw; what it never saw, with what has been read already."""
    seen, found = Seen.parse(context.cursor), daily_signatures(home.home.landing)
    snapshot = snapshot_signature(home.home.landing)
    if snapshot is None and not found:
        # A disk that is not mounted must not empty every day.
        return dg.SkipReason(
            "the landing zone is empty: what was read stays" if seen.days else "nothing new has landed"
        )
    # Recordings alone wait: the run that listens to them also reads the catalogue, and refuses an empty landing zone.
    snapshot = _with_recordings(snapshot, home)
    days = {day: signature for day, signature in found.items() if DAILY.has_partition_key(day.isoformat())}
    tick = Seen(snapshot, days, seen.requests + 1)
    requests = []
    if snapshot != seen.snapshot and (seen.snapshot or _unread(home, is_dated=False) or _has_unheard(home)):
        requests.append(dg.RunRequest(f"catalogue-{snapshot}-{tick.requests}", job_name=catalogue.name))
    changed = tick.changed_since(seen, lambda: _unread(home, is_dated=True))
    changed = [day for day in changed if DAILY.has_partition_key(day.isoformat())]
    notes = []
    gone = [day for day in changed if day not in tick.days]
    if len(gone) > MAX_EMPTIED_DAYS:
        notes.append(
            f"{len(gone)} days have lost all their files, what was read stays: if it was meant, run `ingest` for them"
        )
        tick = tick.without(gone, seen)
        changed = [day for day in changed if day not in set(gone)]
    if changed and (requests or _is_reading(context.instance)):
        notes.append(f"waiting for the run that is reading: {len(changed)} days")
        tick = tick.without(changed, seen)
    else:
        # A run over a gap would read, and so empty, the days that are kept.
        runs = spans(changed, longest=MAX_DAYS_PER_RUN, gap=0 if len(gone) > MAX_EMPTIED_DAYS else MAX_GAP_DAYS)
        requests += [_ingest_request(first, last, tick) for first, last in runs]
    if outside := sorted(day.isoformat() for day in found.keys() - days.keys()):
        notes.append(f"no partition (not over, or before the first day): {', '.join(outside)}")
    return dg.SensorResult(
        run_requests=requests,
        cursor=(tick if requests else replace(tick, requests=seen.requests)).dump(),
        skip_reason=None if requests else "; ".join(notes) or "nothing new has landed",
    )


def _with_recordings(snapshot: str | None, home: HomeResource) -> str | None:
    """Tell the catalogue's files and the recordings from others; without recordings as the files alone."""
    recordings = recordings_signature(home.home.landing)
    return snapshot if recordings is None else f"{snapshot or ''}-{recordings}"


def _has_unheard(home: HomeResource) -> bool:
    """Whether a recording lies there that no run has listened to as it is now."""
    known, rejected = (home.lake.open(table).scan() for table in (TRACK_ANALYSIS, REJECTED_RECORDINGS))
    heard = {row for table in (known, rejected) for row in table.select(IDENTITY).collect().iter_rows()}
    return any(file.identity not in heard for file in list_recordings(home.home.landing))


def _ingest_request(first: date, last: date, tick: Seen) -> dg.RunRequest:
    key = f"ingest-{first}-{last}-{tick.digest(first, last)}-{tick.requests}"
    if first == last:
        return dg.RunRequest(key, job_name=ingest.name, partition_key=first.isoformat())
    return dg.RunRequest(key, job_name=ingest.name, tags={RANGE_START: first.isoformat(), RANGE_END: last.isoformat()})


def _is_reading(instance: dg.DagsterInstance) -> bool:
    """Whether a run is under way that may name tracks, or that reads a range of days, which no queue keeps apart."""
    since = datetime.now(tz=UTC) - MAX_WAIT
    under_way = dg.RunsFilter(
        statuses=[status for status in dg.DagsterRunStatus if status not in _ENDED], created_after=since
    )
    runs = instance.get_runs(under_way, limit=200)
    return any(run.job_name == catalogue.name or RANGE_START in run.tags for run in runs)


def _unread(home: HomeResource, *, is_dated: bool) -> set[date]:
    """Days with files that no run has read as they are now, or that were read and have none any more."""
    today = datetime.now(tz=UTC).date()
    unread: set[date] = set()
    for name, source in SOURCES.items():
        if source.is_dated == is_dated:
            landing, landed = home.home.landing, home.lake.open(LANDED[name])
            arrivals = {} if is_dated else flat_arrivals(landing, name, landed, today)
            unread.update(changed_days(landing, name, landed, arrivals=arrivals))
    return unread


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
