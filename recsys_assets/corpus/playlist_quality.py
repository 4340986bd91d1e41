"""Which playlists are read as documents, and why others are not.

Belongs here: the score of a playlist and the tracks in it that look bought. How well entries belong together is ``playlist_fit``;
what good playlists say is ``playlist_vectors`` and ``title_terms``.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from scipy import sparse

from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.warehouse import SqlSettings, run_sql
from recsys_assets.corpus import tables as t
from recsys_assets.corpus.playlist_fit import EntryFit, fit_entries

TOO_SHORT, TOO_LONG, ONE_ARTIST, INCOHERENT, BOUGHT, UNFOLLOWED = (
    "too_short", "too_long", "one_artist", "incoherent", "bought_slots", "unfollowed",
)  # fmt: skip
# Playlists of which something middling can be said, and places of a track among the most followed that may have been bought.
_LEAST_PLAYLISTS, _LEAST_PLACES = 20, 3


class QualityParams(BaseModel, frozen=True):
    """Which playlists are good documents."""

    min_tracks: int = Field(default=10, gt=1, description="Fewest different tracks.")
    max_tracks: int = Field(
        default=1_000, gt=1, description="Most different tracks: beyond, it is a dump and not a choice."
    )
    max_artist_share: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="Largest share of one artist: beyond, it is a discography or an advertisement.",
    )
    min_cohesion: float = Field(
        default=0.4,
        description="Bits above chance that its tracks stand together in other playlists, as a share of what a middling "
        "playlist has (.45 bits in the demo world, 2.7 in public playlists).",
    )
    max_bought_share: float = Field(default=0.2, ge=0, le=1, description="Largest share of tracks that look bought.")
    min_followers: int = Field(default=0, ge=0, description="Fewest followers, where followers are known.")
    most_followed: float = Field(
        default=0.1, gt=0, lt=1, description="Share of playlists that count as the most followed."
    )
    bought_chance: float = Field(
        default=0.5,
        gt=0,
        description="A track looks bought whose places lie among the most followed playlists more often than this many tracks "
        "of all would by chance,",
    )
    bought_cohesion: float = Field(
        default=1.0, description="and around which those playlists share fewer bits above chance than this."
    )


@dataclass(frozen=True)
class PlaylistTables:
    """Playlists, their entries and the catalogue, each as one snapshot."""

    playlists: TableVersion | pl.DataFrame
    playlist_tracks: TableVersion | pl.DataFrame
    tracks: TableVersion | pl.DataFrame


@dataclass(frozen=True)
class Held:
    """What playlists hold: ``matrix`` of ones, rows by ``playlist_ids``, columns by ``track_ids``."""

    matrix: sparse.csr_matrix
    playlist_ids: IdMap
    track_ids: IdMap


def build_held(entries: pl.DataFrame) -> Held:
    """Make the matrix of a table of entries: playlist_id, track_id; repeats count once."""
    playlist_ids, track_ids = IdMap.of(entries[c.PLAYLIST_ID]), IdMap.of(entries[c.TRACK_ID])
    rows, columns = playlist_ids.rows(entries[c.PLAYLIST_ID]), track_ids.rows(entries[c.TRACK_ID])
    matrix = sparse.csr_matrix(
        (np.ones(rows.size, dtype=np.float32), (rows, columns)), shape=(playlist_ids.size, track_ids.size)
    )
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return Held(matrix, playlist_ids, track_ids)


def judge_playlists(
    tables: PlaylistTables,
    entries: pl.DataFrame,
    params: QualityParams | None = None,
    *,
    seed: int,
    settings: SqlSettings | None = None,
) -> pl.DataFrame:
    """Judge every playlist of a snapshot.

    Args:
        tables: the snapshot.
        entries: its entries as a frame: playlist_id, track_id.
        params: what is good.
        seed: of the sample of witnesses.
        settings: what the query may use.

    Returns:
        Rows of ``corpus.playlist_quality`` without the week, ordered by playlist.
    """
    wanted = params or QualityParams()
    facts = run_sql(
        "corpus/playlist_facts",
        inputs={"playlists": tables.playlists, "playlist_tracks": tables.playlist_tracks, "tracks": tables.tracks},
        settings=settings,
    )
    held = build_held(entries)
    fit = fit_entries(held.matrix, seed=seed)
    owners = np.repeat(np.arange(held.playlist_ids.size), np.diff(held.matrix.indptr))
    cohesion = fit.by(owners, held.playlist_ids.size)
    followers = pl.DataFrame({c.PLAYLIST_ID: held.playlist_ids.ids}).join(
        facts.select(c.PLAYLIST_ID, c.FOLLOWERS), on=c.PLAYLIST_ID, how="left", maintain_order="left"
    )[c.FOLLOWERS]
    looks_bought = find_bought(held.matrix, fit, followers, wanted)
    least = _least_cohesion(cohesion, np.diff(held.matrix.indptr), wanted)
    judged = pl.DataFrame(
        {
            c.PLAYLIST_ID: held.playlist_ids.ids,
            "cohesion": pl.Series(cohesion, dtype=pl.Float32).fill_nan(None),
            "bought_track_ids": _bought_of(held, owners, looks_bought),
        }
    )
    known = facts.join(judged, on=c.PLAYLIST_ID, how="left").with_columns(
        pl.col("bought_track_ids").fill_null(pl.lit([], dtype=pl.List(pl.String)))
    )
    reason = _reason(wanted, least)
    return (
        known.with_columns(_score().cast(pl.Float32).alias(c.SCORE), reason.alias(c.REASON))
        .with_columns(pl.col(c.REASON).is_null().alias(t.IS_GOOD))
        .sort(c.PLAYLIST_ID)
        .select(name for name in t.PLAYLIST_QUALITY.dtypes if name != c.WEEK)
    )


def find_bought(
    matrix: sparse.csr_matrix, fit: EntryFit, followers: pl.Series, params: QualityParams
) -> NDArray[np.bool_]:
    """Tell of every entry whether its place looks bought.

    Who pays wants to be seen: a track looks bought whose places are, against all odds, places in the most followed playlists, and
    which does not belong there by its company. Of playlists whose followers nobody tells nothing follows.

    Args:
        matrix: playlists x tracks, ones.
        fit: of its entries.
        followers: by playlist.
        params: the odds.
    """
    from scipy.stats import binom

    none = np.zeros(matrix.nnz, dtype=bool)
    known = followers.drop_nulls()
    if known.len() < _LEAST_PLAYLISTS:
        return none
    border = float(known.quantile(1 - params.most_followed, "lower") or 0)
    owners = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    is_known = followers.is_not_null().to_numpy()[owners]
    is_followed = (followers.fill_null(-1).to_numpy() > border)[owners]
    places = np.bincount(matrix.indices[is_known], minlength=matrix.shape[1])
    seen = np.bincount(matrix.indices[is_followed], minlength=matrix.shape[1])
    chance = binom.sf(seen - 1, places, is_followed.sum() / max(is_known.sum(), 1))
    is_judged = seen >= _LEAST_PLACES
    bits = EntryFit(np.where(is_followed, fit.found, 0), np.where(is_followed, fit.expected, 0)).by(
        matrix.indices, matrix.shape[1]
    )
    suspected = (
        is_judged & (chance * max(is_judged.sum(), 1) < params.bought_chance) & ~(bits >= params.bought_cohesion)
    )
    return suspected[matrix.indices] & is_followed


def _least_cohesion(cohesion: NDArray[np.float64], lengths: NDArray[np.integer], params: QualityParams) -> float:
    """Return the bits that a playlist needs; none are needed where there are too few to say what is middling."""
    middling = cohesion[(lengths >= params.min_tracks) & ~np.isnan(cohesion)]
    return params.min_cohesion * float(np.median(middling)) if middling.size >= _LEAST_PLAYLISTS else -np.inf


def _bought_of(held: Held, owners: NDArray[np.integer], looks_bought: NDArray[np.bool_]) -> pl.Series:
    found = pl.DataFrame(
        {"row": owners[looks_bought], "track": held.track_ids.external(held.matrix.indices[looks_bought])},
        schema={"row": pl.Int64, "track": pl.String},
    )
    by_row = found.group_by("row").agg(pl.col("track").sort())
    rows = pl.DataFrame({"row": np.arange(held.playlist_ids.size, dtype=np.int64)})
    return rows.join(by_row, on="row", how="left", maintain_order="left")["track"]


def _bought_share() -> pl.Expr:
    return pl.col("bought_track_ids").list.len() / pl.col("n_tracks").clip(lower_bound=1)


def _reason(params: QualityParams, least_cohesion: float) -> pl.Expr:
    return (
        pl.when(pl.col("n_tracks") < params.min_tracks)
        .then(pl.lit(TOO_SHORT))
        .when(pl.col("n_tracks") > params.max_tracks)
        .then(pl.lit(TOO_LONG))
        .when(pl.col("largest_artist_share") > params.max_artist_share)
        .then(pl.lit(ONE_ARTIST))
        .when(pl.col("cohesion") < least_cohesion)
        .then(pl.lit(INCOHERENT))
        .when(_bought_share() > params.max_bought_share)
        .then(pl.lit(BOUGHT))
        .when(pl.col(c.FOLLOWERS) < params.min_followers)
        .then(pl.lit(UNFOLLOWED))
        .otherwise(pl.lit(None, pl.String))
    )


def _score() -> pl.Expr:
    """Fit times variety times honesty times care, each 0 to 1; what is not known counts half."""
    fit = (1 - 2.0 ** -pl.col("cohesion").clip(lower_bound=0)).fill_null(0.5)
    variety = (2 * (1 - pl.col("largest_artist_share"))).clip(0, 1)
    honesty = (1 - _bought_share()).clip(0, 1)
    # A thousand followers, and additions on thirty days, are as good as more.
    followed = (pl.col(c.FOLLOWERS).log1p() / np.log1p(1_000)).clip(0, 1).fill_null(0.5)
    edited = (pl.col("n_edit_days").log1p() / np.log1p(30)).clip(0, 1).fill_null(0.5)
    size = (pl.col("n_tracks") / 10).clip(0, 1)
    return fit * variety * honesty * size * (0.5 + 0.25 * followed + 0.25 * edited)
