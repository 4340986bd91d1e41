"""The lake: Delta tables, the system of record. The only home of ``deltalake``.

A table lives at ``<root>/<group>/<name>``. Data files are immutable Parquet and a commit to the table's log is atomic,
so a reader sees a version whole or not at all, whenever a writer dies. Partitions are replaced, never appended to:
running twice leaves what running once leaves. What a table means is said by its ``TableSchema``; taking rows and files
away for good is ``core.lake_upkeep``; views for people are ``core.warehouse``.

Writers share a lock per table, which the kernel lets go of when a process dies: a writer that lost a commit tries again
alone, and no upkeep meets a write that is half done.
"""

import contextlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import polars as pl

from recsys_assets.core.errors import (
    InvalidArgumentError,
    MissingInputError,
    SchemaMismatchError,
    SourceUnavailableError,
)
from recsys_assets.core.locks import locked
from recsys_assets.core.schemas import Partition, TableSchema, require_partition_id
from recsys_assets.core.versions import DataFile, TableVersion

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["DataFile", "Lake", "TableVersion"]

logger = logging.getLogger(__name__)

# Six processes overwriting different partitions of one table: no retry in 120 commits. Six overwriting the same one:
# 44 retries, and a writer that only backed off gave up after eight tries, so a loser tries again alone.
COMMIT_TRIES = 8
# Row groups of this many rows keep a point look-up through DuckDB to one group of a large partition.
ROW_GROUP_ROWS = 250_000


@dataclass(frozen=True)
class Lake:
    """The Delta tables under one root, a folder."""

    root: str

    def uri(self, schema: TableSchema) -> str:
        """Where the table lives."""
        return f"{self.root.rstrip('/')}/{schema.group}/{schema.name}"

    def exists(self, schema: TableSchema) -> bool:
        """Whether anybody has made the table yet."""
        from deltalake import DeltaTable

        return DeltaTable.is_deltatable(self.uri(schema))

    def open(self, schema: TableSchema, *, version: int | None = None) -> TableVersion:
        """Pin the newest version, or the one asked for. A table nobody has made yet opens empty.

        Raises:
            MissingInputError: that version does not exist, or was vacuumed.
            SchemaMismatchError: the table was made by a release that declared other columns.
        """
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError, TableNotFoundError

        uri = self.uri(schema)
        try:
            table = DeltaTable(uri, version=version)
        except TableNotFoundError:
            return TableVersion(schema, -1)
        except DeltaError as error:
            if version is None:
                raise
            raise MissingInputError(_no_such_version(schema, version)) from error
        _require_columns(table, schema)
        files = self._live_files(table, schema)
        if version is not None and not all(Path(file.uri).exists() for file in files):
            raise MissingInputError(_no_such_version(schema, version))
        return TableVersion(schema, table.version(), files)

    def _live_files(self, table: "DeltaTable", schema: TableSchema) -> tuple[DataFile, ...]:
        actions = pl.DataFrame(table.get_add_actions(flatten=True))
        if actions.is_empty():
            return ()
        column = f"partition.{schema.partition}" if schema.partition else None
        # The log keeps paths URL-encoded; DuckDB and Polars open them as they are on disk.
        base = str(Path(self.uri(schema)).absolute())
        rows = actions.sort("path").select(
            "path",
            "num_records",
            "size_bytes",
            (pl.col(column).cast(schema.partition_dtype) if column else pl.lit(None)).alias("partition"),
        )
        return tuple(
            DataFile(f"{base}/{unquote(path)}", count or 0, size, key) for path, count, size, key in rows.iter_rows()
        )

    def replace(
        self,
        schema: TableSchema,
        data: pl.DataFrame | pl.LazyFrame | object,
        *,
        partitions: Sequence[Partition] | None = None,
        note: Mapping[str, str] | None = None,
    ) -> int:
        """Replace these partitions, or the whole table, in one atomic commit, and return the new version.

        A partition that is named and has no rows in ``data`` becomes empty. A lazy frame or an Arrow stream is written
        as it comes, so it may be larger than memory (12 or 48 million rows: both 0.65 GB at the peak). When another
        writer wins, a frame is committed again and a lazy frame collected again; a stream is gone after one try.

        Args:
            schema: the table; created with it when it is new.
            data: the rows, with the partition column; a frame, a lazy frame or an Arrow stream.
            partitions: the days, or the ids, to replace; required for a partitioned table, refused for others.
            note: what to keep in the commit beside the data (run, input versions).

        Raises:
            InvalidArgumentError: ``partitions`` does not fit the table, is no id, or rows lie outside of them.
            SchemaMismatchError: the table was made by a release that declared other columns.
            SourceUnavailableError: other writers kept winning; trying again may help.
        """
        if (partitions is None) == (schema.partition is not None):
            raise InvalidArgumentError(
                f"{schema.full_name} is {'partitioned by ' + schema.partition if schema.partition else 'whole'}: "
                f"found partitions={partitions}"
            )
        if partitions is not None and not partitions:
            raise InvalidArgumentError(f"{schema.full_name}: no partition was named")
        if schema.partition is not None and not schema.is_by_day:
            for key in partitions or ():
                require_partition_id(str(key), what=schema.full_name)
        self._create(schema)
        tries = COMMIT_TRIES if isinstance(data, pl.DataFrame | pl.LazyFrame) else 1
        for attempt in range(tries):
            with self.locked(schema, alone=attempt > 0 or tries == 1):
                version = self.try_commit(schema, data, partitions, note or {})
            if version is not None:
                return version
            logger.info("another writer won the commit to %s, try %d", schema.full_name, attempt + 2)
        raise SourceUnavailableError(
            f"{schema.full_name}: other writers won {tries} commits in a row; run the step again"
        )

    def try_commit(
        self, schema: TableSchema, data: object, partitions: Sequence[Partition] | None, note: Mapping[str, str]
    ) -> int | None:
        """Commit once, under a lock that the caller holds; None where another writer won. ``replace`` tries again."""
        from deltalake import CommitProperties, DeltaTable, WriterProperties, write_deltalake
        from deltalake.exceptions import CommitFailedError, DeltaError

        table = DeltaTable(self.uri(schema))
        _require_columns(table, schema)
        try:
            write_deltalake(
                table,
                _stream(schema, data, partitions),  # type: ignore[arg-type]
                mode="overwrite",
                predicate=None if partitions is None else _predicate(schema, partitions),
                writer_properties=WriterProperties(compression="ZSTD", max_row_group_size=ROW_GROUP_ROWS),
                commit_properties=CommitProperties(custom_metadata=dict(note), max_commit_retries=COMMIT_TRIES),
            )
        except CommitFailedError:
            return None
        except DeltaError as error:
            # A stream is checked by the writer, row by row, against the predicate of the overwrite.
            if "failed validation check" not in str(error):
                raise
            raise InvalidArgumentError(
                f"{schema.full_name}: rows lie outside of the partitions replaced, {_names(partitions or [])}"
            ) from error
        return table.version()

    def locked(self, schema: TableSchema, *, alone: bool) -> contextlib.AbstractContextManager[None]:
        """Hold the table's lock: together with other writers, or alone. Not to be nested."""
        return locked(Path(self.root) / ".locks" / schema.full_name, alone=alone)

    def locked_step(self, name: str) -> contextlib.AbstractContextManager[None]:
        """Hold a lock on making several tables that agree with each other; a lock of its own, besides the tables'."""
        return locked(Path(self.root) / ".locks" / f"step.{name}", alone=True)

    def _create(self, schema: TableSchema) -> None:
        from deltalake import DeltaTable, Schema
        from deltalake.exceptions import CommitFailedError, DeltaError

        if self.exists(schema):
            return
        Path(self.uri(schema)).mkdir(parents=True, exist_ok=True)
        try:
            DeltaTable.create(
                self.uri(schema),
                Schema.from_arrow(schema.empty().to_arrow().schema),
                mode="ignore",
                partition_by=[schema.partition] if schema.partition else None,
                name=schema.full_name,
                description=schema.grain,
                # Without this the log keeps the smallest and largest value of each column, listeners' ids among them.
                configuration={"delta.dataSkippingNumIndexedCols": "0"},
            )
        except (CommitFailedError, DeltaError):
            # Two first writers: the other one's table serves.
            if not self.exists(schema):
                raise

    def history(self, schema: TableSchema, *, limit: int = 20) -> list[dict[str, object]]:
        """Return the newest commits, newest first."""
        from deltalake import DeltaTable

        return DeltaTable(self.uri(schema)).history(limit) if self.exists(schema) else []


def _no_such_version(schema: TableSchema, version: int) -> str:
    return (
        f"{schema.full_name} has no readable version {version}: versions older than the retention are gone. "
        "Leave the version out to read the newest"
    )


def _require_columns(table: "DeltaTable", schema: TableSchema) -> None:
    found = {field.name for field in table.schema().fields}
    if found != set(schema.dtypes):
        missing, unknown = sorted(set(schema.dtypes) - found), sorted(found - set(schema.dtypes))
        raise SchemaMismatchError(
            f"{schema.full_name} was made with other columns: it lacks {missing} and has {unknown} besides. "
            "Run `recsys migrate` once, with no run under way"
        )


def _names(partitions: Sequence[Partition]) -> str:
    # Days and ids alike hold no quote.
    return ", ".join(f"'{key}'" for key in sorted({str(key) for key in partitions}))


def _predicate(schema: TableSchema, partitions: Sequence[Partition]) -> str:
    return f"{schema.partition} in ({_names(partitions)})"


def _stream(schema: TableSchema, data: object, partitions: Sequence[Partition] | None) -> object:
    """Turn rows into what the writer takes, in the declared columns; refuse rows outside of the partitions."""
    if not isinstance(data, pl.DataFrame | pl.LazyFrame):
        return data
    arranged = schema.arrange(data)
    if isinstance(data, pl.LazyFrame):
        return _batches(schema, arranged)
    frame = arranged.collect()
    if schema.partition and partitions is not None:
        strangers = set(frame[schema.partition].unique().to_list()) - set(partitions)
        if strangers:
            raise InvalidArgumentError(
                f"{schema.full_name}: rows of {sorted(map(str, strangers))} lie outside of the partitions replaced, "
                f"{_names(partitions)}"
            )
    return frame.to_arrow()


def _batches(schema: TableSchema, lazy: pl.LazyFrame) -> object:
    import pyarrow as pa

    arrow_schema = schema.empty().to_arrow().schema

    def generate() -> Iterable[pa.RecordBatch]:
        for frame in lazy.collect_batches(maintain_order=True):
            yield from frame.to_arrow().cast(arrow_schema).to_batches()

    return pa.RecordBatchReader.from_batches(arrow_schema, generate())
