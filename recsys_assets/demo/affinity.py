"""The planted preference: how much a point of taste likes a track, and drawing tracks by it.

This is the one place that says what a listener truly likes. ``plays`` and ``playlists`` draw from it, evaluation asks
it for the truth (``true_affinity``). A choice is made in two steps: an artist by taste times popularity, then one of a
few of the artist's tracks, proposed by popularity, by taste.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

BATCH_ROWS = 1024
"""Points of taste scored at once: 1,024 x 4,000 artists of float32 are 16 MB, which stays near the cache."""

BLOCK = 64
"""Artists summed together when one is drawn."""

PROPOSALS = 8
"""Tracks of the artist that compete by taste. The few hits of an artist do not then shut out its live versions."""

RELEASE_BOOST_DAYS = 21
"""A release is new for three weeks; for that long, who reaches its artist takes it one time in three."""

RELEASE_BOOST = 0.35


@dataclass(frozen=True)
class ChoiceModel:
    """What can be chosen. Tracks of an artist are neighbours: those of artist a are ``first[a]`` to ``first[a+1]-1``.

    Attributes:
        artist_vectors: float32 (n_artists, d).
        artist_log_weight: float32 (n_artists,), log popularity.
        first: int64 (n_artists + 1,).
        track_vectors: float32 (n_tracks, d).
        track_cumulative: float64 (n_tracks + 1,), running sum of popularity weights.
        released_day: int32 (n_tracks,), days after the start, negative before it.
        newest: int64 (n_artists,), first row of the artist's newest album.
        newest_size: int64 (n_artists,), tracks on it.
        sharpness: inverse temperature.
    """

    artist_vectors: np.ndarray
    artist_log_weight: np.ndarray
    first: np.ndarray
    track_vectors: np.ndarray
    track_cumulative: np.ndarray
    released_day: np.ndarray
    newest: np.ndarray
    newest_size: np.ndarray
    sharpness: float

    def draw_artists(self, points: np.ndarray, rows: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
        """Draw one artist per request.

        Args:
            points: (n_points, d) tastes.
            rows: (n,) the point of each request.
            uniforms: (n,) in [0, 1).

        Returns:
            int64 (n,) artist rows.
        """
        out = np.empty(rows.size, dtype=np.int64)
        used, row_of = np.unique(rows, return_inverse=True)
        order = np.argsort(row_of, kind="stable")
        bounds = np.searchsorted(row_of[order], np.arange(0, used.size + BATCH_ROWS, BATCH_ROWS))
        for batch, (lo, hi) in enumerate(pairwise(bounds.tolist())):
            start = batch * BATCH_ROWS
            chosen = order[lo:hi]
            weights = self._artist_weights(points[used[start : start + BATCH_ROWS]])
            out[chosen] = _draw_from_rows(weights, row_of[chosen] - start, uniforms[chosen])
        return out

    def _artist_weights(self, points: np.ndarray) -> np.ndarray:
        """Return exp of the log-odds, float32 (n_points, n_artists) padded with zeros to whole blocks."""
        n = len(self.artist_vectors)
        weights = np.zeros((len(points), -(-n // BLOCK) * BLOCK), dtype=np.float32)
        logits = points @ self.artist_vectors.T
        logits *= self.sharpness
        logits += self.artist_log_weight
        logits -= logits.max(axis=1, keepdims=True)
        np.exp(logits, out=weights[:, :n])
        return weights

    def draw_tracks(
        self, points: np.ndarray, rows: np.ndarray, artists: np.ndarray, day: np.ndarray, uniforms: np.ndarray
    ) -> np.ndarray:
        """Draw one released track of the given artists per request.

        Args:
            points: (n_points, d) tastes.
            rows: (n,) the point of each request.
            artists: (n,) artist rows.
            day: (n,) int, the day of the choice; only what was released by then can be chosen.
            uniforms: (n, 1 + 2 * PROPOSALS) in [0, 1).

        Returns:
            int64 (n,) track rows, -1 where nothing proposed was released yet.
        """
        out = np.empty(rows.size, dtype=np.int64)
        for lo in range(0, rows.size, 1 << 17):
            part = slice(lo, lo + (1 << 17))
            out[part] = self._draw_tracks(points[rows[part]], artists[part], day[part], uniforms[part])
        return out

    def _draw_tracks(self, taste: np.ndarray, artists: np.ndarray, day: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
        low = self.track_cumulative[self.first[artists]]
        span = self.track_cumulative[self.first[artists + 1]] - low
        best = np.full(artists.size, -np.inf)
        chosen = np.full(artists.size, -1, dtype=np.int64)
        for proposal in range(PROPOSALS):
            at = low + uniforms[:, 1 + proposal] * span
            track = np.searchsorted(self.track_cumulative, at, side="right") - 1
            track = np.clip(track, self.first[artists], self.first[artists + 1] - 1)
            # Gumbel noise makes the largest of the noisy scores a draw from their softmax.
            noise = -np.log(-np.log(uniforms[:, 1 + PROPOSALS + proposal] + 1e-12) + 1e-12)
            score = noise + self.sharpness * np.einsum("nd,nd->n", taste, self.track_vectors[track])
            score[self.released_day[track] > day] = -np.inf
            better = score > best
            best[better] = score[better]
            chosen[better] = track[better]
        newest = self.newest[artists]
        age = day - self.released_day[newest]
        fresh = (age >= 0) & (age < RELEASE_BOOST_DAYS) & (uniforms[:, 0] < RELEASE_BOOST)
        within = (uniforms[:, 0] / RELEASE_BOOST * self.newest_size[artists]).astype(np.int64)
        chosen[fresh] = (newest + within)[fresh]
        return chosen


def _draw_from_rows(weights: np.ndarray, rows: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
    """Draw a column of ``weights`` per request, in proportion to its row: first the block, then within it.

    Running sums of whole rows took half the time of the large world; sums of blocks take a tenth of that.
    """
    blocks = weights.reshape(len(weights), -1, BLOCK)
    cumulative = np.cumsum(blocks.sum(axis=2), axis=1, dtype=np.float64)
    at = uniforms * cumulative[rows, -1]
    block = np.minimum((cumulative[rows] <= at[:, None]).sum(axis=1), cumulative.shape[1] - 1)
    before = np.where(block > 0, cumulative[rows, block - 1], 0.0)
    inside = np.cumsum(blocks[rows, block], axis=1, dtype=np.float64)
    # The last column that has weight, where rounding carries the mark past the end of the block.
    last = BLOCK - 1 - (blocks[rows, block][:, ::-1] > 0).argmax(axis=1)
    return block * BLOCK + np.minimum((inside <= (at - before)[:, None]).sum(axis=1), last)


def match(points: np.ndarray, rows: np.ndarray, track_vectors: np.ndarray, tracks: np.ndarray) -> np.ndarray:
    """Return how well each track suits the point it is paired with: about -.5 (foreign) to 1.3 (made for it).

    Computed in blocks, so that ten million pairs need no ten million vectors.
    """
    out = np.empty(rows.size, dtype=np.float32)
    for lo in range(0, rows.size, 1 << 18):
        part = slice(lo, lo + (1 << 18))
        out[part] = np.einsum("nd,nd->n", points[rows[part]], track_vectors[tracks[part]])
    return out


def true_affinity(
    weights: np.ndarray, points: np.ndarray, track_vectors: np.ndarray, *, sharpness: float
) -> np.ndarray:
    """Return the true log-affinity of one listener to tracks, popularity left out.

    ``log sum_k w_k exp(sharpness * <p_k, v_t>)`` over the listener's points of taste: the log of the odds with which
    the listener would choose t among equally known tracks.

    Args:
        weights: (k,) of the listener's points, positive.
        points: (k, d).
        track_vectors: (n, d).
        sharpness: the world's.

    Returns:
        float64 (n,).
    """
    logits = sharpness * (track_vectors.astype(np.float64) @ points.astype(np.float64).T) + np.log(weights)
    top = logits.max(axis=1, keepdims=True)
    return (top + np.log(np.exp(logits - top).sum(axis=1, keepdims=True)))[:, 0]
