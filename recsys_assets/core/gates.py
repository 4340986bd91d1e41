"""Verdicts as data: a gate looks at figures and says pass or fail; somebody else decides what to do about it.

Gates are pure functions of their group (``raw.gates``, ``evaluation.gates``); ``defs.checks`` reports them to Dagster.
"""

from dataclasses import dataclass, field

import polars as pl

from recsys_assets.core.lake import TableVersion

# Hashes of keys that are looked at together: 200 MB of them, and as much again while they are sorted.
KEYS_AT_ONCE = 25_000_000


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
    counted = rows.select(pl.col(required).null_count())
    nulls = counted.collect(engine="streaming").row(0) if required and table.files else ()
    empty = {name: count for name, count in zip(required, nulls, strict=False) if count}
    key = [*([schema.partition] if schema.partition else []), *schema.key]
    repeated = count_repeated_keys(rows, key, n_rows=table.rows) if schema.key and table.files else 0
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


def count_repeated_keys(rows: pl.LazyFrame, key: list[str], *, n_rows: int, rows_at_once: int = KEYS_AT_ONCE) -> int:
    """Count keys that stand more than once, in memory that does not grow with the table.

    Only a hash of each key is kept, of a part of the hashes in each pass; the keys whose hashes meet are then counted as
    they are. 100 million keys of discover_candidates: 710 MB and 22 s in four passes; grouped all at once they took 16 GB.

    Args:
        rows: the table.
        key: its columns.
        n_rows: how many rows it has, by which the passes are counted.
        rows_at_once: hashes kept in a pass, about; the result does not depend on it.
    """
    parts = max(-(-n_rows // rows_at_once), 1)
    hashed = rows.select(pl.struct(key).hash(seed=0).alias("hash"))
    repeated = 0
    for part in range(parts):
        mine = hashed.filter(pl.col("hash") % parts == part).collect(engine="streaming")["hash"].sort()
        meeting = mine.filter(mine == mine.shift(1)).unique()
        if len(meeting):
            met = rows.select(key).filter(pl.struct(key).hash(seed=0).is_in(meeting.implode()))
            counted = met.group_by(key).len().filter(pl.col("len") > 1).select(pl.len())
            repeated += int(counted.collect(engine="streaming").item())
    return repeated
