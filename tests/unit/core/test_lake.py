"""The lake: what is replaced, what is kept, who wins, and what is gone when it has to be gone."""

import os
import threading
from collections.abc import Iterator
from dataclasses import replace as changed
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from factories import NUMBERS, day, numbers

from recsys_assets.core import columns as c
from recsys_assets.core.errors import InvalidArgumentError, MissingInputError, SchemaMismatchError
from recsys_assets.core.lake import Lake
from recsys_assets.core.lake_upkeep import erase, vacuum
from recsys_assets.core.schemas import Column, TableSchema, columns

WHOLE = changed(NUMBERS, name="whole", partition=None)
PITCHES = TableSchema(
    "group", "pitches", "One row per pitch.", columns(("n", pl.Int64, "A number.", False)), partition=c.SUBMISSION_ID
)


def held(lake: Lake) -> dict[date, dict[str, int | None]]:
    """What the newest version holds, by day."""
    days: dict[date, dict[str, int | None]] = {}
    for user_id, n, on in lake.open(NUMBERS).read().iter_rows():
        days.setdefault(on, {})[user_id] = n
    return days


@pytest.fixture
def planted(lake: Lake) -> Lake:
    both = pl.concat([numbers(day(0), {"ann": 1, "bob": 2}), numbers(day(1), {"ann": 3})])
    lake.replace(NUMBERS, both, partitions=[day(0), day(1)])
    return lake


def files_on_disk(lake: Lake) -> list[Path]:
    return sorted(Path(lake.uri(NUMBERS)).rglob("*.parquet"))


def test_a_table_nobody_made_has_columns_and_no_rows(lake: Lake):
    table = lake.open(NUMBERS)

    assert (table.version, table.rows, table.partitions, table.files) == (-1, 0, [], ())
    assert table.read().schema == NUMBERS.dtypes
    assert table.latest(day(0)).read().is_empty()


def test_rows_come_back_in_the_order_of_day_and_key(planted: Lake):
    assert planted.open(NUMBERS).read().rows() == [("ann", 1, day(0)), ("bob", 2, day(0)), ("ann", 3, day(1))]


@pytest.mark.parametrize("kind", ["frame", "lazy", "stream"])
def test_only_the_partitions_named_are_replaced(planted: Lake, kind: str):
    frame = numbers(day(0), {"eve": 9})
    data = {"frame": frame, "lazy": frame.lazy(), "stream": pa.table(frame.to_arrow()).to_reader()}[kind]

    planted.replace(NUMBERS, data, partitions=[day(0)])

    assert held(planted) == {day(0): {"eve": 9}, day(1): {"ann": 3}}


def test_twice_is_once(planted: Lake):
    before = held(planted)

    planted.replace(NUMBERS, numbers(day(1), {"ann": 3}), partitions=[day(1)])

    assert held(planted) == before


@pytest.mark.parametrize("lazy", [False, True])
def test_a_partition_named_without_rows_becomes_empty(planted: Lake, lazy: bool):
    nothing = NUMBERS.empty()

    planted.replace(NUMBERS, nothing.lazy() if lazy else nothing, partitions=[day(0)])

    assert held(planted) == {day(1): {"ann": 3}}
    assert planted.open(NUMBERS).partitions == [day(1)]


def test_a_table_without_partitions_is_replaced_whole(lake: Lake):
    for names in (["ann", "bob"], ["eve"]):
        lake.replace(WHOLE, pl.DataFrame({"user_id": names, "n": [1] * len(names)}))

    assert lake.open(WHOLE).read().rows() == [("eve", 1)]


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("stranger", [day(1), None])
def test_rows_outside_of_the_partitions_are_refused_and_nothing_changes(
    planted: Lake, lazy: bool, stranger: date | None
):
    before = held(planted)
    frame = pl.concat([numbers(day(0), {"eve": 1}), numbers(day(0), {"dan": 1}).with_columns(date=pl.lit(stranger))])

    with pytest.raises(InvalidArgumentError, match=r"group\.numbers.*outside of the partitions.*2026-01-05"):
        planted.replace(NUMBERS, frame.lazy() if lazy else frame, partitions=[day(0)])

    assert held(planted) == before


@pytest.mark.parametrize(
    ("schema", "partitions"), [(NUMBERS, None), (NUMBERS, []), (WHOLE, [day(0)])], ids=["missing", "empty", "unwanted"]
)
def test_partitions_have_to_fit_the_table(lake: Lake, schema: TableSchema, partitions: list[date] | None):
    with pytest.raises(InvalidArgumentError, match=schema.full_name):
        lake.replace(schema, schema.empty(), partitions=partitions)

    assert not lake.exists(schema)


def test_what_is_not_declared_is_left_out_and_types_are_cast_strictly(lake: Lake):
    wide = numbers(day(0), {"ann": 1}).select("date", pl.col("n").cast(pl.Int8), "user_id", extra=pl.lit("x"))
    lake.replace(NUMBERS, wide, partitions=[day(0)])
    assert held(lake) == {day(0): {"ann": 1}}

    with pytest.raises(pl.exceptions.InvalidOperationError, match="n"):
        lake.replace(NUMBERS, wide.with_columns(n=pl.lit("many")), partitions=[day(0)])


def test_a_long_stream_loses_no_row(lake: Lake):
    # Several row groups and batches: the writer interleaves them, so files promise no order.
    rows = 600_000
    frame = pl.LazyFrame({"user_id": ["u"] * rows, "n": range(rows)}).with_columns(date=pl.lit(day(0)))

    lake.replace(NUMBERS, frame, partitions=[day(0)])

    assert lake.open(NUMBERS).rows == rows
    assert lake.open(NUMBERS).scan().collect()["n"].sort().to_list() == list(range(rows))


def test_a_pinned_reader_keeps_its_version(planted: Lake):
    pinned = planted.open(NUMBERS)
    planted.replace(NUMBERS, numbers(day(0), {"eve": 9}), partitions=[day(0)])
    vacuum(planted, NUMBERS)

    assert pinned.read().rows() == [("ann", 1, day(0)), ("bob", 2, day(0)), ("ann", 3, day(1))]
    assert planted.open(NUMBERS, version=pinned.version).read().equals(pinned.read())
    assert planted.open(NUMBERS).rows == 2


def test_an_old_version_is_gone_after_a_vacuum_without_retention(planted: Lake):
    old = planted.open(NUMBERS).version
    planted.replace(NUMBERS, numbers(day(0), {"eve": 9}), partitions=[day(0)])

    removed = vacuum(planted, NUMBERS, retention=timedelta(0))

    assert len(removed) == 1
    assert len(files_on_disk(planted)) - len(list(Path(planted.uri(NUMBERS)).glob("_delta_log/*.parquet"))) == 2
    for version in (old, 99):
        with pytest.raises(MissingInputError, match=f"group.numbers has no readable version {version}"):
            planted.open(NUMBERS, version=version)


def test_vacuum_takes_what_dead_writers_left_and_a_dry_run_takes_nothing(planted: Lake):
    orphans = [Path(planted.uri(NUMBERS)) / "date=2026-01-05" / f"part-{age}.parquet" for age in ("old", "young")]
    for orphan in orphans:
        orphan.write_bytes(b"half a file")
    os.utime(orphans[0], (1, 1))

    assert vacuum(planted, NUMBERS, dry_run=True) == ["date=2026-01-05/part-old.parquet"]
    assert orphans[0].exists()
    vacuum(planted, NUMBERS)

    assert [orphan.exists() for orphan in orphans] == [False, True]
    assert planted.open(NUMBERS).rows == 3


def test_part_of_an_hour_keeps_what_a_reader_may_still_use(planted: Lake):
    pinned = planted.open(NUMBERS)
    planted.replace(NUMBERS, numbers(day(0), {}), partitions=[day(0)])

    assert vacuum(planted, NUMBERS, retention=timedelta(minutes=1)) == []
    assert pinned.read().height == 3
    with pytest.raises(InvalidArgumentError, match="negative"):
        vacuum(planted, NUMBERS, retention=timedelta(hours=-1))


def test_vacuum_waits_for_a_write_that_is_half_done(planted: Lake):
    # Without a lock the files of the unfinished write are orphans, and the commit that follows points at nothing.
    started, vacuumed = threading.Event(), threading.Event()

    def slow() -> Iterator[pa.RecordBatch]:
        batches = pa.table(numbers(day(0), {"eve": 9}).to_arrow()).to_batches()
        yield from batches
        started.set()
        assert not vacuumed.wait(0.3), "vacuum went on beside a writer"
        yield from pa.table(numbers(day(0), {"dan": 8}).to_arrow()).to_batches()

    stream = pa.RecordBatchReader.from_batches(pa.table(numbers(day(0), {}).to_arrow()).schema, slow())

    def clean() -> None:
        started.wait(10)
        vacuum(planted, NUMBERS, retention=timedelta(0))
        vacuumed.set()

    cleaner = threading.Thread(target=clean)
    cleaner.start()
    planted.replace(NUMBERS, stream, partitions=[day(0)])
    cleaner.join(20)

    assert vacuumed.is_set()
    assert held(planted) == {day(0): {"eve": 9, "dan": 8}, day(1): {"ann": 3}}


def test_nothing_of_an_erased_listener_is_left(lake: Lake):
    # The first and the last in order, so that file statistics would name them.
    for secret in ("AAA-secret", "zzz-secret"):
        for offset in range(3):
            rows = {secret: 1, "mia": 2} if offset < 2 else {"mia": 2}
            lake.replace(NUMBERS, numbers(day(offset), rows), partitions=[day(offset)])

        before = lake.open(NUMBERS).version
        assert erase(lake, NUMBERS, "user_id", secret) == 2
        assert lake.open(NUMBERS).version == before + 1
        assert erase(lake, NUMBERS, "user_id", secret) == 0
        vacuum(lake, NUMBERS, retention=timedelta(0))

        assert held(lake) == {day(offset): {"mia": 2} for offset in range(3)}
        paths = [path for path in Path(lake.root).rglob("*") if path.is_file()]
        assert not [path for path in paths if secret.encode() in path.read_bytes()]
        data = [path for path in paths if path.suffix == ".parquet" and "_delta_log" not in path.parts]
        assert not [path for path in data if secret in pl.read_parquet(path)["user_id"].to_list()]
        assert len(data) == 3


def test_erase_keeps_rows_without_a_name(lake: Lake):
    schema = changed(WHOLE, columns=(Column("user_id", pl.String, ""), WHOLE.columns[1]))
    lake.replace(schema, pl.DataFrame({"user_id": [None, "ann", "bob"], "n": [1, 2, 3]}))

    assert erase(lake, schema, "user_id", "ann") == 1
    assert lake.open(schema).read().sort("n").rows() == [(None, 1), ("bob", 3)]


def test_statistics_of_values_stay_out_of_the_log(planted: Lake):
    log = "".join(path.read_text() for path in Path(planted.uri(NUMBERS)).glob("_delta_log/*.json"))

    assert "numRecords" in log
    assert "ann" not in log


@pytest.mark.parametrize("same", [False, True], ids=["different partitions", "one partition"])
def test_all_writers_get_through_from_the_first_creation_on(lake: Lake, same: bool):
    writers, rounds = 4, 5
    barrier, failures = threading.Barrier(writers), []

    def write(writer: int) -> None:
        barrier.wait()
        try:
            for turn in range(rounds):
                on = day(0) if same else day(writer * rounds + turn)
                # Ten rows that carry their writer's mark: a mixture of two writers would show.
                rows = {f"u{row}": writer * rounds + turn for row in range(10)}
                lake.replace(NUMBERS, numbers(on, rows), partitions=[on])
        except Exception as error:  # noqa: BLE001 - whatever fails in a thread fails the test
            failures.append(error)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    days = held(lake)
    assert len(days) == (1 if same else writers * rounds)
    assert all(len(rows) == 10 and len(set(rows.values())) == 1 for rows in days.values())


@pytest.mark.parametrize(
    "declared",
    [
        columns(("user_id", pl.String, "", False)),
        columns(("user_id", pl.String, "", False), ("n", pl.Int64, ""), ("m", pl.Int64, "")),
    ],
    ids=["one less", "one more"],
)
def test_a_table_of_another_release_says_what_to_do(planted: Lake, declared: tuple[Column, ...]):
    newer = changed(NUMBERS, columns=declared)

    with pytest.raises(SchemaMismatchError, match="recsys migrate"):
        planted.open(newer)
    with pytest.raises(SchemaMismatchError, match="recsys migrate"):
        planted.replace(newer, newer.empty(), partitions=[day(0)])


def test_days_are_picked_without_reading(planted: Lake):
    planted.replace(NUMBERS, numbers(day(3), {"cyd": 4}), partitions=[day(3)])
    table = planted.open(NUMBERS)

    assert table.only([day(0), day(7)]).partitions == [day(0)]
    assert table.between(day(1), day(3)).partitions == [day(1), day(3)]
    assert table.between(day(2), day(2)).partitions == []
    assert [table.latest(day(offset)).partitions for offset in (-1, 0, 2, 3, 9)] == [
        [day(0)],
        [day(0)],
        [day(1)],
        [day(3)],
        [day(3)],
    ]


def test_the_log_is_folded_into_checkpoints(lake: Lake):
    for turn in range(101):
        lake.replace(NUMBERS, numbers(day(0), {"ann": turn}), partitions=[day(0)], note={"run": str(turn)})

    assert list(Path(lake.uri(NUMBERS)).glob("_delta_log/*.checkpoint.parquet"))
    assert held(lake) == {day(0): {"ann": 100}}
    assert [entry["run"] for entry in lake.history(NUMBERS, limit=2)] == ["100", "99"]


def pitches(**rows: int) -> pl.DataFrame:
    return pl.DataFrame({"n": list(rows.values()), c.SUBMISSION_ID: list(rows)}, schema=PITCHES.dtypes)


@pytest.mark.parametrize("lazy", [False, True])
def test_a_partition_may_be_an_id_and_stays_text(lake: Lake, lazy: bool):
    lake.replace(
        PITCHES, pitches(**{"007": 1, "a.b-c_D": 2, "2026-01-05": 3}), partitions=["007", "a.b-c_D", "2026-01-05"]
    )
    again = pitches(**{"007": 4})
    lake.replace(PITCHES, again.lazy() if lazy else again, partitions=["007"])

    table = lake.open(PITCHES)

    assert table.read().rows() == [(4, "007"), (3, "2026-01-05"), (2, "a.b-c_D")]
    assert table.only(["007"]).read().rows() == [(4, "007")]
    assert (table.keys, table.partitions) == (["007", "2026-01-05", "a.b-c_D"], [])


def test_days_have_names_too(planted: Lake):
    assert planted.open(NUMBERS).keys == ["2026-01-05", "2026-01-06"]


@pytest.mark.parametrize("key", ["", "../x", "a/b", "a b", "x' or 'a'='a", ".hidden", "a" * 101, "ü", "a\n"])
def test_an_id_that_is_a_path_or_a_trick_is_no_partition(lake: Lake, key: str):
    with pytest.raises(InvalidArgumentError, match="is not an id"):
        lake.replace(PITCHES, pitches(**{key: 1}), partitions=[key])

    assert not lake.exists(PITCHES)


def test_rows_of_another_id_are_refused(lake: Lake):
    with pytest.raises(InvalidArgumentError, match="outside of the partitions"):
        lake.replace(PITCHES, pitches(a=1, b=2), partitions=["a"])


def test_erasing_and_vacuum_reach_partitions_by_id(lake: Lake):
    lake.replace(PITCHES, pitches(a=1, b=2), partitions=["a", "b"])

    assert erase(lake, PITCHES, c.SUBMISSION_ID, "a") == 1
    assert len(vacuum(lake, PITCHES, retention=timedelta(0))) == 1
    assert lake.open(PITCHES).read().rows() == [(2, "b")]
