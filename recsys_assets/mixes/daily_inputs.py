"""What Daily Mixes are made from: the shape asked for, a day's listening, its space and its proposals, as arrays.

Belongs here: parameters and frames turned into rows. Choosing is ``daily_mix``.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.mixes.arc import Sound
from recsys_assets.mixes.catalogue import Catalogue
from recsys_assets.mixes.eligibility import Exclusions
from recsys_assets.mixes.popular import Popular
from recsys_assets.mixes.tables import MIX_SOURCES
from recsys_assets.mixes.tastes import TasteParams


class DailyMixParams(TasteParams, frozen=True):
    """The shape of Daily Mixes."""

    length: int = Field(default=30, ge=2, le=100, description="Tracks in a mix.")
    familiar_share: float = Field(default=0.6, ge=0, le=1, description="Share of tracks that the listener knows.")
    artist_places: int = Field(default=3, gt=0, description="Most tracks of one credited artist in a mix.")
    worn_out_plays: int = Field(default=8, gt=0, description="Plays in the last seven days from which a track rests.")
    min_length: int = Field(default=15, gt=0, description="A second or later mix that would be shorter is not made.")
    variety: float = Field(
        default=0.5,
        ge=0,
        description="How much chance of the day moves the choice: 0 plays the same favourites every day.",
    )
    seeds_per_taste: int = Field(default=6, gt=0, description="Tracks of a taste whose neighbours are candidates.")
    neighbours_per_seed: int = Field(default=20, ge=0, description="Neighbours taken of each of them.")
    name_share: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Weight in the taste, beside its heaviest artist, that an artist needs to name the mix.",
    )


@dataclass(frozen=True)
class Space:
    """The day's space by track row of the catalogue.

    Attributes:
        vectors: float32, shape (n_tracks, d), unit length; zero where the track has no place.
        neighbours: int32, shape (n_tracks, k), the nearest tracks first, -1 where there are no more; k may be 0.
    """

    vectors: NDArray[np.float32]
    neighbours: NDArray[np.int32]

    @cached_property
    def is_placed(self) -> NDArray[np.bool_]:
        """Whether each track has a vector."""
        return np.asarray(self.vectors.any(axis=1))


@dataclass(frozen=True)
class Listening:
    """What listeners play, as rows sorted by (user, descending confidence, track).

    Attributes:
        users: int64 listener rows.
        tracks: int64 track rows.
        confidence: float32, above 0.
        recent: int64 plays of the track in the last seven days.
        plays: int64 plays of the track ever.
    """

    users: NDArray[np.int64]
    tracks: NDArray[np.int64]
    confidence: NDArray[np.float32]
    recent: NDArray[np.int64]
    plays: NDArray[np.int64]

    def of(self, start: int, stop: int) -> "Listening":
        """Return the rows of listeners ``start`` to ``stop`` (not included)."""
        a, b = np.searchsorted(self.users, (start, stop))
        return Listening(self.users[a:b], self.tracks[a:b], self.confidence[a:b], self.recent[a:b], self.plays[a:b])


@dataclass(frozen=True)
class Proposed:
    """Tracks that the day's retrieval proposes: int64 ``users`` (ascending) and ``tracks``, int8 ``sources``."""

    users: NDArray[np.int64]
    tracks: NDArray[np.int64]
    sources: NDArray[np.int8]


@dataclass(frozen=True)
class DailyRules:
    """What stays the same for all listeners of a day.

    ``not_new`` keeps heard and hidden things from being offered as new, ``unwanted`` keeps hidden ones out of what is
    familiar; ``has_heard`` tells for each listener row whether they ever heard or liked anything. ``sound`` is what was
    heard in recordings, None where none was analysed.
    """

    catalogue: Catalogue
    space: Space
    popular: Popular
    not_new: Exclusions
    unwanted: Exclusions
    has_heard: NDArray[np.bool_]
    params: DailyMixParams
    day: date
    seed: int
    sound: Sound | None = None


def read_space(track_vectors: pl.DataFrame, catalogue: Catalogue, *, neighbours: pl.DataFrame | None = None) -> Space:
    """Arrange vectors and neighbours by the rows of the catalogue.

    Args:
        track_vectors: ``track_id`` and ``vector`` of one space (``latent.track_vectors``).
        catalogue: the rows; vectors of other tracks are left out.
        neighbours: ``track_id``, ``neighbour_id``, ``rank`` (``latent.track_neighbours``); None for none.
    """
    n = catalogue.tracks.size
    rows = catalogue.tracks.rows(track_vectors[c.TRACK_ID])
    known = rows >= 0
    placed = track_vectors[c.VECTOR].filter(pl.Series(known))
    d = int(placed.list.len().to_numpy().max(initial=0))
    vectors = np.zeros((n, d), dtype=np.float32)
    if d:
        given = placed.list.to_array(d).to_numpy().astype(np.float32)
        lengths = np.linalg.norm(given, axis=1, keepdims=True)
        vectors[rows[known]] = np.where(lengths > 0, given / np.maximum(lengths, 1e-12), 0)
    if neighbours is None or not len(neighbours):
        return Space(vectors, np.full((n, 0), -1, dtype=np.int32))
    near = np.full((n, int(neighbours[c.RANK].to_numpy().max())), -1, dtype=np.int32)
    of, to = catalogue.tracks.rows(neighbours[c.TRACK_ID]), catalogue.tracks.rows(neighbours["neighbour_id"])
    is_known = (of >= 0) & (to >= 0)
    near[of[is_known], neighbours[c.RANK].to_numpy()[is_known] - 1] = to[is_known]
    return Space(vectors, near)


def read_listening(
    confidence: pl.DataFrame,
    *,
    listeners: IdMap,
    catalogue: Catalogue,
    recent: pl.DataFrame | None = None,
    heard: pl.DataFrame | None = None,
) -> Listening:
    """Join what is known of each listener and track.

    Args:
        confidence: ``user_id``, ``track_id``, ``confidence`` (``play_matrix.play_confidence``).
        listeners: whose; other listeners are left out.
        catalogue: the tracks; others are left out.
        recent: ``user_id``, ``track_id``, ``play_count`` of the last seven days; None counts nothing as worn out.
        heard: the same of all time; None gives no numbers for reasons.
    """
    key = (c.USER_ROW, c.TRACK_ROW)
    frame = _rows(confidence, listeners, catalogue).with_columns(confidence[c.CONFIDENCE].cast(pl.Float32))
    for name, counts in (("recent", recent), ("plays", heard)):
        if counts is None:
            frame = frame.with_columns(pl.lit(0, dtype=pl.Int64).alias(name))
            continue
        counted = _rows(counts, listeners, catalogue).with_columns(counts[c.PLAY_COUNT].cast(pl.Int64).alias(name))
        frame = frame.join(counted.filter(pl.min_horizontal(key) >= 0), on=key, how="left")
    frame = frame.filter(pl.min_horizontal(key) >= 0, pl.col(c.CONFIDENCE) > 0).sort(
        c.USER_ROW, -pl.col(c.CONFIDENCE), c.TRACK_ROW
    )
    return Listening(
        frame[c.USER_ROW].to_numpy().astype(np.int64),
        frame[c.TRACK_ROW].to_numpy().astype(np.int64),
        frame[c.CONFIDENCE].to_numpy(),
        frame["recent"].fill_null(0).to_numpy(),
        frame["plays"].fill_null(0).to_numpy(),
    )


def read_proposed(candidates: pl.DataFrame | None, *, listeners: IdMap, catalogue: Catalogue) -> Proposed:
    """Read the day's proposals: ``user_id``, ``track_id`` and, where it is known, ``source`` (otherwise ``space``)."""
    if candidates is None:
        nothing = np.zeros(0, dtype=np.int64)
        return Proposed(nothing, nothing, nothing.astype(np.int8))
    source = candidates[c.SOURCE].cast(pl.String) if c.SOURCE in candidates.columns else pl.Series(["space"])
    codes = source.cast(pl.Enum(MIX_SOURCES)).to_physical().to_numpy().astype(np.int8)
    rows = _rows(candidates, listeners, catalogue)
    users, tracks = rows[c.USER_ROW].to_numpy(), rows[c.TRACK_ROW].to_numpy()
    codes = np.broadcast_to(codes, users.shape)
    known = np.flatnonzero((users >= 0) & (tracks >= 0))
    order = known[np.argsort(users[known], kind="stable")]
    return Proposed(users[order].astype(np.int64), tracks[order].astype(np.int64), codes[order])


def _rows(frame: pl.DataFrame, listeners: IdMap, catalogue: Catalogue) -> pl.DataFrame:
    return pl.DataFrame(
        {
            c.USER_ROW: listeners.rows(frame[c.USER_ID]),
            c.TRACK_ROW: catalogue.tracks.rows(frame[c.TRACK_ID]),
        }
    )
