"""Tables at the command line: looked at, queried, cleaned, migrated, and rid of a listener."""

import csv
import io
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from factories import rows_of, stored

from recsys_assets import tables
from recsys_assets.cold_start.tables import SUBMISSION_VERDICTS
from recsys_assets.core.forgotten import Forgotten
from recsys_assets.core.schemas import TableSchema, columns
from recsys_assets.exports.manifest import find_faults
from recsys_assets.play_matrix.tables import PLAY_CONFIDENCE


def test_status(world: Any):
    result = world.run("status", "--json")

    found = {table["table"]: table for table in json.loads(result.stdout)["tables"]}
    assert found["mixes.daily_mix"]["rows"] == 20
    assert (found["mixes.daily_mix"]["first"], found["mixes.daily_mix"]["newest"]) == ("2026-01-05", "2026-01-06")
    assert "signals.track_signals" not in found
    assert "mixes.daily_mix" in world.run("status").stdout
    assert "signals.track_signals" in world.run("status", "--all").stdout


def test_ids_of_submissions_are_counted_and_are_no_days(world: Any):
    rows = [{"submission_id": name, "track_id": name} for name in ("sub_1", "sub_2")]
    stored(world.lake, SUBMISSION_VERDICTS, rows_of(SUBMISSION_VERDICTS, rows))
    tables = json.loads(world.run("status", "--json").stdout)["tables"]
    (found,) = (table for table in tables if table["table"] == "cold_start.submission_verdicts")

    assert (found["partitions"], found["first"], found["newest"]) == (2, None, None)


def test_status_of_nothing_says_how_to_begin(empty: Any):
    result = empty.run("status")

    assert result.exit_code == 0
    assert "there is no folder" in result.stderr
    assert "recsys demo" in result.stderr


def test_a_home_that_is_a_file_is_a_wrong_argument(empty: Any):
    empty.home.root.write_text("", encoding="utf-8")

    result = empty.run("status")

    assert result.exit_code == 2
    assert result.stderr == f"recsys: RECSYS_HOME is {empty.home.root}, which is a file: name a folder\n"


QUERY = "select track_id, title, artist_ids from raw.raw_tracks order by track_id"


def test_sql_for_programs(world: Any):
    rows = json.loads(world.run("sql", QUERY, "--json").stdout)
    parsed = list(csv.DictReader(io.StringIO(world.run("sql", QUERY, "--csv").stdout)))

    assert [row["title"] for row in rows] == [row["title"] for row in parsed]
    assert rows[1] == {"track_id": "t2", "title": "../../x", "artist_ids": ["a1"]}
    assert parsed[1]["artist_ids"] == '["a1"]'
    assert rows[4]["title"] == "'; drop table users; --\nsecond line"


def test_sql_for_people(world: Any):
    result = world.run("sql", QUERY, "--limit", "2")

    assert "Plain Song" in result.stdout
    assert "drop table" not in result.stdout
    assert "3 more rows" in result.stderr


@pytest.mark.parametrize(
    "query", ["selec 1", "select * from nowhere", "create table x (a int)", "drop view raw.raw_tracks"]
)
def test_sql_that_is_refused(world: Any, query: str):
    result = world.run("sql", query)

    assert result.exit_code == 2
    assert result.stderr.startswith("recsys: the query was refused")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select * from nope", "recsys status` lists the tables"),
        ("select * from mixes.daily_mxi", 'Did you mean "daily_mix"'),
        ("select state, at from cold_start.submission_states", '"at", stands in double quotes'),
    ],
)
def test_what_is_refused_is_told_with_what_to_do(world: Any, query: str, said: str):
    stderr = world.run("sql", query).stderr

    assert said in stderr
    assert "pg_enum" not in stderr


@pytest.mark.parametrize("form", [(), ("--json",), ("--csv",)])
@pytest.mark.parametrize(
    "value",
    [
        "date 'infinity'", "timestamp '-infinity'", "[date '20000-01-01']", "{'a': [timestamptz 'infinity']}",
        "map{1: date 'infinity'}",
        "date '0044-01-01 (BC)'", "interval 1 month", "timetz '10:00+01'",
    ],
)  # fmt: skip
def test_values_that_nothing_can_show_are_one_line(world: Any, value: str, form: tuple[str, ...]):
    result = world.run("sql", f"select {value} as v", *form)

    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("recsys: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("map{1: 2}", '{""1"":2}'), ("'\\xFF'::blob", "ff"), ("date '9999-12-30'", "9999-12-30"),
        ("[date '2026-01-05', null]", '[""2026-01-05"",null]'), ("null", ""),
    ],
)  # fmt: skip
def test_any_value_goes_into_csv(world: Any, value: str, text: str):
    result = world.run("sql", f"select {value} as v, 1 as one", "--csv")

    assert result.exit_code == 0, result.output
    assert text in result.stdout.splitlines()[1]


def test_text_that_turns_the_words_around_it_is_shown_without(world: Any):
    shown = world.run("sql", "select 'evil\u202egnp.exe' as \"na\u202eme\"").stdout

    assert "evilgnp.exe" in shown
    assert "\u202e" not in shown


def test_the_small_prompt(world: Any):
    typed = "select count(*) as n\nfrom mixes.daily_mix;\nselec;\n.quit\n"

    result = world.run("duckdb", "--builtin", input=typed)

    assert result.exit_code == 0, result.output
    assert "20" in result.stdout
    assert "the query was refused" in result.stderr


def test_the_shell_is_opened_read_only(world: Any, monkeypatch: pytest.MonkeyPatch):
    called: list[list[str]] = []
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    monkeypatch.setattr("os.execv", lambda _, args: called.append(args) or sys.exit(0))

    world.run("duckdb")

    assert called == [["/bin/duckdb", "-readonly", str(world.home.warehouse)]]


def test_vacuum_deletes_what_no_version_needs_and_the_warehouse_still_works(world: Any):
    world.lake.replace(
        PLAY_CONFIDENCE, world.lake.open(PLAY_CONFIDENCE).read(), partitions=world.lake.open(PLAY_CONFIDENCE).partitions
    )
    counted = json.loads(world.run("vacuum", "--retention-days", "0", "--dry-run", "--json").stdout)

    result = json.loads(world.run("vacuum", "--retention-days", "0", "--json").stdout)

    assert counted["files"] == result["files"] == result["tables"]["play_matrix.play_confidence"] == 2
    assert world.run("sql", "select count(*) from play_matrix.play_confidence").exit_code == 0
    assert "deleted 0 files" in world.run("vacuum", "--retention-days", "0").stdout


def files_that_name(user: str, folder: Path) -> list[str]:
    """Look into every file, unpacking Parquet, for an id."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            text = (
                pl.read_parquet(path).write_json() if path.suffix == ".parquet" else path.read_bytes().decode("latin1")
            )
            if user in text or user in path.name:
                found.append(path.relative_to(folder).as_posix())
    return found


def test_forget_leaves_no_trace_and_nobody_else_is_touched(world: Any):
    assert files_that_name("annabelle", world.home.root)

    result = world.run("forget", "annabelle", "--yes", "--json")

    assert result.exit_code == 0, result.output
    erased = json.loads(result.stdout)
    assert {name: rows for name, rows in erased["tables"].items() if rows} == {
        "raw.raw_playlists": 1,
        "raw.raw_playlist_tracks": 1,
        "play_matrix.play_confidence": 4,
        "mixes.discover_weekly": 5,
        "mixes.daily_mix": 10,
    }
    assert (erased["exports"], erased["demo_truth"], erased["rows"]) == (10, 2, 33)
    assert files_that_name("annabelle", world.home.root) == []
    assert find_faults(world.home.exports / "date=2026-01-06") == []
    assert "annabelle" in Forgotten.load(world.home.forgotten)
    others = json.loads(
        world.run("sql", "select user_id, count(*) as n from mixes.daily_mix group by all", "--json").stdout
    )
    assert others == [{"user_id": "bob'); --", "n": 10}]


def test_forget_again_erases_nothing_and_readmit_opens_the_door(world: Any):
    world.run("forget", "annabelle", "--yes")

    assert "No table names annabelle" in world.run("forget", "annabelle", "--yes").stdout
    assert "may be taken in again" in world.run("forget", "annabelle", "--readmit").stdout
    assert "annabelle" not in Forgotten.load(world.home.forgotten)
    assert "was not on the list" in world.run("forget", "annabelle", "--readmit").stdout


def test_forget_of_an_id_that_nothing_names_touches_nothing(world: Any):
    before = {path: path.stat().st_mtime_ns for path in world.home.root.rglob("*")}

    result = world.run("forget", "anabelle", "--yes")

    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "names 'anabelle'" in result.stderr
    assert {path: path.stat().st_mtime_ns for path in world.home.root.rglob("*")} == before
    assert world.run("forget", "anabelle", "--yes", "--in-advance").exit_code == 0
    assert "anabelle" in Forgotten.load(world.home.forgotten)


def test_forget_makes_no_home(empty: Any):
    assert empty.run("forget", "annabelle", "--yes").exit_code == 2
    assert empty.run("forget", "annabelle", "--readmit").exit_code == 0
    assert not empty.home.root.exists()


@pytest.mark.parametrize("kept", ["exports", "demo_truth"])
def test_forget_knows_whom_an_export_or_the_truth_names(world: Any, kept: str):
    for folder in {"exports", "demo_truth", "lake"} - {kept}:
        shutil.rmtree(world.home.root / folder)

    assert world.run("forget", "annabelle", "--yes").exit_code == 0


def test_forget_asks_first(world: Any):
    result = world.run("forget", "annabelle", input="n\n")

    assert result.exit_code == 130
    assert world.run("mixes", "annabelle").exit_code == 0
    assert world.run("forget", "annabelle", input="y\n").exit_code == 0
    assert not json.loads(world.run("mixes", "annabelle", "--json").stdout)["is_known"]


def redeclare(monkeypatch: pytest.MonkeyPatch, changed: TableSchema) -> None:
    monkeypatch.setattr(
        tables, "ALL_TABLES", tuple(changed if table.name == changed.name else table for table in tables.ALL_TABLES)
    )


def test_migrate(world: Any, monkeypatch: pytest.MonkeyPatch):
    kept = tuple(column for column in PLAY_CONFIDENCE.columns if column.name != "play_count")
    changed = replace(PLAY_CONFIDENCE, columns=(*kept, *columns(("trust", pl.Float32, "New."))))
    redeclare(monkeypatch, changed)

    assert "1 tables would be rewritten" in world.run("migrate", "--dry-run").stdout
    result = world.run("migrate", "--json")

    assert json.loads(result.stdout)["changes"] == [
        {"table": "play_matrix.play_confidence", "added": ["trust"], "dropped": ["play_count"], "rows": 8}
    ]
    assert json.loads(world.run("sql", "select distinct trust from play_matrix.play_confidence", "--json").stdout) == [
        {"trust": None}
    ]
    assert "0 tables rewritten" in world.run("migrate").stdout


def test_migrate_refuses_what_needs_a_decision(world: Any, monkeypatch: pytest.MonkeyPatch):
    changed = replace(
        PLAY_CONFIDENCE,
        columns=(
            *PLAY_CONFIDENCE.columns[:2],
            *columns(("confidence", pl.Int64, "Other."), ("new", pl.Int64, "", False)),
        ),
    )
    redeclare(monkeypatch, changed)

    result = world.run("migrate")

    assert result.exit_code == 1
    assert "confidence changes from Float32 to Int64" in result.stderr
    assert "new is new and may not be null" in result.stderr
    assert world.lake.open(PLAY_CONFIDENCE).read().height == 8


def test_verify_holds_exports_against_their_manifests(world: Any):
    good = world.run("verify")
    (world.home.exports / "date=2026-01-06" / "mixes.parquet").write_bytes(b"")
    (world.home.exports / "date=2026-01-07").mkdir()
    bad = world.run("verify", "--json")

    assert (good.exit_code, good.stdout) == (0, "1 days of exports are what their manifests say\n")
    assert bad.exit_code == 1
    found = {day["folder"]: day["faults"] for day in json.loads(bad.stdout)["days"]}
    assert found["date=2026-01-06"] == ["mixes.parquet: not the bytes that were promised"]
    assert "no manifest" in found["date=2026-01-07"][0]
    assert world.run("verify").exit_code == 1


def test_verify_of_nothing_says_so(empty: Any):
    assert "nothing has been exported" in empty.run("verify").stderr
