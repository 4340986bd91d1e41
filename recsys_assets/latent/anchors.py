"""Weeks and days of the space, from tables to tables: what Dagster calls.

Belongs here: which anchor follows which, which serves which day, and what is missing when one is not there. Fitting is
``space``, the search for hyperparameters ``tune``.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from pydantic import BaseModel, Field
from scipy import sparse

from recsys_assets.core import columns as c
from recsys_assets.core.errors import MissingInputError, VersionMismatchError
from recsys_assets.core.ids import IdMap
from recsys_assets.core.lake import Lake, TableVersion
from recsys_assets.core.seeds import derived_seed
from recsys_assets.core.warehouse import SqlSettings
from recsys_assets.core.windows import monday_of
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.latent.retrieve import top_n
from recsys_assets.latent.space import (
    FittedSpace,
    LatentSpace,
    SpaceTables,
    digest_matrix,
    fit_anchor,
    fit_day,
    from_tables,
    name_version,
    to_tables,
)
from recsys_assets.latent.tables import ANCHOR_TABLES, SPACE_TABLES
from recsys_assets.latent.tune import TuneParams, tune
from recsys_assets.metrics.ranking import mean_over_lists, ndcg_at
from recsys_assets.play_matrix.confidence import Evidence, weigh_evidence
from recsys_assets.play_matrix.holdout import HoldoutParams, tuning_split
from recsys_assets.play_matrix.matrix import InteractionMatrix, build_matrix
from recsys_assets.play_matrix.params import ConfidenceParams

WEEK = timedelta(days=7)
# The row of the trials that holds what the chosen setting has to beat.
POPULAR_TRIAL = 0


class AnchorParams(BaseModel, frozen=True):
    """How a week's anchor is made."""

    holdout_days: int = Field(default=7, ge=1, le=60, description="Days hidden from the tuner's trials.")
    max_trials: int = Field(default=16, ge=1, le=500, description="Settings that the tuner tries at most.")
    epochs: int = Field(default=16, ge=1, description="Epochs of the chosen setting.")
    max_embedding_size: int = Field(default=64, ge=4, le=2048, description="Most dimensions.")
    seed: int = Field(default=7, description="Of every start.")


@dataclass(frozen=True)
class Anchors:
    """The published anchors, all weeks: the tables of ``ANCHOR_TABLES`` without the trials."""

    users: TableVersion
    tracks: TableVersion
    artists: TableVersion
    params: TableVersion

    @classmethod
    def open(cls, lake: Lake) -> "Anchors":
        """Pin the anchors as they are now."""
        return cls(*(lake.open(table) for table in ANCHOR_TABLES[:4]))

    def params_of(self, week: date) -> FactoriseParams | None:
        """Read the hyperparameters of a week; None where its anchor was not made."""
        row = self.params.only([week]).read()
        return None if row.is_empty() else FactoriseParams.model_validate_json(row["params"].item())

    def version_of(self, week: date) -> str:
        """Read the name of a week's space.

        Raises:
            MissingInputError: its anchor was not made.
        """
        row = self.params.only([week]).read()
        if row.is_empty():
            raise MissingInputError(make_first(week, "the week's ranker belongs to it"))
        return row[c.SPACE_VERSION].item()

    def read(self, week: date) -> LatentSpace | None:
        """Read the anchor of ``week``; None where it was not made.

        Raises:
            VersionMismatchError: its tables are of different makings.
        """
        row = self.params.only([week]).read()
        if row.is_empty():
            return None
        params = FactoriseParams.model_validate_json(row["params"].item())
        users, tracks, artists = (t.only([week]).read() for t in (self.users, self.tracks, self.artists))
        if users.is_empty():
            return _empty_space(params, row[c.SPACE_VERSION].item())
        space = from_tables(SpaceTables(users, tracks, artists), params)
        if space.space_version != row[c.SPACE_VERSION].item():
            raise VersionMismatchError(
                f"the anchor of {week} has vectors of {space.space_version} and parameters of "
                f"{row[c.SPACE_VERSION].item()}: make it again"
            )
        return space

    def serving(self, day: date) -> LatentSpace:
        """Read the anchor of the week that ``day`` is in.

        Raises:
            MissingInputError: it was not made; the message says how.
        """
        week = monday_of(day)
        anchor = self.read(week)
        if anchor is None:
            raise MissingInputError(make_first(week, f"the space of {day} starts from it"))
        return anchor

    def before(self, week: date) -> LatentSpace | None:
        """Read the anchor that ``week``'s is turned onto; None for the very first.

        Raises:
            MissingInputError: the week before was not made though earlier ones were: turning onto an older one would
                make the
                space of a week depend on the order in which weeks were made.
        """
        previous = self.read(week - WEEK)
        if previous is None and any(made < week - WEEK for made in self.params.partitions):
            raise MissingInputError(make_first(week - WEEK, f"the anchor of {week} is turned onto it"))
        return previous


def make_first(week: date, why: str) -> str:
    """Say that a week's anchor is missing, why it is needed and how to make it."""
    return (
        f"no anchor for the week of Monday {week}, and {why}. Make it first: "
        f"dagster job backfill -j monday --partitions {week} --noprompt"
    )


def make_anchors(
    weeks: Sequence[date],
    published: Anchors,
    *,
    track_signals: TableVersion,
    play_counts: TableVersion,
    tracks: TableVersion,
    confidence: ConfidenceParams,
    params: AnchorParams,
    settings: SqlSettings | None = None,
    num_threads: int | None = None,
) -> tuple[pl.DataFrame, ...]:
    """Make the anchors of some weeks, oldest first; inputs end before each Monday.

    Returns:
        Rows of each table of ``ANCHOR_TABLES`` in that order, with their week.
    """
    made: dict[date, LatentSpace] = {}
    parts: list[tuple[pl.DataFrame, ...]] = []
    for week in sorted(weeks):
        previous = made.get(week - WEEK) or published.before(week)
        last_day = week - timedelta(days=1)
        known = Evidence(
            track_signals.between(date.min, last_day),
            play_counts.latest(last_day),
            tracks.latest(last_day),
        )
        fitted, trials = _make_anchor(
            known, week, previous, confidence=confidence, params=params, settings=settings, num_threads=num_threads
        )
        made[week] = fitted.space
        frames = (*_space_frames(fitted.space), _params_row(fitted, previous), trials)
        parts.append(tuple(frame.with_columns(pl.lit(week).alias(c.WEEK)) for frame in frames))
    return _stack(parts, len(ANCHOR_TABLES))


def _make_anchor(
    evidence: Evidence,
    week: date,
    previous: LatentSpace | None,
    *,
    confidence: ConfidenceParams,
    params: AnchorParams,
    settings: SqlSettings | None,
    num_threads: int | None,
) -> tuple[FittedSpace, pl.DataFrame]:
    last_day = week - timedelta(days=1)
    # One seed for all weeks: two anchors then differ by their data and not by their luck.
    seed = derived_seed(params.seed, "anchor") % 2**31
    holdout = HoldoutParams(holdout_days=params.holdout_days)
    visible, hidden = tuning_split(evidence, last_day, confidence, holdout, seed=seed, settings=settings)
    search = TuneParams(
        max_trials=params.max_trials, epochs=params.epochs, max_embedding_size=params.max_embedding_size
    )
    tuned = tune(visible, hidden, params=search, seed=seed, num_threads=num_threads)
    matrix = build_matrix(weigh_evidence(evidence, last_day, confidence, settings))
    version = name_version(
        week, digest_matrix(matrix), tuned.params.model_dump_json(), previous.space_version if previous else ""
    )
    if not matrix.users.size:
        return FittedSpace(_empty_space(tuned.params, version), None), tuned.trials
    fitted = fit_anchor(
        matrix,
        _credits(evidence.tracks),
        tuned.params,
        space_version=version,
        seed=seed,
        previous=previous if previous and previous.tracks.size else None,
        num_threads=num_threads,
    )
    return fitted, pl.concat([_popular_trial(visible, hidden), tuned.trials])


def _popular_trial(visible: sparse.csr_matrix, hidden: sparse.csr_matrix) -> pl.DataFrame:
    """What popularity reaches on the tuner's hold-out."""
    listeners = np.flatnonzero((np.diff(hidden.indptr) > 0) & (np.diff(visible.indptr) > 0))
    counts = np.bincount(visible.indices, minlength=visible.shape[1]).astype(np.float32)[:, None]
    ndcg = 0.0
    if len(listeners):
        ones = np.ones((visible.shape[0], 1), np.float32)
        ranked = top_n(ones, counts, n=100, seen=visible, user_rows=listeners).item_rows
        ndcg = mean_over_lists(ndcg_at(100, ranked, hidden[listeners]))
    row = {"trial": [POPULAR_TRIAL], "params": [json.dumps({"model": "popular"})], "ndcg": [ndcg], "is_chosen": [False]}
    return pl.DataFrame(
        row, schema={"trial": pl.Int32, "params": pl.String, "ndcg": pl.Float32, "is_chosen": pl.Boolean}
    )


def _params_row(fitted: FittedSpace, previous: LatentSpace | None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            c.SPACE_VERSION: [fitted.space.space_version],
            "params": [fitted.space.params.model_dump_json()],
            "previous_version": pl.Series([previous.space_version if previous else None], dtype=pl.String),
            "rotation_cosine": pl.Series([fitted.rotation.mean_cosine if fitted.rotation else None], dtype=pl.Float32),
        }
    )


def make_days(
    days: Sequence[date],
    confidence: TableVersion,
    tracks: TableVersion,
    anchors: Anchors,
    *,
    seed: int,
    num_threads: int | None = None,
) -> tuple[pl.DataFrame, ...]:
    """Make the spaces of some days, each from its own week's anchor, in any order.

    Args:
        days: to make.
        confidence: ``play_matrix.play_confidence`` of these days.
        tracks: ``raw.raw_tracks``, all snapshots.
        anchors: as published.
        seed: of starts that the anchor does not give.
        num_threads: of the solver.

    Returns:
        Rows of each table of ``SPACE_TABLES`` in that order, with their date.
    """
    parts = []
    for day in days:
        matrix = build_matrix(confidence.only([day]).read())
        anchor = anchors.serving(day)
        version = name_version(day, digest_matrix(matrix), anchor.params.model_dump_json(), anchor.space_version)
        space = _make_day(matrix, _credits(tracks.latest(day)), anchor, version, seed=seed, num_threads=num_threads)
        frames = _space_frames(space)
        parts.append(tuple(frame.with_columns(pl.lit(day).alias(c.DATE)) for frame in frames))
    return _stack(parts, len(SPACE_TABLES))


def _make_day(
    matrix: InteractionMatrix,
    credited: pl.DataFrame,
    anchor: LatentSpace,
    version: str,
    *,
    seed: int,
    num_threads: int | None,
) -> LatentSpace:
    if not matrix.users.size:
        return _empty_space(anchor.params, version)
    if not anchor.tracks.size:
        # The first days of a service: nothing was known when the week began.
        fit = fit_anchor(matrix, credited, anchor.params, space_version=version, seed=seed, num_threads=num_threads)
        return fit.space
    return fit_day(matrix, credited, anchor=anchor, space_version=version, num_threads=num_threads).space


def _empty_space(params: FactoriseParams, version: str) -> LatentSpace:
    nothing, nobody = np.empty((0, params.embedding_size), dtype=np.float32), IdMap.of([])
    return LatentSpace(nothing, nothing, nothing, nobody, nobody, nobody, params, version)


def _credits(tracks: TableVersion) -> pl.DataFrame:
    return tracks.read().select(c.TRACK_ID, c.ARTIST_IDS)


def _space_frames(space: LatentSpace) -> tuple[pl.DataFrame, ...]:
    frames = to_tables(space)
    return frames.users, frames.tracks, frames.artists


def _stack(parts: list[tuple[pl.DataFrame, ...]], width: int) -> tuple[pl.DataFrame, ...]:
    return tuple(pl.concat([part[i] for part in parts], how="vertical_relaxed") for i in range(width))
