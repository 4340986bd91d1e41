"""Where values live between assets: a lake table per asset.

Written by us because the ready ones break on these versions: ``dagster-duckdb-polars`` loads inputs with a method
that duckdb 2.0 removed, and ``dagster-polars`` writes Delta predicates of the wrong type. A value going in is a frame;
a value coming out is a pinned ``TableVersion``, so that a step reads one version however long it runs.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import dagster as dg
import polars as pl

from recsys_assets.core.lake import TableVersion
from recsys_assets.core.schemas import Partition, TableSchema
from recsys_assets.defs.metadata import PREVIEW_ROWS, version_metadata
from recsys_assets.defs.resources import HomeResource
from recsys_assets.tables import ALL_TABLES, table_named

# Locks of the steps of this process that have written some of their tables and not yet all; a run is one process.
_half_done: dict[str, ExitStack] = {}


@dataclass(frozen=True)
class Slices:
    """Rows and the partitions (days or ids) that they replace; one without rows becomes empty, none leaves the table as it is."""

    rows: pl.DataFrame | pl.LazyFrame
    days: Sequence[Partition]


class LakeIOManager(dg.ConfigurableIOManager):
    """Replaces the partitions of a run in one commit; reads the mapped partitions of the newest version.

    A frame for a partitioned asset carries the partition column when the run makes several partitions; with one, it
    may leave it out. An asset that decides itself which days it replaces returns ``Slices``.
    """

    home: dg.ResourceDependency[HomeResource]

    def handle_output(self, context: dg.OutputContext, obj: pl.DataFrame | pl.LazyFrame | Slices) -> None:
        """Write the rows, point the warehouse's view at them, and describe them."""
        schema = table_named(context.asset_key.path[-1])
        tables = [schema.name] if len(context.op_def.output_defs) == 1 else [o.name for o in context.op_def.output_defs]
        self._begin(context, tables)
        rows, days = (obj.rows, obj.days) if isinstance(obj, Slices) else (obj, _partitions(context, schema))
        if days is None or days:
            rows = _with_partition(rows, schema, days)
            self.home.lake.replace(schema, rows, partitions=days, note={"run_id": context.run_id or ""})
        if schema.name == tables[-1]:
            self.home.warehouse.publish([table_named(name) for name in tables], known=ALL_TABLES)
            _half_done.pop(context.op_def.name, ExitStack()).close()
        table = self.home.lake.open(schema)
        # Of a run's partitions some may be left as they are: a page shows what stands there.
        shown = _partitions(context, schema) if context.has_asset_partitions else days
        written = table if shown is None else table.only(shown)
        preview = written.scan().head(PREVIEW_ROWS).collect()
        context.add_output_metadata(version_metadata(written, preview, table.version))
        if days is not None and context.has_asset_partitions and len(context.asset_partition_keys) > 1:
            _describe_partitions(context, table)

    def _begin(self, context: dg.OutputContext, tables: list[str]) -> None:
        """Hold the step's lock from its first table to the publication after its last.

        The tables of one step agree with each other: a reader of the views sees the new ones together, and no other
        day's run publishes them in between.
        """
        if len(tables) == 1 or context.asset_key.path[-1] != tables[0]:
            return
        # An attempt that failed half-way has left it held: this is the next attempt, in the same process.
        _half_done.pop(context.op_def.name, ExitStack()).close()
        lock = ExitStack()
        lock.enter_context(self.home.lake.locked_step(context.op_def.name))
        _half_done[context.op_def.name] = lock

    def load_input(self, context: dg.InputContext) -> TableVersion:
        """Pin the table and keep the partitions that the graph maps to."""
        schema = table_named(context.asset_key.path[-1])
        table = self.home.lake.open(schema)
        if not context.has_asset_partitions:
            return table
        return table.only([schema.parse_partition(key) for key in context.asset_partition_keys])


def _partitions(context: dg.OutputContext, schema: TableSchema) -> list[Partition] | None:
    if schema.partition is None:
        return None
    return [schema.parse_partition(key) for key in context.asset_partition_keys]


def _describe_partitions(context: dg.OutputContext, table: TableVersion) -> None:
    """Give each partition of a shared run a page of its own: metadata of an output stand on all of them.

    Sixty days take 0.05 s, and reading their first rows what it takes.
    """
    parts = {key: table.only([table.schema.parse_partition(key)]) for key in context.asset_partition_keys}
    previews = pl.collect_all([part.scan().head(PREVIEW_ROWS) for part in parts.values()])
    for (key, part), preview in zip(parts.items(), previews, strict=True):
        found = version_metadata(part, preview, table.version)
        context.step_context.add_asset_metadata(found, context.asset_key, key)


def _with_partition(
    obj: pl.DataFrame | pl.LazyFrame, schema: TableSchema, days: Sequence[Partition] | None
) -> pl.DataFrame | pl.LazyFrame:
    if schema.partition and days and len(days) == 1 and schema.partition not in obj.lazy().collect_schema().names():
        return obj.with_columns(pl.lit(days[0]).alias(schema.partition))
    return obj
