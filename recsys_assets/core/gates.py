"""Verdicts as data: a gate looks at figures and says pass or fail; somebody else decides what to do about it.

Gates are pure functions of their group (``raw.gates``, ``evaluation.gates``); ``defs.checks`` reports them to Dagster.
"""

from dataclasses import dataclass, field

import polars as pl

from recsys_assets.core.lake import TableVersion


@dataclass(frozen=True)
class GateResult:
    """One verdict.

    Attributes:
        name: what was judged, in snake case.
        passed: the verdict.
        observed: the figure that was found.
        threshold: the figure it was held against, or None where there is nothing to compare with yet.
        blocking: whether a failure has to stop what is downstream; otherwise it warns.
        notes: one sentence for a person: what was found, what was expected, what to do.
        details: more figures for the asset's page.
    """

    name: str
    passed: bool
    observed: float | int | str
    threshold: float | int | str | None
    blocking: bool
    notes: str
    details: dict[str, float | int | str] = field(default_factory=dict)


def holds_contract(table: TableVersion) -> GateResult:
    """Judge whether rows are what the table's declaration promises: required columns are filled, keys are unique.

    Always blocking: whatever reads the table relies on it. Files keep their columns and types by construction.
    """
    schema = table.schema
    required = [column.name for column in schema.columns if not column.is_nullable]
    rows = table.scan()
    nulls = rows.select(pl.col(required).null_count()).collect().row(0) if required and table.files else ()
    empty = {name: count for name, count in zip(required, nulls, strict=False) if count}
    key = [*([schema.partition] if schema.partition else []), *schema.key]
    repeated = _repeated_keys(rows, key) if schema.key and table.files else 0
    faults = [f"{count} rows lack {name}" for name, count in empty.items()]
    faults += [f"{repeated} keys ({', '.join(key)}) stand more than once"] if repeated else []
    return GateResult(
        name="holds_contract",
        passed=not faults,
        observed=sum(empty.values()) + repeated,
        threshold=0,
        blocking=True,
        notes=f"{schema.full_name}: {'; '.join(faults)}. Find out what made these rows before anything reads them."
        if faults
        else f"{schema.full_name}: required columns are filled and keys are unique in {table.rows} rows",
    )


def _repeated_keys(rows: pl.LazyFrame, key: list[str]) -> int:
    counted = rows.group_by(key).len().filter(pl.col("len") > 1).select(pl.len())
    return int(counted.collect(engine="streaming").item())
