"""What is known of tracks besides their listeners, and what the artists' other tracks say.

Belongs here: credits, recordings and texts of tracks as arrays, and sums over artists. What follows from them for a place
is ``content_prior``.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.ids import IdMap


@dataclass(frozen=True)
class TrackContent:
    """What is known of tracks besides their listeners, row by row.

    Attributes:
        track_ids: strings, each once.
        artist_ids: lists of strings; null or empty where nobody is credited.
        sound: float32, shape (n, f): descriptors, or vectors predicted from the recording; a row of NaN: no recording.
            None where no track has one.
        text: float32, shape (n, t): vectors of what is written of the track or its artists; a row of NaN: nothing is.
            None where nothing is written of any.
        text_amount: float32, shape (n,), at least 0: how much text that is (contexts, sentences); what is 0 or not finite
            counts as no text. Given with ``text``, and only then.
    """

    track_ids: pl.Series
    artist_ids: pl.Series
    sound: NDArray[np.float32] | None = None
    text: NDArray[np.float32] | None = None
    text_amount: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        parts = (self.track_ids, self.artist_ids, self.sound, self.text, self.text_amount)
        lengths = {len(part) for part in parts if part is not None}
        if (self.text is None) != (self.text_amount is None):
            raise InvalidArgumentError("text comes with how much there is of it: give text and text_amount, or neither")
        if len(lengths) > 1:
            raise InvalidArgumentError(
                f"content of {len(self.track_ids)} tracks has parts of lengths {sorted(lengths)}"
            )
        if self.track_ids.n_unique() != len(self.track_ids):
            raise InvalidArgumentError("content names a track twice")

    def __len__(self) -> int:
        return len(self.track_ids)

    def filter(self, chosen: NDArray[np.bool_]) -> "TrackContent":
        """Return the chosen tracks."""
        mask = pl.Series(chosen)
        arrays = (None if part is None else part[chosen] for part in (self.sound, self.text, self.text_amount))
        return TrackContent(self.track_ids.filter(mask), self.artist_ids.filter(mask), *arrays)

    @property
    def has_sound(self) -> NDArray[np.bool_]:
        """Whether each track has a recording; one value that is not finite spoils a row."""
        if self.sound is None:
            return np.zeros(len(self), dtype=bool)
        return np.asarray(np.isfinite(self.sound).all(axis=1), dtype=bool)

    @property
    def has_text(self) -> NDArray[np.bool_]:
        """Whether something is written of each track or its artists."""
        if self.text is None or self.text_amount is None:
            return np.zeros(len(self), dtype=bool)
        some = np.isfinite(self.text_amount) & (self.text_amount > 0)
        return np.asarray(np.isfinite(self.text).all(axis=1) & some, dtype=bool)


@dataclass(frozen=True)
class PlacedTracks:
    """Tracks with listeners: their content, and float32 vectors of shape (n, d) in one space.

    ``co_mentions`` tells who is named near whom: ``artist_id``, ``other_artist_id``, ``weight`` (above 0). It stands here
    because what it says of an artist is where the others' tracks are.
    """

    content: TrackContent
    vectors: NDArray[np.float32]
    co_mentions: pl.DataFrame | None = None

    def __post_init__(self) -> None:
        if len(self.vectors) != len(self.content):
            raise InvalidArgumentError(f"{len(self.vectors)} vectors for {len(self.content)} tracks")


@dataclass(frozen=True)
class OtherTracks:
    """The credited artists' other tracks: how many, and means of their values (0 where there are none)."""

    counts: NDArray[np.float32]
    means: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        content: TrackContent,
        known: PlacedTracks,
        values: NDArray[np.float32],
        inherits_artist: NDArray[np.bool_] | None,
    ) -> "OtherTracks":
        """Average ``values`` (a row per known track) over the other tracks of each track's artists.

        A track with several artists, and one that shares several, counts once for each credit.
        """
        artists = artists_of(known.content)
        asked, made = credit_rows(content, artists), credit_rows(known.content, artists)
        counts = asked @ np.asarray(made.sum(axis=0)).ravel()
        sums = asked @ (made.T @ values)
        # A track that is known does not speak for itself.
        ids = known.content.track_ids
        own = content.track_ids.to_frame("id").join(
            pl.DataFrame({"id": ids, "row": np.arange(len(ids))}), on="id", how="left", maintain_order="left"
        )["row"]
        at = np.flatnonzero(own.is_not_null().to_numpy())
        row = own.drop_nulls().to_numpy()
        shared = np.asarray(asked[at].multiply(made[row]).sum(axis=1)).ravel()
        counts[at] -= shared
        sums[at] -= shared[:, None] * values[row]
        if inherits_artist is not None:
            counts = np.where(inherits_artist, counts, 0)
        means = np.where(counts > 0, 1 / np.maximum(counts, 1), 0)[:, None] * sums
        return cls(counts.astype(np.float32), means.astype(np.float32))


def artists_of(content: TrackContent) -> IdMap:
    """Return the ids of all who are credited."""
    return IdMap.of(content.artist_ids.explode(empty_as_null=True).drop_nulls())


def credit_rows(content: TrackContent, artists: IdMap) -> sparse.csr_matrix:
    """Who is credited on what, each once: float32 ones, shape (tracks, artists.size); others than ``artists`` are left out."""
    pairs = (
        pl.DataFrame({"row": np.arange(len(content)), "artist": content.artist_ids})
        .explode("artist", empty_as_null=True)
        .drop_nulls()
        .unique()
    )
    columns = artists.rows(pairs["artist"])
    rows = pairs["row"].to_numpy()[columns >= 0]
    columns = columns[columns >= 0]
    return sparse.csr_matrix(
        (np.ones(rows.size, dtype=np.float32), (rows, columns)), shape=(len(content), artists.size)
    )


def first_artists(content: TrackContent) -> NDArray[np.int64]:
    """Return the row of each track's first artist; tracks without one are artists of their own."""
    artists = artists_of(content)
    first = artists.rows(content.artist_ids.list.first()).astype(np.int64)
    alone = np.flatnonzero(first < 0)
    first[alone] = artists.size + np.arange(alone.size)
    return first
