"""Assets of ``cold_start``: verdicts on submissions, what was heard in them, and how far they have come.

A submission is a dynamic partition. Its verdict and its analysis are made in one step, because a recording that can not be
decoded is a rejection; what they are is decided in the group.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import polars as pl

from recsys_assets.audio.tables import TRACK_ANALYSIS
from recsys_assets.cold_start.gates import is_not_rejected
from recsys_assets.cold_start.intake import Sources, take_in
from recsys_assets.cold_start.known_states import StateSources, states_before
from recsys_assets.cold_start.tables import SUBMISSION_ANALYSIS, SUBMISSION_STATES, SUBMISSION_VERDICTS
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.locks import locked
from recsys_assets.core.windows import midnight
from recsys_assets.defs.checks import gate_check
from recsys_assets.defs.io_managers import Slices
from recsys_assets.defs.lake_assets import lake_asset, lake_multi_asset, outputs, per_day
from recsys_assets.defs.partitions import DAILY, SUBMISSIONS, partition_keys
from recsys_assets.defs.resources import HomeResource

_TABLES = (SUBMISSION_VERDICTS, SUBMISSION_ANALYSIS)


@lake_multi_asset(
    _TABLES,
    name="submission_intake",
    partitions=SUBMISSIONS,
    kinds={"polars", "librosa"},
    deps=[TRACK_ANALYSIS.name],
    about="From landing/submissions/<submission_id>/.",
)
def submission_intake(
    context: dg.AssetExecutionContext, home: HomeResource, raw_artists: TableVersion, raw_tracks: TableVersion
) -> Iterator[dg.Output]:
    """Take in what lies there: of two that want the same ISRC the first one has it, so runs wait for each other."""
    with locked(home.home.state / "locks" / "submissions", alone=True):
        verdicts, analyses, heard = (home.lake.open(table) for table in (*_TABLES, TRACK_ANALYSIS))
        taken = take_in(
            home.home.landing,
            home.home.state,
            [str(key) for key in partition_keys(context, SUBMISSION_VERDICTS)],
            Sources(raw_artists, raw_tracks, verdicts, analyses, heard),
            now=datetime.now(tz=UTC),
            params=home.settings.submissions,
        )
        slices = [Slices(rows, taken.submission_ids) for rows in (taken.verdicts, taken.analyses)]
        yield from outputs(_TABLES, slices)


def _every_submission(*names: str) -> Sequence[dg.AssetDep]:
    return [dg.AssetDep(name, partition_mapping=dg.AllPartitionMapping()) for name in names]


@lake_asset(
    SUBMISSION_STATES,
    partitions=DAILY,
    kinds={"polars"},
    ins={"raw_tracks": dg.AssetIn()},
    deps=_every_submission(*(table.name for table in _TABLES)),
    about="As known at the end of the day.",
)
def submission_states(context: dg.AssetExecutionContext, home: HomeResource, raw_tracks: TableVersion) -> pl.DataFrame:
    """Gather what the tables tell, day by day."""
    sources = StateSources(*(home.lake.open(table) for table in _TABLES), tracks=raw_tracks)
    return per_day(context, SUBMISSION_STATES, lambda day: states_before(sources, _end_of(day)))


def _end_of(day: date) -> datetime:
    return midnight(day + timedelta(days=1))


cold_start_checks = [
    gate_check(
        SUBMISSION_VERDICTS,
        name="is_not_rejected",
        judge=lambda verdicts, submission_id, _home: is_not_rejected(verdicts, submission_id),
        partitions=SUBMISSIONS,
        about="The submission can be used; of one that can not, why.",
    )
]
