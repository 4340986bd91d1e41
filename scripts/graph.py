"""Runs of the graph from Python, in this process, recorded in the Dagster instance like any other run."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl
from dagster._core.instance.ref import InstanceRef

from recsys_assets.core import columns as c
from recsys_assets.definitions import defs
from recsys_assets.defs.partitions import FIRST_DAY, RANGE_END, RANGE_START
from recsys_assets.defs.resources import HomeResource
from recsys_assets.latent.tables import ANCHOR_PARAMS
from recsys_assets.raw.signatures import daily_signatures
from recsys_assets.raw.tables import RAW_PLAY_COUNTS
from recsys_assets.tables import ALL_TABLES
from scripts.interrupts import heard_interrupts
from scripts.plan import LandedDays, landed_days

NO_CAPTURE = {
    "compute_logs": {"module": "dagster._core.storage.noop_compute_log_manager", "class": "NoOpComputeLogManager"}
}


@dataclass(frozen=True)
class GraphRunner:
    """The jobs of the graph and the instance that records them."""

    home: Path
    instance: dg.DagsterInstance

    @classmethod
    def open(cls, home: Path) -> "GraphRunner":
        """Use the instance of ``DAGSTER_HOME``, but write what steps print to the terminal alone.

        Dagster would capture it in a file and mirror that by processes that are late, and answer Ctrl-C with tracebacks.
        """
        # Whatever died between a commit and its publication: the views catch up here.
        resource = HomeResource(root=str(home))
        resource.warehouse.rebuild(ALL_TABLES)
        reference = InstanceRef.from_dir(os.environ["DAGSTER_HOME"], overrides=NO_CAPTURE)
        return cls(home, dg.DagsterInstance.from_ref(reference))

    def landed_days(self, until: date) -> LandedDays:
        """Which days have landed plays or acts, as far as the calendar has a partition for them."""
        return landed_days(daily_signatures(self.home / "landing"), FIRST_DAY, until)

    def counted_totals(self) -> set[date]:
        """Up to which days the undated totals that were read are counted; ``date.min`` where nobody says."""
        lake = HomeResource(root=str(self.home)).lake
        days = lake.open(RAW_PLAY_COUNTS).scan().select(pl.col(c.AS_OF).unique()).collect()[c.AS_OF]
        return {day or date.min for day in days}

    def anchored_weeks(self) -> set[date]:
        """The Mondays that have an anchor, be it an empty one."""
        return set(HomeResource(root=str(self.home)).lake.open(ANCHOR_PARAMS).partitions)

    def run(self, job_name: str, *, days: Sequence[date] = (), ops: Mapping[str, object] | None = None) -> bool:
        """Run a job for a range of partitions in one go, ``ops`` being its run configuration; return whether it ended well."""
        job = defs.resolve_job_def(job_name)
        tags = {}
        if len(days) > 1:
            tags = {RANGE_START: days[0].isoformat(), RANGE_END: days[-1].isoformat()}
        partition = days[0].isoformat() if len(days) == 1 else None
        try:
            with heard_interrupts() as interrupted:
                result = job.execute_in_process(
                    instance=self.instance,
                    partition_key=partition,
                    tags=tags,
                    raise_on_error=False,
                    run_config={"loggers": {"step_lines": {}}, "ops": dict(ops or {})},
                )
                if interrupted():
                    raise KeyboardInterrupt
        except dg.DagsterExecutionInterruptedError as error:
            raise KeyboardInterrupt from error
        return result.success
