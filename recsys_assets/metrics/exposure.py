"""What rankings do to a catalogue: how much of it is shown, how evenly, and how unexpected it is.

Belongs here: pure functions over lists of item rows. Whether the lists are any good is ``ranking``.
``ranked`` is as there: int, shape (n_lists, n), padded with -1.
"""

import numpy as np
from numpy.typing import NDArray

from recsys_assets.core.errors import InvalidArgumentError


def count_exposures(ranked: NDArray[np.integer], *, n_items: int) -> NDArray[np.int64]:
    """How many lists show each item, shape (n_items,)."""
    shown = ranked[ranked >= 0]
    return np.bincount(shown, minlength=n_items).astype(np.int64)


def catalog_coverage(exposures: NDArray[np.integer]) -> float:
    """Share of the items that are shown at all; 0 for an empty catalogue."""
    return float(np.count_nonzero(exposures) / exposures.size) if exposures.size else 0.0


def gini(exposures: NDArray[np.integer]) -> float:
    """Inequality of exposure: 0 when every item is shown equally often, (n - 1) / n when one item takes all.

    Nothing shown at all gives 0.
    """
    if np.any(exposures < 0):
        raise InvalidArgumentError("exposures are counts: they can not be negative")
    total = float(exposures.sum())
    if total == 0:
        return 0.0
    n = exposures.size
    ordered = np.sort(exposures).astype(np.float64)
    return float(2 * (np.arange(1, n + 1) @ ordered) / (n * total) - (n + 1) / n)


def novelty(ranked: NDArray[np.integer], *, listeners_of: NDArray[np.integer], n_listeners: int) -> NDArray[np.float64]:
    """Mean surprise of each list in bits: -log2 of the share of listeners who know the item (Zhou et al. 2010).

    An item that nobody knows counts as known by one, or its surprise would be infinite. An empty list gives NaN.
    """
    if n_listeners < 1:
        raise InvalidArgumentError(f"n_listeners must be at least 1, found {n_listeners}")
    surprise = -np.log2(np.maximum(listeners_of, 1) / n_listeners)
    shown = ranked >= 0
    total = np.where(shown, surprise[np.where(shown, ranked, 0)], 0.0).sum(axis=1)
    count = shown.sum(axis=1)
    return np.divide(total, count, out=np.full(len(ranked), np.nan), where=count > 0)
