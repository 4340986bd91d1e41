"""The lake: Delta tables, the system of record. The only home of ``deltalake``.

A table lives at ``<root>/<group>/<name>``. Data files are immutable Parquet and a commit to the table's log is atomic,
so a reader sees a version whole or not at all, whenever a writer dies. Partitions are replaced, never appended to:
running twice leaves what running once leaves. What a table means is said by its ``TableSchema``; views for people are
``core.warehouse``.
"""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import unquote

import polars as pl

from recsys_assets.core.errors import InvalidArgumentError, MissingInputError, SourceUnavailableError
from recsys_assets.core.schemas import TableSchema

logger = logging.getLogger(__name__)

# Six processes overwriting partitions of one table needed one retry in 120 commits; eight tries with back-off outlast
# any burst that the run queue can make.
COMMIT_TRIES = 8
RETENTION = timedelta(days=7)
# Row groups of this many rows keep a point look-up through DuckDB to one group of a large partition.
ROW_GROUP_ROWS = 250_000


@dataclass(frozen=True)
class DataFile:
    """One live Parquet file of a version."""

    uri: str
    rows: int
    size_bytes: int
    partition: date | None


@dataclass(frozen=True)
class TableVersion:
    """The live files of one table at one version; immutable, so whatever reads it agrees with itself.

    ``version`` is -1 for a table that nobody has made yet: it has columns and no rows.
    """

    schema: TableSchema
    version: int
    files: tuple[DataFile, ...] = ()
    storage_options: Mapping[str, str] = field(default_factory=dict)

    @property
    def partitions(self) -> list[date]:
        """The days that have rows, ascending."""
        return sorted({file.partition for file in self.files if file.partition is not None and file.rows})

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(file.rows for file in self.files)

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.size_bytes for file in self.files)

    def only(self, partitions: Iterable[date]) -> "TableVersion":
        """Keep the files of these days."""
        wanted = set(partitions)
        files = tuple(file for file in self.files if file.partition in wanted)
        return TableVersion(self.schema, self.version, files, self.storage_options)

    def between(self, first: date, last: date) -> "TableVersion":
        """Keep the files of the days from ``first`` to ``last``, both included."""
        files = tuple(f for f in self.files if f.partition is not None and first <= f.partition <= last)
        return TableVersion(self.schema, self.version, files, self.storage_options)

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
        hive = {self.schema.partition: pl.Date} if self.schema.partition else None
        return pl.scan_parquet(
            [file.uri for file in self.files],
            hive_partitioning=hive is not None,
            hive_schema=hive,
            glob=False,
            storage_options=dict(self.storage_options) or None,
        ).select(names)

    def read(self) -> pl.DataFrame:
        """Return the rows in memory, ordered by partition and key: files keep no order of their own."""
        order = ([self.schema.partition] if self.schema.partition else []) + list(self.schema.key)
        frame = self.scan().collect()
        return frame.sort(order) if order else frame


@dataclass(frozen=True)
class Lake:
    """The Delta tables under one root, a folder or an object store's URL."""

    root: str
    storage_options: Mapping[str, str] = field(default_factory=dict)

    def uri(self, schema: TableSchema) -> str:
        """Where the table lives."""
        return f"{self.root.rstrip('/')}/{schema.group}/{schema.name}"

    def _is_local(self) -> bool:
        return "://" not in self.root

    def _options(self) -> dict[str, str] | None:
        return dict(self.storage_options) or None

    def exists(self, schema: TableSchema) -> bool:
        """Whether anybody has made the table yet."""
        from deltalake import DeltaTable

        return DeltaTable.is_deltatable(self.uri(schema), self._options())

    def open(self, schema: TableSchema, *, version: int | None = None) -> TableVersion:
        """Pin the newest version, or the one asked for. A table nobody has made yet opens empty.

        Raises:
            MissingInputError: that version does not exist, or was vacuumed.
        """
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError, TableNotFoundError

        uri = self.uri(schema)
        try:
            table = DeltaTable(uri, version=version, storage_options=self._options())
        except TableNotFoundError:
            return TableVersion(schema, -1, (), self.storage_options)
        except DeltaError as error:
            raise MissingInputError(
                f"{schema.full_name} has no readable version {version}: versions older than the retention are gone. "
                f"Leave the version out to read the newest ({error})"
            ) from error
        return TableVersion(schema, table.version(), self._live_files(table, schema), self.storage_options)

    def _live_files(self, table: object, schema: TableSchema) -> tuple[DataFile, ...]:
        actions = pl.DataFrame(table.get_add_actions(flatten=True))  # type: ignore[attr-defined]
        if actions.is_empty():
            return ()
        column = f"partition.{schema.partition}" if schema.partition else None
        # The log keeps paths URL-encoded; DuckDB and Polars open them as they are on disk.
        base = self.uri(schema) if not self._is_local() else str(Path(self.uri(schema)).absolute())
        rows = actions.sort("path").select(
            "path", "num_records", "size_bytes", (pl.col(column).cast(pl.Date) if column else pl.lit(None)).alias("day")
        )
        return tuple(
            DataFile(f"{base}/{unquote(path)}", count or 0, size, day) for path, count, size, day in rows.iter_rows()
        )

    def replace(
        self,
        schema: TableSchema,
        data: pl.DataFrame | pl.LazyFrame | object,
        *,
        partitions: Sequence[date] | None = None,
        note: Mapping[str, str] | None = None,
    ) -> int:
        """Replace these partitions, or the whole table, in one atomic commit, and return the new version.

        A partition that is named and has no rows in ``data`` becomes empty. A lazy frame or an Arrow stream is written
        as it comes, so it may be larger than memory.

        Args:
            schema: the table; created with it when it is new.
            data: the rows, with the partition column; a frame, a lazy frame or an Arrow stream.
            partitions: the days to replace; required for a partitioned table, refused for others.
            note: what to keep in the commit beside the data (run, input versions).

        Raises:
            InvalidArgumentError: ``partitions`` does not fit the table, or rows lie outside of them.
            SourceUnavailableError: other writers kept winning; trying again may help.
        """
        if (partitions is None) == (schema.partition is not None):
            raise InvalidArgumentError(
                f"{schema.full_name} is {'partitioned by ' + schema.partition if schema.partition else 'whole'}: "
                f"found partitions={partitions}"
            )
        self._create(schema)
        predicate = _predicate(schema, partitions) if partitions is not None else None
        for attempt in range(COMMIT_TRIES):
            version = self._try_commit(schema, _stream(schema, data, partitions), predicate, note or {})
            if version is not None:
                return version
            logger.info("another writer won the commit to %s, try %d", schema.full_name, attempt + 2)
            time.sleep(0.05 * 2**attempt)
        raise SourceUnavailableError(
            f"{schema.full_name}: other writers won {COMMIT_TRIES} commits in a row; run the step again"
        )

    def _try_commit(
        self, schema: TableSchema, data: object, predicate: str | None, note: Mapping[str, str]
    ) -> int | None:
        from deltalake import CommitProperties, DeltaTable, WriterProperties, write_deltalake
        from deltalake.exceptions import CommitFailedError

        table = DeltaTable(self.uri(schema), storage_options=self._options())
        try:
            write_deltalake(
                table,
                data,  # type: ignore[arg-type]
                mode="overwrite",
                predicate=predicate,
                writer_properties=WriterProperties(compression="ZSTD", max_row_group_size=ROW_GROUP_ROWS),
                commit_properties=CommitProperties(custom_metadata=dict(note), max_commit_retries=COMMIT_TRIES),
            )
        except CommitFailedError:
            return None
        return table.version()

    def _create(self, schema: TableSchema) -> None:
        from deltalake import DeltaTable, Schema
        from deltalake.exceptions import CommitFailedError, DeltaError

        if self.exists(schema):
            return
        if self._is_local():
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
                storage_options=self._options(),
            )
        except (CommitFailedError, DeltaError):
            # Two first writers: the other one's table serves.
            if not self.exists(schema):
                raise

    def erase(self, schema: TableSchema, column: str, value: str) -> int:
        """Rewrite without the rows whose ``column`` is ``value``; return how many there were.

        The partitions that hold them are replaced; Delta's own delete would keep the value in the log, as the
        predicate of the commit. Older versions still hold the rows until ``vacuum`` with no retention.
        """
        pinned = self.open(schema)
        lost = pl.col(column) == value
        if not pinned.files:
            return 0
        if schema.partition is None:
            found = pinned.scan().filter(lost).select(pl.len()).collect().item()
            if found:
                self.replace(schema, pinned.scan().filter(~lost | pl.col(column).is_null()))
            return found
        counts = pinned.scan().filter(lost).group_by(schema.partition).len().collect().sort(schema.partition)
        for day in counts[schema.partition]:
            kept = pinned.only([day]).scan().filter(~lost | pl.col(column).is_null())
            self.replace(schema, kept, partitions=[day])
        return int(counts["len"].sum())

    def vacuum(self, schema: TableSchema, *, retention: timedelta = RETENTION, dry_run: bool = False) -> list[str]:
        """Delete the files that no version younger than ``retention`` uses; return their paths.

        A reader that pinned an older version than that loses its files: the retention has to outlive any reader.
        """
        from deltalake import DeltaTable

        if not self.exists(schema):
            return []
        table = DeltaTable(self.uri(schema), storage_options=self._options())
        hours = int(retention.total_seconds() // 3600)
        removed = table.vacuum(retention_hours=hours, dry_run=dry_run, enforce_retention_duration=False, full=True)
        if not dry_run:
            table.create_checkpoint()
            table.cleanup_metadata()
        return removed

    def history(self, schema: TableSchema, *, limit: int = 20) -> list[dict[str, object]]:
        """Return the newest commits, newest first."""
        from deltalake import DeltaTable

        return (
            DeltaTable(self.uri(schema), storage_options=self._options()).history(limit) if self.exists(schema) else []
        )


def _predicate(schema: TableSchema, partitions: Sequence[date]) -> str:
    if not partitions:
        raise InvalidArgumentError(f"{schema.full_name}: no partition was named")
    days = ", ".join(f"'{day.isoformat()}'" for day in sorted(set(partitions)))
    return f"{schema.partition} in ({days})"


def _stream(schema: TableSchema, data: object, partitions: Sequence[date] | None) -> object:
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
                f"{schema.full_name}: rows of {sorted(map(str, strangers))} are not in the partitions replaced"
            )
    return frame.to_arrow()


def _batches(schema: TableSchema, lazy: pl.LazyFrame) -> object:
    import pyarrow as pa

    arrow_schema = schema.empty().to_arrow().schema

    def generate() -> Iterable[pa.RecordBatch]:
        for frame in lazy.collect_batches(maintain_order=True):
            yield from frame.to_arrow().cast(arrow_schema).to_batches()

    return pa.RecordBatchReader.from_batches(arrow_schema, generate())
