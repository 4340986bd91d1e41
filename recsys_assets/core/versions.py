"""One table at one version: which files it is, and how to read them. Finding and changing versions is ``core.lake``."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from recsys_assets.core.schemas import Partition, TableSchema


@dataclass(frozen=True)
class DataFile:
    """One live Parquet file of a version."""

    uri: str
    rows: int
    size_bytes: int
    partition: Partition | None


@dataclass(frozen=True)
class TableVersion:
    """The live files of one table at one version; immutable, so whatever reads it agrees with itself.

    ``version`` is -1 for a table that nobody has made yet: it has columns and no rows.
    """

    schema: TableSchema
    version: int
    files: tuple[DataFile, ...] = ()

    @property
    def partitions(self) -> list[date]:
        """The days that have rows, ascending; none for a table that is partitioned by ids (see ``keys``)."""
        return sorted({file.partition for file in self.files if isinstance(file.partition, date) and file.rows})

    @property
    def keys(self) -> list[str]:
        """The names of the partitions that have rows, be they days or ids, ascending."""
        return sorted({str(file.partition) for file in self.files if file.partition is not None and file.rows})

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(file.rows for file in self.files)

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.size_bytes for file in self.files)

    def only(self, partitions: Iterable[Partition]) -> "TableVersion":
        """Keep the files of these days, or of these ids."""
        wanted = set(partitions)
        files = tuple(file for file in self.files if file.partition in wanted)
        return TableVersion(self.schema, self.version, files)

    def between(self, first: date, last: date) -> "TableVersion":
        """Keep the files of the days from ``first`` to ``last``, both included."""
        files = tuple(f for f in self.files if isinstance(f.partition, date) and first <= f.partition <= last)
        return TableVersion(self.schema, self.version, files)

    def latest(self, not_after: date) -> "TableVersion":
        """Keep the newest snapshot that arrived by the end of ``not_after``.

        Before the first snapshot there is only the first one to read: a history that was imported later than it was
        lived would have no catalogue otherwise. Nothing that happens in time is read from a catalogue.
        """
        days = self.partitions
        if not days:
            return self.only([])
        known = [day for day in days if day <= not_after]
        return self.only([known[-1] if known else days[0]])

    def scan(self) -> pl.LazyFrame:
        """Return the rows as a lazy frame with every declared column, streamed when collected so."""
        names = list(self.schema.dtypes)
        if not self.files:
            return self.schema.empty().lazy()
        hive = {self.schema.partition: self.schema.partition_dtype} if self.schema.partition else None
        return pl.scan_parquet(
            [file.uri for file in self.files],
            hive_partitioning=hive is not None,
            hive_schema=hive,
            glob=False,
        ).select(names)

    def read(self) -> pl.DataFrame:
        """Return the rows in memory, ordered by partition and key: files keep no order of their own."""
        order = ([self.schema.partition] if self.schema.partition else []) + list(self.schema.key)
        frame = self.scan().collect()
        return frame.sort(order) if order else frame
