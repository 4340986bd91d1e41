"""Assets of ``evaluation``: the day's figures, and the gates on them that stop mixes."""

from collections.abc import Callable
from datetime import date

import dagster as dg
import polars as pl

from recsys_assets.core.gates import GateResult
from recsys_assets.core.lake import TableVersion
from recsys_assets.defs.checks import gate_check
from recsys_assets.defs.lake_assets import lake_asset, per_day
from recsys_assets.defs.metadata import picture
from recsys_assets.defs.partitions import DAILY
from recsys_assets.defs.resources import HomeResource, SqlResource
from recsys_assets.evaluation.gates import JUDGED, beats_popularity, holds_against_yesterday
from recsys_assets.evaluation.metrics_picture import draw_metrics
from recsys_assets.evaluation.space_metrics import measure_day
from recsys_assets.evaluation.tables import SPACE_METRICS
from recsys_assets.latent.anchors import Anchors
from recsys_assets.play_matrix.confidence import Evidence
from recsys_assets.play_matrix.holdout import HoldoutParams
from recsys_assets.signals.tables import TRACK_SIGNALS


class HoldoutConfig(HoldoutParams, dg.Config):
    """What is hidden for the day's figures, as run configuration."""

    seed: int = 7


@lake_asset(
    SPACE_METRICS,
    partitions=DAILY,
    kinds={"implicit"},
    ins={"track_signals": dg.AssetIn()},
    deps=["track_vectors", "anchor_params"],
    about="First listens of the last days, hidden; beside popularity and yesterday's model.",
)
def space_metrics(
    context: dg.AssetExecutionContext,
    config: HoldoutConfig,
    home: HomeResource,
    sql: SqlResource,
    track_signals: TableVersion,  # noqa: ARG001  the dependency; the hold-out reads all earlier days too
    raw_play_counts: TableVersion,
    raw_tracks: TableVersion,
) -> pl.DataFrame:
    """Measure the day's space on its own last days."""
    signals, anchors = home.lake.open(TRACK_SIGNALS), Anchors.open(home.lake)
    rows = per_day(
        context,
        SPACE_METRICS,
        lambda day: measure_day(
            Evidence(signals, raw_play_counts.latest(day), raw_tracks.latest(day)),
            day, anchors, confidence=home.settings.confidence, params=config, seed=config.seed, settings=sql.settings,
        ),
    )  # fmt: skip
    context.add_output_metadata({"over the days": picture(_with_earlier(home, rows), JUDGED)})
    return rows


def _with_earlier(home: HomeResource, rows: pl.DataFrame) -> bytes:
    earlier = home.lake.open(SPACE_METRICS).read().join(rows.select("date").unique(), on="date", how="anti")
    return draw_metrics(pl.concat([earlier, rows.select(earlier.columns)]), metric=JUDGED)


def _gate(judge: Callable[..., GateResult], about: str) -> dg.AssetChecksDefinition:
    def judged(version: TableVersion, day: date, home: HomeResource) -> GateResult:
        return judge(version.only([day]).read(), is_demo=home.is_demo)

    return gate_check(SPACE_METRICS, name=judge.__name__, judge=judged, partitions=DAILY, about=about)


popularity_gate = _gate(beats_popularity, "The space predicts first listens better than the popular list.")
yesterday_gate = _gate(holds_against_yesterday, "Today's configuration is not worse than yesterday's.")
