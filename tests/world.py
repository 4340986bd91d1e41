"""A tiny planted world as landing files, and the whole graph run over it: what integration tests stand on."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from recsys_assets.core.lake import Lake
from recsys_assets.demo.params import DemoParams
from recsys_assets.demo.world import World, generate_world
from recsys_assets.demo.write import write_world
from recsys_assets.tables import ALL_TABLES

# A Monday. The first anchor stands on two weeks of days, the second on three.
START = date(2026, 1, 5)
DAYS = 23
LAST = START + timedelta(days=DAYS - 1)
MONDAYS = [date(2026, 1, 19), date(2026, 1, 26)]
MODEL_DAYS = [date(2026, 1, 26), date(2026, 1, 27)]
# Wide enough that thirty tracks by fifteen artists that a listener never heard can be found twice.
PARAMS = DemoParams(
    n_listeners=48,
    n_tracks=260,
    n_artists=52,
    n_playlists=60,
    plays_per_listener_day=5,
    horizon_days=40,
    upcoming_share=0.15,
)


@cache
def tiny_world() -> World:
    """The world; frames of the landing zone and what was planted."""
    return generate_world(PARAMS, seed=3, start=START, days=DAYS)


def land_world(home: Path) -> None:
    """Write it where the graph reads."""
    write_world(tiny_world(), home / "landing", home / "demo_truth")


def run(home: Path, job: str, *days: date) -> None:
    """Run a job of the graph on ``home`` in one go, as scripts do; it has to end well."""
    from scripts.graph import GraphRunner

    with pytest.MonkeyPatch.context() as patch, dg.DagsterInstance.local_temp(str(instance_folder(home))) as instance:
        patch.setenv("RECSYS_HOME", str(home))
        assert GraphRunner(home, instance).run(job, days=days), f"{job} of {days} failed"


def run_failing(home: Path, job: str, *days: date) -> str:
    """Run a job that has to fail; what its first failed step says."""
    from recsys_assets.definitions import defs

    with pytest.MonkeyPatch.context() as patch, dg.DagsterInstance.ephemeral() as instance:
        patch.setenv("RECSYS_HOME", str(home))
        result = defs.resolve_job_def(job).execute_in_process(
            instance=instance, partition_key=days[0].isoformat() if days else None, raise_on_error=False
        )
        failure = result.get_step_failure_events()[0].step_failure_data
    assert not result.success
    assert failure.user_failure_data is not None, failure.error
    return failure.user_failure_data.description or ""


def instance_folder(home: Path) -> Path:
    """Where the runs on ``home`` are recorded."""
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def tables(home: Path) -> Mapping[str, pl.DataFrame]:
    """All rows of every table, ordered by all that can be ordered."""
    lake = Lake(str(home / "lake"))
    frames = {}
    for table in ALL_TABLES:
        frame = lake.open(table).read()
        order = [name for name, dtype in frame.schema.items() if not isinstance(dtype, pl.List)]
        frames[table.full_name] = frame.sort(order, nulls_last=True, maintain_order=True)
    return frames


def assert_same(found: Mapping[str, pl.DataFrame], expected: Mapping[str, pl.DataFrame]) -> None:
    """Require the same values in every table, to the last bit."""
    assert found.keys() == expected.keys()
    for name, frame in expected.items():
        try:
            assert_frame_equal(found[name], frame, check_exact=True)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error
