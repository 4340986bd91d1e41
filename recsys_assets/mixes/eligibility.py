"""Who may be offered what: tracks heard, hidden or lately offered stay out of one listener's mix, in every version.

Belongs here: the exclusions of each listener and dropping what they forbid. What nobody may be offered (withdrawn,
unreleased, explicit by setting) is ``Catalogue.is_offerable``; how often an artist may appear is ``artist_cap``.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.mixes.catalogue import Catalogue
from recsys_assets.mixes.pairs import PairSet


@dataclass(frozen=True)
class Exclusions:
    """What each listener must not get: (listener, recording) and (listener, artist) pairs of rows.

    Recordings and not tracks: who has heard the studio take has no use for the remaster as a discovery, and who hid one
    does not want the other.
    """

    recordings: PairSet
    artists: PairSet


def build_exclusions(
    catalogue: Catalogue,
    listeners: IdMap,
    *,
    track_pairs: Iterable[pl.DataFrame | None] = (),
    artist_pairs: pl.DataFrame | None = None,
) -> Exclusions:
    """Collect exclusions.

    Args:
        catalogue: the tracks.
        listeners: whose exclusions; other listeners' rows are ignored.
        track_pairs: frames with ``user_id`` and ``track_id``: heard, hidden, offered in the last four weeks.
        artist_pairs: ``user_id`` and ``artist_id`` of hidden artists.
    """
    recordings = PairSet.empty(max(catalogue.n_recordings, 1))
    for frame in track_pairs:
        if frame is not None and len(frame):
            users, tracks = listeners.rows(frame[c.USER_ID]), catalogue.tracks.rows(frame[c.TRACK_ID])
            recording = np.where(tracks >= 0, catalogue.recordings[np.maximum(tracks, 0)], -1)
            recordings |= PairSet.of(users, recording, width=recordings.width)
    width = max(catalogue.artists.size, 1)
    if artist_pairs is None or not len(artist_pairs):
        return Exclusions(recordings, PairSet.empty(width))
    users, artists = listeners.rows(artist_pairs[c.USER_ID]), catalogue.artists.rows(artist_pairs[c.ARTIST_ID])
    return Exclusions(recordings, PairSet.of(users, artists, width=width))


def excluded_tracks(
    user_rows: NDArray[np.integer], *, catalogue: Catalogue, exclusions: Exclusions
) -> sparse.csr_matrix:
    """Spread the exclusions of some listeners over all tracks they forbid, each version and each credit of an artist.

    Returns:
        float32 ones, shape (len(user_rows), n_tracks), the rows as given.
    """
    n_tracks, n_users = catalogue.tracks.size, int(user_rows.max(initial=-1)) + 1
    place, artist = catalogue.credits_of(np.arange(n_tracks))
    total = sparse.csr_matrix((len(user_rows), n_tracks), dtype=np.float32)
    for pairs, things, tracks in (
        (exclusions.recordings, catalogue.recordings, np.arange(n_tracks)),
        (exclusions.artists, artist, place),
    ):
        users, of = np.divmod(pairs.keys, pairs.width)
        asked = users < n_users
        forbids = _ones(users[asked], of[asked], shape=(n_users, pairs.width))[user_rows]
        total = total + forbids @ _ones(things, tracks, shape=(pairs.width, n_tracks))
    total.data[:] = 1
    return total.tocsr()


def _ones(rows: NDArray[np.integer], columns: NDArray[np.integer], *, shape: tuple[int, int]) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)


def may_be_offered(
    users: NDArray[np.integer], tracks: NDArray[np.integer], *, catalogue: Catalogue, exclusions: Exclusions
) -> NDArray[np.bool_]:
    """Tell for each (listener row, track row) whether the one may get the other; an unknown track nobody may."""
    users, tracks = np.asarray(users), np.asarray(tracks)
    known = np.maximum(tracks, 0)
    allowed = (
        (tracks >= 0) & catalogue.is_offerable[known] if catalogue.tracks.size else np.zeros(tracks.size, dtype=bool)
    )
    if len(exclusions.recordings):
        allowed &= ~exclusions.recordings.contains(users, catalogue.recordings[known])
    if len(exclusions.artists):
        place, artist = catalogue.credits_of(known)
        is_hidden = exclusions.artists.contains(users[place], artist)
        allowed[place[is_hidden]] = False
    return allowed
