"""Runs of the graph from Python, in this process, recorded in the Dagster instance like any other run."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import polars as pl
from dagster._core.instance.ref import InstanceRef

from recsys_assets.cold_start.placing import as_catalogued
from recsys_assets.cold_start.receiving import Judged, unjudged
from recsys_assets.cold_start.tables import SUBMISSION_ANALYSIS, SUBMISSION_VERDICTS, verdicts_known
from recsys_assets.core import columns as c
from recsys_assets.corpus.crawl_logs import logged_days
from recsys_assets.definitions import defs
from recsys_assets.defs.partitions import FIRST_DAY, RANGE_END, RANGE_START, SUBMISSIONS
from recsys_assets.defs.resources import HomeResource
from recsys_assets.latent.tables import ANCHOR_PARAMS
from recsys_assets.raw.signatures import daily_signatures
from recsys_assets.raw.tables import RAW_PLAY_COUNTS, RAW_TRACKS
from recsys_assets.tables import ALL_TABLES
from scripts.interrupts import heard_interrupts
from scripts.plan import LandedDays, landed_days, stretches

NO_CAPTURE = {
    "compute_logs": {"module": "dagster._core.storage.noop_compute_log_manager", "class": "NoOpComputeLogManager"}
}


# A run of its own costs 3.4 s of processor time, a submission whose preview stays .13 s.
CLOSED_RUN_ALONG = 40


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

    def crawled_days(self) -> set[date]:
        """The days on which a crawl asked anybody of whom it is remembered: a new press begins anew."""
        return set(logged_days(HomeResource(root=str(self.home)).home.state))

    def anchored_weeks(self) -> set[date]:
        """The Mondays that have an anchor, be it an empty one."""
        return set(HomeResource(root=str(self.home)).lake.open(ANCHOR_PARAMS).partitions)

    def waiting_submissions(self, now: datetime) -> list[list[str]]:
        """Stamp the submissions that nobody has judged as they lie there, and add their partitions.

        Returns:
            Their partitions, each stretch of neighbours for one run.
        """
        home = HomeResource(root=str(self.home))
        judged = Judged(home.lake.open(SUBMISSION_VERDICTS), home.lake.open(SUBMISSION_ANALYSIS))
        waiting = unjudged(home.home.landing, home.home.state, judged, now)
        known = self.instance.get_dynamic_partitions(str(SUBMISSIONS.name))
        self.instance.add_dynamic_partitions(str(SUBMISSIONS.name), [key for key in waiting if key not in known])
        return stretches(self.instance.get_dynamic_partitions(str(SUBMISSIONS.name)), set(waiting))

    def open_submissions(self, today: date) -> list[list[str]]:
        """The submissions that are to be released yet: the newest space may show where they land.

        Returns:
            Their partitions, each stretch for one run; others in between are run along, and their previews stay.
        """
        home = HomeResource(root=str(self.home))
        judged = verdicts_known(home.lake.open(SUBMISSION_VERDICTS), datetime.max.replace(tzinfo=UTC))
        judged = as_catalogued(judged, home.lake.open(RAW_TRACKS).latest(today).read())
        is_open = pl.col("verdict").is_in(["accepted", "late"]) & (pl.col(c.RELEASED_ON) > today)
        wanted = judged.filter(is_open)[c.SUBMISSION_ID].to_list()
        known = self.instance.get_dynamic_partitions(str(SUBMISSIONS.name))
        return stretches(known, set(wanted), widest_gap=CLOSED_RUN_ALONG)

    def assets_of(self, job_name: str) -> set[str]:
        """The assets that a job makes."""
        return {key.path[-1] for key in defs.resolve_job_def(job_name).asset_layer.executable_asset_keys}

    def run(
        self,
        job_name: str,
        *,
        days: Sequence[date] = (),
        keys: Sequence[str] = (),
        only: Collection[str] | None = None,
        ops: Mapping[str, object] | None = None,
    ) -> bool:
        """Run a job for a range of partitions in one go, ``ops`` being its run configuration; return whether it ended well."""
        job = defs.resolve_job_def(job_name)
        names = [*(day.isoformat() for day in days), *keys]
        tags = {RANGE_START: names[0], RANGE_END: names[-1]} if len(names) > 1 else {}
        partition = names[0] if len(names) == 1 else None
        try:
            with heard_interrupts() as interrupted:
                result = job.execute_in_process(
                    instance=self.instance,
                    partition_key=partition,
                    tags=tags,
                    raise_on_error=False,
                    asset_selection=None if only is None else [dg.AssetKey(name) for name in sorted(only)],
                    run_config={"loggers": {"step_lines": {}}, "ops": dict(ops or {})},
                )
                if interrupted():
                    raise KeyboardInterrupt
        except dg.DagsterExecutionInterruptedError as error:
            raise KeyboardInterrupt from error
        return result.success
