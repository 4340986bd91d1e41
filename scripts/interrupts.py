"""Ctrl+C during a run of the graph: Dagster catches the signal, and may forget it, so it is listened for beside Dagster."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def heard_interrupts() -> Iterator[Callable[[], bool]]:
    """Note every SIGINT inside of the block, whatever handler is in force; what is yielded says whether there was one.

    Between steps Dagster's handler only sets a flag that the end of the run clears, and inside of one it makes the step
    fail like any other. Signal numbers are written to the wake-up descriptor by the interpreter itself. For the main thread.
    """
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)

    def heard() -> bool:
        try:
            return signal.SIGINT in os.read(reading, 4096)
        except BlockingIOError:
            return False

    try:
        yield heard
    finally:
        signal.set_wakeup_fd(before)
        os.close(reading)
        os.close(writing)
