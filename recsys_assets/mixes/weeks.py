"""Weeks one after the other, from pinned tables to rows of tables: what Dagster calls. One week is ``weekly``."""

import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl
from pydantic import BaseModel, Field

from recsys_assets.core import columns as c
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.seeds import derived_seed
from recsys_assets.core.warehouse import SqlSettings
from recsys_assets.latent.anchors import Anchors
from recsys_assets.mixes.arrange import arrange_week
from recsys_assets.mixes.catalogue import EligibilityParams
from recsys_assets.mixes.inputs import MixSources
from recsys_assets.mixes.ranker import RankerParams
from recsys_assets.mixes.refusals import DiscoverParams
from recsys_assets.mixes.tables import CANDIDATES, DISCOVER_WEEKLY
from recsys_assets.mixes.weekly import deliver, ranker_row, read_ranker, train_ranker
from recsys_assets.play_matrix.params import ConfidenceParams

# What the sources and their blend are is the same in training and in serving.
_RANKER = RankerParams()


class WeekParams(BaseModel, frozen=True):
    """What a week's ranker and deliveries share."""

    seed: int = Field(default=7, description="Of every fit and draw; the week is added to it.")


class TrainParams(WeekParams, frozen=True):
    """How much is spent on a week's ranker; fewer passes and rounds are for worlds that have little to teach."""

    passes: int = Field(default=_RANKER.network.passes, gt=0, description="Times the network sees every list.")
    rounds_of_hiding: int = Field(
        default=_RANKER.rounds_of_hiding, gt=0, description="Times one more track of each basket is hidden."
    )
    n_reranked: int = Field(
        default=_RANKER.n_reranked,
        gt=0,
        description="Best candidates that the network reorders; the rest follow as they came.",
    )
    max_training_queries: int = Field(
        default=_RANKER.max_training_queries, gt=0, description="Baskets asked in all rounds together."
    )

    @property
    def ranker(self) -> RankerParams:
        """The ranker's parameters, these among them."""
        own = {name: getattr(self, name) for name in TrainParams.__annotations__ if name != "passes"}
        network = _RANKER.network.model_copy(update={"passes": self.passes})
        return _RANKER.model_copy(update=own | {"network": network})


def train_weeks(
    weeks: Sequence[date],
    sources: MixSources,
    anchors: Anchors,
    *,
    params: TrainParams,
    confidence: ConfidenceParams,
    eligibility: EligibilityParams | None = None,
    settings: SqlSettings | None = None,
) -> pl.DataFrame:
    """Train the rankers of some weeks: rows of ``mixes.ranker``."""
    rows = []
    for week in weeks:
        tables = sources.week(week, DISCOVER_WEEKLY.empty(), confidence, settings)
        arranged = arrange_week(tables, eligibility=eligibility)
        trained = train_ranker(arranged, params.ranker, seed=_seed(params, week))
        row = ranker_row(arranged, trained, anchors.version_of(week))
        rows.append(row.with_columns(pl.lit(week).alias(c.WEEK)))
    return pl.concat(rows)


def deliver_weeks(
    weeks: Sequence[date],
    sources: MixSources,
    rankers: TableVersion,
    offered: TableVersion,
    *,
    shape: DiscoverParams,
    params: WeekParams,
    confidence: ConfidenceParams,
    eligibility: EligibilityParams | None = None,
    workdir: Path,
    settings: SqlSettings | None = None,
) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """Deliver some weeks, oldest first, so that each knows what the ones before it offered.

    Args:
        weeks: the Mondays.
        sources: as pinned.
        rankers: ``mixes.ranker`` of these weeks.
        offered: ``mixes.discover_weekly``, all weeks; those that are made here again are not looked at.
        shape: of the mix.
        params: the seed.
        confidence: what evidence weighs.
        eligibility: what nobody gets.
        workdir: an existing folder for candidates, which has to outlive the first frame returned.
        settings: what each query may use.

    Returns:
        Rows of ``discover_candidates`` and of ``discover_weekly``, with their week.
    """
    earlier = offered.scan().filter(~pl.col(c.WEEK).is_in(list(weeks))).select(c.USER_ID, c.TRACK_ID, c.WEEK).collect()
    candidates, mixes = [CANDIDATES.empty().lazy()], [DISCOVER_WEEKLY.empty()]
    for week in sorted(weeks):
        arranged = arrange_week(sources.week(week, earlier, confidence, settings), eligibility=eligibility)
        ranker = read_ranker(rankers.only([week]).read(), week)
        folder = Path(tempfile.mkdtemp(prefix=f"candidates-{week}-", dir=workdir))
        delivery = deliver(
            arranged, ranker, ranker_params=_RANKER, params=shape, seed=_seed(params, week), folder=folder
        )
        candidates.append(CANDIDATES.arrange(delivery.candidates.with_columns(pl.lit(week).alias(c.WEEK))))
        mixes.append(delivery.mix)
        earlier = pl.concat([earlier, delivery.mix.select(earlier.columns)])
    return pl.concat(candidates), pl.concat(mixes)


def _seed(params: WeekParams, week: date) -> int:
    return derived_seed(params.seed, "week", week) % 2**31
