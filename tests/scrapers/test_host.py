"""The host of crawls: what it begins, what it says of how they ended, and that none outlives who started it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scrapers import host, run

ROOT = Path(__file__).resolve().parents[2]
# Crawls in the place of those of Scrapy: each writes its process id and waits.
_FAKE = """
import os, pathlib, sys, time
from scrapers import host, run
def crawl(arguments):
    pathlib.Path({pids!r}, str(os.getpid())).touch()
    time.sleep(60)
    return 0
run.main, host._SHARED = crawl, ()
pathlib.Path({pids!r}, f"host-{{os.getpid()}}").touch()
sys.exit(host.main({arguments!r}))
"""


def arguments_for(folder: Path, *names: str, sources: list[dict] | None = None) -> list[str]:
    """Write a list of sources and return the host's arguments for some of them."""
    listed = folder / "sources.yaml"
    local = {"feeds": ["/feed"], "is_local": True}
    named = [{"name": name, "site": f"http://{name}.example/"} | local for name in ("one", "two")]
    listed.write_text(json.dumps({"sources": sources or named}))
    out = folder / "out"
    out.mkdir(exist_ok=True)
    where = ["--out", str(out), "--sources", str(listed), "--landing", str(folder / "landing")]
    return [*where, "--state", str(folder / "state"), *(part for name in names for part in ("--source", name))]


def test_files_say_how_each_crawl_ended_and_what_it_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def crawl(arguments: list[str]) -> int:
        name = arguments[-1]
        os.write(1, f"{name} out".encode())
        os.write(2, f"{name} err".encode())
        if name == "two":
            os.kill(os.getpid(), signal.SIGKILL)
        return 3

    monkeypatch.setattr(run, "main", crawl)
    monkeypatch.setattr(host, "_SHARED", ())

    assert host.main(arguments_for(tmp_path, "one", "two")) == 0
    assert {path.name: path.read_text() for path in (tmp_path / "out").iterdir()} == {
        "one.out": "one out", "one.err": "one err", "one.code": "3", "two.out": "two out", "two.err": "two err", "two.code": "-9",
    }  # fmt: skip


def test_all_faults_are_told_before_anything_begins(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    victim = tmp_path / "victim"
    victim.with_suffix(".out").write_text("precious")
    bad = [
        {"name": str(victim), "site": "http://a.example/", "feeds": ["/"]},
        {"name": "b", "site": "http://b.example/"},
    ]

    assert host.main(arguments_for(tmp_path, str(victim), "b", sources=bad)) == 2
    told = capsys.readouterr().err
    assert "name: String should match pattern" in told
    assert "source 2 (b): as a whole: no entrance" in told
    assert victim.with_suffix(".out").read_text() == "precious"
    assert list((tmp_path / "out").iterdir()) == []

    public = [{"name": name, "site": f"http://{name}.example/", "feeds": ["/"]} for name in ("a", "b")]
    assert host.main(arguments_for(tmp_path, "a", "b", "c/d", sources=public)) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert "has no `contact:`" in first
    assert "no source is called 'c/d'" in second
    assert list((tmp_path / "out").iterdir()) == []


@pytest.fixture
def hosted(tmp_path: Path) -> Iterator[Callable[[], tuple[int, int, list[int]]]]:
    """Start a host from a process of its own, and return the ids of that process, of the host and of its crawls."""
    pids = tmp_path / "pids"
    pids.mkdir()
    script = _FAKE.format(pids=str(pids), arguments=arguments_for(tmp_path, "one", "two"))
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {script!r}], start_new_session=True)"
    starter = subprocess.Popen([sys.executable, "-c", parent], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})

    def wait_for_them() -> tuple[int, int, list[int]]:
        assert by_time(30, lambda: len(list(pids.iterdir())) == 3)
        names = [path.name for path in pids.iterdir()]
        (of_host,) = (int(name.removeprefix("host-")) for name in names if name.startswith("host-"))
        return starter.pid, of_host, [int(name) for name in names if name.isdigit()]

    yield wait_for_them
    for path in pids.iterdir():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(path.name.removeprefix("host-")), signal.SIGKILL)
    starter.kill()
    starter.wait()


def by_time(seconds: float, is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.05)
    return is_so()


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked after does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
@pytest.mark.parametrize("victim", ["who started it", "the host"])
def test_no_crawl_outlives_who_started_it(hosted, victim: str):
    starter, of_host, crawls = hosted()
    assert len(crawls) == 2
    assert all(is_alive(pid) for pid in crawls)
    os.kill(starter if victim == "who started it" else of_host, signal.SIGKILL)

    assert by_time(10, lambda: not any(is_alive(pid) for pid in [of_host, *crawls]))


def test_a_source_is_crawled_by_one_process_at_a_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    arguments = arguments_for(tmp_path, "one")[2:]
    with run._alone(tmp_path / "state" / "crawl" / "one" / "lock") as is_alone:
        assert is_alone
        assert run.main(arguments) == 0

    assert json.loads(capsys.readouterr().out) == {"source": "one", "ended": "crawled_elsewhere"}
    assert [path.name for path in (tmp_path / "state" / "crawl").rglob("*") if path.is_file()] == ["lock"]
