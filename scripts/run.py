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

from recsys_assets.core.windows import monday_of

ROOT = Path(__file__).resolve().parents[1]
DEMO_DAYS = 60
MODEL_DAYS = 7
ANCHORS = 2


def main() -> int:
    """Do it all; return the exit code."""
    arguments = _arguments()
    _prepare_instance()
    if arguments.only_ui:
        return serve(arguments.port)
    home = Path(os.environ["RECSYS_HOME"]).resolve()
    started = time.monotonic()
    yesterday = datetime.now(tz=UTC).date() - timedelta(days=1)
    if not any((home / "landing").glob("*")):
        _say("1/5  a small demo world, since the landing zone is empty")
        first = yesterday - timedelta(days=DEMO_DAYS - 1)
        _recsys("demo", "--size", "small", "--seed", "7", "--start", first.isoformat(), "--days", str(DEMO_DAYS))
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


def _prepare_instance() -> None:
    folder = Path(os.environ["DAGSTER_HOME"])
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / "dagster.yaml", folder / "dagster.yaml")


def _say(line: str) -> None:
    sys.stdout.write(f"\n{line}\n")
    sys.stdout.flush()


def _recsys(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "recsys_assets.cli", *arguments], check=True)


def _materialise(home: Path, yesterday: date) -> bool:
    """Run the graph; return whether all of it is green."""
    from scripts.graph import GraphRunner

    runner = GraphRunner.open(home)
    _say("2/5  snapshots: catalogue, playlists, totals")
    if not runner.run("catalogue"):
        return False
    days = runner.landed_days(yesterday)
    _say(f"3/5  {len(days)} days of plays and acts in one run: {days[0]} to {days[-1]}")
    if not runner.run("ingest", days=days):
        return False
    model_days = [yesterday - timedelta(days=back) for back in range(MODEL_DAYS - 1, -1, -1)]
    newest = monday_of(yesterday + timedelta(days=1))
    mondays = [newest - timedelta(weeks=back) for back in range(ANCHORS - 1, -1, -1)]
    _say(f"4/5  anchors and Discover Weekly of {', '.join(map(str, mondays))}; then {len(model_days)} days of mixes")
    return all(runner.run("monday", days=[week]) for week in mondays) and runner.run("daily", days=model_days)


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
    sys.exit(main())
