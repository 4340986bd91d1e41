"""How well what is written of a track fits what is written of a listener's other tracks.

Belongs here: the score of it, for all tracks of a listener as dimensions beside those of the space (``widen_by_text``), and for
all listeners of some cold tracks (``match_cold``). Where text moves a track within the space is ``text_part``.

    score = (1 - g r) u . y + w r |u| l (c . e),   r = h / (h + N),   c = sum of the chosen tracks' e / (n + k)

u and y are the vectors in the space, l the mean length of vectors that many listeners made. e is the direction of a track's text
seen from the mean of all artists' texts, so that what does not fit lowers a score as what fits raises it; n is the number of
chosen tracks of which something is written: who chose what is written of in one way is told more by text than who chose
everything. N is how many listeners the artist has, in all, whose track it is: what listeners say is pulled towards what is written
by how little they said, of the artist too, because text is the artist's. A map into the space loses which of the kind it is;
the texts themselves know. It counts for tracks that few have heard; for others listeners have said enough.

What listeners say gives way by g so that such tracks are not shown more in all lists only because something is written of them.
Public playlists and biographies, 287 hidden tracks of artists in at most 5 playlists and 17,407 others (seeds 5 to 10 of
``recsys evaluate tail``), found among the first ten without text 36 and 2,232; w and g .15 and 0: 52 and 2,211; .2 and .05: 46 and
2,234; .3 and .1: 47 and 2,242; .5 and .15: 54 and 2,238; .5 and .12: 59 and 2,222; .5 and .3: 32 and 2,264.
For a track its own playlist is among the first ten of all 123 times of 287 without text and 129 times with .5 and .15.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from scipy import sparse

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.latent.content import TrackContent, artists_of, credit_rows, first_artists


class TextMatchParams(BaseModel, frozen=True, extra="forbid"):
    """How much the match counts: ``[placing.text_match]`` of ``settings.toml``."""

    weight: float = Field(default=0.5, ge=0, description="w: of a full match beside a listener's own vector.")
    way_given: float = Field(default=0.15, ge=0, le=1, description="g: how much of what listeners say gives way to it.")
    half_listeners: float = Field(default=5.0, gt=0, description="h: listeners of an artist at which it counts half.")
    half_tracks: float = Field(
        default=2.0, ge=0, description="k: chosen tracks with text at which a listener's counts half."
    )


@dataclass(frozen=True)
class Widened:
    """Vectors of the space with the dimensions of text behind: float32, shapes (n_listeners, d + t) and (n_tracks, d + t)."""

    listeners: NDArray[np.float32]
    tracks: NDArray[np.float32]


def widen_by_text(
    chosen: sparse.csr_matrix,
    listeners: NDArray[np.float32],
    tracks: NDArray[np.float32],
    content: TrackContent,
    *,
    is_few: NDArray[np.bool_],
    params: TextMatchParams,
    constant: float | None = None,
) -> Widened:
    """Put the dimensions of text behind those of the space, so that the scalar product is the score above.

    Args:
        chosen: rows = listeners, columns = tracks, above zero where chosen.
        listeners: float32, shape (n_listeners, d).
        tracks: float32, shape (n_tracks, d).
        content: of the tracks.
        is_few: by track, whether so few have heard it that text counts.
        params: how much.
        constant: in the place of each cosine, whatever is written: what is left is that something is.

    Returns:
        Zeros in the dimensions of text for whom nothing is written of, and none such where nothing is written of anybody.
    """
    if chosen.shape != (len(listeners), len(tracks)) or len(content) != len(tracks) or len(is_few) != len(tracks):
        raise InvalidArgumentError(
            f"choices of shape {chosen.shape} for {len(listeners)} listeners, {len(tracks)} tracks and content of {len(content)}"
        )
    has_text = content.has_text
    if not has_text.any() or is_few.all():
        return Widened(listeners, tracks)
    directions = text_directions(content)
    if constant is not None:
        directions = has_text.astype(np.float32)[:, None] * np.float32(np.sqrt(constant))
    is_chosen = _ones_where_chosen(chosen)
    wanted = (is_chosen @ directions) / _n_written(is_chosen, has_text, params)[:, None]
    wanted *= np.linalg.norm(listeners, axis=1, keepdims=True)
    shares = _shares(is_few & has_text, listeners_of_artists(is_chosen, content), params)[:, None]
    offered = directions * (params.weight * _mean_length(tracks[~is_few]) * shares)
    kept = np.asarray(tracks * (1 - params.way_given * shares), dtype=np.float32)
    return Widened(np.hstack([listeners, wanted.astype(np.float32)]), np.hstack([kept, offered.astype(np.float32)]))


@dataclass(frozen=True)
class TextMatch:
    """What text does to the scores of cold tracks: ``u . y`` becomes ``kept u . y + added``.

    Attributes:
        kept: float32, shape (n,): 1 - g r; 1 where nothing is written.
        added: float32, shape (n, n_listeners): w r |u| l (c . e), in units of the scalar product; 0 where nothing is written.
    """

    kept: NDArray[np.float32]
    added: NDArray[np.float32]

    def on_rows(self, rows: NDArray[np.integer]) -> "TextMatch":
        """Return it for other listeners: of each its column here, -1 for who has none and gets nothing added."""
        added = np.zeros((len(self.kept), rows.size), dtype=np.float32)
        added[:, rows >= 0] = self.added[:, rows[rows >= 0]]
        return TextMatch(self.kept, added)


def match_cold(
    chosen: sparse.csr_matrix,
    listeners: NDArray[np.float32],
    tracks: NDArray[np.float32],
    content: TrackContent,
    cold: TrackContent,
    *,
    few: int,
    params: TextMatchParams,
) -> TextMatch | None:
    """Match some tracks with all listeners.

    The product of listeners and cold tracks is all that is dense, as it is of their scores: 100,000 listeners with 10 million
    choices among 200,000 tracks and 150 cold tracks take 3 s of one core and .3 GB.

    Args:
        chosen: rows = listeners, columns = tracks of the space, above zero where chosen.
        listeners: float32, shape (n_listeners, d).
        tracks: float32, shape (n_tracks, d).
        content: of the tracks.
        cold: of the tracks to be matched, with text by the same encoder. Who may not inherit from an artist is not credited.
        few: at most so many listeners have heard a track of which text counts.
        params: how much.

    Returns:
        None where there is nothing to add: nothing is written of what is cold or of what is known, or few have heard anything.
    """
    if chosen.shape != (len(listeners), len(tracks)) or len(content) != len(tracks):
        raise InvalidArgumentError(
            f"choices of shape {chosen.shape} for {len(listeners)} listeners, {len(tracks)} tracks and content of {len(content)}"
        )
    is_chosen, has_text = _ones_where_chosen(chosen), content.has_text
    heard = np.bincount(is_chosen.indices, minlength=len(tracks))
    is_matched = cold.has_text & (_own_counts(heard, content, cold) <= few)
    if not has_text.any() or not is_matched.any() or (heard <= few).all():
        return None
    shares = _shares(is_matched, listeners_of_artists(is_chosen, content, cold), params)
    told = np.flatnonzero(has_text)
    near = text_directions(content)[told] @ text_directions(cold, seen_from=content).T
    scale = np.linalg.norm(listeners, axis=1) / _n_written(is_chosen, has_text, params)
    added = np.ascontiguousarray((is_chosen[:, told] @ near).T, dtype=np.float32)
    added *= scale[None, :]
    added *= (params.weight * _mean_length(tracks[heard > few]) * shares)[:, None]
    return TextMatch((1 - params.way_given * shares).astype(np.float32), added)


def _ones_where_chosen(chosen: sparse.csr_matrix) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones_like(chosen.data), chosen.indices, chosen.indptr), shape=chosen.shape)


def _n_written(
    is_chosen: sparse.csr_matrix, has_text: NDArray[np.bool_], params: TextMatchParams
) -> NDArray[np.float32]:
    """Return n + k of each listener."""
    return np.maximum(is_chosen @ has_text.astype(np.float32) + params.half_tracks, 1e-9).astype(np.float32)


def _shares(
    counts: NDArray[np.bool_], n_listeners: NDArray[np.float32], params: TextMatchParams
) -> NDArray[np.float32]:
    """Return r of each track, 0 where text does not count."""
    shares = params.half_listeners / (params.half_listeners + n_listeners)
    return np.where(counts, shares, 0).astype(np.float32)


def _mean_length(tracks: NDArray[np.float32]) -> np.float32:
    return np.linalg.norm(tracks, axis=1).mean()


def _own_counts(heard: NDArray[np.integer], content: TrackContent, asked: TrackContent) -> NDArray[np.integer]:
    """How many chose each of the tracks asked for; who is not among the tracks of ``content`` was chosen by nobody."""
    counts = pl.DataFrame({"id": content.track_ids, "n": heard})
    found = asked.track_ids.to_frame("id").join(counts, on="id", how="left", maintain_order="left")
    return found["n"].fill_null(0).to_numpy()


def text_directions(content: TrackContent, *, seen_from: TrackContent | None = None) -> NDArray[np.float32]:
    """Return where each track's text lies from the mean of all artists' texts.

    Args:
        content: of the tracks.
        seen_from: whose artists' mean it is; the tracks' own where None.

    Returns:
        float32, shape (n, t), of length 1; zeros where nothing is written of a track, t = 0 where nothing is of any.
    """
    rows = np.flatnonzero(content.has_text)
    if content.text is None or not rows.size:
        return np.zeros((len(content), 0), dtype=np.float32)
    seen = content.text[rows] - _mean_text(seen_from or content)
    directions = np.zeros(content.text.shape, dtype=np.float32)
    directions[rows] = seen / np.maximum(np.linalg.norm(seen, axis=1, keepdims=True), 1e-9)
    return directions


def _mean_text(content: TrackContent) -> NDArray[np.float32]:
    """An artist is one text, however many tracks."""
    rows = np.flatnonzero(content.has_text)
    assert content.text is not None
    _, of_artists = np.unique(first_artists(content)[rows], return_index=True)
    return content.text[rows[of_artists]].mean(axis=0)


def listeners_of_artists(
    is_chosen: sparse.csr_matrix, content: TrackContent, asked: TrackContent | None = None
) -> NDArray[np.float32]:
    """Return how many listeners chose anything of a track's artists, float32, shape (n,): those of the best known of them.

    A track without artist has its own. ``asked`` are the tracks asked for, those of ``content`` where None.
    """
    artists, asked = artists_of(content), asked or content
    heard = (is_chosen @ credit_rows(content, artists)).tocsc()
    of_artist = np.diff(heard.indptr).astype(np.float32)
    own = _own_counts(np.bincount(is_chosen.indices, minlength=is_chosen.shape[1]), content, asked).astype(np.float32)
    if not artists.size:
        return own
    best = np.asarray(credit_rows(asked, artists).multiply(of_artist[None, :]).max(axis=1).todense(), dtype=np.float32)
    return np.maximum(best.ravel(), own)
