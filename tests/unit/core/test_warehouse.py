"""DuckDB over the lake: queries from files, and the catalogue under readers, writers and accidents."""

import os
import re
import threading
from dataclasses import replace as changed
from pathlib import Path

import duckdb
import polars as pl
import pytest
from factories import NUMBERS, day, numbers, stored
from polars._typing import PolarsDataType

from recsys_assets.core import warehouse as module
from recsys_assets.core.errors import InvalidArgumentError, MissingInputError
from recsys_assets.core.lake import Lake
from recsys_assets.core.warehouse import SqlSettings, Warehouse, connected, duckdb_type, run_sql

OTHER = changed(NUMBERS, group="select", name='odd "name"')


@pytest.fixture
def warehouse(lake: Lake, tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "ware house" / "warehouse.duckdb", lake)


@pytest.fixture
def queries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "SQL_ROOT", tmp_path)
    (tmp_path / "g").mkdir()
    return tmp_path / "g"


def test_a_query_reads_tables_and_frames_with_parameters(lake: Lake, queries: Path):
    table = stored(lake, NUMBERS, pl.concat([numbers(day(0), {"ann": 1}), numbers(day(1), {"bob": 5})]))
    (queries / "q.sql").write_text(
        "select t.user_id, t.n * f.factor as n, t.date from t cross join f where t.n > $least order by t.user_id"
    )

    found = run_sql("g/q", inputs={"t": table, "f": pl.DataFrame({"factor": [10]})}, parameters={"least": 1})

    assert found.rows() == [("bob", 50, day(1))]


def test_a_table_without_files_has_its_columns(lake: Lake, queries: Path):
    (queries / "q.sql").write_text("select * from t")

    assert run_sql("g/q", inputs={"t": lake.open(NUMBERS)}).schema == NUMBERS.dtypes


def test_a_query_that_is_not_there_says_where_it_was_looked_for(queries: Path):
    with pytest.raises(MissingInputError, match=r"g/none\.sql"):
        run_sql("g/none", inputs={})


def test_a_query_that_does_not_fit_in_memory_spills_and_leaves_nothing(tmp_path: Path):
    # 3 million strings with a window over them are some 400 MB.
    settings = SqlSettings(memory_limit="200MB", threads=1, temp_directory=str(tmp_path))
    with connected({}, settings) as connection:
        query = (
            "with r as (select md5(i::varchar) as k, i from range(3000000) t(i)), "
            "o as (select k, i, row_number() over (order by k) as n from r) select count(*), max(n), sum(i) from o"
        )
        peak = connection.sql(query).fetchall()
        (folder,) = tmp_path.iterdir()

    assert peak == [(3_000_000, 3_000_000, 3_000_000 * 2_999_999 // 2)]
    assert not folder.exists()


@pytest.mark.parametrize(
    ("dtype", "name"),
    [
        (pl.List(pl.Float32), "float[]"),
        (pl.Datetime("us", "UTC"), "timestamptz"),
        (pl.Datetime("us"), "timestamp"),
        (pl.Int32, "integer"),
    ],
)
def test_types_of_the_lake_have_names(dtype: PolarsDataType, name: str):
    assert duckdb_type(dtype) == name


def test_a_type_no_table_may_have_is_refused():
    with pytest.raises(InvalidArgumentError, match="Duration"):
        duckdb_type(pl.Duration("us"))


def test_publishing_shows_the_newest_version_and_keeps_the_other_views(lake: Lake, warehouse: Warehouse):
    stored(lake, OTHER, numbers(day(0), {"ann": 1}))
    stored(lake, NUMBERS, numbers(day(0), {"ann": 2}))
    warehouse.rebuild([NUMBERS, OTHER])
    stored(lake, OTHER, numbers(day(1), {"ann": 3}))
    stored(lake, NUMBERS, numbers(day(1), {"ann": 4}))
    warehouse.publish([NUMBERS], known=[NUMBERS])

    numbers_of = [
        warehouse.query(f"select n from {name} order by n")["n"].to_list()
        for name in ('"group".numbers', '"select"."odd ""name"""')
    ]
    assert numbers_of == [[2, 4], [1]]


def test_rebuilding_catches_up_after_a_crash_between_commit_and_publication(lake: Lake, warehouse: Warehouse):
    warehouse.rebuild([NUMBERS, OTHER])
    stored(lake, NUMBERS, numbers(day(0), {"ann": 2}))
    assert warehouse.query('select n from "group".numbers').is_empty()

    warehouse.rebuild([NUMBERS])

    assert warehouse.query('select user_id, n from "group".numbers').rows() == [("ann", 2)]
    assert warehouse.query("select view_name from duckdb_views() where not internal").rows() == [("numbers",)]


def test_what_a_dead_publisher_left_is_taken_away(lake: Lake, warehouse: Warehouse):
    warehouse.rebuild([NUMBERS])
    for leftover in (".warehouse.duckdb.new", ".warehouse.duckdb.new.wal"):
        warehouse.path.with_name(leftover).write_bytes(b"half a file")

    warehouse.publish([OTHER], known=[NUMBERS])

    assert warehouse.query('select * from "group".numbers').is_empty()
    assert sorted(path.name for path in warehouse.path.parent.iterdir() if "lock" not in path.name) == [
        "warehouse.duckdb"
    ]


def test_the_catalogue_works_from_any_folder_and_says_what_a_table_is(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    relative = Lake("lake")
    stored(relative, NUMBERS, numbers(day(0), {"ann": 2}))
    warehouse = Warehouse(tmp_path / "w.duckdb", relative)
    warehouse.publish([NUMBERS], known=[NUMBERS])
    monkeypatch.chdir("/")

    assert warehouse.query('select n from "group".numbers').rows() == [(2,)]
    comment = warehouse.query("select comment from duckdb_views() where view_name = 'numbers'")
    assert comment.rows() == [(NUMBERS.grain,)]


def test_readers_and_publishers_never_meet(lake: Lake, warehouse: Warehouse):
    stored(lake, NUMBERS, numbers(day(0), dict.fromkeys("abc", 0)))
    warehouse.rebuild([NUMBERS])
    done, faults, answers = threading.Event(), [], []

    def read() -> None:
        while not done.is_set():
            try:
                answers.append(tuple(warehouse.query('select n from "group".numbers order by user_id')["n"]))
            except Exception as error:  # noqa: BLE001 - any failure of a reader is the finding
                faults.append(error)

    def write(mark: int) -> None:
        for turn in range(8):
            lake.replace(NUMBERS, numbers(day(0), dict.fromkeys("abc", mark + turn)), partitions=[day(0)])
            warehouse.publish([NUMBERS], known=[NUMBERS])

    readers = [threading.Thread(target=read) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(mark,)) for mark in (100, 200)]
    for thread in readers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()

    assert faults == []
    assert len(answers) > 10
    assert {len(set(answer)) for answer in answers} == {1}, "half of one version and half of another"
    assert answers[-1][0] in (107, 207) or warehouse.query('select n from "group".numbers')["n"][0] in (107, 207)


def test_the_file_does_not_grow(lake: Lake, warehouse: Warehouse):
    stored(lake, NUMBERS, numbers(day(0), {"ann": 2}))
    warehouse.rebuild([NUMBERS])
    before = warehouse.path.stat().st_size
    for _ in range(30):
        warehouse.publish([NUMBERS], known=[NUMBERS])

    assert warehouse.path.stat().st_size <= before + 256 * 1024


def test_everybody_may_read_the_file(lake: Lake, warehouse: Warehouse):
    umask = os.umask(0o022)
    try:
        warehouse.rebuild([NUMBERS])
    finally:
        os.umask(umask)

    assert warehouse.path.stat().st_mode & 0o444 == 0o444


@pytest.mark.parametrize("sql", ["select * from nowhere", "selec", "create table x (a int)"])
def test_a_query_that_duckdb_refuses_is_an_invalid_argument(lake: Lake, warehouse: Warehouse, sql: str):
    with pytest.raises(MissingInputError, match="make run"):
        warehouse.query(sql)
    warehouse.rebuild([NUMBERS])

    with pytest.raises(InvalidArgumentError, match="refused"):
        warehouse.query(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "copy (select 1) to '{0}/lake/x.csv'", "explain analyze copy (select 1) to '{0}/lake/x.csv'",
        "explain (analyze, format json) copy (select 1) to '{0}/lake/x.csv'",
        "copy (pivot (select 1 as a) on a using sum(a)) to '{0}/lake/x.csv'", "create temp table x as select 1",
        "from read_csv('{0}/secret.csv')", "from read_text('/etc/passwd')", "from '{0}/secret.csv'",
        "attach '{0}/x.duckdb'", "set enable_external_access = true", "", " -- nothing", "select 1; select 2",
    ],
)  # fmt: skip
def test_a_query_writes_nowhere_and_reads_the_lake_alone(lake: Lake, warehouse: Warehouse, tmp_path: Path, sql: str):
    stored(lake, NUMBERS, numbers(day(0), {"ann": 2}))
    warehouse.rebuild([NUMBERS])
    (tmp_path / "secret.csv").write_text("a\n1\n")
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(InvalidArgumentError, match="refused"):
        warehouse.query(sql.format(tmp_path))

    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "sql",
    [
        "from v", "-- how many\n(select * from v);", "with a as (from v) from a", "pivot v on user_id using sum(n)",
        "explain from v", "explain analyze from v", "explain (format json) from v", "explain (from v)", "describe v",
        "summarize v", "show all tables", "values (1)",
    ],
)  # fmt: skip
def test_a_query_that_reads_is_answered(lake: Lake, warehouse: Warehouse, sql: str):
    stored(lake, NUMBERS, numbers(day(0), {"ann": 2}))
    warehouse.rebuild([NUMBERS])

    assert warehouse.query(re.sub(r"\bv\b", '"group".numbers', sql)).height


def test_a_person_may_open_the_file_while_it_is_exchanged(lake: Lake, warehouse: Warehouse):
    stored(lake, NUMBERS, numbers(day(0), {"ann": 2}))
    warehouse.rebuild([NUMBERS])
    with duckdb.connect(str(warehouse.path), read_only=True) as person:
        warehouse.publish([NUMBERS], known=[NUMBERS])
        assert person.sql('select n from "group".numbers').fetchall() == [(2,)]


@pytest.mark.parametrize("broken", [b"not a database", b""])
def test_a_broken_file_is_made_anew_with_every_table(lake: Lake, warehouse: Warehouse, broken: bytes):
    stored(lake, NUMBERS, numbers(day(0), {"ann": 2}))
    warehouse.path.parent.mkdir()
    warehouse.path.write_bytes(broken)
    if broken:
        with pytest.raises(MissingInputError, match="recsys migrate"):
            warehouse.query("select 1")

    warehouse.publish([OTHER], known=[NUMBERS, OTHER])

    assert warehouse.query('select n from "group".numbers')["n"].to_list() == [2]
    assert warehouse.query('select count(*) as n from "select"."odd ""name"""')["n"].item() == 0


def test_a_torn_file_is_made_anew(lake: Lake, warehouse: Warehouse):
    stored(lake, NUMBERS, numbers(day(0), {"ann": 2}))
    warehouse.rebuild([NUMBERS])
    whole = warehouse.path.read_bytes()
    for size in (len(whole) // 2, 4096 * 3, 100):
        warehouse.path.write_bytes(whole[:size])

        warehouse.publish([NUMBERS], known=[NUMBERS])

        assert warehouse.query('select n from "group".numbers')["n"].to_list() == [2]


def test_ids_that_look_like_numbers_or_days_stay_text_in_the_warehouse(warehouse: Warehouse, lake: Lake):
    by_id = changed(NUMBERS, name="by_id", partition="submission_id")
    rows = pl.DataFrame({"user_id": ["ann", "bob"], "n": [1, 2], "submission_id": ["007", "2026-01-05"]})
    stored(lake, by_id, rows)
    warehouse.publish([by_id], known=[by_id])

    found = warehouse.query('select submission_id, n from "group".by_id order by submission_id')

    assert found.rows() == [("007", 1), ("2026-01-05", 2)]
