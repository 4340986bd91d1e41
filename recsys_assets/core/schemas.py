"""What a table promises: grain, columns, key. Frames cross a border only through ``require``.

Each group declares its tables in ``<group>/tables.py``; ``recsys_assets.tables`` collects them. Storage reads these
declarations (``core.lake``, ``core.warehouse``); the meaning of a column's values belongs to the group.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
from polars._typing import PolarsDataType

from recsys_assets.core import columns as c
from recsys_assets.core.errors import SchemaMismatchError

INSTANT = pl.Datetime("us", "UTC")
IDS = pl.List(pl.String)
EMBEDDING = pl.List(pl.Float32)


@dataclass(frozen=True)
class Column:
    """One column: its name, its type, and what a value means with its unit."""

    name: str
    dtype: PolarsDataType
    description: str
    is_nullable: bool = True


@dataclass(frozen=True)
class TableSchema:
    """A table of the lake.

    Attributes:
        group: the asset group, which is also the DuckDB schema.
        name: the table, which is also the asset.
        grain: "One row per …".
        columns: in order, without the partition column.
        key: the columns that no two rows of a partition share; empty where rows may repeat.
        partition: ``date``, ``week`` or ``arrived_on`` (a day), or None for a table that is replaced whole.
        personal: the column that names a listener, which ``recsys forget`` erases by; None where there is none.
    """

    group: str
    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    partition: str | None = None
    personal: str | None = None

    @property
    def full_name(self) -> str:
        """``group.name``, as it is called in SQL."""
        return f"{self.group}.{self.name}"

    @property
    def dtypes(self) -> dict[str, PolarsDataType]:
        """Name to type of every column, the partition column last."""
        own: dict[str, PolarsDataType] = {column.name: column.dtype for column in self.columns}
        return own | ({self.partition: pl.Date} if self.partition else {})

    @property
    def descriptions(self) -> dict[str, str]:
        """Name to meaning of every column, the partition column last."""
        meaning = {
            c.DATE: "The UTC day.",
            c.WEEK: "The delivery day of the week.",
            c.ARRIVED_ON: "The UTC day it arrived.",
        }
        own = {column.name: column.description for column in self.columns}
        return own | ({self.partition: meaning[self.partition]} if self.partition else {})

    def empty(self) -> pl.DataFrame:
        """Return no rows with all the columns."""
        return pl.DataFrame(schema=self.dtypes)

    def arrange(self, frame: pl.DataFrame | pl.LazyFrame) -> pl.LazyFrame:
        """Select the declared columns in order and cast them strictly; what is not declared is left out."""
        return frame.lazy().select(pl.col(name).cast(dtype) for name, dtype in self.dtypes.items())


def columns(*rows: tuple[str, PolarsDataType, str] | tuple[str, PolarsDataType, str, bool]) -> tuple[Column, ...]:
    """Write a table's columns as rows of (name, type, meaning[, is_nullable])."""
    return tuple(Column(row[0], row[1], row[2], row[3] if len(row) == 4 else True) for row in rows)


def require(frame: pl.DataFrame, dtypes: Mapping[str, PolarsDataType], *, what: str) -> pl.DataFrame:
    """Return ``frame`` unchanged if it has at least these columns with these types.

    Raises:
        SchemaMismatchError: names every column that is missing or of another type, all at once.
    """
    missing = [f"{name}: {dtype}" for name, dtype in dtypes.items() if name not in frame.columns]
    wrong = [
        f"{name}: found {frame.schema[name]}, expected {dtype}"
        for name, dtype in dtypes.items()
        if name in frame.columns and frame.schema[name] != dtype
    ]
    if missing or wrong:
        faults = "; ".join(([f"missing {', '.join(missing)}"] if missing else []) + wrong)
        raise SchemaMismatchError(f"{what} does not have the columns it promises: {faults}. Found {frame.columns}.")
    return frame
