"""Assets of ``evaluation``: the day's and the week's figures, and the gates on them that stop mixes."""

from collections.abc import Callable
from datetime import date

import dagster as dg
import polars as pl

from recsys_assets.core.gates import GateResult
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.schemas import TableSchema
from recsys_assets.defs.checks import gate_check
from recsys_assets.defs.lake_assets import lake_asset, per_day
from recsys_assets.defs.metadata import picture
from recsys_assets.defs.partitions import DAILY, WEEKLY_MONDAY, days_before_delivery, earlier_days, earlier_deliveries
from recsys_assets.defs.resources import HomeResource, SqlResource
from recsys_assets.evaluation.gates import (
    JUDGED,
    JUDGED_MIX,
    beats_popularity,
    holds_against_yesterday,
    last_mixes_beat_popularity,
)
from recsys_assets.evaluation.metrics_picture import MIX_LINES, SPACE_LINES, Line, draw_metrics
from recsys_assets.evaluation.mix_metrics import MixMetricsParams, measure_week
from recsys_assets.evaluation.space_metrics import SpaceMetricsParams, measure_day
from recsys_assets.evaluation.tables import MIX_METRICS, SPACE_METRICS
from recsys_assets.mixes.tables import RANKER
from recsys_assets.play_matrix.confidence import Evidence
from recsys_assets.raw.tables import RAW_PLAY_COUNTS, RAW_TRACKS
from recsys_assets.signals.tables import TRACK_SIGNALS


class SpaceMetricsConfig(SpaceMetricsParams, dg.Config):
    """Who is judged for the day's figures, as run configuration."""


class MixMetricsConfig(MixMetricsParams, dg.Config):
    """Who is judged for the week's figures, as run configuration."""


@lake_asset(
    SPACE_METRICS,
    partitions=DAILY,
    kinds={"implicit"},
    deps=[dg.AssetDep(name, partition_mapping=earlier_days(2)) for name in ("user_vectors", "track_vectors")]
    + ["track_signals", "raw_play_counts", "raw_tracks"],
    about="The spaces published on the two days before, beside popularity.",
)
def space_metrics(
    context: dg.AssetExecutionContext, config: SpaceMetricsConfig, home: HomeResource, sql: SqlResource
) -> pl.DataFrame:
    """Judge what was published on what was heard after it."""
    lake = home.lake
    evidence = Evidence(lake.open(TRACK_SIGNALS), lake.open(RAW_PLAY_COUNTS), lake.open(RAW_TRACKS))
    rows = per_day(
        context,
        SPACE_METRICS,
        lambda day: measure_day(
            evidence, day, lake, confidence=home.settings.confidence, params=config, settings=sql.settings
        ),
    )
    shown = _drawn(home, SPACE_METRICS, rows, JUDGED, SPACE_LINES, "first listens of the day after")
    context.add_output_metadata({"over the days": shown})
    return rows


@lake_asset(
    MIX_METRICS,
    partitions=WEEKLY_MONDAY,
    kinds={"implicit"},
    deps=[
        dg.AssetDep(name, partition_mapping=earlier_deliveries(1))
        for name in ("discover_weekly", "discover_candidates", "anchor_user_vectors", "anchor_track_vectors")
    ]
    + [dg.AssetDep(name, partition_mapping=days_before_delivery(1)) for name in ("track_signals", "artist_signals")]
    + ["raw_play_counts", "raw_tracks"],
    about="The Discover Weekly of the Monday before, beside its candidates, the space and popularity.",
)
def mix_metrics(
    context: dg.AssetExecutionContext, config: MixMetricsConfig, home: HomeResource, sql: SqlResource
) -> pl.DataFrame:
    """Judge what was delivered on what was heard after it."""
    rows = per_day(
        context,
        MIX_METRICS,
        lambda week: measure_week(
            week,
            home.lake,
            confidence=home.settings.confidence,
            params=config,
            eligibility=home.settings.eligibility,
            settings=sql.settings,
        ),
    )
    shown = _drawn(home, MIX_METRICS, rows, JUDGED_MIX, MIX_LINES, "first listens of the week after delivery")
    context.add_output_metadata({"over the weeks": shown})
    return rows


def _drawn(
    home: HomeResource, table: TableSchema, rows: pl.DataFrame, metric: str, lines: tuple[Line, ...], title: str
) -> dg.MetadataValue:
    """Draw the figures just made with those of earlier days."""
    by = table.partition or ""
    earlier = home.lake.open(table).read().join(rows.select(by).unique(), on=by, how="anti")
    figures = pl.concat([earlier, rows.select(earlier.columns)])
    return picture(draw_metrics(figures, metric=metric, title=title, lines=lines, by=by), metric)


def _gate(judge: Callable[..., GateResult], about: str) -> dg.AssetChecksDefinition:
    def judged(version: TableVersion, day: date, home: HomeResource) -> GateResult:
        return judge(version.only([day]).read(), is_demo=home.is_demo)

    return gate_check(SPACE_METRICS, name=judge.__name__, judge=judged, partitions=DAILY, about=about)


popularity_gate = _gate(beats_popularity, "The space predicts first listens better than the popular list.")
yesterday_gate = _gate(holds_against_yesterday, "The newest space is not worse than the one before it.")


def _judge_last_mixes(_version: TableVersion, week: date, home: HomeResource) -> GateResult:
    # Measured here and not read from mix_metrics: that waits for the deliveries of its own run, as a range of weeks
    # is judged after it is made, and this has to come before them.
    said = home.settings
    figures = measure_week(
        week, home.lake, confidence=said.confidence, params=MixMetricsParams(), eligibility=said.eligibility
    )
    return last_mixes_beat_popularity(figures, is_demo=home.is_demo)


mixes_gate = gate_check(
    RANKER,
    name="last_mixes_beat_popularity",
    judge=_judge_last_mixes,
    partitions=WEEKLY_MONDAY,
    about="The Discover Weekly of the Monday before foretold first listens better than the popular list; if not, none "
    "is delivered.",
)
