"""Assets that are tables of the lake: everything that follows from the table's declaration is said once, here.

A group's module then holds only what is its own: inputs, partition mappings, and the call into the domain.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from recsys_assets.core.schemas import TableSchema
from recsys_assets.defs.failures import TRANSIENT_RETRIES, told_to_dagster
from recsys_assets.defs.io_managers import Slices
from recsys_assets.defs.metadata import column_schema
from recsys_assets.defs.partitions import CADENCE, cadence_of, partition_days, partition_keys

OWNERS = ["team:recsys"]
IO_MANAGER = "lake_io"


def lake_asset(
    table: TableSchema,
    *,
    partitions: dg.PartitionsDefinition | None,
    kinds: set[str],
    ins: Mapping[str, dg.AssetIn] | None = None,
    deps: Sequence[Any] | None = None,
    about: str = "",
    cadence: str | None = None,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Declare the asset that makes ``table``; the decorated function returns its rows.

    ``cadence`` says how often it is made, where its partitions do not.
    """

    def declare(function: Callable[..., Any]) -> dg.AssetsDefinition:
        return dg.asset(
            name=table.name,
            group_name=table.group,
            description=f"{table.grain} {about}".strip(),
            metadata={"dagster/column_schema": column_schema(table), "dagster/table_name": table.full_name},
            owners=OWNERS,
            kinds={*kinds, "deltalake"},
            tags={CADENCE: cadence or cadence_of(partitions)},
            partitions_def=partitions,
            backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
            ins=ins,
            deps=deps,
            io_manager_key=IO_MANAGER,
            retry_policy=TRANSIENT_RETRIES,
        )(told_to_dagster(function))

    return declare


def lake_multi_asset(
    tables: Sequence[TableSchema],
    *,
    name: str,
    partitions: dg.PartitionsDefinition | None,
    kinds: set[str],
    ins: Mapping[str, dg.AssetIn] | None = None,
    deps: Sequence[Any] | None = None,
    about: str = "",
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Declare one step that makes several tables; the decorated function yields ``outputs``."""

    def declare(function: Callable[..., Any]) -> dg.AssetsDefinition:
        return dg.multi_asset(
            name=name,
            outs={
                table.name: dg.AssetOut(
                    group_name=table.group,
                    description=f"{table.grain} {about}".strip(),
                    metadata={"dagster/column_schema": column_schema(table), "dagster/table_name": table.full_name},
                    owners=OWNERS,
                    kinds={*kinds, "deltalake"},
                    tags={CADENCE: cadence_of(partitions)},
                    io_manager_key=IO_MANAGER,
                )
                for table in tables
            },
            partitions_def=partitions,
            backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
            ins=ins,
            deps=deps,
            retry_policy=TRANSIENT_RETRIES,
        )(told_to_dagster(function))

    return declare


def per_day(
    context: dg.AssetExecutionContext, table: TableSchema, make: Callable[[date], pl.DataFrame]
) -> pl.DataFrame:
    """Make each partition of the run by itself and stack them; what is made of one day never sees another's."""
    assert table.partition is not None, f"{table.full_name} has no partitions"
    day = table.partition
    frames = [make(key).with_columns(pl.lit(key).alias(day)) for key in partition_days(context)]
    return pl.concat(frames, how="vertical") if frames else table.empty()


def tell_partitions(context: dg.AssetExecutionContext, asset: str, notes: Mapping[str, Mapping[str, Any]]) -> None:
    """Put notes on the pages of the partitions of this run, each on its own; what is noted of others has no page in it."""
    for key in context.partition_keys:
        context.add_asset_metadata(notes.get(key, {}), asset_key=asset, partition_key=key)


def split_settled(
    context: dg.AssetExecutionContext, table: TableSchema, settled: Callable[[Sequence[str]], Collection[str]]
) -> list[str]:
    """Return the partitions of this run that are written, and say on the pages of the others that they stay as they are."""
    ids = [str(key) for key in partition_keys(context, table)]
    kept = settled(ids)
    note = {"note": "out by now: its rows, if any, are those of the last time that it was to be released"}
    tell_partitions(context, table.name, dict.fromkeys(kept, note))
    return [each for each in ids if each not in kept]


def outputs(
    tables: Sequence[TableSchema], frames: Sequence[pl.DataFrame | pl.LazyFrame | Slices]
) -> Iterator[dg.Output]:
    """Yield the rows of each table of a step that makes several."""
    for table, frame in zip(tables, frames, strict=True):
        yield dg.Output(frame, output_name=table.name)
