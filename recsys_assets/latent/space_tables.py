"""A space as frames and back, and the promise that vectors of two spaces never mix. How one is made is ``space``."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.core import columns as c
from recsys_assets.core.errors import InvalidArgumentError, VersionMismatchError
from recsys_assets.core.ids import IdMap
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.latent.space import LatentSpace


@dataclass(frozen=True)
class SpaceTables:
    """A space as frames: an id, ``vector`` (list of float32), ``space_version``; ordered by id, no zero vectors."""

    users: pl.DataFrame
    tracks: pl.DataFrame
    artists: pl.DataFrame


def to_tables(space: LatentSpace) -> SpaceTables:
    """Convert a space to frames."""
    return SpaceTables(
        users=_to_frame(c.USER_ID, space.users, space.user_vectors, space.space_version),
        tracks=_to_frame(c.TRACK_ID, space.tracks, space.track_vectors, space.space_version),
        artists=_to_frame(c.ARTIST_ID, space.artists, space.artist_vectors, space.space_version),
    )


def _to_frame(id_column: str, ids: IdMap, vectors: NDArray[np.float32], version: str) -> pl.DataFrame:
    placed = np.flatnonzero(vectors.any(axis=1))
    width = vectors.shape[1]
    column = pl.Series(c.VECTOR, np.ascontiguousarray(vectors[placed]), dtype=pl.Array(pl.Float32, width))
    return pl.DataFrame({id_column: ids.external(placed)}).with_columns(
        column.arr.to_list(), pl.lit(version).alias(c.SPACE_VERSION)
    )


def from_tables(tables: SpaceTables, params: FactoriseParams) -> LatentSpace:
    """Convert frames back to a space.

    Raises:
        VersionMismatchError: the frames are of more than one space.
        InvalidArgumentError: there is not one row.
    """
    frames = {"users": tables.users, "tracks": tables.tracks, "artists": tables.artists}
    versions = {what: sorted(frame[c.SPACE_VERSION].unique()) for what, frame in frames.items()}
    found = sorted({version for of in versions.values() for version in of})
    if len(found) > 1:
        raise VersionMismatchError(
            f"vectors of different spaces: {versions}. Make the day's space again, all three tables in one run"
        )
    if not found:
        raise InvalidArgumentError("the tables of the space are empty")
    width = max(int(frame[c.VECTOR].list.len().max() or 0) for frame in frames.values())  # pyright: ignore[reportArgumentType]
    users, user_vectors = _from_frame(tables.users, c.USER_ID, width)
    tracks, track_vectors = _from_frame(tables.tracks, c.TRACK_ID, width)
    artists, artist_vectors = _from_frame(tables.artists, c.ARTIST_ID, width)
    return LatentSpace(user_vectors, track_vectors, artist_vectors, users, tracks, artists, params, found[0])


def _from_frame(frame: pl.DataFrame, id_column: str, width: int) -> tuple[IdMap, NDArray[np.float32]]:
    ordered = frame.sort(id_column)
    if not ordered.height:
        return IdMap.of([]), np.empty((0, width), dtype=np.float32)
    vectors = ordered[c.VECTOR].list.to_array(width).to_numpy()
    return IdMap(ordered[id_column]), np.array(vectors, dtype=np.float32)
