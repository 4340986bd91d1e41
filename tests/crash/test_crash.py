"""The short form of the crash test, and a proof that it can fail."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def crash(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.crash", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)


def test_ten_kills_of_a_writer_tear_and_lose_nothing(tmp_path: Path):
    done = crash("--kills", "10", "--seed", "1", "--home", str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert "10 kills of 10" in done.stdout
    assert "0 torn, 0 lost" in done.stdout


@pytest.mark.parametrize("fault", ["torn", "lost"])
def test_the_check_sees_what_it_looks_for(tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.crash import BY_DAY, DAYS, require_whole, write, writing
    from recsys_assets.core.lake import Lake

    write(tmp_path, 0, 4)
    safe = require_whole(tmp_path, {})
    assert safe == {DAYS[0]: 0, DAYS[1]: 1, DAYS[2]: 2, None: 3}

    frame = writing(4, DAYS[0])
    data, message = (
        (frame.head(-1), "of the 32676 rows of writing 4") if fault == "torn" else (frame.clear(), "lost writings")
    )
    Lake(str(tmp_path / "lake")).replace(BY_DAY, data, partitions=[DAYS[0]])
    with pytest.raises(AssertionError, match=message):
        require_whole(tmp_path, safe)


def test_a_vacuum_of_live_files_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.crash import BY_DAY, require_whole, write
    from recsys_assets.core.lake import Lake
    from recsys_assets.core.lake_upkeep import vacuum

    write(tmp_path, 0, 12)
    lake = Lake(str(tmp_path / "lake"))
    assert len(vacuum(lake, BY_DAY, retention=timedelta(0))) == 6
    held = require_whole(tmp_path, {})
    assert sorted(held.values()) == [8, 9, 10, 11]

    Path(lake.open(BY_DAY).files[0].uri).unlink()
    with pytest.raises(FileNotFoundError):
        require_whole(tmp_path, held)
