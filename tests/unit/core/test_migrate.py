"""What may change in a table without asking, and what has to be refused."""

import threading
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars._typing import PolarsDataType

from recsys_assets.core.errors import SchemaMismatchError
from recsys_assets.core.lake import Lake
from recsys_assets.core.migrate import migrate, plan_all, plan_migration, stored_dtypes
from recsys_assets.core.schemas import TableSchema, columns

DAYS = [date(2026, 1, 1), date(2026, 1, 2)]
OLD = {"id": pl.String, "v": pl.List(pl.Float32), "old": pl.Int32, "date": pl.Date}


def table(*rows: tuple[str, PolarsDataType, str, bool], partition: str | None = "date") -> TableSchema:
    return TableSchema("g", "t", "One row per id.", columns(*rows), key=("id",), partition=partition)


ID = ("id", pl.String, "", False)
V = ("v", pl.List(pl.Float32), "", True)


@pytest.mark.parametrize(
    ("schema", "added", "dropped", "refused"),
    [
        (table(ID, V, ("old", pl.Int32, "", True)), (), (), ()),
        (table(ID, ("old", pl.Int32, "", True), V), (), (), ()),
        (table(ID, V), (), ("old",), ()),
        (table(ID, V, ("old", pl.Int32, "", True), ("new", pl.Int64, "", True)), ("new",), (), ()),
        (table(ID, ("new", pl.Int64, "", True)), ("new",), ("v", "old"), ()),
        (table(ID, V, ("old", pl.Int64, "", True)), (), (), ("old changes from Int32 to Int64",)),
        (
            table(ID, ("v", pl.List(pl.Float64), "", True)),
            (),
            ("old",),
            ("v changes from List(Float32) to List(Float64)",),
        ),
        (table(ID, V, ("new", pl.Int64, "", False)), ("new",), ("old",), ("new is new and may not be null",)),
        (table(ID, V, partition=None), (), ("old", "date"), ("its partition changes: date",)),
    ],
)
def test_plan(schema: TableSchema, added: tuple[str, ...], dropped: tuple[str, ...], refused: tuple[str, ...]):
    plan = plan_migration(schema, OLD)

    assert (plan.added, plan.dropped, plan.refused) == (added, dropped, refused)
    assert plan.is_needed == bool(added or dropped)


def planted(tmp_path: Path) -> Lake:
    lake = Lake(str(tmp_path))
    schema = table(ID, V, ("old", pl.Int32, "", True))
    frame = pl.DataFrame({"id": ["a", "b"], "v": [[1.0], [2.0]], "old": [1, 2], "date": DAYS}, schema=OLD)
    lake.replace(schema, frame, partitions=DAYS)
    return lake


def test_a_table_is_rewritten_in_one_commit_and_can_be_written_again(tmp_path: Path):
    lake = planted(tmp_path)
    schema = table(ID, V, ("new", pl.Int64, "", True))
    before = lake.open(table(ID, V, ("old", pl.Int32, "", True))).version

    (plan,) = plan_all(lake, (schema,))
    assert migrate(lake, plan) == 2

    after = lake.open(schema)
    assert after.version == before + 1
    assert after.partitions == DAYS
    assert after.read().rows() == [("a", [1.0], None, DAYS[0]), ("b", [2.0], None, DAYS[1])]
    assert plan_all(lake, (schema,)) == []
    fresh = pl.DataFrame({"id": ["c"], "v": [[3.0]], "new": [7], "date": DAYS[:1]}, schema=schema.dtypes)
    lake.replace(schema, fresh, partitions=DAYS[:1])
    assert lake.open(schema).read()["new"].to_list() == [7, None]


def test_one_refusal_stops_all_and_nothing_is_rewritten(tmp_path: Path):
    lake = planted(tmp_path)
    bad = table(ID, V, ("old", pl.String, "", True))

    with pytest.raises(SchemaMismatchError, match=r"g\.t: old changes from Int32 to String"):
        plan_all(lake, (bad,))

    assert stored_dtypes(lake, bad) == OLD


def test_a_table_that_nobody_made_needs_nothing(tmp_path: Path):
    assert plan_all(Lake(str(tmp_path)), (table(ID, V),)) == []


def test_a_rewriting_waits_for_writers(tmp_path: Path):
    lake = planted(tmp_path)
    schema = table(ID, V)
    (plan,) = plan_all(lake, (schema,))
    done = threading.Event()

    def rewrite() -> None:
        migrate(lake, plan)
        done.set()

    with lake.locked(schema, alone=False):
        worker = threading.Thread(target=rewrite)
        worker.start()
        assert not done.wait(0.3), "rewritten beside a writer"
    worker.join()

    assert plan_all(lake, (schema,)) == []


def test_a_table_by_id_takes_a_new_column_and_keeps_its_ids(tmp_path: Path):
    lake = Lake(str(tmp_path))
    before = table(ID, partition="submission_id")
    lake.replace(before, pl.DataFrame({"id": ["a"], "submission_id": ["007"]}), partitions=["007"])
    after = table(ID, V, partition="submission_id")

    (plan,) = plan_all(lake, (after,))

    assert migrate(lake, plan) == 1
    assert lake.open(after).only(["007"]).read().rows() == [("a", None, "007")]


def test_an_id_that_is_no_partition_is_a_column_like_others():
    plan = plan_migration(table(ID, V, ("submission_id", pl.String, "", True)), OLD)

    assert (plan.added, plan.refused) == (("submission_id",), ())
