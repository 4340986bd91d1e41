"""A table whose declaration has changed is rewritten to it: one commit, older versions kept until they are vacuumed.

Two changes are made without asking: a new column that may be null is null in the old rows, and a column that is no
longer declared is left out. Everything else needs somebody to decide what the old rows mean, and is refused with what
to do. ``recsys migrate`` calls this for every table after the code was updated and before anything runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
from polars._typing import PolarsDataType

from recsys_assets.core.errors import SchemaMismatchError
from recsys_assets.core.lake import Lake
from recsys_assets.core.schemas import DAY_PARTITIONS, TableSchema


@dataclass(frozen=True)
class Migration:
    """What has to change for a stored table to be what is declared; empty where nothing has to."""

    schema: TableSchema
    added: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def is_needed(self) -> bool:
        """Whether the table has to be rewritten."""
        return bool(self.added or self.dropped)


def plan_migration(schema: TableSchema, stored: Mapping[str, PolarsDataType]) -> Migration:
    """Compare what is declared with the columns that are stored; all differences at once.

    Args:
        schema: the declaration.
        stored: name to type of the columns in the lake, the partition column among them.
    """
    nullable = {column.name for column in schema.columns if column.is_nullable}
    declared = schema.dtypes
    added = tuple(name for name in declared if name not in stored)
    refused = [
        f"{name} changes from {stored[name]} to {dtype}"
        for name, dtype in declared.items()
        if name in stored and stored[name] != dtype
    ]
    dropped = tuple(name for name in stored if name not in declared)
    partitions = {*DAY_PARTITIONS, *([schema.partition] if schema.partition else [])}
    refused += [f"{name} is new and may not be null" for name in added if name not in {*nullable, *partitions}]
    refused += [f"its partition changes: {name}" for name in (*added, *dropped) if name in partitions]
    return Migration(schema=schema, added=added, dropped=dropped, refused=tuple(refused))


def stored_dtypes(lake: Lake, schema: TableSchema) -> dict[str, PolarsDataType] | None:
    """Return the columns of the newest version, or None for a table that nobody has made yet."""
    if not lake.exists(schema):
        return None
    return dict(pl.scan_delta(lake.uri(schema)).collect_schema())


def plan_all(lake: Lake, schemas: tuple[TableSchema, ...]) -> list[Migration]:
    """Plan every table that exists.

    Raises:
        SchemaMismatchError: some change needs a decision; names all of them, and nothing has been rewritten.
    """
    stored = {schema: stored_dtypes(lake, schema) for schema in schemas}
    plans = [plan_migration(schema, found) for schema, found in stored.items() if found is not None]
    refused = [f"{plan.schema.full_name}: {reason}" for plan in plans for reason in plan.refused]
    if refused:
        raise SchemaMismatchError(
            f"{len(refused)} changes need a decision: {'; '.join(refused)}. Give a changed column a new name, or "
            "delete the table's folder in the lake and materialise it again; nothing was rewritten"
        )
    return [plan for plan in plans if plan.is_needed]


def stored_rows(lake: Lake, schema: TableSchema) -> int:
    """Count the rows of the newest version, whatever its columns."""
    return pl.scan_delta(lake.uri(schema)).select(pl.len()).collect().item()


def migrate(lake: Lake, plan: Migration) -> int:
    """Rewrite the whole table as declared, streamed, in one commit; return how many rows it has.

    Writers of the table wait meanwhile. One that began under the old declaration is refused when its turn comes.
    """
    uri = lake.uri(plan.schema)
    with lake.locked(plan.schema, alone=True):
        rows = pl.scan_delta(uri).select(
            pl.lit(None, dtype).alias(name) if name in plan.added else pl.col(name)
            for name, dtype in plan.schema.dtypes.items()
        )
        rows.sink_delta(uri, mode="overwrite", delta_write_options={"schema_mode": "overwrite"})
    return lake.open(plan.schema).rows
