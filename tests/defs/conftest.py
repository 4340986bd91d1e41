"""A home of one's own for the definitions, and shortcuts to run a part of the graph in memory."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from recsys_assets.defs.io_managers import LakeIOManager
from recsys_assets.defs.resources import HomeResource, SqlResource


@pytest.fixture
def home(tmp_path: Path) -> HomeResource:
    return HomeResource(root=str(tmp_path / "home"))


@pytest.fixture
def resources(home: HomeResource) -> dict[str, object]:
    return {"home": home, "sql": SqlResource(threads=1), "lake_io": LakeIOManager(home=home)}


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def kept_instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """One on disk: schedules and sensors open theirs by reference."""
    overrides = {"telemetry": {"enabled": False}}
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster"), overrides=overrides) as kept:
        yield kept
