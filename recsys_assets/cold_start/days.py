"""Days of ``cold_start``, from the lake to rows: places of tracks that few have heard, their first listeners, audiences.

Belongs here: reading what a day knew. Placing is ``placing``, scoring ``scores``, counting ``audience``.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from recsys_assets.audio.sound_tables import AUDIO_VECTORS, SOUND_MODEL
from recsys_assets.audio.sound_weeks import read_sound_model
from recsys_assets.audio.tables import TRACK_ANALYSIS, recordings_known
from recsys_assets.cold_start.place_tables import PLACEMENTS
from recsys_assets.cold_start.placing import (
    Known,
    PlacingParams,
    build_known,
    catalogue_subjects,
    place_subjects,
    submitted_subjects,
)
from recsys_assets.cold_start.tables import CONTENT_SHA256, SUBMISSION_ANALYSIS, SUBMISSION_VERDICTS, verdicts_known
from recsys_assets.core import columns as c
from recsys_assets.core.errors import VersionMismatchError
from recsys_assets.core.lake import Lake
from recsys_assets.core.schemas import EMBEDDING
from recsys_assets.core.windows import midnight, monday_of
from recsys_assets.latent.anchors import Anchors
from recsys_assets.latent.days import read_day
from recsys_assets.latent.prior_weeks import read_content_prior
from recsys_assets.latent.tables import CONTENT_PRIOR, USER_VECTORS
from recsys_assets.latent.written import read_written
from recsys_assets.play_matrix.tables import PLAY_CONFIDENCE
from recsys_assets.raw.tables import RAW_TRACKS

logger = logging.getLogger(__name__)
_SOUNDS = {c.TRACK_ID: pl.String, c.VECTOR: EMBEDDING}


@dataclass(frozen=True)
class Day:
    """What a day knows, read once.

    Attributes:
        day: which.
        known: space, confidences and prior.
        tracks: the catalogue.
        sounds: ``track_id``, ``vector``: places of recordings by sound alone.
        verdicts: of submissions, as known.
        submitted_sounds: ``submission_id``, ``vector``.
    """

    day: date
    known: Known
    tracks: pl.DataFrame
    sounds: pl.DataFrame
    verdicts: pl.DataFrame
    submitted_sounds: pl.DataFrame


def newest_day(lake: Lake) -> date | None:
    """Return the newest day that has a space; None where there is none."""
    days = lake.open(USER_VECTORS).partitions
    newest = days[-1] if days else None
    assert newest is None or isinstance(newest, date)
    return newest


def read_known_day(lake: Lake, day: date, *, before: datetime | None = None) -> Day | None:
    """Read what places are made of on a day; None where it has no space or its week no content prior, which is logged.

    Args:
        lake: the tables.
        day: the day whose space it is.
        before: submissions received at this instant or later are not known; the end of the day where None.

    Raises:
        VersionMismatchError: the week's prior or sound model is of another making of its anchor.
        MissingInputError: the day's anchor was not made.
    """
    space, week = read_day(lake, day), monday_of(day)
    if space is None:
        logger.info("%s has no space: nothing is placed", day)
        return None
    prior = read_content_prior(lake.open(CONTENT_PRIOR), week)
    if prior is None:
        logger.warning("the week of %s has no content prior: what nobody has heard is not placed", week)
        return None
    _require_version(prior[1], lake, week, "content_prior")
    tracks = lake.open(RAW_TRACKS).latest(day).read()
    sounds = read_sounds(lake, day)
    verdicts = verdicts_known(lake.open(SUBMISSION_VERDICTS), before or midnight(day + timedelta(days=1)))
    confidence = lake.open(PLAY_CONFIDENCE).only([day]).read()
    return Day(
        day=day,
        known=build_known(
            space, confidence, prior[0], tracks, sounds, written=read_written(lake, week, encoder=prior[2])
        ),
        tracks=tracks,
        sounds=sounds,
        verdicts=verdicts,
        submitted_sounds=_submitted_sounds(lake, day, verdicts),
    )


def _require_version(found: str, lake: Lake, week: date, what: str) -> None:
    expected = Anchors.open(lake).version_of(week)
    if found != expected:
        raise VersionMismatchError(
            f"{what} of the week of {week} belongs to {found}, its anchor is {expected}: make {what} of {week} again"
        )


def read_sounds(lake: Lake, day: date) -> pl.DataFrame:
    """Return where sound alone puts each track whose recording had arrived by the end of the day.

    What the week's model published stands; a recording that came since is placed by the same model.
    """
    week = monday_of(day)
    published = lake.open(AUDIO_VECTORS).only([week]).scan().select(c.TRACK_ID, c.VECTOR).collect()
    heard = recordings_known(lake.open(TRACK_ANALYSIS), day)
    new = heard.join(published.lazy().select(c.TRACK_ID), on=c.TRACK_ID, how="anti")
    return pl.concat([published, _placed_by_sound(lake, week, new, c.TRACK_ID)])


def _submitted_sounds(lake: Lake, day: date, verdicts: pl.DataFrame) -> pl.DataFrame:
    """Place the recordings of submissions by sound: of each the content that its verdict speaks of."""
    wanted = verdicts.select(c.SUBMISSION_ID, CONTENT_SHA256).drop_nulls()
    analyses = lake.open(SUBMISSION_ANALYSIS).only(wanted[c.SUBMISSION_ID]).scan()
    heard = analyses.join(wanted.lazy(), on=(c.SUBMISSION_ID, CONTENT_SHA256), how="semi")
    return _placed_by_sound(lake, monday_of(day), heard, c.SUBMISSION_ID)


def _placed_by_sound(lake: Lake, week: date, heard: pl.LazyFrame, key: str) -> pl.DataFrame:
    """Rows of ``key`` and ``vector`` of recordings that the week's model can read; none without a model."""
    model_row = lake.open(SOUND_MODEL).only([week]).read()
    model = read_sound_model(model_row, week)
    nothing = pl.DataFrame(schema={key: pl.String, c.VECTOR: EMBEDDING})
    if model is None:
        return nothing
    _require_version(model_row[c.SPACE_VERSION].item(), lake, week, "sound_model")
    version = model_row["analysis_version"].item()
    others = heard.filter(pl.col("analysis_version") != version).select(pl.len()).collect().item()
    if others:
        logger.warning(
            "%d recordings were analysed by another version than %s, which the sound model of %s reads: they are placed "
            "without their sound until the week's model is made again", others, version, week,
        )  # fmt: skip
    readable = heard.filter(pl.col("analysis_version") == version)
    rows = readable.select(key, "descriptors", "log_mel").collect().sort(key)
    if rows.is_empty():
        return nothing
    vectors = model.predict(rows["log_mel"].to_list(), np.array(rows["descriptors"].to_list(), dtype=np.float32))
    placed = pl.Series(c.VECTOR, vectors, dtype=pl.Array(pl.Float32, vectors.shape[1])).arr.to_list()
    return rows.select(key).with_columns(placed)


def place_day(day: Day, params: PlacingParams, *, is_whole: bool = True) -> pl.DataFrame:
    """Place a day's submissions and, if it is to be whole, the tracks of the catalogue that few have heard.

    Returns:
        Rows of ``cold_start.placements`` without the date, by track.
    """
    subjects = submitted_subjects(day.verdicts, day.submitted_sounds, day.tracks, day=day.day)
    if is_whole:
        others = catalogue_subjects(day.tracks, day.sounds, day.known, day=day.day, few=params.few_listeners)
        subjects = pl.concat([subjects, others.join(subjects, on=c.TRACK_ID, how="anti")])
    return place_subjects(subjects.sort(c.TRACK_ID), day.known, params)


def make_placements(days: Sequence[date], lake: Lake, params: PlacingParams) -> pl.DataFrame:
    """Place what few have heard, on each of some days: rows of ``cold_start.placements``."""
    parts = [PLACEMENTS.empty()]
    for day in days:
        known = read_known_day(lake, day)
        if known is not None:
            placed = place_day(known, params).with_columns(pl.lit(day).alias(c.DATE))
            parts.append(PLACEMENTS.arrange(placed).collect())
    return pl.concat(parts)


def count_to_place(lake: Lake, day: date) -> int:
    """Count the submissions that have to have a place on a day; none where the day has no space."""
    if day not in lake.open(USER_VECTORS).partitions:
        return 0
    verdicts = verdicts_known(lake.open(SUBMISSION_VERDICTS), midnight(day + timedelta(days=1)))
    nothing = pl.DataFrame(schema={c.SUBMISSION_ID: pl.String, c.VECTOR: EMBEDDING})
    return len(submitted_subjects(verdicts, nothing, lake.open(RAW_TRACKS).latest(day).read(), day=day))
