"""The sensor that finds submissions. Other sensors are ``sensors``; which folders a tick takes is ``cold_start.watch``."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg

from recsys_assets.cold_start.receiving import Judged, receive, without_need
from recsys_assets.cold_start.tables import SUBMISSION_ANALYSIS, SUBMISSION_VERDICTS
from recsys_assets.cold_start.watch import GONE, Memory, look_around
from recsys_assets.core.errors import RecsysError
from recsys_assets.defs.jobs import submission
from recsys_assets.defs.partitions import RANGE_END, RANGE_START, SUBMISSIONS
from recsys_assets.defs.resources import HomeResource
from recsys_assets.raw.receipts import read_receipt
from recsys_assets.raw.submission_files import Folder, list_submissions, look_at

# A run that died without a word does not hold the others for ever.
MAX_WAIT = timedelta(hours=3)
MOST_NAMED = 5
_ENDED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


@dg.sensor(
    job=submission,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Within half a minute of a folder landing in `landing/submissions/`, and some seconds after its last file "
    "was written, it is stamped as received and a run judges and analyses it. A changed folder is received anew; one that "
    "is gone before its release is withdrawn. What waits, and why, is said in the tick.",
)
def new_submissions(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SensorResult | dg.SkipReason:
    """Compare what lies there with what has been judged."""
    now, memory = datetime.now(tz=UTC), Memory.parse(context.cursor)
    names, unusable = list_submissions(home.home.landing)
    judged = Judged(home.lake.open(SUBMISSION_VERDICTS), home.lake.open(SUBMISSION_ANALYSIS))
    known = judged.verdicts.keys
    if not names and known:
        return dg.SkipReason("landing/submissions/ is empty: what was received stays")
    looked = {name: look_at(home.home.landing, name, now) for name in names}
    folders = {name: folder for name, folder in looked.items() if folder is not None}
    memory = _settled(memory, folders, judged, home=home, now=now)
    is_running = bool(memory.asked) and _is_running(context.instance)
    tick = look_around(folders, known, memory, now=now, is_running=is_running)
    notes = [*tick.notes, *(f"{name} is left: {why}" for name, why in list(unusable.items())[:MOST_NAMED])]
    wanted: dict[str, str] = {}
    for name in tick.taken:
        folder = folders.get(name)
        signature = folder.signature if folder else GONE
        try:
            receipt = receive(home.home.state, folder, judged, now) if folder else None
        except (RecsysError, OSError) as error:
            notes.append(f"{name} could not be stamped: {error}")
            continue
        if folder and receipt is None:
            memory = memory.judged(name, signature)
        else:
            memory = memory.asking(name, signature, now)
            # A folder may go and come more than once: each verdict makes a new version.
            content = receipt.received_at.isoformat() if receipt else f"{GONE}-{judged.verdicts.version}"
            wanted[name] = f"{content}-{memory.asked[name].tries}"
    known = set(context.instance.get_dynamic_partitions(str(SUBMISSIONS.name)))
    added = [name for name in wanted if name not in known]
    for line in notes:
        context.log.info(line)
    return dg.SensorResult(
        run_requests=_requests(wanted, added),
        dynamic_partitions_requests=[SUBMISSIONS.build_add_request(added)] if added else [],
        cursor=memory.dump(),
        skip_reason=None if wanted else "; ".join(notes) or "nothing new was submitted",
    )


def _settled(
    memory: Memory, folders: Mapping[str, Folder], judged: Judged, *, home: HomeResource, now: datetime
) -> Memory:
    """Remember as judged what was asked for and has its verdict by now, and what is gone and need not be withdrawn."""
    for name, asked in memory.asked.items():
        folder = folders.get(name)
        receipt = read_receipt(home.home.state, folder.path) if folder else None
        if folder and receipt and asked.signature == folder.signature and judged.covers(receipt):
            memory = memory.judged(name, asked.signature)
    gone = {name for name in judged.verdicts.keys if name not in folders and memory.done.get(name) != GONE}
    for name in without_need(judged, gone, now) if gone else ():
        memory = memory.judged(name, GONE)
    return memory


def _requests(wanted: dict[str, str], added: Sequence[str]) -> list[dg.RunRequest]:
    """One run for all that are new, whose partitions are neighbours; one for each that was there before."""
    requests = [
        dg.RunRequest(f"submission-{name}-{content}", partition_key=name)
        for name, content in wanted.items()
        if name not in added or len(added) == 1
    ]
    if len(added) > 1:
        key = f"submissions-{added[0]}-{wanted[added[0]]}-{len(added)}"
        requests.append(dg.RunRequest(key, tags={RANGE_START: added[0], RANGE_END: added[-1]}))
    return requests


def _is_running(instance: dg.DagsterInstance) -> bool:
    since = datetime.now(tz=UTC) - MAX_WAIT
    under_way = dg.RunsFilter(
        job_name=submission.name,
        statuses=[status for status in dg.DagsterRunStatus if status not in _ENDED],
        created_after=since,
    )
    return bool(instance.get_runs(under_way, limit=1))
