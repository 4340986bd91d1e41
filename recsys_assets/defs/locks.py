"""Locks that a step holds until its rows are in the lake.

A step yields its outputs while it holds them. An attempt whose rows could not be stored is suspended at its yield and has left
its locks held for as long as anything remembers the failure; the next attempt, in the same thread, would wait for them without end.
"""

import threading
from contextlib import ExitStack
from pathlib import Path

from recsys_assets.core.locks import locked


class _Left(threading.local):
    """What the steps of this thread have taken. One step runs at a time in a thread, so what is held was left."""

    def __init__(self) -> None:
        self.held: list[ExitStack] = []


_left = _Left()


def held_until_stored(*locks: tuple[Path, bool]) -> ExitStack:
    """Take locks for a step, first to last, after letting go of those that an attempt before it has left.

    Args:
        locks: paths, each with whether it is held alone or together with others.

    Returns:
        What to leave (``with``) once the outputs are yielded.
    """
    while _left.held:
        _left.held.pop().close()
    taken = ExitStack()
    _left.held.append(taken)
    for path, alone in locks:
        taken.enter_context(locked(path, alone=alone))
    return taken
