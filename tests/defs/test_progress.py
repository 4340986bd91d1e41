"""Long steps say how far they are."""

import logging
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.instance.ref import InstanceRef

from recsys_assets.defs.checks import SHARED
from recsys_assets.defs.progress import SECONDS_BETWEEN, StepLines, progress_bar
from scripts.graph import NO_CAPTURE


class Events:
    """A step whose run remembers what it is told, and a clock that goes on by itself."""

    def __init__(self, *, seconds_a_look: float) -> None:
        self.lines: list[str] = []
        self._seconds, self._step = 0.0, seconds_a_look
        self.instance = SimpleNamespace(report_engine_event=lambda message, **_: self.lines.append(message))
        self.op_execution_context, self.run = SimpleNamespace(op_handle="sound"), None

    def clock(self) -> float:
        self._seconds += self._step
        return self._seconds


def test_the_run_is_told_of_tenths_of_a_long_step_and_so_is_whoever_reads_lines(capsys: pytest.CaptureFixture[str]):
    events = Events(seconds_a_look=SECONDS_BETWEEN)
    show = progress_bar(events, "sound model", clock=events.clock)  # type: ignore[arg-type]
    for done in range(1, 201):
        show(done, 200, f"step {done}")

    assert len(events.lines) == 10
    assert events.lines[0] == "sound model: 10 %, step 20"
    assert capsys.readouterr().out.splitlines() == [f"  {line}" for line in events.lines]


def test_a_short_step_floods_nothing(capsys: pytest.CaptureFixture[str]):
    events = Events(seconds_a_look=0.01)
    show = progress_bar(events, "sound model", clock=events.clock)  # type: ignore[arg-type]
    for done in range(1, 201):
        show(done, 200, "")

    assert not events.lines
    assert not capsys.readouterr().out


def test_what_a_long_step_tells_is_kept_at_the_level_of_our_settings(tmp_path: Path):
    shutil.copyfile(Path(__file__).resolve().parents[2] / "dagster.yaml", tmp_path / "dagster.yaml")

    @dg.asset
    def slow(context: dg.AssetExecutionContext) -> None:
        now = iter([0.0, 9.0, 9.0])
        progress_bar(context, "sentences", clock=lambda: next(now))(5, 10, "")
        context.log.info("nobody hears this")

    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(tmp_path), overrides=NO_CAPTURE)) as instance:
        result = dg.materialize([slow], instance=instance)
        told = [entry.message for entry in instance.all_logs(result.run_id)]

    assert any("sentences: 50 %" in message for message in told)
    assert not any("nobody hears" in message for message in told)


def test_a_terminal_gets_a_bar_that_goes_away(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    events = Events(seconds_a_look=SECONDS_BETWEEN)
    show = progress_bar(events, "sound model", clock=events.clock)  # type: ignore[arg-type]
    show(1, 2, "")
    half = capsys.readouterr().out
    show(2, 2, "")

    assert half.count("━") == half.count("╌") == 15
    assert "━" not in capsys.readouterr().out
    assert "%" not in half


def test_a_check_of_a_shared_run_is_told_once(capsys: pytest.CaptureFixture[str]):
    lines = StepLines()
    for key, metadata in (("sub_a", {SHARED: 2}), (None, {})):
        told = dg.AssetCheckEvaluation(
            dg.AssetKey("table"), "check", passed=False, metadata=metadata, description=f"of {key}", partition=key
        )
        event = SimpleNamespace(
            event_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION, asset_check_evaluation_data=told, step_key="step"
        )
        lines.emit(logging.makeLogRecord({"dagster_event": event}))

    assert capsys.readouterr().out == "  check failed: table: check: of None\n"
