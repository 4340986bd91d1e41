"""Locks between the processes of one machine. The kernel lets go of them when a process dies, whatever it dies of."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def locked(path: Path, *, alone: bool, wait: bool = True) -> Iterator[None]:
    """Hold the lock file at ``path``, alone or together with others who do not ask to be alone.

    Works between threads too: each call opens the file for itself. Not to be nested on one path.

    Args:
        path: made when it is not there; nothing is ever written to it.
        alone: wait until nobody else holds it, and let nobody in meanwhile.
        wait: False gives up at once.

    Raises:
        BlockingIOError: somebody else holds it, and ``wait`` is False.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    at_once = 0 if wait else fcntl.LOCK_NB
    # Whoever waits to be alone holds the gate: a steady stream of sharers would keep them out for ever.
    with path.with_name(f"{path.name}.gate").open("w") as gate, path.open("w") as lock:
        fcntl.flock(gate, fcntl.LOCK_EX | at_once)
        fcntl.flock(lock, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | at_once)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield
