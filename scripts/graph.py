"""Runs of the graph from Python, in this process, recorded in the Dagster instance like any other run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg

from recsys_assets.definitions import defs
from recsys_assets.defs.partitions import FIRST_DAY, RANGE_END, RANGE_START
from recsys_assets.defs.resources import HomeResource
from recsys_assets.raw.signatures import daily_signatures
from recsys_assets.tables import ALL_TABLES


@dataclass(frozen=True)
class LandedDays:
    """The days of one ranged run, and those that landed before the calendar begins and have to wait.

    ``days`` has no gaps and is never empty; ``waiting`` is ascending.
    """

    days: list[date]
    waiting: list[date]


def landed_days(landed: Iterable[date], first: date, until: date) -> LandedDays:
    """Take the days from the first landed one that has a partition up to ``until``; ``until`` alone where none has.

    Args:
        landed: days that have plays or acts, in any order.
        first: the first day that has a partition.
        until: the last day to read, not before ``first``; what landed later is left for later.
    """
    days = sorted(day for day in landed if day <= until)
    start = next((day for day in days if day >= first), until)
    return LandedDays(days_between(start, until), [day for day in days if day < first])


def days_between(first: date, last: date) -> list[date]:
    """Return the days from ``first`` to ``last``, both included."""
    return [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]


@dataclass(frozen=True)
class GraphRunner:
    """The jobs of the graph and the instance that records them."""

    home: Path
    instance: dg.DagsterInstance

    @classmethod
    def open(cls, home: Path) -> "GraphRunner":
        """Use the instance of ``DAGSTER_HOME``."""
        # Whatever died between a commit and its publication: the views catch up here.
        resource = HomeResource(root=str(home))
        resource.warehouse.rebuild(ALL_TABLES)
        return cls(home, dg.DagsterInstance.get())

    def landed_days(self, until: date) -> "LandedDays":
        """Which days to read: those with landed plays or acts, as far as the calendar has a partition for them."""
        return landed_days(daily_signatures(self.home / "landing"), FIRST_DAY, until)

    def run(self, job_name: str, *, days: Sequence[date] = (), ops: Mapping[str, object] | None = None) -> bool:
        """Run a job for a range of partitions in one go, ``ops`` being its run configuration; return whether it ended well."""
        job = defs.resolve_job_def(job_name)
        tags = {}
        if len(days) > 1:
            tags = {RANGE_START: days[0].isoformat(), RANGE_END: days[-1].isoformat()}
        partition = days[0].isoformat() if len(days) == 1 else None
        result = job.execute_in_process(
            instance=self.instance,
            partition_key=partition,
            tags=tags,
            raise_on_error=False,
            run_config={"loggers": {"step_lines": {}}, "ops": dict(ops or {})},
        )
        return result.success
