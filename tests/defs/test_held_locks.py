"""Locks that a step holds until its rows are stored."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from recsys_assets.core.locks import locked
from recsys_assets.defs.locks import held_until_stored

pytestmark = pytest.mark.timeout(20)


def attempt(path: Path) -> Iterator[str]:
    """A step that is suspended at its yield when its rows could not be stored."""
    with held_until_stored((path, True)):
        yield "rows"


def is_free(path: Path) -> bool:
    try:
        with locked(path, alone=True, wait=False):
            return True
    except BlockingIOError:
        return False


def test_the_next_attempt_does_not_wait_for_one_that_is_suspended(tmp_path: Path):
    lock = tmp_path / "source"
    first, second = attempt(lock), attempt(lock)
    assert (next(first), next(second)) == ("rows", "rows")
    assert not is_free(lock)

    second.close()
    first.close()
    assert is_free(lock)


def test_what_another_thread_holds_stays_held(tmp_path: Path):
    lock, other = tmp_path / "source", tmp_path / "other"
    mine = attempt(lock)
    next(mine)

    def step() -> None:
        with held_until_stored((other, True)):
            pass

    thread = Thread(target=step)
    thread.start()
    thread.join()
    assert not is_free(lock)
    mine.close()


def test_locks_are_taken_in_order_alone_or_together(tmp_path: Path):
    shared, own = tmp_path / "plays", tmp_path / "plays-2026-01-01"
    with held_until_stored((shared, False), (own, True)):
        with locked(shared, alone=False, wait=False):
            assert not is_free(shared)
        assert not is_free(own)
    assert is_free(shared)
    assert is_free(own)
