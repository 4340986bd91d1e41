"""`make run`: which days it reads, and where it keeps things."""

import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from recsys_assets.core.errors import DataFaultError
from recsys_assets.defs.progress import step_lines
from recsys_assets.demo.press import remove_press
from scripts import run
from scripts.interrupts import heard_interrupts
from scripts.plan import (
    LandedDays,
    crawls_to_make,
    days_between,
    days_to_model,
    fridays_to_make,
    landed_days,
    ranges,
    stretches,
    weeks_to_make,
)

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 4)


@pytest.mark.parametrize(
    ("landed", "days", "waiting"),
    [
        ([], [], []),
        ([date(2026, 1, 3)], [3], []),
        ([date(2026, 1, 2), date(2026, 1, 4), date(2026, 1, 9)], [2, 4], []),
        # Imported history from before the calendar begins: Dagster has no partition for it.
        ([date(2026, 1, 3), date(2023, 5, 6), date(2025, 12, 31)], [3], [date(2023, 5, 6), date(2025, 12, 31)]),
        ([date(2023, 5, 6)], [], [date(2023, 5, 6)]),
    ],
)
def test_days_before_the_calendar_wait(landed: list[date], days: list[int], waiting: list[date]):
    found = landed_days(landed, FIRST, LAST)

    assert [day.day for day in found.days] == days
    assert found.waiting == waiting


def test_a_long_silence_costs_nothing_and_a_short_one_is_read_along():
    first, second = days_between(FIRST, FIRST + timedelta(days=2)), days_between(date(2026, 6, 1), date(2026, 6, 3))

    assert ranges([]) == []
    assert ranges([*second, *first]) == [first, second]
    assert ranges([FIRST, FIRST + timedelta(days=8)]) == [days_between(FIRST, FIRST + timedelta(days=8))]
    assert ranges([FIRST, FIRST + timedelta(days=9)]) == [[FIRST], [FIRST + timedelta(days=9)]]


def test_neighbours_are_taken_in_one_run_and_nothing_between_them():
    assert stretches(["c", "a", "d", "b"], {"c", "a", "b"}) == [["c", "a"], ["b"]]
    assert stretches(["c", "a", "d", "e", "b"], {"c", "a", "b"}, widest_gap=1) == [["c", "a"], ["b"]]
    assert stretches(["c", "a", "d", "e", "b"], {"c", "a", "b"}, widest_gap=2) == [["c", "a", "d", "e", "b"]]
    assert stretches(["f", "c", "g"], {"c"}, widest_gap=9) == [["c"]]
    assert stretches(["c", "a"], set()) == []
    assert stretches([], {"a"}) == []


THURSDAY = date(2026, 1, 29)
LAST_MONDAY, MONDAY_BEFORE = date(2026, 1, 26), date(2026, 1, 19)


@pytest.mark.parametrize(
    ("heard", "made"),
    [
        ([], []),
        ([date(2025, 6, 1)], [MONDAY_BEFORE, LAST_MONDAY]),
        ([LAST_MONDAY - timedelta(days=1)], [MONDAY_BEFORE, LAST_MONDAY]),
        # The first week: its days need the anchor, though nothing was heard before it.
        ([LAST_MONDAY], [LAST_MONDAY]),
        ([THURSDAY], [LAST_MONDAY]),
        ([THURSDAY + timedelta(days=1)], []),
    ],
)
def test_weeks_that_nobody_listened_before_are_left(heard: list[date], made: list[date]):
    weeks, left = weeks_to_make(heard, THURSDAY, n=2)

    assert weeks == made
    assert sorted([*weeks, *left]) == [MONDAY_BEFORE, LAST_MONDAY]


def test_on_a_sunday_night_the_week_that_begins_gets_its_delivery():
    weeks, _ = weeks_to_make([THURSDAY], LAST_MONDAY + timedelta(days=6), n=1)

    assert weeks == [LAST_MONDAY + timedelta(days=7)]


def test_only_days_that_have_an_anchor_and_a_listener_are_modelled():
    weeks = {LAST_MONDAY}

    assert days_to_model([FIRST], [FIRST], weeks, THURSDAY, n=7) == days_between(LAST_MONDAY, THURSDAY)
    assert days_to_model([THURSDAY], [THURSDAY], weeks, THURSDAY, n=7) == [THURSDAY]
    assert days_to_model([FIRST], [FIRST], {LAST_MONDAY, MONDAY_BEFORE}, THURSDAY, n=2) == [
        THURSDAY - timedelta(days=1),
        THURSDAY,
    ]
    assert days_to_model([FIRST], [FIRST], set(), THURSDAY, n=7) == []


def test_totals_alone_are_modelled_once():
    assert days_to_model([], [FIRST], {LAST_MONDAY}, THURSDAY, n=7) == [THURSDAY]


def test_a_friday_is_made_where_its_thursday_is():
    assert fridays_to_make(days_between(THURSDAY - timedelta(days=8), THURSDAY), FIRST) == [
        THURSDAY - timedelta(days=6),
        THURSDAY + timedelta(days=1),
    ]
    assert fridays_to_make(days_between(LAST_MONDAY, THURSDAY - timedelta(days=1)), FIRST) == []
    # The calendar begins on a Thursday; were it a Friday, nothing would be known before it.
    assert fridays_to_make([FIRST], FIRST) == [FIRST + timedelta(days=1)]
    assert fridays_to_make([FIRST], FIRST + timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("first", "weeks", "crawled", "made"),
    [
        (FIRST, [MONDAY_BEFORE, LAST_MONDAY], [], [MONDAY_BEFORE - timedelta(days=1), THURSDAY]),
        # A world that is younger than the week has nothing to read on its eve.
        (MONDAY_BEFORE, [MONDAY_BEFORE, LAST_MONDAY], [], [THURSDAY]),
        (FIRST, [], [], [THURSDAY]),
        (FIRST, [LAST_MONDAY], [MONDAY_BEFORE], [LAST_MONDAY - timedelta(days=1), THURSDAY]),
        (FIRST, [MONDAY_BEFORE, LAST_MONDAY], [THURSDAY], []),
        (None, [], [], []),
    ],
)
def test_the_press_is_crawled_before_the_weeks_and_on_the_last_day_and_never_back_in_time(
    first: date | None, weeks: list[date], crawled: list[date], made: list[date]
):
    assert crawls_to_make(first, weeks, crawled, THURSDAY) == made


class SomeRunner:
    """Answers as a runner of the graph does; the week ``failing`` ends badly, and submissions as they are told to."""

    def __init__(self, failing: date) -> None:
        self.failing = failing
        self.submissions: bool | Exception = True
        self.ran: list[tuple[str, list[object]]] = []

    def run(
        self,
        job_name: str,
        *,
        days: Sequence[date] = (),
        keys: Sequence[str] = (),
        only: object = None,  # noqa: ARG002
        ops: Mapping[str, dict] | None = None,
    ) -> bool:
        self.ran.append(
            (job_name, [*days, *keys, *(value for op in (ops or {}).values() for value in op["config"].values())])
        )
        if job_name == "submission":
            return self.submissions is True
        return job_name != "monday" or self.failing not in days

    def waiting_submissions(self, _now: datetime) -> list[list[str]]:
        if isinstance(self.submissions, Exception):
            raise self.submissions
        return [["sub_1", "sub_2"]]

    def open_submissions(self, _today: date) -> list[list[str]]:
        return [["sub_2"]]

    def assets_of(self, _job_name: str) -> set[str]:
        return {"submission_verdicts", "submission_analysis", "submission_preview"}

    def landed_days(self, until: date) -> LandedDays:
        return LandedDays(days_between(FIRST, until), [])

    def counted_totals(self) -> set[date]:
        return set()

    def crawled_days(self) -> set[date]:
        return set()

    def anchored_weeks(self) -> set[date]:
        return {days[0] for job, days in self.ran if job == "monday"} - {self.failing}


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> SomeRunner:
    from scripts import graph

    some = SomeRunner(failing=MONDAY_BEFORE)
    monkeypatch.setattr(graph.GraphRunner, "open", lambda _: some)
    return some


def test_each_stretch_of_submissions_is_named_where_there_are_several(
    runner: SomeRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(runner, "open_submissions", lambda _today: [["sub_2"], ["sub_4", "sub_5", "sub_6"]])
    run.materialise(tmp_path, LAST_MONDAY + timedelta(days=1))

    said = [line.strip() for line in capsys.readouterr().out.splitlines() if "sub" in line]
    landing = "where submissions land that are to be released"
    assert said == ["2 submissions", landing, "sub_2", "sub_4 to sub_6, 3 submissions"]


def test_a_week_that_fails_is_named_and_stops_neither_the_next_week_nor_the_days(
    runner: SomeRunner, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert not run.materialise(tmp_path, THURSDAY)

    assert [name for name, _ in runner.ran[:3]] == ["catalogue", "submission", "ingest"]
    assert runner.ran[3:] == [
        ("monday", [MONDAY_BEFORE]),
        ("monday", [LAST_MONDAY]),
        ("daily", days_between(LAST_MONDAY, THURSDAY)),
        ("friday", [THURSDAY + timedelta(days=1)]),
        ("submission", ["sub_2"]),
    ]
    assert f"week of {MONDAY_BEFORE} failed" in capsys.readouterr().out


def test_a_monday_is_made_after_its_sunday_whose_places_its_reasons_cite(runner: SomeRunner, tmp_path: Path):
    runner.failing = date.min
    assert run.materialise(tmp_path, LAST_MONDAY + timedelta(days=1))

    assert runner.ran[3:] == [
        ("monday", [MONDAY_BEFORE]),
        ("daily", days_between(LAST_MONDAY - timedelta(days=5), LAST_MONDAY - timedelta(days=1))),
        ("friday", [LAST_MONDAY - timedelta(days=3)]),
        ("monday", [LAST_MONDAY]),
        ("daily", days_between(LAST_MONDAY, LAST_MONDAY + timedelta(days=1))),
        ("submission", ["sub_2"]),
    ]


def test_the_demo_s_press_is_served_while_it_is_crawled(
    runner: SomeRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    served = []

    class SomePress(contextlib.nullcontext):
        def __init__(self, press: Path, *, now: datetime | None) -> None:
            super().__init__(self)
            self.listed = press / "sources-of-this-serving.yaml"
            served.append((press.name, now))

    monkeypatch.setattr("scripts.press.Press", SomePress)
    (tmp_path / "press").mkdir()
    (tmp_path / "press" / "sources.yaml").touch()
    run.materialise(tmp_path, THURSDAY)

    evenings = [datetime(2026, 1, 18, 22, tzinfo=UTC), datetime(2026, 1, 29, 22, tzinfo=UTC)]
    assert served == [("press", evening) for evening in evenings]
    assert [name for name, _ in runner.ran][:5] == ["catalogue", "crawl", "crawl", "submission", "ingest"]
    listed = str(tmp_path / "press" / "sources-of-this-serving.yaml")
    assert [keys for name, keys in runner.ran if name == "crawl"] == [
        [evening.isoformat(), listed] for evening in evenings
    ]

    (tmp_path / "sources.yaml").touch()
    assert run.demo_press(tmp_path) is None


def test_a_press_whose_crawls_are_forgotten_was_never_crawled(kept_instance: dg.DagsterInstance, tmp_path: Path):
    from scripts.graph import GraphRunner

    log = tmp_path / "state" / "crawl" / "lamplight" / "log-20260105T220000Z.jsonl"
    log.parent.mkdir(parents=True)
    log.touch()
    runner = GraphRunner(tmp_path, kept_instance)
    assert runner.crawled_days() == {date(2026, 1, 5)}
    (tmp_path / "press").mkdir()
    (tmp_path / "press" / "sources.yaml").touch()
    remove_press(tmp_path / "press", tmp_path / "truth", tmp_path / "landing", tmp_path / "state")
    assert runner.crawled_days() == set()


def test_a_press_that_can_not_be_served_costs_neither_the_mixes_nor_the_web_ui(
    runner: SomeRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    runner.failing = date.min
    (tmp_path / "press").mkdir()
    (tmp_path / "press" / "sources.yaml").write_text("sources: [{name: gone, site: 'http://127.0.0.1:8810/'}]\n")

    assert not run.materialise(tmp_path, THURSDAY)
    assert [name for name, _ in runner.ran if name in ("crawl", "daily")] == ["daily", "daily"]
    assert "the press is left: " in capsys.readouterr().out

    said = tmp_path / "said"
    (tmp_path / "dagster").write_text(f"#!{sys.executable}\nfrom pathlib import Path\nPath({str(said)!r}).touch()\n")
    (tmp_path / "dagster").chmod(0o755)
    monkeypatch.setattr(run.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    assert run.serve(tmp_path, 3000) == 0
    assert said.exists()
    assert "pages.json is not there: `recsys demo` writes a press" in capsys.readouterr().out


@pytest.mark.parametrize("outcome", [True, False, DataFaultError("no key"), PermissionError(13, "closed")])
def test_submissions_that_go_wrong_stop_nobodys_mixes_and_the_end_is_red(
    runner: SomeRunner, tmp_path: Path, outcome: bool | Exception
):
    runner.failing, runner.submissions = date.min, outcome

    assert run.materialise(tmp_path, THURSDAY) is (outcome is True)
    assert [name for name, _ in runner.ran if name != "submission"] == [
        "catalogue", "ingest", "monday", "daily", "monday", "daily", "friday",
    ]  # fmt: skip


@pytest.mark.parametrize("is_interrupted", [True, False])
def test_ctrl_c_in_a_step_ends_it_all_and_an_error_only_the_run(
    is_interrupted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    from scripts import graph

    @dg.op
    def step() -> None:
        if is_interrupted:
            signal.raise_signal(signal.SIGINT)
        raise ValueError

    @dg.job(logger_defs={"step_lines": step_lines}, executor_def=dg.in_process_executor)
    def work() -> None:
        step()

    monkeypatch.setattr(graph, "defs", dg.Definitions(jobs=[work]))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with graph.GraphRunner.open(tmp_path / "home").instance as instance:
        runner = graph.GraphRunner(tmp_path / "home", instance)
        with pytest.raises(KeyboardInterrupt) if is_interrupted else contextlib.nullcontext():
            assert not runner.run("work")
    assert ("interrupted" in capsys.readouterr().out) == is_interrupted


def test_a_relative_home_becomes_absolute_for_dagster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECSYS_HOME", "my data")
    monkeypatch.setenv("DAGSTER_HOME", "my data/dagster")

    home = run.prepare_home()

    assert home == tmp_path / "my data"
    assert (os.environ["RECSYS_HOME"], os.environ["DAGSTER_HOME"]) == (str(home), str(home / "dagster"))
    assert (home / "dagster" / "dagster.yaml").is_file()


def test_an_interrupt_that_another_handler_swallows_is_heard():
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        with heard_interrupts() as interrupted:
            assert not interrupted()
            signal.raise_signal(signal.SIGINT)
            assert interrupted()
    finally:
        signal.signal(signal.SIGINT, before)
