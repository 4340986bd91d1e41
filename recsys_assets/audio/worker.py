"""The other side of ``safely``: a process that calls one function for each message and never outlives its parent.

Run as ``python -m recsys_assets.audio.worker CHANNEL FUNCTION MEMORY``. What goes wrong on purpose is answered; anything else
ends the process, which is the answer.
"""

import contextlib
import importlib
import resource
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from recsys_assets.audio.refusal import UnusableRecordingError


def main() -> None:
    """Answer messages until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel, function, memory_bytes = Connection(int(sys.argv[1])), sys.argv[2], int(sys.argv[3])
    module, _, name = function.partition(":")
    call = getattr(importlib.import_module(module), name)
    _limit_memory(memory_bytes)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        channel.send(("ready", None))
        while True:
            arguments = channel.recv()
            channel.send(_answer(call, arguments))


def _answer(call: object, arguments: tuple) -> tuple[str, object]:
    assert callable(call)
    try:
        return "done", call(*arguments)
    except UnusableRecordingError as error:
        return "refused", (error.reason, error.detail)
    except MemoryError:
        return "refused", ("too_much_memory", "decoding needs more memory than is allowed: export the file anew")


def _limit_memory(memory_bytes: int) -> None:
    """Allow so much address space beyond what the interpreter and its libraries have by now."""
    status = Path("/proc/self/statm")
    used = int(status.read_text().split()[0]) * resource.getpagesize() if status.exists() else 0
    # Systems that do not know the limit keep the one of time.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (used + memory_bytes, used + memory_bytes))


if __name__ == "__main__":
    main()
