"""What mixes need to know of every track, as arrays by track row: credits, recording, offerable or not, names to show.

Belongs here: one reading of the catalogue for one delivery day, with tracks that only plays know. Rules about listeners
are ``eligibility``; what the ranker reads of tracks is ``tracks``.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from recsys_assets.core import columns as c
from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.ids import IdMap
from recsys_assets.core.schemas import IDS
from recsys_assets.core.text import display
from recsys_assets.mixes.artist_cap import Claims
from recsys_assets.mixes.versions import recording_rows

_OPTIONAL = {
    c.TITLE: pl.String,
    c.ARTIST_IDS: IDS,
    c.ISRC: pl.String,
    c.RELEASED_ON: pl.Date,
    c.IS_EXPLICIT: pl.Boolean,
    c.IS_WITHDRAWN: pl.Boolean,
}


class EligibilityParams(BaseModel, frozen=True, extra="forbid"):
    """What nobody gets, whatever they like: the section ``[eligibility]`` of ``settings.toml``, for all mixes and their gates."""

    allow_explicit: bool = Field(default=True, description="Offer tracks marked explicit; unmarked ones always are.")


@dataclass(frozen=True)
class Catalogue:
    """Facts by track row.

    Attributes:
        tracks: the rows.
        artists: rows of artists.
        credit_starts: int64, shape (n_tracks + 1,): the credits of track t are
            ``credits[credit_starts[t]:credit_starts[t + 1]]``.
        credits: int32 artist rows, in credited order, each once per track.
        recordings: int32, equal for versions of one recording.
        is_offerable: bool, neither withdrawn nor unreleased nor, by setting, explicit.
        titles: as stored; null where unknown.
        artist_names: as stored, by artist row; null where unknown.
    """

    tracks: IdMap
    artists: IdMap
    credit_starts: NDArray[np.int64]
    credits: NDArray[np.int32]
    recordings: NDArray[np.int32]
    is_offerable: NDArray[np.bool_]
    titles: pl.Series
    artist_names: pl.Series

    @property
    def n_recordings(self) -> int:
        """How many recordings there are."""
        return int(self.recordings.max(initial=-1)) + 1

    @property
    def first_artists(self) -> NDArray[np.int32]:
        """The first credited artist of each track, -1 where nobody is credited."""
        first = np.full(self.tracks.size, -1, dtype=np.int32)
        has_any = self.credit_starts[1:] > self.credit_starts[:-1]
        first[has_any] = self.credits[self.credit_starts[:-1][has_any]]
        return first

    def credits_of(self, track_rows: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return every credit of the tracks given: the place in ``track_rows`` and the artist row, places ascending."""
        starts = self.credit_starts[track_rows]
        lengths = self.credit_starts[np.asarray(track_rows, dtype=np.int64) + 1] - starts
        places = np.repeat(np.arange(lengths.size), lengths)
        within = np.arange(places.size) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return places, self.credits[np.repeat(starts, lengths) + within]

    def artist_claims(self, owners: NDArray[np.integer], track_rows: NDArray[np.integer], *, places: int) -> Claims:
        """Claims of every credited artist on the places that each owner's list has for that artist."""
        rows, artists = self.credits_of(track_rows)
        return Claims(rows, np.asarray(owners, dtype=np.int64)[rows] * max(self.artists.size, 1) + artists, places)

    def recording_claims(self, owners: NDArray[np.integer], track_rows: NDArray[np.integer]) -> Claims:
        """Claims of each row on its recording's only place in its owner's list."""
        groups = np.asarray(owners, dtype=np.int64) * max(self.n_recordings, 1) + self.recordings[track_rows]
        return Claims(np.arange(owners.size), groups, 1)

    def track_label(self, track_rows: NDArray[np.integer]) -> pl.Series:
        """Return harmless names of tracks to show: the title, or the id where the title is unknown or says nothing."""
        return _labels(self.titles, self.tracks, track_rows)

    def artist_label(self, artist_rows: NDArray[np.integer]) -> pl.Series:
        """Return harmless names of artists to show: the name, or the id."""
        return _labels(self.artist_names, self.artists, artist_rows)


def build_catalogue(
    tracks: pl.DataFrame | None,
    *,
    delivered_on: date,
    params: EligibilityParams | None = None,
    artists: pl.DataFrame | None = None,
    other_track_ids: pl.Series | None = None,
) -> Catalogue:
    """Read the catalogue as it is for a mix of one day.

    Args:
        tracks: one row per ``track_id``; every other column may be null or absent. None where there is no catalogue.
        delivered_on: the mix's day; a track released later is not offered, one of unknown release is.
        params: what nobody gets.
        artists: ``artist_id`` and ``name``; may be None.
        other_track_ids: tracks that plays or playlists name and the catalogue may not; they are offerable and nameless.

    Raises:
        InvalidArgumentError: a track appears twice.
    """
    params = params or EligibilityParams()
    known = _with_optional(tracks)
    if other_track_ids is not None:
        extra = other_track_ids.cast(pl.String).unique().drop_nulls().alias(c.TRACK_ID).to_frame()
        known = pl.concat([known, extra.join(known, on=c.TRACK_ID, how="anti")], how="diagonal")
    known = known.sort(c.TRACK_ID)
    if known[c.TRACK_ID].n_unique() != len(known):
        raise InvalidArgumentError("the catalogue names a track twice: pass one snapshot, one row per track_id")
    is_offerable = ~pl.col(c.IS_WITHDRAWN).fill_null(value=False) & (pl.col(c.RELEASED_ON) <= delivered_on).fill_null(
        value=True
    )
    if not params.allow_explicit:
        is_offerable &= ~pl.col(c.IS_EXPLICIT).fill_null(value=False)
    credited = (
        known.with_row_index("row")
        .select("row", c.ARTIST_IDS)
        .explode(c.ARTIST_IDS)
        .drop_nulls()
        .unique(maintain_order=True)
    )
    artist_map = IdMap.of(credited[c.ARTIST_IDS])
    counts = np.bincount(credited["row"].to_numpy(), minlength=len(known))
    return Catalogue(
        tracks=IdMap(known[c.TRACK_ID]),
        artists=artist_map,
        credit_starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        credits=artist_map.rows(credited[c.ARTIST_IDS]).astype(np.int32),
        recordings=recording_rows(known),
        is_offerable=known.select(is_offerable).to_series().to_numpy(),
        titles=known[c.TITLE],
        artist_names=_names_of(artist_map, artists),
    )


def _with_optional(tracks: pl.DataFrame | None) -> pl.DataFrame:
    frame = tracks if tracks is not None else pl.DataFrame(schema={c.TRACK_ID: pl.String})
    present = [
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in _OPTIONAL.items()
    ]
    return frame.select(pl.col(c.TRACK_ID).cast(pl.String), *present)


def _names_of(artist_map: IdMap, artists: pl.DataFrame | None) -> pl.Series:
    if artists is None:
        return pl.Series(c.NAME, [None] * artist_map.size, dtype=pl.String)
    named = artists.select(c.ARTIST_ID, c.NAME).unique(c.ARTIST_ID, keep="first", maintain_order=True)
    ids = artist_map.ids.alias(c.ARTIST_ID).to_frame()
    return ids.join(named, on=c.ARTIST_ID, how="left", maintain_order="left")[c.NAME]


def _labels(names: pl.Series, ids: IdMap, rows: NDArray[np.integer]) -> pl.Series:
    """Names are cleaned once for each distinct row: a million rows of reasons name a few thousand tracks."""
    distinct, inverse = np.unique(rows, return_inverse=True)
    shown = [
        display(name) or display(external_id) or "untitled"
        for name, external_id in zip(names.gather(distinct), ids.external(distinct), strict=True)
    ]
    return pl.Series(shown, dtype=pl.String).gather(inverse)
