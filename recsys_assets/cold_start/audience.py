"""How many listeners a track that nobody has heard can grow among, and how sure that is.

Belongs here: reach and its calibration. What the track sits among is ``surroundings``.

A listener is within reach of a track when they are as near to it as the nearer half of the listeners of other tracks
are to theirs. To know how near that is, tracks that people have heard are placed as if nobody had: by what is left when
their own listeners are not looked at. That gives the threshold for a new track; and as their true places are known too,
it tells how far such a forecast is off: the interval holds nine of ten of them (split conformal prediction on the
logarithm of the ratio, Vovk et al. 2005).

On a small demo world (500 heard tracks, half to learn from and half to judge, 20 times over) the interval held .93 of those
placed by artist and sound and .92 of those placed by sound alone; it is 16 and 53 of 270 listeners wide (medians).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.cold_start.scores import ScoreScale, score_listeners

COVERAGE = 0.9
# From 19 on the border of nine tenths is one of the forecasts and not beyond all of them.
LEAST_TRACKS = 20
MOST_TRACKS = 300
HISTOGRAM_ENDS = (-4.0, 8.0)
HISTOGRAM_BARS = 240
"""A twentieth each: in quarters the listeners of a demo submission stood in four bars."""


@dataclass(frozen=True)
class HeldCold:
    """Tracks that people have heard, placed with and without what their listeners say.

    Attributes:
        vectors: float32, shape (n, d): as published.
        cold_vectors: float32, shape (n, d): by content alone, the track's own listeners not looked at.
        listeners: n x n_users, stored where the listener plays the track.
    """

    vectors: NDArray[np.float32]
    cold_vectors: NDArray[np.float32]
    listeners: sparse.csr_matrix


@dataclass(frozen=True)
class Reach:
    """When a listener is within reach, and how far forecasts of their number are off.

    Attributes:
        threshold: the least score; NaN where no heard track tells it.
        log_ratios: float64, ascending, shape (n,): of the number that turned out within reach to the one foretold.
    """

    threshold: float
    log_ratios: NDArray[np.float64]

    def forecast(self, scores: NDArray[np.float32]) -> "Forecast":
        """Count the listeners within reach of one track.

        Args:
            scores: shape (n_users,), from ``score_listeners``.
        """
        if np.isnan(self.threshold):
            return Forecast(0, None, None)
        n_users = int(np.isfinite(scores).sum())
        found = int((scores >= self.threshold).sum())
        if self.log_ratios.size < LEAST_TRACKS:
            return Forecast(found, None, None)
        low, middle, high = (
            int(np.clip(round((found + 1) * np.exp(ratio) - 1), 0, n_users)) for ratio in self._quantiles()
        )
        return Forecast(middle, low, high)

    def _quantiles(self) -> tuple[float, float, float]:
        """The borders of the interval, widened as few tracks ask for, and the middle."""
        ordered, n = self.log_ratios, self.log_ratios.size
        beyond = int(np.floor((n + 1) * (1 - COVERAGE) / 2))
        low, high = (ordered[beyond - 1], ordered[n - beyond]) if beyond else (ordered[0], ordered[-1])
        return float(low), float(np.median(ordered)), float(high)


# Of what stands in the middle of everything, because neither artist nor sound says where it belongs.
NO_REACH = Reach(float("nan"), np.zeros(0))


@dataclass(frozen=True)
class Forecast:
    """Listeners within reach: how many, and between which numbers nine of ten such forecasts end; None: too few to tell."""

    n: int
    low: int | None
    high: int | None


def calibrate_reach(held: HeldCold, user_vectors: NDArray[np.float32], scale: ScoreScale) -> Reach:
    """Learn the threshold and the errors from heard tracks; without any the threshold is NaN.

    Args:
        held: tracks with listeners; of more than ``MOST_TRACKS`` an even sample is looked at.
        user_vectors: shape (n_users, d).
        scale: of the space's tracks.
    """
    usable = np.flatnonzero(
        held.vectors.any(axis=1) & held.cold_vectors.any(axis=1) & (np.diff(held.listeners.indptr) > 0)
    )
    usable = usable[:: max(1, -(-usable.size // MOST_TRACKS))]
    if not usable.size:
        return Reach(float("nan"), np.zeros(0))
    played = held.listeners[usable]
    threshold, foretold = _reached(user_vectors, held.cold_vectors[usable], played, scale)
    _, turned_out = _reached(user_vectors, held.vectors[usable], played, scale)
    return Reach(threshold, np.sort(np.log((turned_out + 1) / (foretold + 1))))


def _reached(
    user_vectors: NDArray[np.float32], vectors: NDArray[np.float32], played: sparse.csr_matrix, scale: ScoreScale
) -> tuple[float, NDArray[np.int64]]:
    """The median score of those who play a track, and how many listeners of each track have at least that."""
    owner = np.repeat(np.arange(len(vectors)), np.diff(played.indptr))
    scores = score_listeners(user_vectors, vectors, scale)
    known = scores[owner, played.indices]
    known = known[np.isfinite(known)]
    if not known.size:
        return float("nan"), np.zeros(len(vectors), dtype=np.int64)
    threshold = float(np.median(known))
    return threshold, (scores >= threshold).sum(axis=1)


def count_scores(scores: NDArray[np.float32]) -> list[int]:
    """Count listeners by score, for a picture; what lies beyond the edges is in the outermost bins."""
    known = np.clip(scores[np.isfinite(scores)], *HISTOGRAM_ENDS)
    return np.histogram(known, bins=histogram_edges(HISTOGRAM_BARS))[0].tolist()


def histogram_edges(n_bars: int) -> NDArray[np.float64]:
    """Return the edges of a histogram's bars: (n_bars + 1,). What was counted in other bars is read by their number."""
    return np.linspace(*HISTOGRAM_ENDS, n_bars + 1)
