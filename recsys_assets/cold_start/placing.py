"""Places of tracks that few have heard: what their listeners say, pulled to where their content puts them.

Belongs here: who is placed and from what. The formula is ``latent.posterior``, prior means ``latent.content_prior``;
reading tables is ``days``.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from recsys_assets.cold_start.place_tables import PLACEMENTS, SOUND_VECTOR
from recsys_assets.cold_start.tables import ACCEPTED, IS_ON_TIME, LATE, RECEIVED_AT, VERDICT, came_in_time
from recsys_assets.core import columns as c
from recsys_assets.core.schemas import EMBEDDING, IDS
from recsys_assets.latent.content import PlacedTracks, TrackContent
from recsys_assets.latent.content_prior import ContentPrior, PriorMeans
from recsys_assets.latent.factorise import weigh_pairs
from recsys_assets.latent.posterior import place_tracks
from recsys_assets.latent.share_of_artist import ShareOfArtistParams
from recsys_assets.latent.space import LatentSpace
from recsys_assets.latent.text_match import TextMatchParams
from recsys_assets.latent.written import Written
from recsys_assets.play_matrix.matrix import InteractionMatrix, build_matrix

# A submission is placed until its first Release Radar, which comes at most a week after its release.
DAYS_AFTER_RELEASE = 7
SUBJECTS = {
    c.TRACK_ID: pl.String,
    c.SUBMISSION_ID: pl.String,
    c.ARTIST_IDS: IDS,
    "inherits_artist": pl.Boolean,
    "sound": EMBEDDING,
    IS_ON_TIME: pl.Boolean,
    c.RELEASED_ON: pl.Date,
}


class PlacingParams(BaseModel, frozen=True, extra="forbid"):
    """Which tracks are placed, and how much content counts: ``[placing]`` of ``settings.toml``, for days and previews alike."""

    few_listeners: int = Field(
        default=5, ge=0, description="Tracks of the catalogue with at most so many listeners are placed too."
    )
    prior_strength: float = Field(
        default=0.3,
        gt=0,
        description="How much content weighs against listeners. With 1, text costs what many know (ADR 0011).",
    )
    text_match: TextMatchParams = Field(
        default=TextMatchParams(), description="How much it counts that what is written of a track fits a listener."
    )
    share_of_artist: ShareOfArtistParams = Field(
        default=ShareOfArtistParams(), description="How much it counts that a listener has the artist's other tracks."
    )


@dataclass(frozen=True)
class Known:
    """What a day knows that places are made of.

    Attributes:
        space: of the day.
        matrix: confidences of the day, rows as ``space.users``.
        entries: the same as rows: ``user_id``, ``track_id``, ``confidence``.
        prior: of the day's week.
        tracks: of the catalogue, with places: content and vectors.
        written: of the week.
    """

    space: LatentSpace
    matrix: InteractionMatrix
    entries: pl.DataFrame
    prior: ContentPrior
    tracks: PlacedTracks
    written: Written = field(default_factory=Written.nothing)


def build_known(
    space: LatentSpace,
    confidence: pl.DataFrame,
    prior: ContentPrior,
    tracks: pl.DataFrame,
    sounds: pl.DataFrame,
    *,
    written: Written | None = None,
) -> Known:
    """Put together what a day knows.

    Args:
        space: of the day.
        confidence: ``user_id``, ``track_id``, ``confidence`` of the day.
        prior: of its week.
        tracks: ``track_id``, ``artist_ids``: who has no row has no artist.
        sounds: ``track_id``, ``vector``: places by sound alone; who has no row has no recording.
        written: of its week; nothing where None.
    """
    written = written or Written.nothing()
    ids = space.tracks.ids.alias(c.TRACK_ID).to_frame()
    content = ids.join(
        tracks.select(c.TRACK_ID, c.ARTIST_IDS).unique(c.TRACK_ID), on=c.TRACK_ID, how="left", maintain_order="left"
    ).join(sounds.select(c.TRACK_ID, sound=c.VECTOR), on=c.TRACK_ID, how="left", maintain_order="left")
    return Known(
        space=space,
        matrix=build_matrix(confidence, users=space.users),
        entries=confidence,
        prior=prior,
        tracks=PlacedTracks(_content(content, space.dimensions, written), space.track_vectors, written.co_mentions),
        written=written,
    )


def as_catalogued(verdicts: pl.DataFrame, tracks: pl.DataFrame) -> pl.DataFrame:
    """Return verdicts with the day on which the catalogue releases a track that it knows, and whether they came in time for it.

    Args:
        verdicts: on submissions (rows of ``submission_verdicts``).
        tracks: ``track_id``, ``released_on`` of the catalogue, each track once.
    """
    days = tracks.select(c.TRACK_ID, known_on=c.RELEASED_ON)
    dated = verdicts.join(days, on=c.TRACK_ID, how="left", maintain_order="left")
    known_on = pl.coalesce("known_on", c.RELEASED_ON)
    return dated.with_columns(came_in_time(known_on).alias(IS_ON_TIME), known_on.alias(c.RELEASED_ON)).drop("known_on")


def submitted_subjects(
    verdicts: pl.DataFrame, sounds: pl.DataFrame, tracks: pl.DataFrame, *, day: date
) -> pl.DataFrame:
    """Choose the submissions that are placed on a day: accepted or late, and not yet long released.

    Args:
        verdicts: as known at the end of the day, one row per submission (``tables.verdicts_known``).
        sounds: ``submission_id``, ``vector``: places by the sound of their recordings alone.
        tracks: the catalogue, which decides when a track that it knows is released.
        day: the day.

    Returns:
        Columns of ``SUBJECTS``. Of an unverified claim the artists are left out: it inherits nothing. Of two submissions
        of one track the newer stands.
    """
    return (
        as_catalogued(verdicts, tracks)
        .filter(pl.col(VERDICT).is_in([ACCEPTED, LATE]), pl.col("replaced_by").is_null())
        .filter(pl.col(c.RELEASED_ON) >= day - timedelta(days=DAYS_AFTER_RELEASE))
        .sort(RECEIVED_AT, c.SUBMISSION_ID)
        .unique(c.TRACK_ID, keep="last", maintain_order=True)
        .join(sounds.select(c.SUBMISSION_ID, sound=c.VECTOR), on=c.SUBMISSION_ID, how="left")
        .with_columns(inherited_artists().alias(c.ARTIST_IDS), pl.col("is_claim_verified").alias("inherits_artist"))
        .select(pl.col(name).cast(dtype) for name, dtype in SUBJECTS.items())
        .sort(c.TRACK_ID)
    )


def inherited_artists() -> pl.Expr:
    """Return from whom a submission inherits, of its verdict: the artists whose it provably is, else nobody."""
    return pl.when("is_claim_verified").then("verified_artist_ids").otherwise(pl.lit([], dtype=IDS))


def catalogue_subjects(
    tracks: pl.DataFrame, sounds: pl.DataFrame, known: Known, *, day: date, few: int
) -> pl.DataFrame:
    """Choose the released tracks of the catalogue that few have heard; columns of ``SUBJECTS``."""
    counts = pl.DataFrame(
        {
            c.TRACK_ID: known.matrix.tracks.ids,
            "n": np.bincount(known.matrix.matrix.indices, minlength=known.matrix.tracks.size),
        }
    )
    is_out = pl.col(c.RELEASED_ON).is_null() | (pl.col(c.RELEASED_ON) <= day)
    return (
        tracks.filter(is_out, ~pl.col(c.IS_WITHDRAWN).fill_null(value=False))
        .join(counts, on=c.TRACK_ID, how="left")
        .filter(pl.col("n").fill_null(0) <= few)
        .join(sounds.select(c.TRACK_ID, sound=c.VECTOR), on=c.TRACK_ID, how="left")
        .with_columns(
            pl.lit(None).alias(c.SUBMISSION_ID), pl.lit(None).alias(IS_ON_TIME), pl.lit(True).alias("inherits_artist")
        )
        .select(pl.col(name).cast(dtype) for name, dtype in SUBJECTS.items())
        .sort(c.TRACK_ID)
    )


def place_subjects(
    subjects: pl.DataFrame, known: Known, params: PlacingParams, *, keeps_silent: bool = False
) -> pl.DataFrame:
    """Place tracks in the space of the day.

    Args:
        subjects: columns of ``SUBJECTS``, each track once.
        known: of the day.
        params: how much content counts.
        keeps_silent: keep also what the next line leaves out.

    Returns:
        Rows of ``cold_start.placements`` without the date, in the order given. Left out is a track of the catalogue of
        which neither artist nor recording nor article says anything: it would stand in the middle of everything.
    """
    content = _content(subjects, known.space.dimensions, known.written)
    means = known.prior.means(content, known.tracks, inherits_artist=subjects["inherits_artist"].to_numpy())
    weights = weigh_pairs(known.matrix.matrix, known.space.params).T.tocsr()
    rows = known.matrix.tracks.rows(subjects[c.TRACK_ID])
    mine = weights[np.maximum(rows, 0)]
    mine.data[np.repeat(rows < 0, np.diff(mine.indptr))] = 0
    mine.eliminate_zeros()
    vectors = place_tracks(
        mine, known.space.user_vectors, means.mean, known.space.params, prior_strength=params.prior_strength
    )
    placed = subjects.with_columns(
        _lists(vectors).alias(c.VECTOR),
        _sound_vectors(means).alias(SOUND_VECTOR),
        pl.lit(known.space.space_version).alias(c.SPACE_VERSION),
        pl.Series("n_listeners", np.diff(mine.indptr), dtype=pl.Int32),
        pl.Series("artist_weight", means.artist_weight, dtype=pl.Float32),
        pl.Series("text_weight", means.text_weight, dtype=pl.Float32),
        pl.Series("inherits_artist", subjects["inherits_artist"].to_numpy() & means.has_artist),
    )
    says_something = (
        pl.Series(means.has_artist | means.has_sound | (means.text_weight > 0))
        | subjects[c.SUBMISSION_ID].is_not_null()
    )
    kept = placed if keeps_silent else placed.filter(says_something)
    return kept.select(PLACEMENTS.empty().drop(c.DATE).columns)


def _content(rows: pl.DataFrame, width: int, written: Written) -> TrackContent:
    """Credits, sound places and text of tracks; NaN where there is none, None where there is none at all."""
    has_sound = rows["sound"].is_not_null().to_numpy()
    sound = None
    if has_sound.any():
        sound = np.full((len(rows), width), np.nan, dtype=np.float32)
        sound[has_sound] = rows["sound"].drop_nulls().list.to_array(width).to_numpy()
    text = written.text_rows(rows[c.TRACK_ID], rows[c.ARTIST_IDS])
    return TrackContent(rows[c.TRACK_ID], rows[c.ARTIST_IDS], sound, *text)


def _lists(vectors: NDArray[np.float32]) -> pl.Series:
    column = np.ascontiguousarray(vectors, dtype=np.float32)
    return pl.Series(column, dtype=pl.Array(pl.Float32, column.shape[1])).arr.to_list()


def _sound_vectors(means: PriorMeans) -> pl.Series:
    return _lists(means.from_sound).set(pl.Series(~means.has_sound), None)
