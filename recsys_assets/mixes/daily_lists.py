"""Mixes of a batch of listeners as parallel arrays, while they are made.

Belongs here: the form. What goes into it is ``daily_mix`` and ``daily_popular``; its rows for people are ``daily_rows``.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from recsys_assets.mixes.tables import MIX_SOURCES

MOST_MIXES = 6
FAMILIAR, POPULAR, SPACE = (MIX_SOURCES.index(name) for name in ("familiar", "popular", "space"))


@dataclass(frozen=True)
class DailyMixes:
    """Mixes of a batch: parallel arrays, one entry per track of a mix, sorted as ``join`` says.

    ``mixes`` counts from 0 within a listener; ``names`` has the naming artist's row (-1 where none is credited) and
    ``middles`` the track in the middle of the mix of each entry (-1 where the popular list gave the entry).
    ``is_known`` is False for listeners who never heard anything.
    """

    users: NDArray[np.int64]
    mixes: NDArray[np.int64]
    tracks: NDArray[np.int64]
    scores: NDArray[np.float32]
    sources: NDArray[np.int8]
    plays: NDArray[np.int64]
    names: NDArray[np.int64]
    middles: NDArray[np.int64]
    is_known: NDArray[np.bool_]

    def take(self, which: NDArray) -> "DailyMixes":
        """Return some of the entries, in the order given."""
        return DailyMixes(*(getattr(self, field.name)[which] for field in fields(self)))

    @classmethod
    def join(cls, *parts: "DailyMixes") -> "DailyMixes":
        """Put entries together, sorted by listener, mix, kind (familiar, new, popular), descending score and track."""
        joined = cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))
        kind = np.where(joined.sources == FAMILIAR, 0, np.where(joined.sources == POPULAR, 2, 1))
        return joined.take(np.lexsort((joined.tracks, -joined.scores, kind, joined.mixes, joined.users)))


def entries(
    owners: NDArray[np.int64],
    mixes: NDArray[np.int64],
    tracks: NDArray[np.int64],
    *,
    scores: NDArray[np.floating],
    sources: int | NDArray[np.int8],
    plays: NDArray[np.int64] | None = None,
) -> DailyMixes:
    """Make entries that have no name yet, of listeners of whom something is known."""
    nobody = np.full(owners.size, -1, dtype=np.int64)
    return DailyMixes(
        users=owners,
        mixes=mixes,
        tracks=tracks,
        scores=scores.astype(np.float32),
        sources=np.full(owners.size, sources, dtype=np.int8),
        plays=np.zeros(owners.size, dtype=np.int64) if plays is None else plays,
        names=nobody,
        middles=nobody,
        is_known=np.ones(owners.size, dtype=bool),
    )
