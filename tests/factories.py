"""Builders of frames and tables that several folders of tests share. A builder used by one folder lives there."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.lake import Lake, TableVersion
from recsys_assets.core.schemas import TableSchema, columns

DAY_1 = date(2026, 1, 5)

# A table of a listener's numbers by day, small enough to work by hand.
NUMBERS = TableSchema(
    group="group",
    name="numbers",
    grain='One row per listener\'s number, by "day".',
    columns=columns((c.USER_ID, pl.String, "The listener.", False), ("n", pl.Int64, "A number.", True)),
    key=(c.USER_ID,),
    partition=c.DATE,
    personal=c.USER_ID,
)


def day(offset: int) -> date:
    """The day that lies ``offset`` days after Monday, 5 January 2026."""
    return DAY_1 + timedelta(days=offset)


def numbers(on: date, rows: Mapping[str, int | None]) -> pl.DataFrame:
    """Rows of ``NUMBERS`` of one day."""
    return pl.DataFrame(
        {c.USER_ID: list(rows), "n": list(rows.values()), c.DATE: [on] * len(rows)}, schema=NUMBERS.dtypes
    )


def rows_of(schema: TableSchema, rows: Iterable[Mapping[str, object]], **rest: object) -> pl.DataFrame:
    """Rows with all columns of ``schema``: what a row leaves out comes from ``rest``, else it is 0 where a null may
    not stand in a number, and null anywhere else."""
    zeros = {
        column.name: 0 for column in schema.columns if not column.is_nullable and column.dtype in (pl.Int32, pl.Int64)
    }
    full = [{**dict.fromkeys(schema.dtypes), **zeros, **rest, **row} for row in rows]
    return pl.DataFrame(full, schema=schema.dtypes, orient="row")


def stored(lake: Lake, schema: TableSchema, frame: pl.DataFrame) -> TableVersion:
    """Write ``frame`` into the lake and open the table."""
    partitions = frame[schema.partition].unique().to_list() if schema.partition else None
    lake.replace(schema, frame, partitions=partitions)
    return lake.open(schema)
