"""A tiny planted world as landing files, and the whole graph run over it: what integration tests stand on."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from recsys_assets.core import columns as c
from recsys_assets.core.lake import Lake
from recsys_assets.demo.params import DemoParams
from recsys_assets.demo.world import World, generate_world
from recsys_assets.demo.write import write_world
from recsys_assets.raw.tables import CHANGED_AT
from recsys_assets.tables import ALL_TABLES

# A Monday. The first anchor stands on two weeks of days, the second on three.
START = date(2026, 1, 5)
DAYS = 23
LAST = START + timedelta(days=DAYS - 1)
MONDAYS = [date(2026, 1, 19), date(2026, 1, 26)]
MODEL_DAYS = [date(2026, 1, 26), date(2026, 1, 27)]
PLANTED_ON = date(2026, 1, 17)
HEARD_NOTHING, HEARD_TWO = "heard-nothing", "heard-two"
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


@cache
def planted_feedback() -> list[dict[str, str]]:
    """Acts that the demo seldom makes: a busy listener hides the five most played tracks that they never heard, and
    somebody who has heard nothing follows an artist."""
    world = tiny_world()
    busy = world.plays[c.USER_ID].value_counts().sort("count", c.USER_ID, descending=True)[c.USER_ID][0]
    heard = world.plays.filter(pl.col(c.USER_ID) == busy)[c.TRACK_ID].unique()
    popular = world.plays[c.TRACK_ID].value_counts().sort("count", c.TRACK_ID, descending=True)[c.TRACK_ID]
    hidden = popular.filter(~popular.is_in(heard.implode())).head(5).to_list()
    acts = [{c.USER_ID: busy, c.TRACK_ID: track, c.AT: f"{PLANTED_ON}T10:00:00Z", c.ACTION: "hide"} for track in hidden]
    follow = {c.USER_ID: HEARD_NOTHING, c.ARTIST_ID: world.artists[c.ARTIST_ID][0]}
    return [*acts, {**follow, c.AT: f"{PLANTED_ON}T10:00:00Z", c.ACTION: "follow"}]


@cache
def planted_plays() -> list[dict[str, object]]:
    """Somebody who has heard two tracks, once each."""
    tracks = tiny_world().plays[c.TRACK_ID].value_counts().sort("count", c.TRACK_ID, descending=True)[c.TRACK_ID][:2]
    return [
        {c.USER_ID: HEARD_TWO, c.TRACK_ID: track, c.PLAYED_AT: f"{PLANTED_ON}T1{n}:00:00Z", c.REASON_END: "done"}
        for n, track in enumerate(tracks)
    ]


# Enough to see that the ranker is trained and used; how well it ranks is tested elsewhere.
FEW_PASSES = {"ranker": {"config": {"passes": 4, "rounds_of_hiding": 1}}}


def land_world(home: Path) -> None:
    """Write it where the graph reads."""
    write_world(tiny_world(), home / "landing", home / "demo_truth")
    for source, rows in (("feedback", planted_feedback()), ("plays", planted_plays())):
        path = home / "landing" / source / f"date={PLANTED_ON}" / "planted.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def run(home: Path, job: str, *days: date, ops: Mapping[str, object] | None = None) -> None:
    """Run a job of the graph on ``home`` in one go (from the first to the last of ``days``), as scripts do, with few passes;
    it has to end well."""
    from scripts.graph import GraphRunner

    with pytest.MonkeyPatch.context() as patch, recorded(home) as instance:
        patch.setenv("RECSYS_HOME", str(home))
        wanted = {**(FEW_PASSES if job == "monday" else {}), **(ops or {})}
        assert GraphRunner(home, instance).run(job, days=days, ops=wanted), f"{job} of {days} failed"


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


def recorded(home: Path) -> dg.DagsterInstance:
    """The instance that records the runs on ``home``; to be closed."""
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    return dg.DagsterInstance.local_temp(str(folder), overrides={"telemetry": {"enabled": False}})


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
    """Require the same values in every table, to the last bit; when a file was written is no value."""
    assert found.keys() == expected.keys()
    for name, frame in expected.items():
        try:
            same, wanted = (it.drop(CHANGED_AT, strict=False) for it in (found[name], frame))
            assert_frame_equal(same, wanted, check_exact=True)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error
