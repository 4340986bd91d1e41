"""Kills at random instants: is every published table whole, and does the rerun complete?

``python -m benchmarks.crash --kills 200 --seed 0`` kills a writer of the lake with signal 9 again and again and prints
what was found; exit code 1 means a lost or torn table. The short form (10 kills) is in ``tests/crash``.
``python -m benchmarks.crash --whole-run --kills 10`` kills runs of the whole graph on a tiny world: after each kill every
published table has to hold, partition by partition, either what it held before or what a run that was left alone makes.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import numpy as np
import polars as pl

from recsys_assets.core.lake import Lake
from recsys_assets.core.lake_upkeep import vacuum
from recsys_assets.core.schemas import TableSchema, columns
from recsys_assets.core.seeds import generator
from recsys_assets.core.warehouse import Warehouse
from recsys_assets.raw.tables import CHANGED_AT
from recsys_assets.tables import ALL_TABLES

READY = "ready"
# A Monday and the two weeks before it.
WORLD_START, WORLD_DAYS = date(2026, 1, 5), 15
MONDAY = date(2026, 1, 5)
DAYS = [MONDAY + timedelta(days=offset) for offset in range(3)]
MARKS = columns(
    ("row", pl.Int64, "From 0 to the number of rows.", False),
    ("mark", pl.Int64, "Which writing made the row; one per partition.", False),
    ("rows", pl.Int64, "How many rows the writing made.", False),
)
BY_DAY = TableSchema("crash", "by_day", "One row per row of a day's writing.", MARKS, ("row",), "date")
WHOLE = TableSchema("crash", "whole", "One row per row of the writing.", MARKS, ("row",))
# Which writing each partition held when its writer said so; None stands for a table without partitions.
Marks = dict[date | None, int]


def kill_at_random(
    command: Sequence[str],
    *,
    kills: int,
    rng: np.random.Generator,
    between_s: tuple[float, float],
    check: Callable[[str], None],
    ready: str | None = None,
    env: Mapping[str, str] | None = None,
) -> int:
    """Start ``command`` ``kills`` times and kill it with all its children, each time at another instant.

    Args:
        command: what to run; it gets a process group of its own.
        kills: how many times.
        rng: where the instants come from.
        between_s: seconds after the start (or after ``ready``) between which the kill falls.
        check: looks at what is left, given what the command had printed; raises if that is not whole.
        ready: the line that the command prints when the clock is to start; None for at once.
        env: variables to add to the environment.

    Returns:
        How many of them died of the kill; the others had ended before.
    """
    died = 0
    for _ in range(kills):
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.Popen(
                command, stdout=output, text=True, start_new_session=True, env={**os.environ, **(env or {})}
            )
            try:
                while ready is not None and process.poll() is None and not _said(output.fileno(), ready):
                    time.sleep(0.01)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(rng.uniform(*between_s))
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                died += process.wait() == -signal.SIGKILL
            output.seek(0)
            check(output.read())
    return died


def _said(handle: int, line: str) -> bool:
    return os.pread(handle, len(line), 0) == line.encode()


def writing(mark: int, day: date | None) -> pl.DataFrame:
    """One writing: 1,000 to 60,000 rows that carry its mark and their own number, so that any mixture shows."""
    rows = 1_000 + (mark * 7_919) % 59_000
    frame = pl.DataFrame({"row": np.arange(rows), "mark": np.full(rows, mark), "rows": np.full(rows, rows)})
    return frame if day is None else frame.with_columns(pl.lit(day).alias("date"))


def write(home: Path, first_mark: int, writings: int | None) -> None:
    """Write and publish partition after partition, for ever without a number; say each writing when it is safe."""
    lake, warehouse = Lake(str(home / "lake")), Warehouse(home / "warehouse.duckdb", Lake(str(home / "lake")))
    print(READY, flush=True)
    for mark in count(first_mark) if writings is None else range(first_mark, first_mark + writings):
        day = [*DAYS, None][mark % 4]
        frame = writing(mark, day)
        if day is None:
            lake.replace(WHOLE, frame)
        else:
            # Every other one as a stream, which opens its data files before it knows the last row.
            lake.replace(BY_DAY, frame.lazy() if mark % 2 else frame, partitions=[day])
        print(f"{mark} {day}", flush=True)
        warehouse.publish([WHOLE, BY_DAY], known=[WHOLE, BY_DAY])


def safe_marks(output: str) -> Marks:
    """Read what a writer said; half of a last line is nothing."""
    marks: Marks = {}
    for line in output.splitlines(keepends=True):
        mark, _, day = line.rstrip("\n").partition(" ")
        if line.endswith("\n") and day:
            marks[None if day == "None" else date.fromisoformat(day)] = int(mark)
    return marks


def held_marks(by_day: pl.DataFrame, whole: pl.DataFrame) -> Marks:
    """Return the mark of each partition.

    Raises:
        AssertionError: a partition is torn: rows of two writings, or not all rows of one.
    """
    marks: Marks = {}
    for (day,), frame in [*by_day.group_by("date"), *([((None,), whole)] if whole.height else [])]:
        mark, rows = frame["mark"][0], frame["rows"][0]
        is_one = (frame["mark"] == mark).all() and (frame["rows"] == rows).all()
        is_whole = frame.height == rows and frame["row"].sort().equals(pl.Series("row", np.arange(rows)))
        assert is_one, f"{day}: rows of writings {frame['mark'].unique().to_list()}"
        assert is_whole, f"{day}: {frame.height} of the {rows} rows of writing {mark}"
        assert isinstance(mark, int)
        marks[day if isinstance(day, date) else None] = mark
    return marks


def require_whole(home: Path, safe: Marks) -> Marks:
    """Check the lake, and the warehouse as it was left, against what was said to be safe.

    Raises:
        AssertionError: something is torn, or was lost.
    """
    lake = Lake(str(home / "lake"))
    held = held_marks(lake.open(BY_DAY).scan().collect(), lake.open(WHOLE).scan().collect())
    lost = {day: (mark, held.get(day)) for day, mark in safe.items() if held.get(day, -1) < mark}
    assert not lost, f"lost writings (said, found): {lost}"
    warehouse = Warehouse(home / "warehouse.duckdb", lake)
    if warehouse.path.exists():
        # Its views may be one writing behind, never torn and never unreadable.
        held_marks(warehouse.query("select * from crash.by_day"), warehouse.query("select * from crash.whole"))
    return held


def crash_test(home: Path, kills: int, seed: int) -> str:
    """Kill a writer ``kills`` times, check after each kill, then let one complete; return what was found."""
    python = [sys.executable, "-m", "benchmarks.crash", "--home", str(home), "--write-from"]
    safe: Marks = {}
    rng = generator(seed, "crash")
    died = 0
    for _ in range(kills):
        first = max(safe.values(), default=0) + 8

        def check(output: str) -> None:
            safe.update(safe_marks(output))
            safe.update(require_whole(home, safe))

        died += kill_at_random([*python, str(first)], kills=1, rng=rng, between_s=(0.0, 0.4), check=check, ready=READY)
    last = max(safe.values(), default=0) + 8
    subprocess.run([*python, str(last), "--writings", "8"], check=True, stdout=subprocess.DEVNULL)
    found = require_whole(home, safe)
    assert sorted(found.values()) == list(range(last + 4, last + 8)), f"the rerun left {found}"
    lake = Lake(str(home / "lake"))
    orphans = sum(len(vacuum(lake, schema, retention=timedelta(0))) for schema in (BY_DAY, WHOLE))
    require_whole(home, found)
    return f"{died} kills of {kills}, {last} writings, {orphans} old or orphaned files vacuumed: 0 torn, 0 lost"


def run_graph(home: Path) -> bool:
    """Make the snapshots, the days, the Monday and its day of a home that has landed files."""
    from dagster import DagsterInstance

    from scripts.graph import GraphRunner

    print(READY, flush=True)
    with DagsterInstance.ephemeral() as instance:
        runner = GraphRunner(home, instance)
        days = [WORLD_START + timedelta(days=offset) for offset in range(WORLD_DAYS)]
        jobs = [("catalogue", []), ("ingest", days), ("monday", [days[-1]]), ("daily", [days[-1]])]
        return all(runner.run(job, days=of) for job, of in jobs)


def land_world(home: Path) -> None:
    """Write a world that takes some fifteen seconds from end to end; its last day is a Monday."""
    from recsys_assets.demo.params import DemoParams
    from recsys_assets.demo.world import generate_world
    from recsys_assets.demo.write import write_world

    size = DemoParams(n_listeners=40, n_tracks=200, n_artists=40, n_playlists=40, plays_per_listener_day=5)
    world = generate_world(size, seed=5, start=WORLD_START, days=WORLD_DAYS)
    write_world(world, home / "landing", home / "demo_truth")


def contents(home: Path) -> dict[tuple[str, str], int]:
    """Read every partition of every table, and every view of the warehouse; the hash of each partition's rows."""
    lake = Lake(str(home / "lake"))
    warehouse = Warehouse(home / "warehouse.duckdb", lake)
    hashes: dict[tuple[str, str], int] = {}
    for table in ALL_TABLES:
        # When a file landed is no value: two landing zones of one world differ in it.
        frame = lake.open(table).scan().drop(CHANGED_AT, strict=False).collect()
        parts = {str(key[0]): part for key, part in frame.group_by(table.partition)} if table.partition else {"": frame}
        # A sum does not ask in which order the rows lie in their files.
        hashes |= {(table.full_name, key): int(part.hash_rows().cast(pl.UInt64).sum()) for key, part in parts.items()}
        if warehouse.path.exists():
            warehouse.query(f'select count(*), min(columns(*)) from "{table.group}"."{table.name}"')
    return hashes


def whole_run_test(home: Path, kills: int, seed: int) -> str:
    """Kill runs of the graph, check after each kill, let one complete; return what was found."""
    undisturbed, killed = home / "undisturbed", home / "killed"
    python = [sys.executable, "-m", "benchmarks.crash", "--run-graph"]
    for folder in (undisturbed, killed):
        land_world(folder)
    started = time.monotonic()
    subprocess.run([*python, str(undisturbed)], env=_home(undisturbed), check=True, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - started
    expected = contents(undisturbed)
    found_after: list[int] = []

    def check(_output: str) -> None:
        found = contents(killed)
        torn = sorted(key for key, digest in found.items() if digest not in {expected.get(key), 0})
        assert not torn, f"after kill {len(found_after) + 1}: {torn}"
        found_after.append(sum(digest == expected.get(key) for key, digest in found.items()))

    died = kill_at_random(
        [*python, str(killed)],
        kills=kills,
        rng=generator(seed, "crash", "whole run"),
        between_s=(0.0, seconds * 0.9),
        check=check,
        ready=READY,
        env=_home(killed),
    )
    subprocess.run([*python, str(killed)], env=_home(killed), check=True, stdout=subprocess.DEVNULL)
    assert contents(killed) == expected, "the rerun left other values than an undisturbed run"
    return (
        f"{died} kills of {kills} whole runs of {seconds:.0f} s; whole partitions after each kill: {found_after} "
        f"of {len(expected)}; the rerun completed with the values of an undisturbed run: 0 torn, 0 lost"
    )


def _home(home: Path) -> dict[str, str]:
    return {**os.environ, "RECSYS_HOME": str(home)}


def main() -> int:
    """Run the test or, in the processes that are killed, the writer or the graph."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, help="200 by default, of whole runs 10")
    parser.add_argument("--whole-run", action="store_true", help="kill runs of the graph and not a writer")
    parser.add_argument("--run-graph", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--home", type=Path, help="a folder to keep; a temporary one by default")
    parser.add_argument("--write-from", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--writings", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.write_from is not None:
        write(arguments.home, arguments.write_from, arguments.writings)
        return 0
    if arguments.run_graph is not None:
        return 0 if run_graph(arguments.run_graph) else 1
    test, kills = (whole_run_test, 10) if arguments.whole_run else (crash_test, 200)
    with tempfile.TemporaryDirectory() as temporary:
        try:
            print(test(arguments.home or Path(temporary), arguments.kills or kills, arguments.seed))
        except AssertionError as error:
            print(f"TORN OR LOST: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
