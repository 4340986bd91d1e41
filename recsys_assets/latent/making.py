"""Weeks and days of the space, from tables to tables: what Dagster calls.

Belongs here: putting what was known on a day through tuner and fit. Fitting is ``space``, the search for
hyperparameters ``tune``, which anchor serves which day ``anchors``.
"""

import json
from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl
from pydantic import Field

from recsys_assets.core import columns as c
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.seeds import derived_seed
from recsys_assets.core.warehouse import SqlSettings
from recsys_assets.latent.anchors import WEEK, Anchors, empty_space
from recsys_assets.latent.space import FittedSpace, LatentSpace, digest_matrix, fit_anchor, fit_day, name_version
from recsys_assets.latent.space_tables import to_tables
from recsys_assets.latent.tables import ANCHOR_TABLES, SPACE_TABLES
from recsys_assets.latent.tune import SearchParams, TuneParams, tune
from recsys_assets.play_matrix.confidence import Evidence, weigh_evidence
from recsys_assets.play_matrix.holdout import HoldoutParams, tuning_split
from recsys_assets.play_matrix.matrix import InteractionMatrix, build_matrix
from recsys_assets.play_matrix.params import ConfidenceParams

# The row of the trials that holds what the chosen setting has to beat.
POPULAR_TRIAL = 0


class AnchorParams(SearchParams, frozen=True):
    """How a week's anchor is made."""

    holdout_days: int = Field(default=7, ge=1, le=60, description="Days hidden from the tuner's trials.")
    seed: int = Field(default=7, description="Of every start.")


def tune_params(params: AnchorParams) -> TuneParams:
    """Return the search that an anchor makes: protocols over public sets search the same way."""
    return TuneParams(**params.model_dump(include=set(SearchParams.model_fields)))


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
        known = Evidence(track_signals.between(date.min, last_day), play_counts, tracks)
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
    tuned = tune(visible, hidden, params=tune_params(params), seed=seed, num_threads=num_threads)
    known = evidence.known_at(last_day)
    matrix = build_matrix(weigh_evidence(known, last_day, confidence, settings))
    version = name_version(
        week, digest_matrix(matrix), tuned.params.model_dump_json(), previous.space_version if previous else ""
    )
    if not matrix.users.size:
        return FittedSpace(empty_space(tuned.params, version), None), tuned.trials
    fitted = fit_anchor(
        matrix,
        _credits(known.tracks),
        tuned.params,
        space_version=version,
        seed=seed,
        previous=previous if previous and previous.tracks.size else None,
        num_threads=num_threads,
    )
    return fitted, pl.concat([_popular_trial(tuned.popular_ndcg), tuned.trials])


def _popular_trial(ndcg: float) -> pl.DataFrame:
    """What the chosen setting has to beat, as a row of the trials."""
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
        space = make_day(day, matrix, tracks.latest(day), anchor, seed=seed, num_threads=num_threads)
        frames = _space_frames(space)
        parts.append(tuple(frame.with_columns(pl.lit(day).alias(c.DATE)) for frame in frames))
    return _stack(parts, len(SPACE_TABLES))


def make_day(
    day: date,
    matrix: InteractionMatrix,
    tracks: TableVersion,
    anchor: LatentSpace,
    *,
    seed: int,
    num_threads: int | None = None,
) -> LatentSpace:
    """Make the space of one day from its week's anchor: the same values whenever and wherever it is made.

    Args:
        day: whose end the confidences are known at.
        matrix: confidences.
        tracks: the snapshot of ``raw_tracks`` of the day.
        anchor: of the day's week.
        seed: of starts that the anchor does not give.
        num_threads: of the solver.
    """
    version = name_version(day, digest_matrix(matrix), anchor.params.model_dump_json(), anchor.space_version)
    credited = _credits(tracks)
    if not matrix.users.size:
        return empty_space(anchor.params, version)
    if not anchor.tracks.size:
        # The first days of a service: nothing was known when the week began.
        fit = fit_anchor(matrix, credited, anchor.params, space_version=version, seed=seed, num_threads=num_threads)
        return fit.space
    return fit_day(matrix, credited, anchor=anchor, space_version=version, num_threads=num_threads).space


def _credits(tracks: TableVersion) -> pl.DataFrame:
    return tracks.read().select(c.TRACK_ID, c.ARTIST_IDS)


def _space_frames(space: LatentSpace) -> tuple[pl.DataFrame, ...]:
    frames = to_tables(space)
    return frames.users, frames.tracks, frames.artists


def _stack(parts: list[tuple[pl.DataFrame, ...]], width: int) -> tuple[pl.DataFrame, ...]:
    return tuple(pl.concat([part[i] for part in parts], how="vertical_relaxed") for i in range(width))
