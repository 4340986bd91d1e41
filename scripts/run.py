"""`make run`: from nothing to mixes in the terminal and the graph in the browser.

A demo world if nothing has landed, then the graph through Dagster: snapshots; all landed days in one ranged run; the
two newest anchors with their Discover Weekly; the last seven days. Runs belong to the instance that the web UI
shows. Python and not shell, because each `dagster` command would start the interpreter and load the graph anew (3.4 s).
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from recsys_assets.core.errors import RecsysError
from recsys_assets.core.windows import monday_of

ROOT = Path(__file__).resolve().parents[1]
DEMO_DAYS = 60
MODEL_DAYS = 7
ANCHORS = 2


def main() -> int:
    """Do it all; return the exit code."""
    arguments = _arguments()
    home = prepare_home()
    if arguments.only_ui:
        return serve(arguments.port)
    started = time.monotonic()
    yesterday = datetime.now(tz=UTC).date() - timedelta(days=1)
    if not any((home / "landing").glob("*")):
        _say("1/5  a small demo world, since the landing zone is empty")
        first = yesterday - timedelta(days=DEMO_DAYS - 1)
        world = ("--size", "small", "--seed", "7", "--start", first.isoformat(), "--days", str(DEMO_DAYS))
        if not _recsys("demo", *world):
            return 1
    else:
        _say(f"1/5  using what has landed in {home / 'landing'}")
    if not _materialise(home, yesterday):
        return 1
    _say(f"5/5  the mixes of one listener ({time.monotonic() - started:.0f} s so far)")
    _recsys("mixes", "--any")
    if arguments.ui == "0":
        _say(f"done in {time.monotonic() - started:.0f} s. Look around: make ui")
        return 0
    return serve(arguments.port)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make run")
    parser.add_argument("--ui", default="1", choices=["0", "1"])
    parser.add_argument("--only-ui", action="store_true", help="start the web UI and nothing else")
    parser.add_argument("--port", type=int, default=3000)
    return parser.parse_args()


def prepare_home() -> Path:
    """Make the instance's folder and return the home; both are absolute in the environment from here on.

    Dagster refuses a relative ``DAGSTER_HOME``, and its server runs in another working directory than we do.
    """
    home = Path(os.environ.get("RECSYS_HOME") or ROOT / "data").expanduser().resolve()
    instance = home / "dagster"
    os.environ.update(RECSYS_HOME=str(home), DAGSTER_HOME=str(instance))
    instance.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / "dagster.yaml", instance / "dagster.yaml")
    return home


def _say(line: str) -> None:
    sys.stdout.write(f"\n{line}\n")
    sys.stdout.flush()


def _recsys(*arguments: str) -> bool:
    """Run a command, which says itself what is wrong; return whether it ended well."""
    return subprocess.run([sys.executable, "-m", "recsys_assets.cli", *arguments], check=False).returncode == 0


def _materialise(home: Path, yesterday: date) -> bool:
    """Run the graph; return whether all of it is green."""
    from scripts.graph import FIRST_DAY, GraphRunner, days_between

    if yesterday < FIRST_DAY:
        _say(f"nothing to run: the calendar begins on {FIRST_DAY} (RECSYS_FIRST_DAY) and that day is not over yet")
        return False
    runner = GraphRunner.open(home)
    _say("2/5  snapshots: catalogue, playlists, totals")
    if not runner.run("catalogue"):
        return False
    landed = runner.landed_days(yesterday)
    days = landed.days
    if landed.waiting:
        _say(
            f"     {len(landed.waiting):,} landed days wait, {landed.waiting[0]} to {landed.waiting[-1]}: the calendar "
            f"begins on {FIRST_DAY}. To read them: make run RECSYS_FIRST_DAY={landed.waiting[0]} (and keep it set)"
        )
    _say(f"3/5  {len(days)} days of plays and acts in one run: {days[0]} to {days[-1]}")
    if not runner.run("ingest", days=days):
        return False
    newest = monday_of(yesterday + timedelta(days=1))
    mondays = [newest - timedelta(weeks=back) for back in range(ANCHORS - 1, -1, -1)]
    mondays = [monday for monday in mondays if monday >= FIRST_DAY]
    if not mondays:
        _say(f"4/5  no models yet: the first Monday after {FIRST_DAY}, when the calendar begins, is still to come")
        return True
    # A day starts from its own week's anchor: none before the first.
    model_days = days_between(max(yesterday - timedelta(days=MODEL_DAYS - 1), mondays[0]), yesterday)
    _say(f"4/5  anchors and Discover Weekly of {', '.join(map(str, mondays))}; then {len(model_days)} days of mixes")
    if not all(runner.run("monday", days=[week]) for week in mondays):
        return False
    return not model_days or runner.run("daily", days=model_days)


def serve(port: int) -> int:
    """Run the web UI and the daemon until somebody ends it; return the exit code."""
    _say(f"web UI: http://127.0.0.1:{port}   (Ctrl+C ends it; `make ui` starts it again)")
    command: Sequence[str] = [
        str(Path(sys.executable).with_name("dagster")), "dev", "-w", str(ROOT / "workspace.yaml"),
        "-p", str(port), "-h", "127.0.0.1", "--log-level", "warning",
    ]  # fmt: skip

    # `dagster dev` says of itself that it is superseded by a tool for another project layout.
    environment = os.environ | {"PYTHONWARNINGS": "ignore:Function"}

    def as_from_a_terminal() -> None:
        # A server started in the background inherits ignored signals and could never be ended.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)

    with subprocess.Popen(
        command,
        cwd=os.environ["DAGSTER_HOME"],
        env=environment,
        preexec_fn=as_from_a_terminal,  # noqa: PLW1509  no thread of ours runs yet
    ) as server:
        try:
            return server.wait()
        except KeyboardInterrupt:
            return server.wait()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RecsysError as error:
        _say(f"make run: {error}")
        sys.exit(1)
