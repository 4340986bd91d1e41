"""From what is written of an artist to where the music should stand: a map of text vectors, and who is named near by.

Belongs here: the two predictions and how much each counts. What else is known of a track joins them in ``content_prior``;
vectors and co-mentions are made in ``corpus``.

    pulled = (s + A r(v) + B m) / (1 + A + B),   A = a n / (n + k),   B = b c / (c + l)

s is the place without text. r is a ridge regression from text vectors to the space, learnt on artists (an artist with one
track says less of where such words belong than one with twenty: weight t / (t + 1) for t tracks); n is how much text there
is. m is the mean of where the artists stand who are named near by, each by the weight of the co-mention and by t / (t + 1);
c is the sum of these weights. So ten articles pull further than one. a and k are chosen by how well r by itself predicts
artists that it has not seen, as if none of their tracks were known, b and l by how well m does: of a text that predicts
nobody's place nothing is left, and an artist of whom there is only one kind is pulled by that kind as far as it deserves
(one fit of both would give what they share to the better one). A row without text is returned as it came, to the bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from scipy import sparse

from recsys_assets.core import columns as c
from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.ids import IdMap
from recsys_assets.core.threads import blas_limited
from recsys_assets.latent.content import PlacedTracks, TrackContent, artists_of, credit_rows, first_artists

# Artists who must be held out before text decides anything: of fifty artists, a fifth.
_MIN_JUDGED = 8
_OTHER, _WEIGHT = "other_artist_id", "weight"


class TextParams(BaseModel, frozen=True):
    """How the text part is made."""

    regularizations: tuple[float, ...] = Field(
        default=(0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0),
        min_length=1,
        description="Ridge penalties tried, in mean squared singular values of the text vectors.",
    )
    half_amounts: tuple[float, ...] = Field(
        default=(1.0, 3.0, 10.0, 30.0),
        min_length=1,
        description="Values of k and l tried: amounts of text that count half. Above 0, or more text would not count more.",
    )
    shares: tuple[float, ...] = Field(
        default=(0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95),
        min_length=1,
        description="Shares of a place that endless text of one kind has, 0 to below 1: a / (1 + a) and b / (1 + b).",
    )


@dataclass(frozen=True)
class TextMap:
    """The fitted ridge: float32 ``centre`` (t,), ``coefficients`` (t, d), ``intercept`` (d,)."""

    centre: NDArray[np.float32]
    coefficients: NDArray[np.float32]
    intercept: NDArray[np.float32]

    def predict(self, text: NDArray[np.floating]) -> NDArray[np.float32]:
        """Predict vectors, shape (n, d), of finite text vectors of shape (n, t).

        Raises:
            InvalidArgumentError: they are of another width than those that it was fitted on.
        """
        if text.shape[1] != self.centre.size:
            raise InvalidArgumentError(
                f"text vectors have {text.shape[1]} numbers, the prior was fitted on {self.centre.size}: "
                "make the week's content prior again"
            )
        return np.asarray((text - self.centre) @ self.coefficients + self.intercept, dtype=np.float32)


@dataclass(frozen=True)
class TextPart:
    """What was learnt of text: the map (None where too few artists have vectors), a, k, b and l."""

    map: TextMap | None
    vector_strength: float
    vector_half: float
    named_strength: float
    named_half: float

    def pull(
        self, places: NDArray[np.float32], content: TrackContent, known: PlacedTracks, heeded: NDArray[np.bool_] | None
    ) -> "Pulled":
        """Pull places towards what is written.

        Args:
            places: float32, shape (n, d): s.
            content: of the same tracks.
            known: tracks whose places say where those stand who are named near by.
            heeded: False: nothing that is written counts. All True where None.
        """
        said = _read(self.map, content, known)
        vector = self.vector_strength * _amount_share(said.vector_amount, self.vector_half)
        named = self.named_strength * _amount_share(said.named_amount, self.named_half)
        if heeded is not None:
            vector, named = vector * heeded, named * heeded
        strength = vector + named
        share = strength / (1 + strength)
        rows = np.flatnonzero(strength > 0)
        target, pulled = places.copy(), places.copy()
        both = vector[rows, None] * said.by_vector[rows] + named[rows, None] * said.by_named[rows]
        target[rows] = both / strength[rows, None]
        pulled[rows] += share[rows, None].astype(np.float32) * (target[rows] - places[rows])
        return Pulled(pulled, target, share.astype(np.float32))


@dataclass(frozen=True)
class Pulled:
    """What a pull gives, float32.

    Attributes:
        places: shape (n, d).
        from_text: shape (n, d), where text alone puts each track; its place as it came where nothing is written.
        weight: shape (n,), how much of the place is text's, 0 … 1.
    """

    places: NDArray[np.float32]
    from_text: NDArray[np.float32]
    weight: NDArray[np.float32]


@dataclass(frozen=True)
class TextTrial:
    """What trying the weights showed.

    Attributes:
        whole: fitted on everybody.
        blind: the same, without the held-out artists.
        explained: share of the held-out tracks' squared distance from s that ``blind`` explains, at most 1.
        n_judged: held-out artists of whom something is written.
    """

    whole: TextPart
    blind: TextPart
    explained: float
    n_judged: int


def fit_text_part(
    known: PlacedTracks, places: NDArray[np.float32], is_held_out: NDArray[np.bool_], params: TextParams
) -> TextTrial | None:
    """Learn what text says of places.

    Args:
        known: tracks with content and vectors.
        places: float32, shape (n, d): s of the same tracks, made without their artists where these are held out.
        is_held_out: tracks of the artists who decide; all tracks of an artist or none.
        params: how.

    Returns:
        None where nothing is written of enough artists to tell, or where it predicts nobody's place.
    """
    groups = first_artists(known.content)
    whole, blind = _fit_maps(known, groups, is_held_out, params)
    said = _read(blind, known.content, known)
    choices = []
    for by, amount in ((said.by_vector, said.vector_amount), (said.by_named, said.named_amount)):
        at = is_held_out & (amount > 0)
        choices.append(_choose((by - places)[at], (known.vectors - places)[at], amount[at], groups[at], params))
    if not any(strength for strength, _ in choices):
        return None
    part = TextPart(whole, *choices[0], *choices[1])
    blind_part = replace(part, map=blind)
    pulled = blind_part.pull(places, known.content, known, None)
    judged = is_held_out & (pulled.weight > 0)
    weights = _even(groups[judged])
    spread, missed = (
        float(weights @ np.square(known.vectors[judged] - each[judged]).sum(axis=1)) for each in (places, pulled.places)
    )
    explained = 1 - missed / spread if spread else np.nan
    return TextTrial(part, blind_part, explained, int(np.unique(groups[judged]).size))


def _choose(
    said: NDArray[np.float32],
    truth: NDArray[np.float32],
    amount: NDArray[np.float64],
    groups: NDArray[np.integer],
    params: TextParams,
) -> tuple[float, float]:
    """Choose the strength and the half amount by which one kind of text predicts held-out artists best; 0: it does not.

    ``said`` and ``truth`` are seen from s.
    """
    best, least = (0.0, params.half_amounts[0]), 0.0
    if np.unique(groups).size < _MIN_JUDGED:
        return best
    weights = _even(groups)
    length, along = weights * np.square(said).sum(axis=1), weights * (said * truth).sum(axis=1)
    for half in params.half_amounts:
        ripe = _amount_share(amount, half)
        for share in params.shares:
            strength = share / (1 - share)
            moved = strength * ripe / (1 + strength * ripe)
            # The squared error less that of s alone.
            error = float(moved**2 @ length - 2 * moved @ along)
            if error < least:
                best, least = (strength, half), error
    return best


def _even(groups: NDArray[np.integer]) -> NDArray[np.float64]:
    """Weights of tracks by which an artist is one case, however many tracks."""
    _, of, counts = np.unique(groups, return_inverse=True, return_counts=True)
    return 1 / counts[of]


@dataclass(frozen=True)
class _Said:
    """What text says of tracks, and how much: zeros where it says nothing."""

    by_vector: NDArray[np.float32]
    vector_amount: NDArray[np.float64]
    by_named: NDArray[np.float32]
    named_amount: NDArray[np.float64]


def _read(text_map: TextMap | None, content: TrackContent, known: PlacedTracks) -> _Said:
    width = known.vectors.shape[1]
    by_vector, amount = np.zeros((len(content), width), dtype=np.float32), np.zeros(len(content))
    rows = np.flatnonzero(content.has_text)
    if text_map is not None and content.text is not None and content.text_amount is not None and rows.size:
        by_vector[rows] = text_map.predict(content.text[rows])
        amount[rows] = content.text_amount[rows]
    return _Said(by_vector, amount, *_named_near(content, known))


def _named_near(content: TrackContent, known: PlacedTracks) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return where those stand who are named near each track's artists, and the sum of their weights."""
    silent = np.zeros((len(content), known.vectors.shape[1]), dtype=np.float32), np.zeros(len(content))
    if known.co_mentions is None or not len(content):
        return silent
    pairs = known.co_mentions.filter(pl.col(_WEIGHT).is_finite(), pl.col(_WEIGHT) > 0)
    askers, artists = IdMap.of(pairs[c.ARTIST_ID]), artists_of(known.content)
    rows, columns = askers.rows(pairs[c.ARTIST_ID]), artists.rows(pairs[_OTHER])
    has_place = (columns >= 0) & (pairs[c.ARTIST_ID] != pairs[_OTHER]).to_numpy()
    if not has_place.any():
        return silent
    made = credit_rows(known.content, artists)
    counts = np.asarray(made.sum(axis=0), dtype=np.float64).ravel()
    means = (made.T @ known.vectors) / np.maximum(counts, 1)[:, None]
    weights = pairs[_WEIGHT].to_numpy()[has_place] * (counts / (counts + 1))[columns[has_place]]
    near = sparse.csr_matrix((weights, (rows[has_place], columns[has_place])), shape=(askers.size, artists.size))
    named = (credit_rows(content, askers) @ near).tocsr()
    # Who is credited on a track is not somebody else named near it, and a track does not speak for itself.
    named = named - named.multiply(credit_rows(content, artists))
    amount = np.asarray(named.sum(axis=1), dtype=np.float64).ravel()
    return np.asarray((named @ means) / np.maximum(amount, 1e-12)[:, None], dtype=np.float32), amount


def _amount_share(amount: NDArray[np.float64], half: float) -> NDArray[np.float64]:
    return np.where(amount > 0, amount / np.maximum(amount + half, 1e-12), 0.0)


def _fit_maps(
    known: PlacedTracks, groups: NDArray[np.integer], is_held_out: NDArray[np.bool_], params: TextParams
) -> tuple[TextMap | None, TextMap | None]:
    """Fit on everybody and on those who are not held out, with the penalty that predicts the held-out artists best."""
    rows = np.flatnonzero(known.content.has_text)
    if known.content.text is None or not rows.size:
        return None, None
    names, of, counts = np.unique(groups[rows], return_inverse=True, return_counts=True)
    average = sparse.csr_matrix((1 / counts[of], (of, np.arange(rows.size))), shape=(names.size, rows.size))
    text, vectors = average @ known.content.text[rows].astype(np.float64), average @ known.vectors[rows]
    held = np.zeros(names.size, dtype=bool)
    held[of] = is_held_out[rows]
    if held.sum() < _MIN_JUDGED or (~held).sum() < _MIN_JUDGED:
        return None, None
    weights = counts / (counts + 1)
    blind = _solve_ridges(text[~held], vectors[~held], weights[~held], params.regularizations)
    missed = [float(weights[held] @ np.square(each.predict(text[held]) - vectors[held]).sum(axis=1)) for each in blind]
    best = int(np.argmin(missed))
    return _solve_ridges(text, vectors, weights, params.regularizations[best : best + 1])[0], blind[best]


def _solve_ridges(
    text: NDArray[np.float64], vectors: NDArray[np.floating], weights: NDArray[np.floating], penalties: Sequence[float]
) -> list[TextMap]:
    """Solve the weighted ridge for several penalties with one decomposition."""
    root = np.sqrt(weights / weights.sum())[:, None]
    centre, intercept = (root**2 * text).sum(axis=0), (root**2 * vectors).sum(axis=0)
    with blas_limited():
        left, values, right = np.linalg.svd(root * (text - centre), full_matrices=False)
        target = left.T @ (root * (vectors - intercept))
        unit = max(float(np.square(values).mean()), 1e-12)
        return [
            TextMap(
                centre.astype(np.float32),
                (right.T @ ((values / (values**2 + penalty * unit))[:, None] * target)).astype(np.float32),
                intercept.astype(np.float32),
            )
            for penalty in penalties
        ]
