"""Files that are there whole or not at all."""

from pathlib import Path

import pytest

from recsys_assets.core.files import leftovers, written_aside
from recsys_assets.core.locks import locked


@pytest.mark.parametrize("durable", [True, False])
def test_a_file_appears_whole_and_readable_by_others(tmp_path: Path, durable: bool):
    path = tmp_path / "new" / "a.txt"

    with written_aside(path, durable=durable) as fresh:
        fresh.write_text("half")
        assert not path.exists()
        assert leftovers(path) == [fresh]
        fresh.write_text("whole")

    assert path.read_text() == "whole"
    assert path.stat().st_mode & 0o777 == (tmp_path / "new").stat().st_mode & 0o666
    assert list(path.parent.iterdir()) == [path]


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    with pytest.raises(RuntimeError), written_aside(path) as fresh:  # noqa: PT012
        fresh.write_text("new")
        raise RuntimeError

    assert [(file, file.read_text()) for file in tmp_path.iterdir()] == [(path, "old")]


def test_two_writers_of_one_file_never_meet(tmp_path: Path):
    path = tmp_path / "a.txt"

    with written_aside(path) as one, written_aside(path) as other:
        one.write_text("one")
        other.write_text("other")

    assert path.read_text() == "one"


def test_who_does_not_wait_for_a_lock_is_told_at_once(tmp_path: Path):
    with locked(tmp_path / "lock", alone=True), pytest.raises(BlockingIOError):  # noqa: SIM117
        with locked(tmp_path / "lock", alone=True, wait=False):
            pass
    with locked(tmp_path / "lock", alone=True, wait=False):
        pass
