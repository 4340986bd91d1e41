"""Work in several processes: answers in order, a death is told, and nobody outlives the parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recsys_assets.core.errors import SourceUnavailableError
from recsys_assets.core.processes import each_in_processes

ME = "tests.unit.core.test_processes"


def add_slowly(shared: int, batch: tuple[int, float]) -> tuple[int, int]:
    """Add after a while; tell in which process."""
    number, seconds = batch
    time.sleep(seconds)
    return shared + number, os.getpid()


def die(shared: int, batch: int) -> int:
    if batch == shared:
        os.kill(os.getpid(), signal.SIGKILL)
    return batch


def test_answers_come_in_order_from_several_processes():
    batches = [(number, 0.3 if number == 0 else 0.0) for number in range(12)]
    answers = list(each_in_processes(f"{ME}:add_slowly", 100, batches, workers=2))
    assert [total for total, _ in answers] == list(range(100, 112))
    assert len({process for _, process in answers}) == 2
    assert os.getpid() not in {process for _, process in answers}


def test_nothing_to_do_is_done():
    assert list(each_in_processes(f"{ME}:add_slowly", 0, [], workers=2)) == []


def test_batches_are_taken_as_they_are_needed():
    taken = []

    def batches():
        for number in range(100):
            taken.append(number)
            yield number, 0.0

    answers = each_in_processes(f"{ME}:add_slowly", 0, batches(), workers=1)
    next(answers)
    assert len(taken) < 20
    answers.close()


def test_a_process_that_dies_is_told():
    with pytest.raises(SourceUnavailableError, match="batch 3 ended with -9"):
        list(each_in_processes(f"{ME}:die", 3, range(8), workers=2))


def test_whose_parent_is_killed_ends(tmp_path: Path):
    told = tmp_path / "pids"
    code = (
        "from recsys_assets.core.processes import each_in_processes\n"
        f"answers = each_in_processes('{ME}:add_slowly', 0, [(n, .2) for n in range(1000)], workers=2)\n"
        f"open({str(told)!r}, 'w').write(' '.join(str(next(answers)[1]) for _ in range(4)))\n"
        "list(answers)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(Path.cwd())})
    try:
        until = time.monotonic() + 60
        while not (told.exists() and told.read_text().count(" ") == 3):
            assert time.monotonic() < until
            time.sleep(0.05)
    finally:
        parent.kill()
        parent.wait()
    children = {int(each) for each in told.read_text().split()}
    assert len(children) == 2
    until = time.monotonic() + 30
    while any(map(is_alive, children)):
        assert time.monotonic() < until
        time.sleep(0.05)


def is_alive(process: int) -> bool:
    status = Path(f"/proc/{process}/stat")
    # A zombie that nobody has waited for is dead.
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
