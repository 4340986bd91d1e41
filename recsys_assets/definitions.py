"""The code location: everything under ``defs`` plus resources. No logic lives here."""

import warnings
from collections.abc import Mapping

import dagster as dg

# Ranged runs (`backfill_policy`) are "beta" since 2023 and partitioned checks a "preview"; the warnings would stand
# some sixty times above every command. To go when Dagster calls both stable.
for unfinished in (dg.BetaWarning, dg.PreviewWarning):
    warnings.filterwarnings("ignore", category=unfinished)

import recsys_assets.defs  # noqa: E402  after the filter, because the warnings come while it is imported
from recsys_assets.defs import jobs, progress, schedules, sensors, submission_sensor  # noqa: E402
from recsys_assets.defs.code_references import with_code_reference  # noqa: E402
from recsys_assets.defs.resources import production_resources  # noqa: E402


def build_defs(resources: Mapping[str, object] | None = None) -> dg.Definitions:
    """Build the definitions, with ``resources`` in place of the production ones of the same name."""
    return dg.Definitions(
        assets=[
            with_code_reference(asset)
            for asset in dg.load_assets_from_package_module(recsys_assets.defs)
            if isinstance(asset, dg.AssetsDefinition)
        ],
        asset_checks=dg.load_asset_checks_from_package_module(recsys_assets.defs),
        jobs=[jobs.catalogue, jobs.ingest, jobs.daily, jobs.monday, jobs.friday, jobs.submission, jobs.crawl],
        schedules=[
            schedules.daily_refresh,
            schedules.monday_delivery,
            schedules.friday_delivery,
            schedules.crawl_refresh,
        ],
        sensors=[sensors.landing_files, submission_sensor.new_submissions, sensors.run_failures],
        loggers={"console": dg.colored_console_logger, "step_lines": progress.step_lines},
        resources={**production_resources(), **(resources or {})},
        # A run is one process: twenty steps cost 1 s in one, 16 s in as many; what runs side by side are runs.
        executor=dg.in_process_executor,
    )


defs = build_defs()
