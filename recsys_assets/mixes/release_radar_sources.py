"""Why a listener may want a new release: they follow its artist, play its artist, or its artist is near to them.

Belongs here: pairs of listener and release with their evidence, from what was known before the Friday. Cold tracks by
their sound are ``release_radar_batch``; choosing among the pairs is ``release_radar``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.cold_start.scores import ScoreScale, score_listeners, share_below
from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.latent.neighbours import to_units
from recsys_assets.latent.space import LatentSpace
from recsys_assets.mixes.catalogue import Catalogue
from recsys_assets.mixes.pairs import PairSet

# Scores of 2,000 artists for so many listeners are 16 MB.
_LISTENERS_AT_ONCE = 2_000

PAIRS = {"user": pl.Int32, "release": pl.Int32, "artist": pl.Int32, "near": pl.Float32}


@dataclass(frozen=True)
class SpaceOnRows:
    """A space on the rows of a catalogue and of listeners; vectors are zero where there is no place.

    Attributes:
        users: float32, shape (n_listeners, d).
        tracks: float32, shape (n_tracks, d).
        artists: float32, shape (n_artists, d).
    """

    users: NDArray[np.float32]
    tracks: NDArray[np.float32]
    artists: NDArray[np.float32]

    @classmethod
    def of(cls, space: LatentSpace | None, catalogue: Catalogue, listeners: IdMap) -> "SpaceOnRows":
        """Bring a space onto rows; without one nobody has a place."""
        if space is None:
            nothing = [
                np.zeros((ids.size, 1), dtype=np.float32) for ids in (listeners, catalogue.tracks, catalogue.artists)
            ]
            return cls(*nothing)
        return cls(
            _on_rows(space.user_vectors, space.users, listeners),
            _on_rows(space.track_vectors, space.tracks, catalogue.tracks),
            _on_rows(space.artist_vectors, space.artists, catalogue.artists),
        )


def _on_rows(vectors: NDArray[np.float32], ids: IdMap, wanted: IdMap) -> NDArray[np.float32]:
    rows = ids.rows(wanted.ids)
    placed = np.zeros((wanted.size, vectors.shape[1]), dtype=np.float32)
    placed[rows >= 0] = vectors[rows[rows >= 0]]
    return placed


def played_artists(heard: pl.DataFrame, listeners: IdMap, catalogue: Catalogue) -> sparse.csr_matrix:
    """Count each listener's plays of each credited artist.

    Args:
        heard: ``user_id``, ``track_id``, ``play_count``; 0 where every play was cut short, which is no play here.
        listeners: rows.
        catalogue: credits.

    Returns:
        float32, listeners x artists.
    """
    users, tracks = listeners.rows(heard[c.USER_ID]), catalogue.tracks.rows(heard[c.TRACK_ID])
    counts = heard[c.PLAY_COUNT].fill_null(0).to_numpy()
    kept = np.flatnonzero((users >= 0) & (tracks >= 0) & (counts > 0))
    place, artist = catalogue.credits_of(tracks[kept])
    shape = (listeners.size, max(catalogue.artists.size, 1))
    plays = sparse.csr_matrix((counts[kept][place].astype(np.float32), (users[kept][place], artist)), shape=shape)
    plays.sum_duplicates()
    return plays


def followed_releases(follows: PairSet, releases: NDArray[np.integer], catalogue: Catalogue) -> pl.DataFrame:
    """Pair each release with who follows a credited artist; the first such credit is ``artist``."""
    users, artists = np.divmod(follows.keys, follows.width)
    return _by_credit(pl.DataFrame({"user": users, "artist": artists}), releases, catalogue)


def played_releases(
    plays: sparse.csr_matrix, releases: NDArray[np.integer], catalogue: Catalogue, *, min_plays: int
) -> pl.DataFrame:
    """Pair each release with who played a credited artist at least so often; the first such credit is ``artist``."""
    known = plays.tocoo()
    often = known.data >= min_plays
    return _by_credit(pl.DataFrame({"user": known.row[often], "artist": known.col[often]}), releases, catalogue)


def _by_credit(known: pl.DataFrame, releases: NDArray[np.integer], catalogue: Catalogue) -> pl.DataFrame:
    place, artist = catalogue.credits_of(releases)
    credited = pl.DataFrame({"release": place, "artist": artist}).with_row_index("credit")
    typed = [pl.col(name).cast(pl.Int32) for name in ("user", "artist")]
    return (
        known.select(typed)
        .join(credited.with_columns(pl.col("artist", "release").cast(pl.Int32)), on="artist")
        .sort("user", "release", "credit")
        .unique(("user", "release"), keep="first", maintain_order=True)
        .with_columns(near=pl.lit(0, pl.Float32))
        .select(pl.col(name).cast(dtype) for name, dtype in PAIRS.items())
    )


def near_releases(
    space: SpaceOnRows, releases: NDArray[np.integer], catalogue: Catalogue, *, share: float
) -> Iterator[pl.DataFrame]:
    """Yield pairs of listeners and releases by artists near to them, some listeners at a time.

    Args:
        space: on rows.
        releases: catalogue rows.
        catalogue: the first credit speaks for a release.
        share: an artist is near whom the listener would rank among this share of all artists.

    Yields:
        Columns of ``PAIRS``; ``near`` is the share of artists that the listener likes less.
    """
    artists = catalogue.first_artists[releases]
    known, of_release = np.unique(artists[artists >= 0], return_inverse=True)
    rows = np.flatnonzero(artists >= 0)
    if not known.size or not space.users.any():
        return
    scale = ScoreScale.of(space.artists)
    for start in range(0, len(space.users), _LISTENERS_AT_ONCE):
        users = space.users[start : start + _LISTENERS_AT_ONCE]
        near = share_below(score_listeners(users, space.artists[known], scale))[of_release]
        release, user = np.nonzero(near > 1 - share)
        yield pl.DataFrame(
            {
                "user": user + start,
                "release": rows[release],
                "artist": artists[rows[release]],
                "near": near[release, user],
            }
        ).select(pl.col(name).cast(dtype) for name, dtype in PAIRS.items())


def nearest_known(
    known: sparse.csr_matrix, vectors: NDArray[np.float32], users: NDArray[np.integer], targets: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Find, for each listener, which of the things they know lies nearest to a target.

    Args:
        known: listeners x things, stored entries above zero are known.
        vectors: of the things, shape (n_things, d).
        users: rows of listeners, shape (n,), equal targets together.
        targets: shape (n, d).

    Returns:
        int64, shape (n,): the thing of the largest cosine, ties by the lower row; -1 where the listener knows nothing
        that has a place, or the target has none.
    """
    found = np.full(users.size, -1, dtype=np.int64)
    if not users.size:
        return found
    units = to_units(vectors)
    has_place = np.asarray(units.any(axis=1))
    starts = np.flatnonzero(np.r_[True, (targets[1:] != targets[:-1]).any(axis=1)])
    for first, stop in zip(starts, [*starts[1:], users.size], strict=True):
        if not targets[first].any():
            continue
        cosines = units @ to_units(targets[first][None])[0]
        mine = known[users[first:stop]]
        values = np.where(has_place[mine.indices], cosines[mine.indices], -np.inf)
        owner = np.repeat(np.arange(stop - first), np.diff(mine.indptr))
        order = np.lexsort((mine.indices, -values, owner))
        best = order[np.r_[True, owner[order][1:] != owner[order][:-1]]] if order.size else order
        best = best[np.isfinite(values[best])]
        found[first + owner[best]] = mine.indices[best]
    return found
