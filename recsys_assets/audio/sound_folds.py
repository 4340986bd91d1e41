"""Artists kept apart: folds of tracks in which no artist is on both sides.

A network that has heard an artist's voice knows the place of that artist's next track; judged on it, it looks better than it is
for an artist nobody has heard (the "album effect": Flexer and Schnitzer 2010).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recsys_assets.core.seeds import generator

Credits = Sequence[Sequence[str]]


def make_folds(credits_: Credits, n_folds: int, *, seed: int) -> NDArray[np.int64]:
    """Give each track a fold by its first credited artist, folds of about equal size.

    Artists come in random order and each goes to the smallest fold so far. A track without artists is its own.

    Returns:
        (n_tracks,), numbers below ``n_folds``; fewer folds are used where there are fewer artists.
    """
    first = [artists[0] if artists else f"\0{row}" for row, artists in enumerate(credits_)]
    names, owner = np.unique(np.array(first, dtype=object).astype(str), return_inverse=True)
    sizes = np.bincount(owner, minlength=len(names))
    fold_of, filled = np.zeros(len(names), dtype=np.int64), np.zeros(n_folds, dtype=np.int64)
    order = generator(seed, "folds").permutation(len(names))
    # The large ones first, or the last to come would tip the balance.
    for artist in order[np.argsort(-sizes[order], kind="stable")]:
        fold_of[artist] = int(np.argmin(filled))
        filled[fold_of[artist]] += sizes[artist]
    return fold_of[owner]


def apart_from(credits_: Credits, is_held_out: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark the tracks that share no credited artist, first or guest, with the tracks held out."""
    held = {artist for artists, out in zip(credits_, is_held_out, strict=True) if out for artist in artists}
    shares = np.array([not held.isdisjoint(artists) for artists in credits_], dtype=bool)
    return ~shares & ~is_held_out


def hold_out_artists(credits_: Credits, share: float, *, seed: int) -> NDArray[np.bool_]:
    """Mark tracks of random artists, about ``share`` of all: never all, and with two tracks or more never none.

    Where all tracks are of one artist there is nobody to hold out, and tracks are held out instead.
    """
    n_folds = max(2, round(1 / share))
    held = make_folds(credits_, n_folds, seed=seed) == 0
    return np.arange(held.size) % n_folds == 1 if held.all() else held
