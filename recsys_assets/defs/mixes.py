"""Assets of ``mixes``: the week's ranker, candidates and Discover Weekly; the day's Daily Mixes."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import dagster as dg
import polars as pl

from recsys_assets.cold_start.preview import settled_previews
from recsys_assets.core import columns as c
from recsys_assets.core.gates import GateResult
from recsys_assets.core.lake import TableVersion
from recsys_assets.defs.checks import gate_check
from recsys_assets.defs.io_managers import Slices
from recsys_assets.defs.lake_assets import lake_asset, lake_multi_asset, outputs, per_day, split_settled
from recsys_assets.defs.metadata import markdown_table
from recsys_assets.defs.partitions import (
    DAILY,
    SUBMISSIONS,
    WEEKLY_FRIDAY,
    WEEKLY_MONDAY,
    days_before_delivery,
    partition_days,
)
from recsys_assets.defs.resources import HomeResource, SqlResource
from recsys_assets.latent.anchors import Anchors
from recsys_assets.latent.days import read_day
from recsys_assets.mixes import tables as t
from recsys_assets.mixes.cited import read_cited
from recsys_assets.mixes.daily import make_day
from recsys_assets.mixes.daily_inputs import DailyMixParams
from recsys_assets.mixes.fridays import look_ahead, make_fridays, preview_fridays, read_friday
from recsys_assets.mixes.gates import every_accepted_track_lands, nothing_unwanted_lands
from recsys_assets.mixes.inputs import MixSources
from recsys_assets.mixes.refusals import DiscoverParams
from recsys_assets.mixes.release_radar import ReleaseRadarParams
from recsys_assets.mixes.weeks import TrainParams, WeekParams, deliver_weeks, train_weeks
from recsys_assets.raw.ingest import working_folder

# Read whole, up to the day: what a listener heard two years ago is not a discovery.
HISTORY = ["track_signals", "artist_signals"]
SPACE = ["user_vectors", "track_vectors", "artist_vectors"]
SNAPSHOTS = ["raw_play_counts", "raw_tracks", "raw_artists", "raw_playlists", "raw_playlist_tracks"]


class RankerConfig(TrainParams, dg.Config):
    """Seed, switches and effort of a week's ranker, as run configuration."""


class DiscoverConfig(DiscoverParams, WeekParams, dg.Config):
    """The shape of Discover Weekly, as run configuration."""


class ReleaseRadarConfig(ReleaseRadarParams, dg.Config):
    """The shape of Release Radar, as run configuration."""


class DailyMixConfig(DailyMixParams, dg.Config):
    """The shape of Daily Mixes, as run configuration."""

    seed: int = 7


@lake_asset(
    t.RANKER,
    partitions=WEEKLY_MONDAY,
    kinds={"pytorch"},
    # tuner_trials: its gate stops the week's mixes when the space is no better than popularity.
    deps=[dg.AssetDep(name, partition_mapping=days_before_delivery(1)) for name in HISTORY]
    + [*SNAPSHOTS, "playlist_quality", "anchor_params", "tuner_trials"],
    about="Trained by hiding a track of each good playlist and history and guessing it.",
)
def ranker(
    context: dg.AssetExecutionContext, config: RankerConfig, home: HomeResource, sql: SqlResource
) -> pl.DataFrame:
    """Train on what was known before the Monday."""
    weeks = partition_days(context)
    return train_weeks(
        weeks,
        MixSources.open(home.lake),
        Anchors.open(home.lake),
        params=config,
        confidence=home.settings.confidence,
        eligibility=home.settings.eligibility,
        settings=sql.settings,
    )


@lake_multi_asset(
    (t.CANDIDATES, t.DISCOVER_WEEKLY),
    name="discover",
    partitions=WEEKLY_MONDAY,
    kinds={"pytorch"},
    deps=[dg.AssetDep(name, partition_mapping=days_before_delivery(1)) for name in (*HISTORY, "placements")]
    + ["entity_terms", "playlist_quality"]
    + SNAPSHOTS,
    about="From what was known before the Monday; nothing heard before, nothing offered in the last four weeks.",
)
def discover(
    context: dg.AssetExecutionContext,
    config: DiscoverConfig,
    home: HomeResource,
    sql: SqlResource,
    ranker: TableVersion,
) -> Iterator[dg.Output]:
    """Rank candidates and deliver thirty of them to each listener."""
    weeks, offered = partition_days(context), home.lake.open(t.DISCOVER_WEEKLY)
    sources = MixSources.open(home.lake)
    with working_folder(home.home.state / "work") as folder:
        frames = deliver_weeks(
            weeks,
            sources,
            ranker,
            offered,
            shape=config,
            params=config,
            confidence=home.settings.confidence,
            eligibility=home.settings.eligibility,
            workdir=folder,
            settings=sql.settings,
        )
        _tell_cited(context, frames[1], home, week=max(weeks), output_name=t.DISCOVER_WEEKLY.name)
        yield from outputs((t.CANDIDATES, t.DISCOVER_WEEKLY), frames)


def _tell_cited(
    context: dg.AssetExecutionContext, mix: pl.DataFrame, home: HomeResource, *, week: date, output_name: str = "result"
) -> None:
    """Show on the mix's page where words have reached listeners: the newest delivery of the run."""
    cited = read_cited(mix.filter(pl.col(c.WEEK) == week), home.lake, week)
    told = f"Reasons of {week} that cite articles\n\n{markdown_table(cited)}"
    context.add_output_metadata({"cites articles": dg.MetadataValue.md(told)}, output_name=output_name)


@lake_asset(
    t.RELEASE_RADAR,
    partitions=WEEKLY_FRIDAY,
    kinds={"polars"},
    deps=[
        dg.AssetDep(name, partition_mapping=days_before_delivery(1))
        for name in (*HISTORY, *SPACE, "placements", "play_confidence")
    ]
    + [dg.AssetDep("submission_verdicts", partition_mapping=dg.AllPartitionMapping())]
    + ["raw_play_counts", "raw_tracks", "raw_artists"],
    about="Releases of the seven days up to the Friday, from what was known at the end of Thursday.",
)
def release_radar(
    context: dg.AssetExecutionContext, config: ReleaseRadarConfig, home: HomeResource, sql: SqlResource
) -> pl.DataFrame:
    """Choose each listener's new releases, and share cold tracks out among their nearest listeners."""
    fridays, said = partition_days(context), home.settings
    rows = make_fridays(
        fridays, home.lake, config, eligibility=said.eligibility, placing=said.placing, settings=sql.settings
    )
    _tell_cited(context, rows, home, week=max(fridays))
    return rows


@lake_asset(
    t.RELEASE_RADAR_PREVIEW,
    partitions=SUBMISSIONS,
    kinds={"polars"},
    deps=["submission_preview"]
    + [dg.AssetDep(name, partition_mapping=dg.LastPartitionMapping()) for name in (*HISTORY, *SPACE)]
    + ["raw_play_counts", "raw_tracks", "raw_artists"],
    about="Without a row where it was refused, or no space is there yet. What is out keeps the last one from before.",
)
def release_radar_preview(
    context: dg.AssetExecutionContext, config: ReleaseRadarConfig, home: HomeResource, sql: SqlResource
) -> Slices:
    """Make the Fridays to come as if they were now, and keep what these submissions get in them."""
    now, said = datetime.now(tz=UTC), home.settings
    ids = split_settled(
        context,
        t.RELEASE_RADAR_PREVIEW,
        lambda ids: settled_previews(ids, home.lake, now, shown_in=t.RELEASE_RADAR_PREVIEW),
    )
    ahead = look_ahead(home.lake, now, said.placing)
    rows = preview_fridays(
        ids, ahead, home.lake, config, eligibility=said.eligibility, placing=said.placing, settings=sql.settings
    )
    return Slices(rows, ids)


def _friday_gate(judge: Callable[..., GateResult], about: str) -> dg.AssetChecksDefinition:
    def judged(version: TableVersion, friday: date, home: HomeResource) -> GateResult:
        tables = read_friday(friday, MixSources.open(home.lake), home.lake)
        return judge(version.only([friday]).read(), tables, home.settings.eligibility)

    return gate_check(t.RELEASE_RADAR, name=judge.__name__, judge=judged, partitions=WEEKLY_FRIDAY, about=about)


promise_gate = _friday_gate(
    every_accepted_track_lands, "Every submission accepted in time stands in somebody's mix of its first week."
)
rules_gate = _friday_gate(
    nothing_unwanted_lands, "Nothing withdrawn or unreleased, and nothing by its sound that was not accepted in time."
)


@lake_asset(
    t.DAILY_MIX,
    partitions=DAILY,
    kinds={"polars"},
    # space_metrics: its gates stop mixes of a space that got worse.
    deps=[
        "user_vectors",
        "artist_vectors",
        "space_metrics",
        *HISTORY,
        "raw_play_counts",
        "raw_tracks",
        "raw_artists",
        "track_analysis",
    ],
    about="Made at the end of the day for the next.",
)
def daily_mix(
    context: dg.AssetExecutionContext,
    config: DailyMixConfig,
    home: HomeResource,
    sql: SqlResource,
    play_confidence: TableVersion,
    track_neighbours: TableVersion,
) -> pl.DataFrame:
    """Cluster tastes, choose, sequence and explain."""
    sources = MixSources.open(home.lake)
    return per_day(
        context,
        t.DAILY_MIX,
        lambda day: make_day(
            sources.day(day, play_confidence.only([day]).read(), track_neighbours.only([day]).read(), sql.settings),
            read_day(home.lake, day),
            config,
            seed=config.seed,
            eligibility=home.settings.eligibility,
        ),
    )
