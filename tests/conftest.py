"""What every folder of tests may ask for: an empty lake, real data where it is, and chance that repeats."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from recsys_assets.core.lake import Lake

ROOT = Path(__file__).resolve().parents[1]

# Partitions are declared when the definitions are imported: a developer's own first day would move the tests' calendar.
os.environ.pop("RECSYS_FIRST_DAY", None)
# Runners of tests may say how wide their terminal is; tables are then as narrow.
os.environ.pop("COLUMNS", None)

# The same examples on every machine: a red test is red for everybody. No deadline, because two workers share two cores.
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("repeatable")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake whose path holds what paths may hold."""
    return Lake(str(tmp_path / 'the lake\'s "ü"'))


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real data, which is never part of the checkout."""
    folder = Path(os.environ.get("RECSYS_TEST_DATA") or ROOT / ".." / "shared" / "data").resolve()
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}: set RECSYS_TEST_DATA to the folder that holds lastfm-2k and the others")
    return folder
