"""Runs of the graph from Python, in this process, recorded in the Dagster instance like any other run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg

from recsys_assets.definitions import defs
from recsys_assets.defs.resources import HomeResource
from recsys_assets.raw.signatures import daily_signatures
from recsys_assets.tables import ALL_TABLES

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


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

    def landed_days(self, until: date) -> list[date]:
        """Days from the first that has landed plays or acts up to ``until``; that day alone where nothing has."""
        landed = sorted(day for day in daily_signatures(self.home / "landing") if day <= until)
        if not landed:
            return [until]
        return [date.fromordinal(n) for n in range(landed[0].toordinal(), until.toordinal() + 1)]

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
