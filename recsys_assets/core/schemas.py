"""What a table promises: grain, columns, key. Frames cross a border only through ``require``.

Each group declares its tables in ``<group>/tables.py``; ``recsys_assets.tables`` collects them. Storage reads these
declarations (``core.lake``, ``core.warehouse``); the meaning of a column's values belongs to the group.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl
from polars._typing import PolarsDataType

from recsys_assets.core import columns as c
from recsys_assets.core.errors import InvalidArgumentError, SchemaMismatchError

INSTANT = pl.Datetime("us", "UTC")
IDS = pl.List(pl.String)
EMBEDDING = pl.List(pl.Float32)

# What names a partition: a day, or the id of one thing that comes at no set time.
Partition = date | str
# Ids become names of folders in the lake, parts of predicates and keys in the web UI.
PARTITION_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
DAY_PARTITIONS = (c.DATE, c.WEEK, c.ARRIVED_ON)


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
        partition: ``date``, ``week`` or ``arrived_on`` (a day), another column (an id such as ``submission_id``, text
            that ``PARTITION_ID`` matches), or None for a table that is replaced whole.
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
    def is_by_day(self) -> bool:
        """Whether the partitions are days."""
        return self.partition in DAY_PARTITIONS

    @property
    def partition_dtype(self) -> PolarsDataType:
        """The type of the partition column: a day, else text."""
        return pl.Date() if self.is_by_day else pl.String()

    def parse_partition(self, key: str) -> Partition:
        """Turn the name of a partition, as Dagster and a command line spell it, into its value.

        Raises:
            InvalidArgumentError: not a day, or an id that can not be the name of a folder.
        """
        if not self.is_by_day:
            return require_partition_id(key, what=self.full_name)
        try:
            return date.fromisoformat(key)
        except ValueError as error:
            raise InvalidArgumentError(f"{self.full_name}: {key!r} is not a day: expected YYYY-MM-DD") from error

    @property
    def dtypes(self) -> dict[str, PolarsDataType]:
        """Name to type of every column, the partition column last."""
        own: dict[str, PolarsDataType] = {column.name: column.dtype for column in self.columns}
        return own | ({self.partition: self.partition_dtype} if self.partition else {})

    @property
    def descriptions(self) -> dict[str, str]:
        """Name to meaning of every column, the partition column last."""
        meaning = {
            c.DATE: "The UTC day.",
            c.WEEK: "The delivery day of the week.",
            c.ARRIVED_ON: "The UTC day it arrived.",
            c.SUBMISSION_ID: "The submission, as its folder is called.",
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


def require_partition_id(key: str, *, what: str) -> str:
    """Return ``key`` if it may name a partition.

    Raises:
        InvalidArgumentError: it is empty, a path, too long, or holds anything but letters, digits and ``._-``.
    """
    if not PARTITION_ID.fullmatch(key):
        raise InvalidArgumentError(
            f"{what}: {key[:120]!r} is not an id: expected 1 to 100 of the letters A to Z, digits and . _ -, "
            "beginning with a letter or a digit"
        )
    return key


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
