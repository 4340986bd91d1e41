"""The content prior of a week, from tables to tables. What it is, ``content_prior``; which anchor serves, ``anchors``."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.core import columns as c
from recsys_assets.core.errors import MissingInputError, VersionMismatchError
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.seeds import derived_seed
from recsys_assets.latent.anchors import Anchors, make_first
from recsys_assets.latent.content import PlacedTracks, TrackContent
from recsys_assets.latent.content_prior import ContentPrior, ContentPriorParams, fit_content_prior
from recsys_assets.latent.prior_bytes import from_bytes, to_bytes
from recsys_assets.latent.space import LatentSpace
from recsys_assets.latent.tables import CONTENT_PRIOR
from recsys_assets.latent.written import Written


def make_content_priors(
    weeks: Sequence[date],
    anchors: Anchors,
    *,
    tracks: TableVersion,
    audio_vectors: TableVersion,
    entity_text: TableVersion,
    co_mentions: TableVersion,
    params: ContentPriorParams,
    seed: int,
) -> pl.DataFrame:
    """Learn the prior of each week from the tracks of its anchor.

    Args:
        weeks: Mondays.
        anchors: as published.
        tracks: ``raw.raw_tracks``, all snapshots; the one of the day before the Monday says who is credited.
        audio_vectors: ``audio.audio_vectors`` of these weeks; weeks without a row have priors without sound.
        entity_text: ``corpus.entity_text`` of these weeks; weeks without a row have priors without text vectors.
        co_mentions: ``corpus.co_mentions`` of these weeks, likewise.
        params: how.
        seed: of chance in it.

    Returns:
        Rows of ``latent.content_prior``; none for a week whose anchor holds no track.

    Raises:
        MissingInputError: the anchor of a week was not made.
        VersionMismatchError: the audio vectors are of another making of the week's space.
    """
    frames = []
    for week in weeks:
        anchor = anchors.read(week)
        if anchor is None:
            raise MissingInputError(make_first(week, "the content prior is learnt from its tracks"))
        if not anchor.tracks.size:
            continue
        sound = audio_vectors.only([week]).read()
        written = Written.of(entity_text.only([week]).read(), co_mentions.only([week]).read())
        catalogue = tracks.latest(week - timedelta(days=1)).read()
        known, is_held_out = describe_tracks(anchor, catalogue, sound, written)
        # As in a fit, one seed for all weeks: two priors then differ by their data.
        prior = fit_content_prior(
            known, params, seed=derived_seed(seed, "content prior") % 2**31, is_held_out=is_held_out
        )
        frames.append(_row(prior, anchor.space_version, written.encoder, week))
    return pl.concat(frames) if frames else CONTENT_PRIOR.empty()


def describe_tracks(
    space: LatentSpace, tracks: pl.DataFrame, audio_vectors: pl.DataFrame, written: Written | None = None
) -> tuple[PlacedTracks, NDArray[np.bool_]]:
    """Join the tracks of a space with what is known of them besides their listeners.

    Args:
        space: an anchor, or a day turned onto the anchor that ``audio_vectors`` belong to.
        tracks: track_id, artist_ids.
        audio_vectors: track_id, vector, space_version, is_held_out; may be empty.
        written: of the week; nothing where None.

    Returns:
        The tracks with credits, sound and text, and which of them have an honest ``sound``.

    Raises:
        VersionMismatchError: the audio vectors are of more than one space, or of the week's space made anew.
    """
    versions = audio_vectors[c.SPACE_VERSION].unique().to_list()
    if versions and versions != [space.space_version]:
        raise VersionMismatchError(
            f"sound places tracks in {versions}, the anchor is {space.space_version}: make the week's sound model again"
        )
    ids = space.tracks.ids.alias(c.TRACK_ID).to_frame()
    joined = ids.join(tracks.select(c.TRACK_ID, c.ARTIST_IDS), on=c.TRACK_ID, how="left", maintain_order="left")
    written = written or Written.nothing()
    sound = sound_rows(joined[c.TRACK_ID], audio_vectors)
    text = written.text_rows(joined[c.TRACK_ID], joined[c.ARTIST_IDS])
    content = TrackContent(joined[c.TRACK_ID], joined[c.ARTIST_IDS], sound, *text)
    honest = audio_vectors.filter(pl.col("is_held_out"))[c.TRACK_ID]
    is_held_out = joined[c.TRACK_ID].is_in(honest.implode()).to_numpy()
    return PlacedTracks(content, space.track_vectors, written.co_mentions), is_held_out


def sound_rows(track_ids: pl.Series, audio_vectors: pl.DataFrame) -> NDArray[np.float32] | None:
    """Return the audio vector of each track, float32 of shape (n, d), NaN where there is none; None where nobody has one."""
    if audio_vectors.is_empty():
        return None
    width = len(audio_vectors[c.VECTOR][0])
    sound = np.full((len(track_ids), width), np.nan, dtype=np.float32)
    rows = pl.DataFrame({c.TRACK_ID: track_ids, "row": np.arange(len(track_ids))}).join(
        audio_vectors.select(c.TRACK_ID, c.VECTOR), on=c.TRACK_ID
    )
    sound[rows["row"].to_numpy()] = rows[c.VECTOR].list.to_array(width).to_numpy()
    return sound


def read_content_prior(published: TableVersion, week: date) -> tuple[ContentPrior, str, str | None] | None:
    """Read the prior of a week, the name of the space it belongs to and of its text encoder; None where the week has none.

    Args:
        published: ``latent.content_prior``.
        week: a Monday.

    Raises:
        DataFaultError: what is stored is no prior.
    """
    row = published.only([week]).read()
    return None if row.is_empty() else (
        from_bytes(row["model"].item()), row[c.SPACE_VERSION].item(), row["encoder"].item()
    )  # fmt: skip


def _row(prior: ContentPrior, space_version: str, encoder: str | None, week: date) -> pl.DataFrame:
    figures = prior.figures
    return pl.DataFrame(
        {
            c.SPACE_VERSION: [space_version],
            "model": [to_bytes(prior)],
            "shrinkage": [prior.shrinkage],
            "residual_share": [prior.residual_share],
            "sound_explained": [figures.get("sound_explained")],
            "text_explained": [figures.get("text_explained")],
            "explained": [figures.get("explained")],
            "n_tracks": [int(figures["n_tracks"])],
            "n_recordings": [int(figures["n_recordings"])],
            "n_held_out": [int(figures.get("n_held_out", 0))],
            "n_text_artists": [int(figures.get("n_text_artists", 0))],
            "encoder": [encoder],
            c.WEEK: [week],
        },
        schema=CONTENT_PRIOR.dtypes,
    ).with_columns(pl.col("sound_explained", "text_explained", "explained").fill_nan(None))
