"""Fridays, from tables to rows of ``mixes.release_radar``: what Dagster calls.

Belongs here: putting on rows what is known before the Friday. Choosing is ``release_radar``.
"""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.cold_start.beside_places import BesidePlaces
from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.latent.space import LatentSpace
from recsys_assets.mixes.catalogue import Catalogue, EligibilityParams, build_catalogue
from recsys_assets.mixes.discover_rows import followed_pairs
from recsys_assets.mixes.eligibility import build_exclusions
from recsys_assets.mixes.history import History
from recsys_assets.mixes.release_radar import (
    ColdTracks,
    Listening,
    ReleaseRadarParams,
    choose_releases,
    new_releases,
)
from recsys_assets.mixes.release_radar_rows import release_radar_rows
from recsys_assets.mixes.release_radar_sources import SpaceOnRows, played_artists
from recsys_assets.mixes.tables import RELEASE_RADAR
from recsys_assets.mixes.text_words import no_words


@dataclass(frozen=True)
class RadarTables:
    """What is known at the end of the day before a Friday.

    Attributes:
        friday: the day of delivery.
        tracks: the newest snapshot of ``raw_tracks``; empty where there is none.
        artists: of ``raw_artists``.
        submitted: accepted submissions, one row per track with ``title``, ``artist_ids``, ``released_on``: tracks that
            the catalogue may not know yet, whose rows it does not replace.
        placements: ``cold_start.placements`` of the day before: ``track_id``, ``vector``, ``sound_vector``, and
            ``is_on_time``, true for an accepted submission that came in time.
        history: what listeners heard, hid and followed.
        space: of the day before; None where nobody has a place.
        written: ``track_id``, ``words``: what articles say of tracks that stand where these put them.
        beside: what is known of submissions and listeners beside their places; None where nobody has a place.
    """

    friday: date
    tracks: pl.DataFrame
    artists: pl.DataFrame
    submitted: pl.DataFrame
    placements: pl.DataFrame
    history: History
    space: LatentSpace | None
    written: pl.DataFrame = field(default_factory=no_words)
    beside: BesidePlaces | None = None


def make_friday(
    tables: RadarTables, params: ReleaseRadarParams, *, eligibility: EligibilityParams | None = None
) -> pl.DataFrame:
    """Make every listener's Release Radar of a Friday: rows of ``mixes.release_radar``.

    Without submissions or without a place for them there are the releases of artists whom listeners follow, play or are
    near to; without a space those of the first two.
    """
    known = with_submitted(tables.tracks, tables.submitted)
    catalogue = build_catalogue(
        known,
        delivered_on=tables.friday,
        params=eligibility or EligibilityParams(),
        artists=tables.artists,
        other_track_ids=tables.history.heard[c.TRACK_ID],
    )
    listening = _listening(tables, catalogue)
    releases = new_releases(catalogue, _released_on(known, catalogue), tables.friday)
    if not releases.size or not listening.listeners.size:
        return RELEASE_RADAR.empty()
    cold = _cold_tracks(tables, catalogue, releases, listening.listeners)
    offers = choose_releases(releases, cold, listening, catalogue, params)
    sounds = np.zeros(catalogue.tracks.size, dtype=bool)
    sounds[cold.tracks] = cold.sounds.any(axis=1)
    return release_radar_rows(
        offers,
        listeners=listening.listeners,
        catalogue=catalogue,
        friday=tables.friday,
        sounds=sounds,
        written=tables.written,
    )


def with_submitted(tracks: pl.DataFrame, submitted: pl.DataFrame) -> pl.DataFrame:
    """Add submitted tracks that the catalogue does not have; where it has one, what it says stands.

    Of what the catalogue leaves open, the day of release is taken from the submission.
    """
    days = submitted.select(c.TRACK_ID, submitted_on=c.RELEASED_ON).unique(c.TRACK_ID, keep="first")
    dated = (
        tracks.join(days, on=c.TRACK_ID, how="left", maintain_order="left")
        .with_columns(pl.coalesce(c.RELEASED_ON, "submitted_on").alias(c.RELEASED_ON))
        .drop("submitted_on")
    )
    new = submitted.unique(c.TRACK_ID, keep="first", maintain_order=True).join(tracks, on=c.TRACK_ID, how="anti")
    return pl.concat([dated, new.select(name for name in new.columns if name in dated.columns)], how="diagonal")


def _released_on(known: pl.DataFrame, catalogue: Catalogue) -> pl.Series:
    days = known.select(c.TRACK_ID, c.RELEASED_ON)
    ids = pl.DataFrame({c.TRACK_ID: catalogue.tracks.ids})
    return ids.join(days, on=c.TRACK_ID, how="left", maintain_order="left")[c.RELEASED_ON]


def _listening(tables: RadarTables, catalogue: Catalogue) -> Listening:
    history = tables.history
    listeners = IdMap.of(history.listeners[c.USER_ID])
    return Listening(
        listeners=listeners,
        exclusions=build_exclusions(
            catalogue, listeners, track_pairs=(history.heard, history.hidden), artist_pairs=history.hidden_artists
        ),
        follows=followed_pairs(history.followed_artists, listeners=listeners, catalogue=catalogue),
        plays=played_artists(history.heard, listeners, catalogue),
        heard=_heard(history.heard, listeners, catalogue),
        space=SpaceOnRows.of(tables.space, catalogue, listeners),
    )


def _heard(heard: pl.DataFrame, listeners: IdMap, catalogue: Catalogue) -> sparse.csr_matrix:
    users, tracks = listeners.rows(heard[c.USER_ID]), catalogue.tracks.rows(heard[c.TRACK_ID])
    counts = heard[c.PLAY_COUNT].fill_null(0).to_numpy().astype(np.float32)
    kept = (users >= 0) & (tracks >= 0) & (counts > 0)
    shape = (listeners.size, catalogue.tracks.size)
    return sparse.csr_matrix((counts[kept], (users[kept], tracks[kept])), shape=shape)


def _cold_tracks(
    tables: RadarTables, catalogue: Catalogue, releases: NDArray[np.int64], listeners: IdMap
) -> ColdTracks:
    """Put the accepted, on-time submissions of the week on rows; without a space there are none."""
    on_time = tables.placements.filter(pl.col("is_on_time").fill_null(value=False)).sort(c.TRACK_ID)
    rows = catalogue.tracks.rows(on_time[c.TRACK_ID]).astype(np.int64)
    is_new = np.isin(rows, releases)
    width = tables.space.dimensions if tables.space is not None else 1
    if tables.space is None or not is_new.any():
        nowhere = np.zeros((0, width), dtype=np.float32)
        return ColdTracks(np.zeros(0, dtype=np.int64), nowhere, nowhere)
    kept = on_time.filter(pl.Series(is_new))
    beside = tables.beside.about(kept) if tables.beside else None
    return ColdTracks(
        rows[is_new],
        vectors=_vectors(kept[c.VECTOR], width),
        sounds=_vectors(kept["sound_vector"], width),
        beside=beside.on_rows(tables.space.users.rows(listeners.ids)) if beside else None,
    )


def _vectors(column: pl.Series, width: int) -> NDArray[np.float32]:
    """Lists of ``width`` floats as rows; null as zeros."""
    rows = np.zeros((len(column), width), dtype=np.float32)
    known = column.is_not_null().to_numpy()
    if known.any():
        rows[known] = column.drop_nulls().list.to_array(width).to_numpy()
    return rows
