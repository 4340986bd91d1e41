"""A function of Python over many batches on all cores, answers in the order of the batches.

For our own code that holds Python's lock; hostile files are ``audio.safely``'s. Processes are plain ``python -m`` children and no
``multiprocessing`` pool: nothing of the parent's main module is imported again, and a child hears its parent by a socket of
which nobody else holds the other end. Whose parent is gone, killed or not, reads the end of it and ends.
"""

import contextlib
import gc
import importlib
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from recsys_assets.core.errors import SourceUnavailableError

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
# One process per core is all the threads that there is room for.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
# Batches that may be done before an earlier one is: bounds what waits for a slow one.
_AHEAD = 4


def each_in_processes(function: str, shared: object, batches: Iterable[object], *, workers: int) -> Iterator[Any]:
    """Call a function with what is shared and each batch, in several processes.

    Args:
        function: ``package.module:name`` of ``function(shared, batch)``; all three and the answer can be pickled.
        shared: sent to each process once.
        batches: taken as processes become free.
        workers: how many processes, at least 1.

    Yields:
        Answers, in the order of the batches.

    Raises:
        SourceUnavailableError: a process died, by a fault of the function (which it wrote to our standard error) or by the
            system's hand.
    """
    parcel = pickle.dumps(shared, protocol=pickle.HIGHEST_PROTOCOL)
    waiting = enumerate(batches)
    children: list[_Child] = []
    try:
        idle: list[_Child] = []
        busy: dict[Connection, _Child] = {}
        done: dict[int, Any] = {}
        following, following_batch = 0, next(waiting, None)
        while busy or following_batch is not None:
            while (
                following_batch is not None
                and len(busy) < workers
                and following_batch[0] < following + _AHEAD * workers
            ):
                if not idle:
                    children.append(_Child(function, parcel))
                    idle.append(children[-1])
                child = idle.pop()
                child.begin(*following_batch)
                busy[child.channel] = child
                following_batch = next(waiting, None)
            for channel in wait(list(busy)):
                child = busy.pop(channel)  # type: ignore[call-overload]
                done[child.number] = child.answer()
                idle.append(child)
            while following in done:
                yield done.pop(following)
                following += 1
    finally:
        for child in children:
            child.stop()


class _Child:
    """One process and the number of the batch that it is at."""

    def __init__(self, function: str, parcel: bytes) -> None:
        ours, theirs = socket.socketpair()
        environment = os.environ | dict.fromkeys(_THREADS, "1")
        paths = [str(_PACKAGE_ROOT), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "recsys_assets.core.processes", str(theirs.fileno()), function],
            pass_fds=[theirs.fileno()],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        theirs.close()
        self.channel = Connection(ours.detach())
        self.number = -1
        self._parcel = parcel

    def begin(self, number: int, batch: object) -> None:
        """Send a batch, before the first one what is shared."""
        self.number = number
        # Of a child that died meanwhile the answer tells.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if self._parcel:
                self.channel.send_bytes(self._parcel)
                self._parcel = b""
            self.channel.send(batch)

    def answer(self) -> Any:
        """Read the answer.

        Raises:
            SourceUnavailableError: the process died.
        """
        try:
            return self.channel.recv()
        except (EOFError, ConnectionResetError) as error:
            code = self._process.wait()
            raise SourceUnavailableError(
                f"a process that worked on batch {self.number} ended with {code}: its last words are in the log; a negative "
                "number is the signal that ended it, -9 most often too little memory"
            ) from error

    def stop(self) -> None:
        """End the process, whatever it is at."""
        self._process.kill()
        self._process.wait()
        self.channel.close()


def main() -> None:
    """Answer batches until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = Connection(int(sys.argv[1]))
    module, _, name = sys.argv[2].partition(":")
    call = getattr(importlib.import_module(module), name)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        shared = channel.recv()
        # What is shared stays: the collector need not walk through it again and again.
        gc.collect()
        gc.freeze()
        while True:
            channel.send(call(shared, channel.recv()))


if __name__ == "__main__":
    main()
