"""Weeks of the sound model, from tables to tables: what Dagster calls.

Belongs here: which tracks are learned from, and rows. Training is ``sound_model``.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from recsys_assets.audio.sound_choice import CANDIDATES
from recsys_assets.audio.sound_model import (
    Say,
    SoundModelParams,
    SoundTraining,
    TrainedSoundModel,
    train_sound_model,
)
from recsys_assets.audio.sound_model_bytes import from_bytes, to_bytes
from recsys_assets.audio.sound_tables import SOUND_MODEL_TRIALS, SOUND_TABLES
from recsys_assets.audio.tables import recordings_known
from recsys_assets.core import columns as c
from recsys_assets.core.errors import MissingInputError
from recsys_assets.core.lake import TableVersion

_MODEL = SoundModelParams()
logger = logging.getLogger(__name__)

# Recordings placed together: 41 kB of log-mel each.
_AT_ONCE = 2_000
_HEARD = ("track_id", "descriptors", "log_mel", "analysis_version")


class SoundWeekParams(BaseModel, frozen=True):
    """Which tracks a week's sound model learns from, and how much is spent on it."""

    least_listeners: int = Field(
        default=3, ge=1, description="Fewer listeners say too little of where a track belongs."
    )
    half_known_at: float = Field(
        default=10.0, ge=0, description="Listeners with whom a place weighs half; n weigh n / (n + this)."
    )
    most_tracks: int = Field(
        default=10_000, ge=1, description="The most listened to are learned from: bounds memory and time."
    )
    least_tracks: int = Field(
        default=_MODEL.least_tracks, ge=4, description="Fewer warm tracks with a recording train nothing."
    )
    n_folds: int = Field(default=_MODEL.n_folds, ge=2, le=20, description="Parts of the artists, each held out once.")
    epochs: int = Field(default=_MODEL.network.epochs, gt=0, description="Most times that a network sees every track.")
    max_steps: int = Field(default=_MODEL.network.max_steps, gt=0, description="Most steps of a network.")
    seed: int = Field(default=7, description="Of folds, networks and intervals; the same in all weeks.")

    @property
    def model(self) -> SoundModelParams:
        """The model's parameters, these among them."""
        network = _MODEL.network.model_copy(update={"epochs": self.epochs, "max_steps": self.max_steps})
        own = {"least_tracks": self.least_tracks, "n_folds": self.n_folds, "network": network}
        return _MODEL.model_copy(update=own)


@dataclass(frozen=True)
class SoundSources:
    """The tables that a week reads, all partitions."""

    analysis: TableVersion
    anchor_tracks: TableVersion
    tracks: TableVersion
    track_signals: TableVersion
    play_counts: TableVersion


@dataclass(frozen=True)
class SoundWeek:
    """Rows of the three tables of a week, without the week.

    Where nothing was learned they are empty, ``training`` is None, and ``note`` says why.
    """

    model: pl.DataFrame
    trials: pl.DataFrame
    vectors: pl.DataFrame
    training: SoundTraining | None = None
    note: str = ""


def make_sound_week(
    week: date, sources: SoundSources, params: SoundWeekParams, *, progress: Say | None = None
) -> SoundWeek:
    """Train on what was known before the Monday ``week`` and place every recording that had arrived.

    Where there is too little to learn from, the tables are empty and the note says why: nothing fails.
    """
    last_day = week - timedelta(days=1)
    known = recordings_known(sources.analysis, last_day)
    warm = find_warm(known, week, sources, params)
    version = _version(sources.anchor_tracks, week)
    try:
        training = _train(warm, params, progress)
    except MissingInputError as error:
        note = f"week of {week}: {error}; new tracks are placed without their sound"
        logger.warning(note)
        model, trials, vectors = (table.empty().drop(c.WEEK) for table in SOUND_TABLES)
        return SoundWeek(model, trials, vectors, note=note)
    vectors = pl.concat(
        [_warm_rows(warm, training), _other_rows(known, warm, training.model, _credits(sources, last_day))]
    )
    return SoundWeek(
        model=_model_row(warm, training).with_columns(pl.lit(version).alias(c.SPACE_VERSION)),
        trials=_trial_rows(training),
        vectors=vectors.with_columns(pl.lit(version).alias(c.SPACE_VERSION)).sort(c.TRACK_ID),
        training=training,
    )


def read_sound_model(rows: pl.DataFrame, week: date) -> TrainedSoundModel | None:
    """Read the model of a week from its rows of ``audio.sound_model``; None where there was too little to learn from.

    Raises:
        DataFaultError: the bytes are not a whole model.
    """
    of_week = rows.filter(pl.col(c.WEEK) == week) if c.WEEK in rows.columns else rows
    return None if of_week.is_empty() else from_bytes(of_week["model"].item())


def find_warm(known: pl.LazyFrame, week: date, sources: SoundSources, params: SoundWeekParams) -> pl.DataFrame:
    """Find the tracks to learn from: analysed, in the anchor, and listened to by enough.

    Returns:
        track_id, descriptors, log_mel, analysis_version, vector, artist_ids, n_listeners, by track_id. All of one analysis
        version, the one that most of them have.
    """
    last_day = week - timedelta(days=1)
    listeners = count_listeners(
        sources.track_signals.between(date.min, last_day).scan(), sources.play_counts.latest(last_day).scan()
    )
    placed = sources.anchor_tracks.only([week]).scan().select(c.TRACK_ID, c.VECTOR)
    warm = (
        known.select(c.TRACK_ID, "analysis_version")
        .join(placed, on=c.TRACK_ID)
        .join(listeners, on=c.TRACK_ID)
        .filter(pl.col("n_listeners") >= params.least_listeners)
        .join(_credits(sources, last_day).lazy(), on=c.TRACK_ID, how="left")
        .with_columns(pl.col(c.ARTIST_IDS).fill_null([]))
        .collect()
    )
    if len(warm):
        versions = warm["analysis_version"].value_counts(sort=True).sort("count", "analysis_version", descending=True)
        warm = warm.filter(pl.col("analysis_version") == versions["analysis_version"][0])
    chosen = warm.sort(["n_listeners", c.TRACK_ID], descending=[True, False]).head(params.most_tracks)
    heard = known.select(c.TRACK_ID, "descriptors", "log_mel").filter(
        pl.col(c.TRACK_ID).is_in(chosen[c.TRACK_ID].implode())
    )
    return chosen.join(heard.collect(), on=c.TRACK_ID).sort(c.TRACK_ID)


def count_listeners(signals: pl.LazyFrame, totals: pl.LazyFrame) -> pl.LazyFrame:
    """Count who listened to each track or asked for it, by days and by undated totals: track_id, n_listeners."""
    asked = pl.sum_horizontal("plays", "partial_plays", "likes", "saves", "playlist_adds") > 0
    pairs = pl.concat(
        [signals.filter(asked).select(c.USER_ID, c.TRACK_ID), totals.select(c.USER_ID, c.TRACK_ID)], how="vertical"
    )
    return pairs.group_by(c.TRACK_ID).agg(pl.col(c.USER_ID).n_unique().cast(pl.Int32).alias("n_listeners"))


def _train(warm: pl.DataFrame, params: SoundWeekParams, progress: Say | None) -> SoundTraining:
    listeners = warm["n_listeners"].to_numpy().astype(np.float32)
    return train_sound_model(
        warm["log_mel"].to_list(),
        _matrix(warm["descriptors"]),
        _matrix(warm[c.VECTOR]),
        warm[c.ARTIST_IDS].to_list(),
        params=params.model,
        seed=params.seed,
        row_weights=listeners / (listeners + np.float32(params.half_known_at)),
        progress=progress,
    )


def _warm_rows(warm: pl.DataFrame, training: SoundTraining) -> pl.DataFrame:
    return _vector_rows(warm[c.TRACK_ID], training.held_out, is_held_out=True, is_warm=True)


def _other_rows(
    known: pl.LazyFrame, warm: pl.DataFrame, model: TrainedSoundModel, credited: pl.DataFrame
) -> pl.DataFrame:
    """Place the recordings that were not learned from, some at a time; another analysis version is left out."""
    version = warm["analysis_version"][0]
    met = warm[c.ARTIST_IDS].explode().drop_nulls().unique()
    rows = [
        _vector_rows(
            warm[c.TRACK_ID].head(0), np.empty((0, model.mean.size), np.float32), is_held_out=True, is_warm=False
        )
    ]
    others = known.select(_HEARD).filter(
        pl.col("analysis_version") == version, ~pl.col(c.TRACK_ID).is_in(warm[c.TRACK_ID].implode())
    )
    for some in _batches(others):
        artists = some.select(c.TRACK_ID).join(credited, on=c.TRACK_ID, how="left", maintain_order="left")[c.ARTIST_IDS]
        knows = artists.list.eval(pl.element().is_in(met.implode())).list.any().fill_null(False)
        places = model.predict(some["log_mel"].to_list(), _matrix(some["descriptors"]))
        rows.append(_vector_rows(some[c.TRACK_ID], places, is_held_out=~knows, is_warm=False))
    return pl.concat(rows)


def _batches(frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    yield from frame.collect_batches(chunk_size=_AT_ONCE, maintain_order=True)


def _vector_rows(
    ids: pl.Series, places: NDArray[np.float32], *, is_held_out: bool | pl.Series, is_warm: bool
) -> pl.DataFrame:
    vectors = pl.Series(c.VECTOR, places.tolist(), dtype=pl.List(pl.Float32))
    flag = pl.lit(is_held_out) if isinstance(is_held_out, bool) else is_held_out
    return pl.DataFrame([ids, vectors]).with_columns(flag.alias("is_held_out"), pl.lit(is_warm).alias("is_warm"))


def _trial_rows(training: SoundTraining) -> pl.DataFrame:
    verdicts = {gate.name.split("_beats_")[0]: gate.notes for gate in training.gates}
    rows = [
        {
            "model": name,
            "recall": float(np.nanmean(quality.recall)),
            "cosine": float(quality.cosine.mean()),
            "explained": quality.explained,
            "k": min(training.model.params.k, training.n_tracks - 1),
            "n_tracks": training.n_tracks,
            "is_chosen": name == training.model.winner,
            "verdict": verdicts.get(name, "what every other has to beat"),
        }
        for name in CANDIDATES
        if (quality := training.qualities.get(name))
    ]
    types = {column.name: column.dtype for column in SOUND_MODEL_TRIALS.columns}
    return pl.DataFrame(rows, schema=types)


def _model_row(warm: pl.DataFrame, training: SoundTraining) -> pl.DataFrame:
    trained_on = {
        "tracks": training.n_tracks,
        "artists": warm[c.ARTIST_IDS].explode().n_unique(),
        "folds": [
            {"ridge_strength": part.ridge.strength, "best_epoch": fit.checks[fit.best].epoch, "stopped": fit.stopped}
            for part, fit in zip(training.model.parts, training.fits, strict=True)
        ],
        "believed": dict(zip(("ridge", "network"), training.model.shares, strict=True)),
    }
    return pl.DataFrame(
        {
            "model": pl.Series([to_bytes(training.model)], dtype=pl.Binary),
            "winner": [training.model.winner],
            "trained_on": [json.dumps(trained_on)],
            "analysis_version": warm["analysis_version"].head(1),
        }
    )


def _credits(sources: SoundSources, last_day: date) -> pl.DataFrame:
    return sources.tracks.latest(last_day).scan().select(c.TRACK_ID, c.ARTIST_IDS).collect()


def _version(anchor_tracks: TableVersion, week: date) -> str:
    named = anchor_tracks.only([week]).scan().select(pl.col(c.SPACE_VERSION).first()).collect()
    return named[c.SPACE_VERSION].item() if len(named) else ""


def _matrix(lists: pl.Series) -> NDArray[np.float32]:
    return np.array(lists.to_list(), dtype=np.float32) if len(lists) else np.empty((0, 0), dtype=np.float32)


def stack_weeks(weeks: Sequence[tuple[date, SoundWeek]]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Put weeks on each other: rows of the three tables, with their week."""
    parts = [
        [rows.with_columns(pl.lit(week).alias(c.WEEK)) for rows in (w.model, w.trials, w.vectors)] for week, w in weeks
    ]
    model, trials, vectors = (pl.concat(list(part), how="diagonal") for part in zip(*parts, strict=True))
    return model, trials, vectors
