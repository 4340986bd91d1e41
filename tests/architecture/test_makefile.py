"""What `make` promises: a set-up that fails says so, and nothing that can not be made again goes by the way."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ("landing", "state", "lake")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the real Makefile, some data, and a virtual environment that only pretends."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    for name in DATA:
        (tmp_path / "data" / name).mkdir(parents=True)
    pretend(tmp_path, "python", "exit 0")
    return tmp_path


def pretend(checkout: Path, name: str, does: str) -> None:
    path = checkout / ".venv" / "bin" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)


def make(checkout: Path, *args: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RECSYS_", "MAKE"))}
    command = ["make", *args, f"PYTHON={sys.executable}"]
    return subprocess.run(command, cwd=checkout, env=kept, input=typed, capture_output=True, text=True, check=False)


def test_a_set_up_that_fails_stops_and_shows_why(checkout: Path):
    pretend(checkout, "pip", 'case "$*" in *content*) echo "No matching distribution"; exit 1;; esac')

    done = make(checkout, "setup")

    assert done.returncode != 0
    assert "No matching distribution" in done.stderr
    assert ".venv/setup.log" in done.stderr
    assert not (checkout / ".venv" / ".ready").exists()


def test_a_set_up_without_the_cpu_build_goes_on_with_the_default_one(checkout: Path):
    pretend(checkout, "pip", 'case "$*" in *content*) exit 0;; esac; exit 1')

    done = make(checkout, "setup")

    assert done.returncode == 0, done.stderr
    assert "the default build comes instead" in done.stdout
    assert (checkout / ".venv" / ".ready").exists()


def test_clean_keeps_the_data(checkout: Path):
    assert make(checkout, "clean").returncode == 0

    assert not (checkout / ".venv").exists()
    assert sorted(path.name for path in (checkout / "data").iterdir()) == sorted(DATA)


@pytest.mark.parametrize(
    ("args", "typed", "goes"), [((), "", False), ((), "n\n", False), ((), "y\n", True), (("YES=1",), "", True)]
)
def test_data_goes_only_when_somebody_says_so(checkout: Path, args: tuple[str, ...], typed: str, goes: bool):
    home = checkout / "my data"
    (checkout / "data").rename(home)

    done = make(checkout, "clean-data", f"RECSYS_HOME={home}", *args, typed=typed)

    assert (done.returncode == 0) == goes
    assert any(home.iterdir()) != goes


def test_every_goal_that_is_no_file_has_a_rule_and_help(checkout: Path):
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = [line.split()[1:] for line in text.splitlines() if line.startswith(".PHONY")]
    helped = make(checkout, "help").stdout

    assert [goal for goal in phony if f"make {goal} " not in helped] == []
