"""Functions over hostile files in processes of their own, with limits of time and memory.

A decoder that hangs is killed, one that crashes takes nobody along, and each file gets one answer. Processes are plain
``python -m`` children and no ``multiprocessing`` pool: nothing of the parent is imported again, and each has one BLAS thread from
the start, so as many work as there are cores.
"""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import IO, Any

from pydantic import BaseModel, Field

from recsys_assets.audio.refusal import UnusableRecordingError
from recsys_assets.core.errors import SourceUnavailableError

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class SafetyLimits(BaseModel, frozen=True, extra="forbid"):
    """What one file may cost."""

    time_limit_s: float = Field(default=60.0, gt=0, description="Longest that one file may take, s; usual is 0.5.")
    memory_limit_mb: int = Field(default=1500, ge=100, description="Most memory beyond the libraries', MB.")
    start_limit_s: float = Field(default=60.0, gt=0, description="Longest that a process may take to start, s.")


@dataclass(frozen=True)
class Outcome:
    """What became of one call: ``value``, or the reason and detail of a refusal."""

    key: int
    value: Any = None
    refusal: tuple[str, str] | None = None

    def value_or_raise(self) -> Any:
        """Return the value.

        Raises:
            UnusableRecordingError: there is none.
        """
        if self.refusal:
            raise UnusableRecordingError(*self.refusal)
        return self.value


def call_safely(function: str, arguments: tuple, limits: SafetyLimits | None = None) -> Any:
    """Call one function in a process of its own and return what it returns.

    Args:
        function: ``package.module:name``; arguments and result can be pickled.
        arguments: of the call.
        limits: of time and memory; None: the usual.

    Raises:
        UnusableRecordingError: what the function raised, or ``too_slow``, ``too_much_memory``, ``decoder_crashed``.
    """
    return next(each_safely(function, [arguments], workers=1, limits=limits)).value_or_raise()


def each_safely(
    function: str, calls: Iterable[tuple], *, workers: int, limits: SafetyLimits | None = None
) -> Iterator[Outcome]:
    """Call a function once for each tuple of arguments, in several processes, and yield outcomes in the order of the calls.

    A process that is killed or dies is replaced, and its call is not tried again.

    Args:
        function: ``package.module:name``.
        calls: arguments, taken as processes become free.
        workers: how many processes.
        limits: of time and memory of one call; None: the usual.
    """
    limits = limits or SafetyLimits()
    waiting: Iterator[tuple[int, tuple]] = enumerate(calls)
    pool = deque[_Worker]()
    done: dict[int, Outcome] = {}
    following = 0
    try:
        busy: dict[Connection, _Worker] = {}
        while True:
            while len(busy) < workers and (call := next(waiting, None)) is not None:
                worker = pool.popleft() if pool else _Worker(function, limits)
                worker.begin(*call)
                busy[worker.channel] = worker
            if not busy:
                break
            soonest = min(worker.deadline for worker in busy.values())
            answered = wait(list(busy), timeout=max(soonest - time.monotonic(), 0))
            late = [channel for channel, worker in busy.items() if worker.deadline <= time.monotonic()]
            for channel in {*answered, *late}:
                worker = busy.pop(channel)  # type: ignore[index]
                outcome = worker.finish(has_answered=channel in answered)
                if outcome is None:
                    busy[worker.channel] = worker
                    continue
                done[outcome.key] = outcome
                if worker.is_alive:
                    pool.append(worker)
            while following in done:
                yield done.pop(following)
                following += 1
    finally:
        for worker in [*pool, *busy.values()]:
            worker.stop()


class _Worker:
    """One process and what it is at."""

    def __init__(self, function: str, limits: SafetyLimits) -> None:
        ours, theirs = socket.socketpair()
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        environment = os.environ | dict.fromkeys(_THREADS, "1")
        paths = [str(_PACKAGE_ROOT), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        command = [sys.executable, "-m", "recsys_assets.audio.worker", str(theirs.fileno()), function]
        self._process = subprocess.Popen(  # noqa: S603
            [*command, str(limits.memory_limit_mb << 20)],
            pass_fds=[theirs.fileno()],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
        )
        theirs.close()
        self.channel = Connection(ours.detach())
        self._limits = limits
        self._is_ready = False
        self._call: tuple[int, tuple] = (0, ())
        self.deadline = 0.0
        self.is_alive = True

    def begin(self, key: int, arguments: tuple) -> None:
        """Send a call, or keep it until the process is up."""
        self._call = key, arguments
        limit = self._limits.time_limit_s if self._is_ready else self._limits.start_limit_s
        self.deadline = time.monotonic() + limit
        if self._is_ready:
            # A process that died meanwhile is found out when its answer is read.
            with contextlib.suppress(BrokenPipeError):
                self.channel.send(arguments)

    def finish(self, *, has_answered: bool) -> Outcome | None:
        """Read the answer; None when the process has only said that it is up.

        Raises:
            SourceUnavailableError: the process did not start.
        """
        key, arguments = self._call
        if has_answered:
            try:
                kind, value = self.channel.recv()
            except (EOFError, ConnectionResetError):
                return self._died(key)
            if kind == "ready":
                self._is_ready = True
                self.begin(key, arguments)
                return None
            return Outcome(key, value) if kind == "done" else Outcome(key, refusal=value)
        if not self._is_ready:
            self.stop()
            raise SourceUnavailableError(f"no process started within {self._limits.start_limit_s:g} s: try again")
        self.stop()
        limit = self._limits.time_limit_s
        return Outcome(key, refusal=("too_slow", f"not done after {limit:g} s and stopped: export the file anew"))

    def _died(self, key: int) -> Outcome:
        self._process.wait()
        code, said = self._process.returncode, self._last_words()
        self.stop()
        if not self._is_ready:
            raise SourceUnavailableError(f"no process could be started (exit code {code}): {said}")
        detail = f"the process ended with {code} ({said}): export the file anew"
        return Outcome(key, refusal=("decoder_crashed", detail))

    def _last_words(self) -> str:
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(size - 2000, 0))
        lines = self._errors.read().decode("utf-8", errors="replace").strip().splitlines()
        return " ".join(lines[-1].split())[:200] if lines else "it said nothing"

    def stop(self) -> None:
        """End the process, whatever it is at."""
        self.is_alive = False
        self._process.kill()
        self._process.wait()
        self.channel.close()
        self._errors.close()
