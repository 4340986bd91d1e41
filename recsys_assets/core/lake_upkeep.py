"""What takes rows and files out of the lake for good: erasing a value, rewriting a table, deleting what nobody needs.

All of it is done alone on the table (``Lake.locked``): a write that is half done would be undone, or lose its files.
"""

import math
from datetime import timedelta

import polars as pl

from recsys_assets.core.errors import InvalidArgumentError, SourceUnavailableError
from recsys_assets.core.lake import COMMIT_TRIES, Lake
from recsys_assets.core.schemas import Partition, TableSchema
from recsys_assets.core.versions import TableVersion

RETENTION = timedelta(days=7)


def erase(lake: Lake, schema: TableSchema, column: str, value: str) -> int:
    """Rewrite without the rows whose ``column`` is ``value``, in one commit; return how many there were.

    The partitions that hold them are replaced; Delta's own delete would keep the value in the log, as the predicate of
    the commit. Older versions still hold the rows until ``vacuum`` with no retention; views that were published before
    that have to be published again first.

    Raises:
        SourceUnavailableError: writers that know no lock (other programs) kept winning.
    """
    lost = pl.col(column).eq_missing(pl.lit(value))
    # From reading to writing: what somebody else wrote in between would be undone.
    with lake.locked(schema, alone=True):
        for _ in range(COMMIT_TRIES):
            pinned = lake.open(schema)
            found, keys = _count_lost(pinned, lost)
            if not found:
                return 0
            kept = (pinned if keys is None else pinned.only(keys)).scan().filter(~lost)
            if lake.try_commit(schema, kept, keys, {}) is not None:
                return found
    raise SourceUnavailableError(f"{schema.full_name}: other writers won {COMMIT_TRIES} commits in a row; try again")


def _count_lost(pinned: TableVersion, lost: pl.Expr) -> tuple[int, list[Partition] | None]:
    """Count the rows to lose, and name the partitions that hold them (None for a table without)."""
    partition = pinned.schema.partition
    if partition is None:
        return pinned.scan().filter(lost).select(pl.len()).collect().item(), None
    counts = pinned.scan().filter(lost).group_by(partition).len().collect()
    return int(counts["len"].sum()), sorted(counts[partition].to_list())


def vacuum(lake: Lake, schema: TableSchema, *, retention: timedelta = RETENTION, dry_run: bool = False) -> list[str]:
    """Delete the files that no version younger than ``retention`` uses, and what dead writers left behind.

    A reader that pinned an older version than that loses its files: the retention has to outlive any reader.

    Args:
        lake: where the table is.
        schema: the table; one that nobody has made has nothing to delete.
        retention: counted in whole hours, a part of one as a whole.
        dry_run: only say what would go.

    Returns:
        The paths, relative to the table.

    Raises:
        InvalidArgumentError: the retention is negative.
    """
    from deltalake import DeltaTable

    if retention < timedelta(0):
        raise InvalidArgumentError(f"a retention can not be negative, found {retention}")
    if not lake.exists(schema):
        return []
    # The files of a write that is half done belong to no version yet, and would go with the orphans.
    with lake.locked(schema, alone=True):
        table = DeltaTable(lake.uri(schema))
        hours = math.ceil(retention / timedelta(hours=1))
        removed = table.vacuum(retention_hours=hours, dry_run=dry_run, enforce_retention_duration=False, full=True)
        if not dry_run:
            table.create_checkpoint()
            table.cleanup_metadata()
    return removed
