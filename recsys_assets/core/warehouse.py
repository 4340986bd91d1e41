"""DuckDB over the lake: queries in files, and the catalogue that people open. The only home of ``duckdb``.

Two things: ``run_sql`` runs one file of ``sql/`` in a database of its own, in memory, over pinned tables and frames;
``Warehouse`` keeps ``warehouse.duckdb``, one schema per group and one view per table over an explicit list of files.
No run ever holds that file open, so readers and writers never wait for each other.
"""

import contextlib
import logging
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from recsys_assets.core.errors import InvalidArgumentError, MissingInputError
from recsys_assets.core.lake import Lake
from recsys_assets.core.locks import locked
from recsys_assets.core.schemas import TableSchema
from recsys_assets.core.versions import TableVersion

if TYPE_CHECKING:
    import duckdb

logger = logging.getLogger(__name__)

SQL_ROOT = Path(__file__).resolve().parents[2] / "sql"
_EXPLAIN = re.compile(r"\s*explain\b(?:\s+analyze\b)?(?:\s*\(\s*(?:analyze|format)\b[^)]*\))?", re.IGNORECASE)
_READS = re.compile(r"[\s(]*(?:select|from|with|pivot|pivot_wider)\b", re.IGNORECASE)
Parameter = str | int | float | bool | date | datetime | None


@dataclass(frozen=True)
class SqlSettings:
    """What one query may use: memory before it spills, threads, and where it makes its own folder to spill into."""

    memory_limit: str = "4GB"
    threads: int = 2
    temp_directory: str = field(default_factory=tempfile.gettempdir)


def run_sql(
    name: str,
    *,
    inputs: Mapping[str, TableVersion | pl.DataFrame],
    parameters: Mapping[str, Parameter] | None = None,
    settings: SqlSettings | None = None,
) -> pl.DataFrame:
    """Run ``sql/<name>.sql`` and return its rows.

    Args:
        name: the file below ``sql/``, without its ending, such as ``signals/daily_evidence``.
        inputs: the relations that the query names; pinned tables are read from their files, never copied.
        parameters: values of the ``$name`` parameters.
        settings: memory and threads; what does not fit in memory spills to disk.

    Raises:
        MissingInputError: there is no such query.
    """
    with connected(inputs, settings or SqlSettings()) as connection:
        return connection.sql(read_sql(name), params=dict(parameters or {})).pl()


def read_sql(name: str) -> str:
    """Return the text of ``sql/<name>.sql``.

    Raises:
        MissingInputError: there is no such file.
    """
    path = SQL_ROOT / f"{name}.sql"
    if not path.is_file():
        raise MissingInputError(f"no query at {path}: install the checkout with `pip install -e .`, sql/ is part of it")
    return path.read_text(encoding="utf-8")


@contextlib.contextmanager
def connected(
    inputs: Mapping[str, TableVersion | pl.DataFrame], settings: SqlSettings
) -> "Iterator[duckdb.DuckDBPyConnection]":
    """Open a database in memory in which each input is a view."""
    import duckdb

    # A folder to each database: DuckDB numbers its spill files from 0, and those of two processes would meet.
    with tempfile.TemporaryDirectory(prefix="recsys-sql-", dir=settings.temp_directory) as spill:
        config = {
            "memory_limit": settings.memory_limit,
            "threads": settings.threads,
            "temp_directory": spill,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        with duckdb.connect(":memory:", config=config) as connection:
            connection.execute("set timezone = 'UTC'")
            for name, relation in inputs.items():
                if isinstance(relation, TableVersion):
                    connection.execute(f"create view {_identifier(name)} as {select_files(relation)}")
                else:
                    connection.register(name, relation.to_arrow())
            yield connection


def select_files(table: TableVersion) -> str:
    """Write the query over the explicit files of a pinned table; one that has no rows yet still has its columns."""
    dtypes = table.schema.dtypes
    if not table.files:
        nulls = ", ".join(f"null::{duckdb_type(dtype)} as {_identifier(name)}" for name, dtype in dtypes.items())
        return f"select {nulls} where false"
    names = ", ".join(_identifier(name) for name in dtypes)
    files = ", ".join(_literal(file.uri) for file in table.files)
    partition = table.schema.partition
    hive = (
        f", hive_partitioning = true, hive_types = {{{_literal(partition)}: {duckdb_type(table.schema.partition_dtype)}}}"
        if partition
        else ""
    )
    return f"select {names} from read_parquet([{files}]{hive})"


def duckdb_type(dtype: object) -> str:
    """Name the DuckDB type of a Polars type that a table may have.

    Raises:
        InvalidArgumentError: a type that no table may have.
    """
    if isinstance(dtype, pl.List):
        return f"{duckdb_type(dtype.inner)}[]"
    if isinstance(dtype, pl.Struct):
        return f"struct({', '.join(f'{_identifier(field.name)} {duckdb_type(field.dtype)}' for field in dtype.fields)})"
    if isinstance(dtype, pl.Datetime):
        return "timestamptz" if dtype.time_zone else "timestamp"
    names = {
        pl.String: "varchar", pl.Boolean: "boolean", pl.Date: "date", pl.Int8: "tinyint", pl.Int16: "smallint",
        pl.Int32: "integer", pl.Int64: "bigint", pl.Float32: "float", pl.Float64: "double", pl.Binary: "blob",
    }  # fmt: skip
    for known, text in names.items():
        if dtype == known:
            return text
    raise InvalidArgumentError(f"{dtype} is not a type of the lake: use one of {[str(known) for known in names]}")


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str | None) -> str:
    return "'" + (text or "").replace("'", "''") + "'"


def require_reading(sql: str) -> None:
    """Require one statement that only reads: the file is opened read-only, and a ``copy … to`` would write all the same.

    Raises:
        InvalidArgumentError: no statement, several, or one that does something else.
        duckdb.Error: it can not be parsed.
    """
    import duckdb

    statements = duckdb.extract_statements(sql)
    if len(statements) != 1:
        raise InvalidArgumentError(
            "the query was refused: " + (f"one query, found {len(statements)}" if statements else "it is empty")
        )
    kind = statements[0].type
    explained = _EXPLAIN.match(sql)
    if kind == duckdb.StatementType.EXPLAIN and explained:
        # An ``explain analyze`` runs what it explains.
        require_reading(sql[explained.end() :])
    # A ``pivot`` is taken for several statements, whatever it is inside of.
    elif kind != duckdb.StatementType.SELECT and not (kind == duckdb.StatementType.MULTI and _READS.match(sql)):
        raise InvalidArgumentError(
            f"the query was refused: the warehouse only answers queries (select, from, with, …), and this is {kind.name}"
        )


@dataclass(frozen=True)
class Warehouse:
    """The catalogue file. Its views are absolute, so it works from any working directory."""

    path: Path
    lake: Lake
    files_root: Path = field(init=False)

    def __post_init__(self) -> None:
        """Pin where the files are: the working directory may be another one when a query reads them."""
        object.__setattr__(self, "files_root", Path(self.lake.root).absolute())

    def publish(self, tables: Sequence[TableSchema], *, known: Sequence[TableSchema]) -> None:
        """Point the views of ``tables`` at their newest versions, all at once, leaving the other views as they are.

        Where there is no file yet, or one that DuckDB can not open or change, it is made anew: it holds no data.

        Args:
            tables: those that changed; tables that must agree with each other belong in one call.
            known: all tables, for a file that is made anew: a query on one that is still empty finds its columns.
        """
        import duckdb

        with self._alone():
            if self.path.exists() and self.path.stat().st_size:
                try:
                    self._exchange(tables, start_from=self.path)
                except duckdb.Error as error:
                    logger.warning("%s is broken and is made anew: %s", self.path, error)
                else:
                    return
            self._exchange(known, start_from=None)

    def rebuild(self, tables: Sequence[TableSchema]) -> None:
        """Make the file anew with exactly these tables."""
        with self._alone():
            self._exchange(tables, start_from=None)

    def _alone(self) -> contextlib.AbstractContextManager[None]:
        return locked(self.path.with_name(f".{self.path.name}.lock"), alone=True)

    def _exchange(self, tables: Sequence[TableSchema], *, start_from: Path | None) -> None:
        # A new file is filled beside the old one, closed, and renamed over it: whoever has the old one open keeps it.
        import duckdb

        # One name under the lock: what a dead publisher left there is taken away by the next one.
        fresh = self.path.with_name(f".{self.path.name}.new")
        wal = self.path.with_name(f".{self.path.name}.new.wal")
        try:
            for leftover in (fresh, wal):
                leftover.unlink(missing_ok=True)
            if start_from is not None:
                shutil.copyfile(start_from, fresh)
            with duckdb.connect(str(fresh)) as connection:
                for schema in tables:
                    self._define(connection, schema)
            fresh.replace(self.path)
        finally:
            for leftover in (fresh, wal):
                leftover.unlink(missing_ok=True)

    def _define(self, connection: "duckdb.DuckDBPyConnection", schema: TableSchema) -> None:
        # The version is read under the lock, so that a slow publisher can not put an older list over a newer one.
        name = f"{_identifier(schema.group)}.{_identifier(schema.name)}"
        connection.execute(f"create schema if not exists {_identifier(schema.group)}")
        connection.execute(f"create or replace view {name} as {select_files(self.lake.open(schema))}")
        connection.execute(f"comment on view {name} is {_literal(schema.grain)}")

    def query(self, sql: str, parameters: Sequence[Parameter] | Mapping[str, Parameter] | None = None) -> pl.DataFrame:
        """Run a person's query: it reads the lake and nothing else, and writes nowhere.

        Raises:
            MissingInputError: nothing has been published yet, or the file is broken.
            InvalidArgumentError: it is not one query that reads, or DuckDB refuses it; its own words are in the message.
        """
        import duckdb

        if not self.path.exists():
            raise MissingInputError(f"no warehouse at {self.path}: materialise the graph first (`make run`)")
        with tempfile.TemporaryDirectory(prefix="recsys-sql-") as spill, duckdb.connect(":memory:") as connection:
            # A database of its own with the file attached: what is forbidden here is forbidden to no other reader.
            try:
                connection.execute(f"attach {_literal(str(self.path))} as warehouse (read_only)")
            except duckdb.Error as error:
                raise MissingInputError(
                    f"{self.path} can not be opened: `recsys migrate` makes it anew ({error})"
                ) from error
            connection.execute("use warehouse")
            connection.execute("set timezone = 'UTC'")
            # Where it may spill, as any query.
            connection.execute(f"set temp_directory = {_literal(spill)}")
            # A query that only reads could still read any file of this computer.
            allowed = ", ".join(_literal(str(folder)) for folder in (self.files_root, self.files_root.resolve()))
            connection.execute(f"set allowed_directories = [{allowed}]")
            connection.execute("set enable_external_access = false")
            connection.execute("set lock_configuration = true")
            try:
                require_reading(sql)
                relation = connection.sql(sql, params=parameters)
                return pl.DataFrame() if relation is None else relation.pl()
            except duckdb.Error as error:
                raise InvalidArgumentError(f"the query was refused: {error}") from error
            except pl.exceptions.PolarsError as error:
                raise InvalidArgumentError(
                    f"the result has a type without a column, cast it to text: {error}"
                ) from error
