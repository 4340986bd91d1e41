"""Long steps say how far they are."""

import logging
import sys
from types import SimpleNamespace

import dagster as dg
import pytest

from recsys_assets.defs.checks import SHARED
from recsys_assets.defs.progress import StepLines, progress_bar


def test_the_log_gets_a_line_for_each_tenth(capsys: pytest.CaptureFixture[str]):
    lines: list[str] = []
    context = SimpleNamespace(log=SimpleNamespace(info=lambda text, *values: lines.append(text % values)))
    show = progress_bar(context, "sound model")
    for done in range(1, 201):
        show(done, 200, f"step {done}")

    assert len(lines) == 10
    assert lines[0] == "sound model: 10 %, step 20"
    assert not capsys.readouterr().out


def test_a_terminal_gets_a_bar_that_goes_away(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    show = progress_bar(SimpleNamespace(log=SimpleNamespace(info=lambda *_: None)), "sound model")
    show(1, 2, "")
    half = capsys.readouterr().out
    show(2, 2, "")

    assert half.count("━") == half.count("╌") == 15
    assert "━" not in capsys.readouterr().out


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
