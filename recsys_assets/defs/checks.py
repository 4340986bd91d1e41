"""Gates to asset checks: the verdict is the group's, the check only reports it.

A gate that fails stops what is downstream when it says so itself (``blocking``); otherwise it warns.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)

from recsys_assets.core.gates import GateResult
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.schemas import Partition, TableSchema
from recsys_assets.defs.partitions import partition_keys
from recsys_assets.defs.resources import HomeResource

# Marks the verdict on one partition of a run that judges several.
SHARED = "partitions in this run"


def report(results: Sequence[GateResult], days: Sequence[Partition] = ()) -> dg.AssetCheckResult:
    """Report the verdicts of one gate on several days or files as one check: it passes if all do.

    With a day to each verdict the newest failure that stops something, or else the newest, speaks for all of them.
    """
    failed = [result for result in results if not result.passed]
    is_blocking = any(result.blocking for result in failed)
    worst = (failed or list(results))[:10]
    metadata: dict[str, Any] = {
        "verdicts": dg.TableMetadataValue(
            records=[
                dg.TableRecord(
                    {
                        "passed": result.passed,
                        "observed": str(result.observed),
                        "threshold": "" if result.threshold is None else str(result.threshold),
                        "notes": result.notes,
                    }
                )
                for result in worst
            ],
            schema=dg.TableSchema(columns=[dg.TableColumn(n) for n in ("passed", "observed", "threshold", "notes")]),
        )
    }
    for result in worst[:1]:
        metadata.update(result.details)
    return dg.AssetCheckResult(
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if is_blocking else dg.AssetCheckSeverity.WARN,
        description=_describe(results, days),
        metadata=metadata,
    )


def _describe(results: Sequence[GateResult], days: Sequence[Partition]) -> str:
    failed = [n for n, result in enumerate(results) if not result.passed]
    if len(failed) > 1 and days:
        told = [n for n in failed if results[n].blocking] or failed
        likewise = f"{len(failed) - 1:,} more of the {len(results):,} {_kind_of(days)}, {days[failed[0]]} to {days[failed[-1]]}"
        return f"{results[told[-1]].notes} (and so {likewise})"
    notes = [results[n].notes for n in failed[:3]] or [result.notes for result in results[-1:]]
    return " · ".join(notes) or "nothing to judge"


def _kind_of(keys: Sequence[Partition]) -> str:
    return "days" if isinstance(keys[0], date) else "partitions"


def tell_each(
    context: dg.AssetCheckExecutionContext, check: dg.AssetCheckKey, results: Sequence[GateResult], keys: Sequence[str]
) -> None:
    """Record the verdict on each partition of a shared run.

    A check returns one result, and Dagster 1.13 keeps that of a shared run under no partition: the partitions' own stay
    planned for ever. What stops a run is still the result that the check returns.
    """
    judged = _newest_materializations(context.instance, check.asset_key, keys)
    for result, key in zip(results, keys, strict=True):
        told = report([result])
        # Its annotation leaves checks out, its body takes them.
        context.op_execution_context.log_event(
            dg.AssetCheckEvaluation(  # type: ignore[arg-type]
                asset_key=check.asset_key,
                check_name=check.name,
                passed=told.passed,
                metadata={**told.metadata, SHARED: len(keys)},
                target_materialization_data=judged.get(key),
                severity=told.severity,
                description=told.description,
                blocking=True,
                partition=key,
            )
        )


def _newest_materializations(
    instance: dg.DagsterInstance, asset: dg.AssetKey, keys: Sequence[str]
) -> dict[str, AssetCheckEvaluationTargetMaterializationData]:
    """What was judged, by partition: the web UI takes a verdict on anything else for an outdated one."""
    materialized = dg.DagsterEventType.ASSET_MATERIALIZATION
    newest = instance.get_latest_storage_id_by_partition(asset, materialized, set(keys))
    if not newest:
        return {}
    wanted = dg.AssetRecordsFilter(asset, storage_ids=list(newest.values()))
    return {
        str(record.partition_key): AssetCheckEvaluationTargetMaterializationData(
            storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp
        )
        for record in instance.fetch_materializations(wanted, limit=len(newest)).records
    }


def gate_check(
    table: TableSchema,
    *,
    name: str,
    judge: Callable[[TableVersion, Any, HomeResource], GateResult],
    partitions: dg.PartitionsDefinition | None,
    about: str,
    guards: TableSchema | None = None,
    each_partition: bool = False,
) -> dg.AssetChecksDefinition:
    """Declare the check ``name`` on the asset of ``table``, or of ``guards``.

    Args:
        table: the table that is judged; the gate gets all of its partitions, for comparisons with earlier days.
        name: of the check.
        judge: called with the table, the partition (or the newest snapshot's day) and the installation.
        partitions: those of the asset.
        about: one sentence for the check's page.
        guards: the table that a blocking verdict keeps others from reading, where it is not the one that is judged: a
            check stops only what is downstream of its own asset.
        each_partition: whether a run of several partitions records the verdict on each: for those of which everybody asks
            for their own. An event each, and Dagster takes 0.14 s for one (60 of them on two busy cores).
    """
    asset = (guards or table).name

    @dg.asset_check(asset=asset, name=name, description=about, blocking=True, partitions_def=partitions)
    def check(context: dg.AssetCheckExecutionContext, home: HomeResource) -> dg.AssetCheckResult:
        version = home.lake.open(table)
        keys = partition_keys(context, table) if partitions is not None else version.partitions[-1:]
        results = [judge(version, key, home) for key in keys]
        if each_partition and len(keys) > 1:
            tell_each(context, dg.AssetCheckKey(dg.AssetKey(asset), name), results, context.partition_keys)
        return report(results, keys)

    return check
