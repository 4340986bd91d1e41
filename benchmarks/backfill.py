"""A backfill through the daemon's run queue while people read: does anything lock, conflict or go missing?

``python -m benchmarks.backfill --days 60`` makes a small demo world in a folder of its own, ingests it, starts the daemon,
fills ``monday`` and then ``daily`` with ``dagster job backfill`` (two runs at a time, as ``dagster.yaml`` says), while four
processes loop queries through ``warehouse.duckdb``. Exit code 1 means a failed or retried run, a reader's error, weeks
made out of order, or a partition that is not there at the end.
"""

import argparse
import contextlib
import json
import multiprocessing as mp
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from multiprocessing.synchronize import Event
from pathlib import Path
from queue import Empty

from recsys_assets.core.windows import monday_of

ROOT = Path(__file__).resolve().parents[1]
# A Monday; the world ends in the past on any machine.
START = date(2026, 1, 5)
READERS = 4
# Four readers that never rest would take both cores from the runs that they are to disturb.
READER_PAUSE_S = 0.2
POLL_S = 2.0
WAREHOUSE_TABLES = "select table_schema, table_name from information_schema.tables where table_type = 'VIEW'"
# One space in a day's tables: a reader never sees vectors of one making beside vectors of another, or of none.
ONE_SPACE = """
    with vectors as (
        select date, space_version, 'user' as kind from latent.user_vectors
        union all
        select date, space_version, 'track' as kind from latent.track_vectors
        union all
        select date, space_version, 'artist' as kind from latent.artist_vectors
    )
    select date, count(distinct space_version) as versions, count(distinct kind) as kinds
    from vectors
    group by date
    having versions > 1 or kinds < 3
"""
MIXES_WITH_TITLES = """
    select mix.date, count(*) as rows, count(track.title) as titled
    from mixes.daily_mix as mix
    left join (select distinct on (track_id) track_id, title from raw.raw_tracks order by track_id, arrived_on desc) as track
        using (track_id)
    group by mix.date
"""


@dataclass
class Found:
    """What went wrong, and what was counted."""

    errors: list[str] = field(default_factory=list)
    runs: Counter[str] = field(default_factory=Counter)
    queries: int = 0


def read_for_ever(warehouse: Path, stop: Event, told: "mp.Queue[tuple[int, list[str]]]") -> None:
    """Query every view, again and again, each round in a fresh connection like a person's; report counts and errors."""
    import duckdb

    queries, errors = 0, []
    while not stop.is_set():
        try:
            with duckdb.connect(str(warehouse), read_only=True) as connection:
                for schema, name in connection.sql(WAREHOUSE_TABLES).fetchall():
                    connection.sql(f'select count(*), min(columns(*)) from "{schema}"."{name}"').fetchall()
                    queries += 1
                    if stop.wait(READER_PAUSE_S):
                        break
                mixed = connection.sql(ONE_SPACE).fetchall()
                errors += [f"torn space: {mixed}"] if mixed else []
                for day, rows, titled in connection.sql(MIXES_WITH_TITLES).fetchall():
                    errors += [f"{day}: {rows - titled} tracks without title"] if rows != titled else []
                queries += 2
        except duckdb.Error as error:
            errors.append(f"{type(error).__name__}: {error}")
    told.put((queries, errors))


@contextlib.contextmanager
def readers(warehouse: Path, found: Found) -> Iterator[None]:
    """Let the readers loop during the block; add what they found."""
    context = mp.get_context("spawn")
    stop, told = context.Event(), context.Queue()
    processes = [context.Process(target=read_for_ever, args=(warehouse, stop, told)) for _ in range(READERS)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        stop.set()
        for _ in processes:
            try:
                queries, errors = told.get(timeout=60)
            except Empty:
                found.errors.append("a reader died without a word")
                continue
            found.queries += queries
            found.errors += [f"reader: {error}" for error in errors]
        for process in processes:
            process.join(timeout=10)


@contextlib.contextmanager
def daemon(home: Path, env: dict[str, str]) -> Iterator[None]:
    """Run Dagster's daemon, and with it the code server, during the block."""
    command = [_tool("dagster-daemon"), "run", "-w", str(ROOT / "workspace.yaml")]
    with (home / "daemon.log").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=_default_signals,  # noqa: PLW1509  no thread of ours runs yet
        )
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _default_signals() -> None:
    # A child of a shell's background job inherits ignored signals and could never be ended.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def _tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def prepare(home: Path, days: int, env: dict[str, str]) -> None:
    """Write the world, read its snapshots and count its days: what a backfill of weeks starts from."""
    (home / "dagster").mkdir(parents=True)
    shutil.copyfile(ROOT / "dagster.yaml", home / "dagster" / "dagster.yaml")
    python = [sys.executable, "-m"]
    world = ["demo", "--size", "small", "--seed", "7", "--start", START.isoformat(), "--days", str(days)]
    subprocess.run([*python, "recsys_assets.cli", *world], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    here = [*python, "benchmarks.backfill", "--ingest", str(home), "--days", str(days)]
    subprocess.run(here, cwd=ROOT, env=env, check=True)


def ingest(home: Path, days: int) -> bool:
    """Run ``catalogue`` and ``ingest`` for all days in this process, in a run each."""
    from scripts.graph import GraphRunner

    runner = GraphRunner.open(home)
    return runner.run("catalogue") and runner.run("ingest", days=[START + timedelta(days=n) for n in range(days)])


def fill(job: str, keys: Sequence[date], env: dict[str, str]) -> str:
    """Launch ``dagster job backfill`` and return its id."""
    command = [
        _tool("dagster"), "job", "backfill", "-j", job, "--noprompt",
        "--from", keys[0].isoformat(), "--to", keys[-1].isoformat(),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, env=env, check=False, capture_output=True, text=True)
    words = [word for line in done.stdout.splitlines() if "backfill" in line for word in line.split()]
    if done.returncode or not words:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return words[-1]


def wait_for(home: Path, job: str, keys: Sequence[date], found: Found, timeout_s: float) -> None:
    """Wait until every partition of a backfill was run; count runs by how they ended."""
    import dagster as dg
    from dagster._core.storage.dagster_run import FINISHED_STATUSES

    started = time.monotonic()
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        while True:
            records = instance.get_run_records(dg.RunsFilter(job_name=job), ascending=True)
            ended = [record for record in records if record.dagster_run.status in FINISHED_STATUSES]
            if len(ended) == len(records) >= len(keys):
                break
            if time.monotonic() - started > timeout_s:
                found.errors.append(f"{job}: {len(ended)} of {len(keys)} runs ended within {timeout_s:.0f} s")
                break
            time.sleep(POLL_S)
        for record in records:
            found.runs[f"{job} {record.dagster_run.status.value.lower()}"] += 1
            partition = record.dagster_run.tags.get("dagster/partition")
            if not record.dagster_run.is_success:
                found.errors.append(f"run of {job} {partition}: {record.dagster_run.status.value}")
            retried = instance.all_logs(record.dagster_run.run_id, of_type=dg.DagsterEventType.STEP_UP_FOR_RETRY)
            found.errors += [f"retried in {job} {partition}: {event.user_message}" for event in retried]
        if job == "monday":
            spans = [(r.dagster_run.tags.get("dagster/partition"), r.start_time, r.end_time) for r in records]
            found.errors += out_of_order(spans)


def out_of_order(spans: Sequence[tuple[str | None, float | None, float | None]]) -> list[str]:
    """Say which weeks were made before, or while, the week before them was."""
    ordered = sorted(spans, key=lambda span: span[0] or "")
    return [
        f"week {later[0]} began before {earlier[0]} had ended"
        for earlier, later in pairwise(ordered)
        if (later[1] or 0) < (earlier[2] or float("inf"))
    ]


def missing_partitions(home: Path, days: Sequence[date], weeks: Sequence[date]) -> list[str]:
    """Say what the backfill should have made and did not."""
    from recsys_assets.core.lake import Lake
    from recsys_assets.tables import table_named

    lake, missing = Lake(str(home / "lake")), []
    for name, keys in (
        ("daily_mix", days),
        ("user_vectors", days),
        ("track_signals", days),
        ("discover_weekly", weeks[1:]),
    ):
        made = lake.open(table_named(name)).partitions
        missing += [f"{name} has no rows of {key}" for key in keys if key not in made]
    return missing


def backfill(home: Path, days: int, timeout_s: float) -> Found:
    """Do it all in ``home`` and return what was found."""
    env = {
        **os.environ,
        "RECSYS_HOME": str(home),
        "DAGSTER_HOME": str(home / "dagster"),
        "RECSYS_FIRST_DAY": str(START),
    }
    found = Found()
    keys = [START + timedelta(days=offset) for offset in range(days)]
    weeks = sorted({monday_of(day) for day in keys})
    started = time.monotonic()
    prepare(home, days, env)
    print(
        f"{days} days ingested in {time.monotonic() - started:.0f} s; now weeks and days through the queue", flush=True
    )
    with daemon(home, env), readers(home / "warehouse.duckdb", found):
        for job, partitions in (("monday", weeks), ("daily", keys)):
            began = time.monotonic()
            fill(job, partitions, env)
            wait_for(home, job, partitions, found, timeout_s)
            print(f"{job}: {len(partitions)} partitions in {time.monotonic() - began:.0f} s", flush=True)
    found.errors += missing_partitions(home, keys, weeks)
    return found


def main() -> int:
    """Run the benchmark or, in a process of its own, the ingestion."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--timeout", type=float, default=3600, help="seconds for each of the two backfills")
    parser.add_argument("--home", type=Path, help="an empty folder to keep; a temporary one by default")
    parser.add_argument("--ingest", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ingest:
        return 0 if ingest(arguments.ingest, arguments.days) else 1
    with tempfile.TemporaryDirectory(prefix="recsys-backfill-") as temporary:
        found = backfill((arguments.home or Path(temporary)).resolve() / "home", arguments.days, arguments.timeout)
    print(json.dumps({"runs": found.runs, "reader_queries": found.queries, "errors": len(found.errors)}))
    for error in found.errors[:20]:
        print(f"ERROR: {error}", file=sys.stderr)
    return 1 if found.errors or not found.queries else 0


if __name__ == "__main__":
    sys.exit(main())
