"""Gates to asset checks: the verdict is the group's, the check only reports it.

A gate that fails stops what is downstream when it says so itself (``blocking``); otherwise it warns.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import dagster as dg

from recsys_assets.core.gates import GateResult
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.schemas import Partition, TableSchema
from recsys_assets.defs.partitions import partition_keys
from recsys_assets.defs.resources import HomeResource


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


def gate_check(
    table: TableSchema,
    *,
    name: str,
    judge: Callable[[TableVersion, Any, HomeResource], GateResult],
    partitions: dg.PartitionsDefinition | None,
    about: str,
    guards: TableSchema | None = None,
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
    """

    @dg.asset_check(
        asset=(guards or table).name, name=name, description=about, blocking=True, partitions_def=partitions
    )
    def check(context: dg.AssetCheckExecutionContext, home: HomeResource) -> dg.AssetCheckResult:
        version = home.lake.open(table)
        keys = partition_keys(context, table) if partitions is not None else version.partitions[-1:]
        return report([judge(version, key, home) for key in keys], keys)

    return check
