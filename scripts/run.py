"""`make run`: from nothing to mixes in the terminal and the graph in the browser.

A demo world if nothing has landed, then the graph through Dagster: snapshots; crawls of the demo's press, served meanwhile;
the landed days, a ranged run for each stretch of them; the two newest weeks, each its anchor and Discover Weekly first, then those
of the last seven days that are in it and their Release Radar: a Monday's reasons cite where Sunday put a track, as by the clock.
What there is too little listening for is left out and named. Runs belong to the instance that the web UI shows.
Python and not shell: each `dagster` command would start the interpreter and load the graph anew (3.4 s).
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Collection, Sequence
from contextlib import ExitStack, nullcontext
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from recsys_assets.core.errors import RecsysError
from scripts.plan import crawls_to_make, days_to_model, fridays_to_make, ranges, weeks_to_make

if TYPE_CHECKING:
    from scripts.graph import GraphRunner
    from scripts.press import Press

ROOT = Path(__file__).resolve().parents[1]
DEMO_DAYS = 60
MODEL_DAYS = 7
ANCHORS = 2
INTERRUPTED = 130
# The hour of a day at which the press is crawled: what was published by then is read.
CRAWL_HOUR = time(22)
# What a submission's days need; its preview needs their space.
INTAKE = frozenset({"submission_verdicts", "submission_analysis"})


def main() -> int:
    """Do it all; return the exit code."""
    arguments = _arguments()
    home = prepare_home()
    if arguments.only_ui:
        return serve(home, arguments.port)
    started = monotonic()
    yesterday = datetime.now(tz=UTC).date() - timedelta(days=1)
    if not any((home / "landing").glob("*")):
        _say("1/5  a small demo world, since the landing zone is empty")
        first = yesterday - timedelta(days=DEMO_DAYS - 1)
        world = ("--size", "small", "--seed", "7", "--start", first.isoformat(), "--days", str(DEMO_DAYS), "--no-hint")
        if not _recsys("demo", *world):
            return 1
    else:
        _say(f"1/5  using what has landed in {home / 'landing'}")
    if not materialise(home, yesterday):
        _say("not everything went well, see above; `make ui` shows the runs")
        return 1
    if any((home / "lake" / "mixes" / "daily_mix").glob("date=*")):
        _say(f"5/5  the mixes of one listener ({monotonic() - started:.0f} s so far)")
        _recsys("mixes", "--any")
    if arguments.ui == "0":
        _say(f"done in {monotonic() - started:.0f} s. Look around: make ui")
        return 0
    return serve(home, arguments.port)


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


def materialise(home: Path, yesterday: date) -> bool:
    """Run the graph; return whether all of it is green."""
    from scripts.graph import FIRST_DAY, GraphRunner

    if yesterday < FIRST_DAY:
        _say(f"nothing to run: the calendar begins on {FIRST_DAY} (RECSYS_FIRST_DAY) and that day is not over yet")
        return False
    runner = GraphRunner.open(home)
    _say("2/5  snapshots: catalogue, playlists, totals")
    if not runner.run("catalogue"):
        return False
    press_is_good = _crawl_press(runner, home, yesterday)
    # Submissions that went wrong keep nobody from the mixes, and the end is red all the same.
    submissions_are_good = _take_submissions(runner)
    return _make_days(runner, yesterday) and submissions_are_good and press_is_good


def _crawl_press(runner: "GraphRunner", home: Path, yesterday: date) -> bool:
    """Serve the demo's press and crawl it for real, in the world's time; return whether all went well."""
    from scripts.press import Press

    done: list[bool] = []
    days = runner.landed_days(yesterday).days if has_press(home) else []
    weeks, _ = weeks_to_make(days, yesterday, n=ANCHORS)
    for day in crawls_to_make(min(days), weeks, runner.crawled_days(), yesterday) if days else ():
        _say(f"     the sites of the demo's press, crawled as on {day}")
        now = datetime.combine(day, CRAWL_HOUR, UTC)
        try:
            with Press(home / "press", now=now) as press:
                of_this = {"config": {"now": now.isoformat(), "listed": str(press.listed)}}
                done.append(runner.run("crawl", ops={"crawl_log": of_this}))
        except (RecsysError, OSError) as error:
            _say(f"     the press is left: {error}")
            return False
    return all(done)


def has_press(home: Path) -> bool:
    """Say whether the list of sources that is crawled is that of a demo's press."""
    return (home / "press" / "sources.yaml").exists() and not (home / "sources.yaml").exists()


def demo_press(home: Path) -> "Press | None":
    """Read the demo's press, if it is what is crawled; one that can not be served is named, and nobody needs it."""
    from scripts.press import Press

    try:
        return Press(home / "press") if has_press(home) else None
    except RecsysError as error:
        _say(f"the press is not served: {error}")


def _make_days(runner: "GraphRunner", yesterday: date) -> bool:
    """Read what has landed and make of it what there is listening for; return whether all went well."""
    from scripts.graph import FIRST_DAY

    landed = runner.landed_days(yesterday)
    if landed.waiting:
        _say(
            f"     {len(landed.waiting):,} landed days wait, {landed.waiting[0]} to {landed.waiting[-1]}: the calendar "
            f"begins on {FIRST_DAY}. To read them: make run RECSYS_FIRST_DAY={landed.waiting[0]} (and keep it set)"
        )
    if not _ingest(runner, landed.days):
        return False
    heard = {*landed.days, *(day for day in runner.counted_totals() if day <= yesterday)}
    if not heard:
        _say("     nobody has listened to anything yet: mixes are made once plays, acts or totals have landed")
    weeks, left = weeks_to_make(heard, yesterday, n=ANCHORS)
    _say_weeks(weeks, left)
    done, made = [], []
    for monday in (monday for monday in weeks if monday >= FIRST_DAY):
        done.append(_make_week(runner, monday))
        days = days_to_model(landed.days, heard, runner.anchored_weeks() & {monday}, yesterday, n=MODEL_DAYS)
        if days:
            _say(f"     the mixes of {_span(days)}")
            made.append(runner.run("daily", days=days) and _make_fridays(runner, fridays_to_make(days, FIRST_DAY)))
    if not made:
        _say("     no day of mixes: a day needs listening up to it and the anchor of its week")
        return all(done)
    return all(made) and _preview_submissions(runner) and all(done)


def _take_submissions(runner: "GraphRunner") -> bool:
    """Judge and hear the submissions that wait, before anything reads them; return whether all went well."""
    try:
        parts = runner.waiting_submissions(datetime.now(tz=UTC))
    except (RecsysError, OSError) as error:
        _say(f"     submissions are left: {error}")
        return False
    if parts:
        _say(f"     {sum(len(part) for part in parts):,} submissions")
    return _run_stretches(runner, parts, INTAKE)


def _preview_submissions(runner: "GraphRunner") -> bool:
    """Show where what is to be released lands in the newest space; return whether all went well."""
    previews = runner.assets_of("submission") - INTAKE
    parts = runner.open_submissions(datetime.now(tz=UTC).date()) if previews else []
    if parts:
        _say("     where submissions land that are to be released")
    return _run_stretches(runner, parts, previews)


def _run_stretches(runner: "GraphRunner", parts: list[list[str]], only: Collection[str]) -> bool:
    """Make these assets of submissions, a run for each stretch, named where there are several; return whether all went well."""
    done = []
    for part in parts:
        if len(parts) > 1:
            _say(f"     {part[0]}" + (f" to {part[-1]}, {len(part):,} submissions" if len(part) > 1 else ""))
        done.append(runner.run("submission", keys=part, only=only))
    return all(done)


def _make_fridays(runner: "GraphRunner", fridays: list[date]) -> bool:
    """Make Release Radar of each Friday whose Thursday was made; return whether all went well."""
    done = []
    for friday in fridays:
        _say(f"     Release Radar of {friday}")
        done.append(runner.run("friday", days=[friday]))
    return all(done)


def _ingest(runner: "GraphRunner", landed: list[date]) -> bool:
    """Read the landed days, and none of the long silences between them; return whether all went well."""
    parts = ranges(landed)
    _say(f"3/5  plays and acts of {_span([day for part in parts for day in part])}")
    done = []
    for part in parts:
        if len(parts) > 1:
            _say(f"     {_span(part)}")
        done.append(runner.run("ingest", days=part))
    return all(done)


def _say_weeks(weeks: list[date], left: list[date]) -> None:
    """Name the weeks that are made, and those that are not, with the reason."""
    from scripts.graph import FIRST_DAY

    made = [monday for monday in weeks if monday >= FIRST_DAY]
    _say(f"4/5  anchors, Discover Weekly and days of {', '.join(map(str, made)) or 'no week'}")
    for monday in left:
        _say(f"     week of {monday} is left out: nobody had listened to anything before its end")
    for monday in (monday for monday in weeks if monday < FIRST_DAY):
        _say(f"     week of {monday} is left out: it begins before the calendar does, on {FIRST_DAY}")


def _make_week(runner: "GraphRunner", monday: date) -> bool:
    """Make the anchor and Discover Weekly of a week; return whether all went well. The next week is tried in any case."""
    _say(f"     week of {monday}")
    if runner.run("monday", days=[monday]):
        return True
    _say(f"     week of {monday} failed, see above; going on without it")
    return False


def _span(days: list[date]) -> str:
    if len(days) < 2:
        return str(days[0]) if days else "no day: none have landed"
    return f"{len(days):,} days, {days[0]} to {days[-1]}"


def serve(home: Path, port: int) -> int:
    """Run the web UI and the daemon, and the demo's press for them to crawl, until somebody ends it; return the exit code."""
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

    press = demo_press(home)
    with (
        subprocess.Popen(
            command,
            cwd=os.environ["DAGSTER_HOME"],
            env=environment,
            preexec_fn=as_from_a_terminal,  # noqa: PLW1509  no thread of ours runs yet
        ) as server,
        ExitStack() as served,
    ):
        try:
            served.enter_context(press or nullcontext())
        except OSError as error:
            _say(f"the press is not served: {error}")
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
    except KeyboardInterrupt:
        _say("stopped. What is finished stays; `make run` goes on from there")
        sys.exit(INTERRUPTED)
