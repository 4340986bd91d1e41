"""Release Radar: from a week's new releases to up to thirty of them for each listener.

Belongs here: choosing. Who has which reason to want a release is ``release_radar_sources``, who hears a cold track
first ``release_radar_batch``, names and words are ``release_radar_rows``.

Releases come in the order of their reasons: by an artist whom the listener follows, by one whom they play, then by how
far up the release stands in their own ranking, be it by its artist's place or by its own sound. What was promised to
cold tracks stands in the mix whatever else does.

100,000 listeners, 500 releases and 150 cold tracks take 25 s and 2.3 GB on two busy cores.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field
from scipy import sparse

from recsys_assets.cold_start.scores import Beside, ScoreScale, score_listeners, share_below
from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.mixes.artist_cap import Claims, keep_within_caps
from recsys_assets.mixes.catalogue import Catalogue
from recsys_assets.mixes.eligibility import Exclusions, may_be_offered
from recsys_assets.mixes.pairs import PairSet
from recsys_assets.mixes.release_radar_batch import FirstBatchParams, share_out
from recsys_assets.mixes.release_radar_sources import (
    SpaceOnRows,
    followed_releases,
    near_releases,
    nearest_known,
    played_releases,
)
from recsys_assets.mixes.tables import SOURCE_TYPE

WEEK = timedelta(days=7)
# Whole steps between reasons: shares below lie within one.
_STEP = {"followed_artist": 2.0, "same_artist": 1.0, "similar_artist": 0.0, "sound": 0.0}

OFFERS = {
    c.USER_ROW: pl.Int32,
    c.TRACK_ROW: pl.Int32,
    c.SCORE: pl.Float32,
    c.SOURCE: SOURCE_TYPE,
    "artist": pl.Int32,
    "because": pl.Int64,
    "is_promised": pl.Boolean,
}


class ReleaseRadarParams(FirstBatchParams, frozen=True):
    """The shape of Release Radar."""

    min_artist_plays: int = Field(
        default=2, ge=1, description="Plays of an artist that make them one the listener plays."
    )
    near_share: float = Field(
        default=0.1, ge=0, lt=1, description="An artist is near whom a listener would rank among this share of all."
    )


@dataclass(frozen=True)
class ColdTracks:
    """Accepted, on-time submissions that are released in the week, with their places by sound and claimed artist.

    Attributes:
        tracks: int64, catalogue rows.
        vectors: float32, shape (n, d), in the space of the day before delivery.
        sounds: float32, shape (n, d): where the sound alone puts it; zero where there is no recording.
        beside: what is known of them and of listeners beside their places; None where there are none.
    """

    tracks: NDArray[np.int64]
    vectors: NDArray[np.float32]
    sounds: NDArray[np.float32]
    beside: Beside | None = None


@dataclass(frozen=True)
class Listening:
    """What is known of listeners before the Friday, on rows.

    Attributes:
        listeners: everybody who did anything.
        exclusions: heard and hidden.
        follows: (listener, artist).
        plays: listeners x artists, counts of plays.
        heard: listeners x tracks, counts of plays.
        space: of the day before.
    """

    listeners: IdMap
    exclusions: Exclusions
    follows: PairSet
    plays: sparse.csr_matrix
    heard: sparse.csr_matrix
    space: SpaceOnRows


def new_releases(catalogue: Catalogue, released_on: pl.Series, friday: date) -> NDArray[np.int64]:
    """Return the offerable tracks released in (friday - 7 days, friday], by row.

    Args:
        catalogue: as of the Friday.
        released_on: by catalogue row; a track of unknown release is no new release.
        friday: the day of delivery.
    """
    is_new = ((released_on > friday - WEEK) & (released_on <= friday)).fill_null(value=False).to_numpy()
    return np.flatnonzero(is_new & catalogue.is_offerable)


def choose_releases(
    releases: NDArray[np.int64],
    cold: ColdTracks,
    listening: Listening,
    catalogue: Catalogue,
    params: ReleaseRadarParams,
) -> pl.DataFrame:
    """Choose every listener's mix.

    Args:
        releases: catalogue rows, from ``new_releases``.
        cold: those of them that may come by their sound.
        listening: of the listeners.
        catalogue: credits, recordings, what nobody gets.
        params: the shape of the mix.

    Returns:
        Columns of ``OFFERS`` with ``rank`` (from 1), ordered by listener and rank, scores never rising: ``artist`` is
        whom the listener follows, plays or is near to (-1 for a sound), ``because`` the played track that a sound is
        nearest to, or the played artist that an artist is nearest to; -1 where there is none.
    """
    promised = _first_batch(cold, listening, catalogue, params)
    parts = [promised]
    for source, pairs in (
        ("followed_artist", [followed_releases(listening.follows, releases, catalogue)]),
        ("same_artist", [played_releases(listening.plays, releases, catalogue, min_plays=params.min_artist_plays)]),
        ("similar_artist", near_releases(listening.space, releases, catalogue, share=params.near_share)),
    ):
        parts += [_offers(found, source, releases, listening, catalogue) for found in pairs]
    everything = _best_reason(pl.concat(parts))
    chosen = _within_caps(everything, catalogue, params)
    return _with_evidence(chosen, cold, listening, catalogue).with_columns(
        (pl.int_range(pl.len(), dtype=pl.Int32).over(c.USER_ROW) + 1).alias(c.RANK)
    )


def _first_batch(
    cold: ColdTracks, listening: Listening, catalogue: Catalogue, params: ReleaseRadarParams
) -> pl.DataFrame:
    """The listeners to whom cold tracks are promised."""
    scale = ScoreScale.of(listening.space.tracks)
    scores = score_listeners(listening.space.users, cold.vectors, scale, beside=cold.beside)
    n_tracks, n_users = scores.shape
    users, tracks = np.tile(np.arange(n_users), n_tracks), np.repeat(cold.tracks, n_users)
    allowed = may_be_offered(users, tracks, catalogue=catalogue, exclusions=listening.exclusions)
    scores[~allowed.reshape(scores.shape)] = -np.inf
    given = share_out(scores, cold.tracks, catalogue, params)
    track = np.repeat(np.arange(n_tracks), [len(of) for of in given])
    user = np.concatenate([*given, np.zeros(0, dtype=np.int64)])
    return _frame(
        user, cold.tracks[track], share_below(scores[track, user]), "sound", np.full(user.size, -1), is_promised=True
    )


def _offers(
    pairs: pl.DataFrame, source: str, releases: NDArray[np.int64], listening: Listening, catalogue: Catalogue
) -> pl.DataFrame:
    """Pairs of one source that may be offered, scored within its step."""
    users, tracks = pairs["user"].to_numpy(), releases[pairs["release"].to_numpy()]
    allowed = np.flatnonzero(may_be_offered(users, tracks, catalogue=catalogue, exclusions=listening.exclusions))
    users, tracks = users[allowed], tracks[allowed]
    artists, near = pairs["artist"].to_numpy()[allowed], pairs["near"].to_numpy()[allowed]
    if source != "similar_artist":
        near = _near_to(listening.space, users, artists)
    return _frame(users, tracks, _STEP[source] + near, source, artists, is_promised=False)


def _near_to(space: SpaceOnRows, users: NDArray[np.integer], artists: NDArray[np.integer]) -> NDArray[np.float32]:
    """The share of artists that each listener likes less than the one they are paired with; 0 without a place."""
    scale = ScoreScale.of(space.artists)
    mean, spread = scale.listener_scale(space.users)
    raw = np.einsum("nd,nd->n", space.users[users].astype(np.float64), space.artists[artists].astype(np.float64))
    is_placed = (spread[users] > 0) & space.artists[artists].any(axis=1)
    scores = (raw - mean[users]) / np.where(is_placed, spread[users], 1)
    return np.where(is_placed, share_below(scores), 0).astype(np.float32)


def _frame(
    users: NDArray[np.integer],
    tracks: NDArray[np.integer],
    scores: NDArray[np.floating],
    source: str,
    artists: NDArray[np.integer],
    *,
    is_promised: bool,
) -> pl.DataFrame:
    frame = pl.DataFrame({c.USER_ROW: users, c.TRACK_ROW: tracks, c.SCORE: scores, "artist": artists})
    known = (pl.lit(source).alias(c.SOURCE), pl.lit(-1).alias("because"), pl.lit(is_promised).alias("is_promised"))
    return frame.with_columns(known).select(pl.col(name).cast(dtype) for name, dtype in OFFERS.items())


def _best_reason(offers: pl.DataFrame) -> pl.DataFrame:
    """One row for each listener and track: its strongest reason, promised if any of its rows was."""
    return (
        offers.with_columns(pl.col("is_promised").any().over(c.USER_ROW, c.TRACK_ROW))
        .sort(c.USER_ROW, c.TRACK_ROW, -pl.col(c.SCORE), c.SOURCE)
        .unique((c.USER_ROW, c.TRACK_ROW), keep="first", maintain_order=True)
    )


def _within_caps(offers: pl.DataFrame, catalogue: Catalogue, params: ReleaseRadarParams) -> pl.DataFrame:
    """Fill each mix, promised tracks before all others, and order it by score."""
    ordered = offers.sort(c.USER_ROW, ~pl.col("is_promised"), -pl.col(c.SCORE), c.TRACK_ROW)
    owners, tracks = ordered[c.USER_ROW].to_numpy().astype(np.int64), ordered[c.TRACK_ROW].to_numpy()
    claims = [
        catalogue.artist_claims(owners, tracks, places=params.artist_places),
        catalogue.recording_claims(owners, tracks),
        Claims(np.arange(owners.size), owners, params.length),
    ]
    kept = ordered.filter(pl.Series(keep_within_caps(owners, claims), dtype=pl.Boolean))
    return kept.sort(c.USER_ROW, -pl.col(c.SCORE), c.TRACK_ROW)


def _with_evidence(chosen: pl.DataFrame, cold: ColdTracks, listening: Listening, catalogue: Catalogue) -> pl.DataFrame:
    """Find what the listener plays that is nearest to a sound or to an artist, for the rows whose reason it is."""
    because = np.full(len(chosen), -1, dtype=np.int64)
    users, tracks = chosen[c.USER_ROW].to_numpy(), chosen[c.TRACK_ROW].to_numpy()
    sound = _rows_of(chosen, "sound", tracks)
    if sound.size:
        place = np.full(catalogue.tracks.size, -1)
        place[cold.tracks] = np.arange(cold.tracks.size)
        # Where the recording itself has a place, that is what "sounds like" means.
        heard_as = np.where(cold.sounds.any(axis=1, keepdims=True), cold.sounds, cold.vectors)
        targets = heard_as[place[tracks[sound]]]
        because[sound] = nearest_known(listening.heard, listening.space.tracks, users[sound], targets)
    artists = chosen["artist"].to_numpy()
    near = _rows_of(chosen, "similar_artist", artists)
    if near.size:
        targets = listening.space.artists[artists[near]]
        because[near] = nearest_known(listening.plays, listening.space.artists, users[near], targets)
    return chosen.with_columns(pl.Series("because", because))


def _rows_of(chosen: pl.DataFrame, source: str, by: NDArray[np.integer]) -> NDArray[np.int64]:
    """Rows of one source, those of one target together."""
    rows = np.flatnonzero((chosen[c.SOURCE].cast(pl.String) == source).to_numpy())
    return rows[np.argsort(by[rows], kind="stable")]
