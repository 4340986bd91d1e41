"""A logger for people: one line per step that finished, a progress bar on a terminal, warnings and failures in full.

Dagster's own console logger writes some ten lines per step.
"""

import logging
import sys
import time
from collections.abc import Callable
from threading import Lock
from typing import Any

import dagster as dg

from recsys_assets.defs.checks import SHARED


class StepLines(logging.Handler):
    """Writes ``step  seconds`` as steps end; of checks only those that did not pass."""

    def __init__(self) -> None:
        super().__init__()
        self._check_steps: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Write what a person wants to know of this record."""
        event = getattr(record, "dagster_event", None)
        if event is not None:
            self._show(event)
        elif record.levelno >= logging.WARNING:
            self._say(f"  {record.levelname.lower()}: {record.getMessage()}")

    def _show(self, event: dg.DagsterEvent) -> None:
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            verdict = event.asset_check_evaluation_data
            self._check_steps.add(event.step_key or "")
            # The check's own verdict speaks for those on the partitions of a shared run.
            if not verdict.passed and SHARED not in verdict.metadata:
                what = f"{verdict.asset_key.to_user_string()}: {verdict.check_name}"
                word = "warning" if verdict.severity == dg.AssetCheckSeverity.WARN else "check failed"
                self._say(f"  {word}: {what}: {verdict.description}")
        elif event.event_type == dg.DagsterEventType.STEP_SUCCESS and event.step_key not in self._check_steps:
            self._say(f"  {event.step_key:<32} {event.step_success_data.duration_ms / 1000:6.1f} s")
        elif event.event_type == dg.DagsterEventType.STEP_FAILURE and event.step_key not in self._check_steps:
            failure = event.step_failure_data
            is_interrupted = failure.error_source is not None and failure.error_source.value == "INTERRUPT"
            what = "interrupted" if is_interrupted else f"failed: {_innermost(failure.error)}"
            self._say(f"  {event.step_key:<32} {what}")

    @staticmethod
    def _say(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _innermost(error: Any) -> str:
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error is not None else "no reason was recorded"


def _step_lines(_context: dg.InitLoggerContext) -> logging.Logger:
    """Make the logger."""
    # Steps are logged at level DEBUG.
    logger = logging.Logger("recsys.steps", level=logging.DEBUG)
    logger.addHandler(StepLines())
    return logger


_BAR_WIDTH = 30
# What is done sooner needs no telling; an event of the run takes Dagster up to .14 s to store.
SECONDS_BETWEEN = 5.0


def run_events(context: dg.AssetExecutionContext) -> Callable[[str], None]:
    """Return what tells the run's page; ``context.log`` drops what is below warnings (``python_log_level``)."""

    def say(message: str) -> None:
        step = str(context.op_execution_context.op_handle)
        context.instance.report_engine_event(message, dagster_run=context.run, step_key=step)

    return say


def progress_bar(
    context: dg.AssetExecutionContext, what: str, *, clock: Callable[[], float] = time.monotonic
) -> Callable[[int, int, str], None]:
    """Show how far a long step is: a bar on a terminal and a line elsewhere; the run's page is told every tenth.

    At most ten times, and not more often than every five seconds.

    Args:
        context: of the step.
        what: is done.
        clock: seconds from anywhere on.

    Returns:
        To be called with (done, total, detail), from any thread.
    """
    lock, told, since, say = Lock(), [0], [clock()], run_events(context)

    def show(done: int, total: int, detail: str) -> None:
        with lock:
            tenth = 10 * done // max(total, 1)
            if tenth > told[0] and clock() - since[0] >= SECONDS_BETWEEN:
                told[0], since[0] = tenth, clock()
                line = ", ".join(part for part in (f"{what}: {10 * tenth} %", detail) if part)
                say(line)
                if not sys.stdout.isatty():
                    sys.stdout.write(f"  {line}\n")
                    sys.stdout.flush()
            if sys.stdout.isatty():
                full = _BAR_WIDTH * done // max(total, 1)
                sys.stdout.write(
                    "\r\x1b[2K" + (f"  {what} {'━' * full}{'╌' * (_BAR_WIDTH - full)}" if done < total else "")
                )
                sys.stdout.flush()

    return show


step_lines = dg.LoggerDefinition(_step_lines, description="One line per step, for a person at a terminal.")
