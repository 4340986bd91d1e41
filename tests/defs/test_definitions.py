"""The graph as a whole: it loads as the server loads it, every asset says what it is, and no change goes unseen."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import dagster as dg
import pytest
import yaml
from defs.snapshot import SNAPSHOT, graph_snapshot

from recsys_assets.definitions import defs
from recsys_assets.tables import ALL_TABLES

ROOT = Path(__file__).resolve().parents[2]
GRAPH = defs.resolve_asset_graph()
KEYS = sorted(key.to_user_string() for key in GRAPH.get_all_asset_keys())
TABLES = {table.name: table for table in ALL_TABLES}
# Assets that are files for other programs and not tables of the lake.
NO_TABLES = {"mix_exports", "release_radar_exports"}


def node(name: str):
    return GRAPH.get(dg.AssetKey(name))


def test_the_server_can_load_them(tmp_path: Path):
    command = [Path(sys.executable).with_name("dagster"), "definitions", "validate", "-w", ROOT / "workspace.yaml"]
    env = {"DAGSTER_HOME": str(tmp_path), "RECSYS_HOME": str(tmp_path), "PATH": "", "DAGSTER_DISABLE_TELEMETRY": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Validation successful for code location recsys_assets.definitions" in done.stdout + done.stderr
    assert "BetaWarning" not in done.stderr
    assert "PreviewWarning" not in done.stderr


def test_command_line_and_server_name_one_code_location():
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["dagster"]
    served = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"][0]["python_module"]

    assert served["module_name"] == tool["module_name"] == "recsys_assets.definitions"
    assert served["location_name"] == tool["code_location_name"]


def test_every_table_is_an_asset_and_every_asset_a_table():
    assert set(KEYS) - set(TABLES) == NO_TABLES
    assert set(TABLES) - set(KEYS) == set()


@pytest.mark.parametrize("name", KEYS)
def test_every_asset_links_to_the_module_of_its_group(name: str):
    references = node(name).metadata["dagster/code_references"].code_references
    (file,) = (Path(reference.file_path) for reference in references)

    assert file.parent == ROOT / "recsys_assets" / "defs"
    # A group whose assets are too many for one module has others that begin with its name.
    assert file.stem == node(name).group_name or file.stem.startswith(f"{node(name).group_name}_")
    assert "@" in file.read_text().splitlines()[references[0].line_number - 1]


@pytest.mark.parametrize("name", KEYS)
def test_every_asset_says_what_it_is(name: str):
    asset = node(name)

    assert asset.group_name in {path.stem for path in (ROOT / "recsys_assets" / "defs").glob("*.py")}
    assert asset.owners == ["team:recsys"]
    assert asset.kinds
    assert asset.tags["recsys/cadence"] in {"snapshot", "daily", "weekly", "friday", "submission", "crawl"}
    assert re.match(r"One (row|folder|page) per ", asset.description or ""), asset.description
    assert asset.description == asset.description.strip()
    if name in TABLES:
        assert asset.check_keys, "no check"


@pytest.mark.parametrize("name", sorted(set(KEYS) & set(TABLES)))
def test_an_asset_shows_the_columns_of_its_table(name: str):
    asset, table = node(name), TABLES[name]
    shown = asset.metadata["dagster/column_schema"]

    assert asset.group_name == table.group
    assert asset.metadata["dagster/table_name"] == table.full_name
    assert asset.description.startswith(table.grain)
    assert [column.name for column in shown.columns] == list(table.dtypes)
    assert all(column.description for column in shown.columns)


@pytest.mark.parametrize("name", sorted(set(KEYS) & set(TABLES)))
def test_partitions_are_those_of_the_table(name: str):
    cadences = {"date": "daily", "week": "weekly", "arrived_on": "snapshot", "submission_id": "submission"}
    cadence = cadences[TABLES[name].partition or "arrived_on"]
    cadence = {"release_radar": "friday", "crawl_log": "crawl"}.get(name, cadence)

    assert node(name).tags["recsys/cadence"] == cadence
    assert (node(name).partitions_def is None) == (cadence in {"snapshot", "crawl"})


def test_every_asset_is_made_by_a_job_of_its_cadence():
    for job, cadence in (
        ("catalogue", "snapshot"),
        ("daily", "daily"),
        ("monday", "weekly"),
        ("friday", "friday"),
        ("submission", "submission"),
        ("crawl", "crawl"),
    ):
        made = {key.to_user_string() for key in defs.resolve_job_def(job).asset_layer.executable_asset_keys}

        assert made == {name for name in KEYS if node(name).tags["recsys/cadence"] == cadence}


@pytest.mark.parametrize(
    ("job", "cadence"),
    [
        ("catalogue", "snapshot"),
        ("ingest", "daily"),
        ("daily", "daily"),
        ("monday", "weekly"),
        ("friday", "friday"),
        ("submission", "submission"),
        ("crawl", "crawl"),
    ],
)
def test_runs_carry_the_tag_that_the_queue_limits(job: str, cadence: str):
    limits = yaml.safe_load((ROOT / "dagster.yaml").read_text())["concurrency"]["runs"]["tag_concurrency_limits"]
    found = defs.resolve_job_def(job)

    # Of these two, `dagster job backfill` gives its runs the first and everything else the second.
    assert found.tags["recsys/cadence"] == found.run_tags["recsys/cadence"] == cadence
    assert limits[0] == {"key": "recsys/cadence", "value": "weekly", "limit": 1}
    assert limits[1] == {"key": "recsys/cadence", "value": "submission", "limit": 1}
    assert limits[2] == {"key": "recsys/cadence", "value": "crawl", "limit": 1}


def test_every_check_of_an_asset_runs_where_the_asset_is_made():
    for job in ("catalogue", "daily", "monday", "friday", "submission", "crawl"):
        layer = defs.resolve_job_def(job).asset_layer
        declared = {check for key in layer.executable_asset_keys for check in GRAPH.get(key).check_keys}

        assert set(layer.asset_graph.asset_check_keys) & declared == declared


def test_ranges_are_made_in_one_run():
    for name in KEYS:
        if node(name).partitions_def is not None:
            assert node(name).backfill_policy == dg.BackfillPolicy.single_run(), name


def test_checks_of_a_partitioned_asset_judge_its_partition():
    for key in GRAPH.asset_check_keys:
        assert GRAPH.get(key).partitions_def == GRAPH.get(key.asset_key).partitions_def, key


def test_schedules_sensors_and_jobs_say_what_happens():
    for what in [*(defs.schedules or ()), *(defs.sensors or ()), *(defs.jobs or ())]:
        assert what.description, what.name


def test_the_clock_and_the_sensors_run_from_the_start():
    assert all(schedule.default_status == dg.DefaultScheduleStatus.RUNNING for schedule in defs.schedules)
    assert all(sensor.default_status == dg.DefaultSensorStatus.RUNNING for sensor in defs.sensors)


def test_the_graph_is_the_one_that_was_looked_at():
    known = json.loads(SNAPSHOT.read_text(encoding="utf-8"))

    assert graph_snapshot() == known, "the graph changed: `python -m tests.defs.snapshot`, then look at the diff"
