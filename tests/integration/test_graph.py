"""The whole graph on a tiny planted world: the same inputs give the same values, whatever the order or the range."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from world import (
    DAYS,
    LAST,
    MODEL_DAYS,
    MONDAYS,
    START,
    assert_same,
    land_world,
    planted_feedback,
    planted_plays,
    recorded,
    run,
    tables,
    tiny_world,
)

from recsys_assets.core import columns as c
from recsys_assets.core.lake import Lake
from recsys_assets.core.warehouse import Warehouse
from recsys_assets.tables import ALL_TABLES

pytestmark = pytest.mark.integration

# The world has no undated totals, no broken file, no sound, no article and no submission, and its days hold no Thursday.
SILENT = {table.full_name for table in ALL_TABLES if table.group in {"audio", "cold_start", "corpus"}} - {
    "cold_start.placements",
    "corpus.playlist_quality",
    "corpus.playlist_vectors",
    "corpus.title_terms",
}
EMPTY = {
    "raw.raw_play_counts", "raw.landed_play_counts", "raw.raw_articles", "raw.landed_articles",
    "mixes.release_radar", "mixes.release_radar_preview",
    *SILENT,
    *(table.full_name for table in ALL_TABLES if table.name.startswith("rejected_")),
}  # fmt: skip


def exported(home: Path) -> dict[str, str]:
    """Every playlist file, and the manifest without the versions that it was made from."""
    files = {}
    for path in sorted((home / "exports").rglob("*")):
        if path.suffix in {".jspf", ".m3u8"}:
            files[path.relative_to(home).as_posix()] = path.read_text(encoding="utf-8")
    return files


def test_every_table_is_filled(finished: Path):
    assert {name for name, frame in tables(finished).items() if frame.is_empty()} == EMPTY


def test_what_landed_is_what_is_stored(finished: Path):
    stored, world = tables(finished), tiny_world()

    planted = {"plays": len(planted_plays()), "feedback": len(planted_feedback())}
    for name in ("plays", "feedback", "tracks", "artists", "albums"):
        assert stored[f"raw.raw_{name}"].height == getattr(world, name).height + planted.get(name, 0)
    assert stored["raw.raw_plays"][c.DATE].n_unique() == DAYS


def test_another_home_in_another_order_gives_the_same_values(finished: Path, tmp_path: Path):
    middle = START + timedelta(days=DAYS // 2)
    land_world(tmp_path)
    run(tmp_path, "catalogue")
    run(tmp_path, "ingest", middle, LAST)
    run(tmp_path, "ingest", START, middle)
    for monday in MONDAYS:
        run(tmp_path, "monday", monday)
    for day in reversed(MODEL_DAYS):
        run(tmp_path, "daily", day)

    assert_same(tables(tmp_path), tables(finished))
    assert exported(tmp_path) == exported(finished)
    assert len(exported(finished)) > 100


def test_the_past_made_again_gives_the_values_it_gave(finished: Path, copy_of_finished: Callable[[], Path]):
    home = copy_of_finished()
    before = {table.full_name: Lake(str(home / "lake")).open(table).version for table in ALL_TABLES}

    run(home, "catalogue")
    run(home, "monday", MONDAYS[0])
    run(home, "daily", MODEL_DAYS[0])

    assert_same(tables(home), tables(finished))
    after = {table.full_name: Lake(str(home / "lake")).open(table).version for table in ALL_TABLES}
    assert after["mixes.discover_weekly"] == before["mixes.discover_weekly"] + 1
    assert after["mixes.daily_mix"] == before["mixes.daily_mix"] + 1


def test_the_warehouse_shows_what_the_lake_holds(finished: Path):
    warehouse, lake = Warehouse(finished / "warehouse.duckdb", Lake(str(finished / "lake"))), tables(finished)

    for table in ALL_TABLES:
        shown = warehouse.query(f'select * from "{table.group}"."{table.name}"')
        order = [name for name, dtype in shown.schema.items() if not isinstance(dtype, pl.List)]
        shown = shown.cast(table.dtypes).sort(order, nulls_last=True, maintain_order=True)
        assert_same({table.name: shown}, {table.name: lake[table.full_name]})


def test_the_log_of_the_runs_names_no_listener(finished: Path):
    users = tiny_world().plays[c.USER_ID].unique().to_list()
    with recorded(finished) as instance:
        runs = instance.get_runs()
        logs = [str(entry) for run in runs for entry in instance.all_logs(run.run_id)]

    assert len(runs) == 4
    assert len(logs) > 500
    assert [user for user in users if any(user in entry for entry in logs)] == []


def test_every_check_passed_or_only_warns(finished: Path):
    with recorded(finished) as instance:
        failed = [
            (evaluation.asset_key.to_user_string(), evaluation.check_name, evaluation.description)
            for run in instance.get_runs()
            for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
            for evaluation in [entry.get_dagster_event().asset_check_evaluation_data]
            if not evaluation.passed and evaluation.severity == dg.AssetCheckSeverity.ERROR
        ]

    assert failed == []


def test_a_space_has_one_version_in_all_its_tables(finished: Path):
    stored = tables(finished)
    for partition, prefix in ((c.DATE, ""), (c.WEEK, "anchor_")):
        versions = pl.concat(
            stored[f"latent.{prefix}{name}_vectors"].select(partition, c.SPACE_VERSION)
            for name in ("user", "track", "artist")
        )
        per_partition = versions.group_by(partition).agg(pl.col(c.SPACE_VERSION).n_unique())
        assert per_partition[c.SPACE_VERSION].to_list() == [1, 1]


def test_the_manifest_counts_what_lies_beside_it(finished: Path):
    folder = finished / "exports" / f"date={MODEL_DAYS[-1]}"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))

    assert {table["path"] for table in manifest["tables"]} == {path.name for path in folder.glob("*.parquet")}
    for table in manifest["tables"]:
        assert hashlib.sha256((folder / table["path"]).read_bytes()).hexdigest() == table["sha256"]
        assert pl.read_parquet(folder / table["path"]).height == table["rows"]
    playlists = [path for path in (folder / "playlists").rglob("*") if path.is_file()]
    assert len(playlists) == manifest["playlists"]["files"] > 100
