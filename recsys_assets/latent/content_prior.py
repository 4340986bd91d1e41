"""Where a track stands before anybody has heard it: by the artist's other tracks, by its sound, and by what is written.

Belongs here: putting the parts together, and how much each counts. The regression on sound is ``sound_part``, what is
written ``text_part``; what listeners add is ``posterior``; the weekly table is ``prior_weeks``, its bytes
``prior_bytes``.

    mean = q(x) + n / (n + k) * (mean of y - [(1 - b) q(x) + b * mean of q] over the artist's n other tracks)

q(x) is the place by sound (the mean of all tracks where there is no recording), pulled by as much as is written to where
the text says (``text_part``); y are the others' vectors. So the artist's other tracks are shrunk by how many there are
towards what sound and text say, and of the artist's own habit in these (b of it) only what they can not know is carried
over: the residual. Without known artist it is q(x), without recording or text the shrunk mean of the artist's tracks,
without any the mean of all tracks. k and b are chosen on artists that the regressions have not seen.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.seeds import generator
from recsys_assets.latent.content import OtherTracks, PlacedTracks, TrackContent, first_artists
from recsys_assets.latent.sound_part import SoundParams, SoundPart, fit_sound_part
from recsys_assets.latent.text_part import Pulled, TextParams, TextPart, fit_text_part

# Artists who must be held out before their tracks decide anything.
_MIN_JUDGED = 20


class ContentPriorParams(BaseModel, frozen=True):
    """How the prior is made."""

    sound: SoundParams = SoundParams()
    text: TextParams = TextParams()
    shrinkages: tuple[float, ...] = Field(
        default=(0.5, 1.0, 2.0, 4.0, 8.0), min_length=1, description="Values of k tried: other tracks that count half."
    )
    residual_shares: tuple[float, ...] = Field(
        default=(0.0, 0.25, 0.5, 0.75, 1.0), min_length=1, description="Values of b tried."
    )


@dataclass(frozen=True)
class PriorMeans:
    """Prior means, float32 of shape (n, d), and what they come from.

    Attributes:
        mean: of all parts together.
        from_artist: of the artist's other tracks alone, shrunk towards the mean of all tracks.
        from_sound: of the recording alone; the mean of all tracks where there is none.
        from_text: of what is written alone; ``from_sound`` where nothing is.
        text_weight: how much of the place without the artist's other tracks is text's, 0 … 1; 0 where nothing is written.
        artist_weight: n / (n + k), 0 … 1; 0 where the artist has no other track, or is not inherited.
        n_artist_tracks: n, credits counted one by one.
        has_sound: whether there is a recording.
        has_artist: whether the artist counts.
    """

    mean: NDArray[np.float32]
    from_artist: NDArray[np.float32]
    from_sound: NDArray[np.float32]
    from_text: NDArray[np.float32]
    text_weight: NDArray[np.float32]
    artist_weight: NDArray[np.float32]
    n_artist_tracks: NDArray[np.float32]
    has_sound: NDArray[np.bool_]
    has_artist: NDArray[np.bool_]


@dataclass(frozen=True)
class HeldOut:
    """Artists that the regressions have not seen: the regressions, and strings, the ids of their tracks that were judged."""

    sound: SoundPart | None
    track_ids: pl.Series
    text: TextPart | None = None


@dataclass(frozen=True)
class ContentPrior:
    """A fitted prior. It holds what was learnt, and no track's place: the others are told to ``means``.

    Attributes:
        centre: float32, shape (d,): the mean of all tracks.
        sound: the regression; None where no track had a recording.
        shrinkage: k.
        residual_share: b.
        figures: what the held-out artists showed: ``sound_explained`` (of the squared distance from the mean),
            ``text_explained`` (of that from the place by sound), ``explained`` (by all parts together), ``n_tracks``,
            ``n_recordings``, ``n_held_out``, ``n_text_artists`` (who decided how much text counts).
        held_out: of whom what sound and text say is honest; None where nobody could be held out.
        text: what was learnt of text; None where nothing is written of enough artists, or it predicts nobody's place.
    """

    centre: NDArray[np.float32]
    sound: SoundPart | None
    shrinkage: float
    residual_share: float
    figures: dict[str, float]
    held_out: HeldOut | None = None
    text: TextPart | None = None

    def unseen(self, content: TrackContent) -> tuple["ContentPrior", NDArray[np.bool_]]:
        """Return the prior that says of some known tracks what it would say of new ones, and of which tracks.

        What the regressions on sound and text say of tracks that they were fitted on is too good. Without any every track
        is unseen: no track speaks for itself. With one that was fitted on everybody none is.
        """
        if self.sound is None and self.text is None:
            return self, np.ones(len(content), dtype=bool)
        if self.held_out is None:
            return self, np.zeros(len(content), dtype=bool)
        is_held_out = content.track_ids.is_in(self.held_out.track_ids.implode()).to_numpy()
        return replace(self, sound=self.held_out.sound, text=self.held_out.text), is_held_out

    def means(
        self, content: TrackContent, known: PlacedTracks, *, inherits_artist: NDArray[np.bool_] | None = None
    ) -> PriorMeans:
        """Place tracks by their content.

        Args:
            content: of the tracks to place.
            known: the tracks whose places say where their artists stand, in the space of the prior or turned onto it.
                A track that is among them does not count for itself.
            inherits_artist: False: by sound alone, whoever is credited and whatever is written: text is of the artist as
                the other tracks are. All True where None.
        """
        from_sound = self.places_by_sound(content)
        pulled = self._pulled(from_sound, content, known, inherits_artist)
        known_places = self._pulled(self.places_by_sound(known.content), known.content, known, None).places
        others = OtherTracks.of(content, known, np.hstack([known.vectors, known_places]), inherits_artist)
        n = others.counts[:, None]
        weight = (n / (n + self.shrinkage)).astype(np.float32)
        width = self.centre.size
        other_vectors, other_places = others.means[:, :width], others.means[:, width:]
        own = pulled.places
        expected = own + np.float32(self.residual_share) * (other_places - own)
        return PriorMeans(
            mean=np.asarray(own + weight * (other_vectors - expected), dtype=np.float32),
            from_artist=np.asarray(self.centre + weight * (other_vectors - self.centre), dtype=np.float32),
            from_sound=from_sound,
            from_text=pulled.from_text,
            text_weight=pulled.weight,
            artist_weight=weight[:, 0],
            n_artist_tracks=others.counts,
            has_sound=content.has_sound & (self.sound is not None),
            has_artist=others.counts > 0,
        )

    def _pulled(
        self,
        places: NDArray[np.float32],
        content: TrackContent,
        known: PlacedTracks,
        heeded: NDArray[np.bool_] | None,
    ) -> Pulled:
        if self.text is None:
            return Pulled(places, places, np.zeros(len(content), dtype=np.float32))
        return self.text.pull(places, content, known, heeded)

    def places_by_sound(self, content: TrackContent) -> NDArray[np.float32]:
        """Place tracks by their recordings alone, float32 of shape (n, d); the mean of all tracks where there is none."""
        places = np.tile(self.centre, (len(content), 1))
        rows = np.flatnonzero(content.has_sound)
        if self.sound is not None and content.sound is not None and rows.size:
            _require_width(content.sound, self.sound)
            places[rows] = self.sound.predict(content.sound[rows])
        return places


def fit_content_prior(
    known: PlacedTracks,
    params: ContentPriorParams,
    *,
    seed: int,
    is_held_out: NDArray[np.bool_] | None = None,
) -> ContentPrior:
    """Learn from tracks with listeners where content puts a track.

    Args:
        known: tracks and their vectors. At least one.
        params: how.
        seed: of the random features and of who is held out.
        is_held_out: tracks whose ``sound`` was predicted by a model that had not seen them. Where given, only these
            teach what sound says: what a model says of tracks it was fitted on is too good.

    Raises:
        InvalidArgumentError: there is no track.
    """
    if not len(known.content):
        raise InvalidArgumentError("a content prior is learnt from tracks with listeners, and there is none")
    centre = known.vectors.mean(axis=0)
    heard = known.content.has_sound if is_held_out is None else known.content.has_sound & is_held_out
    figures = {"n_tracks": float(len(known.content)), "n_recordings": float(heard.sum())}
    first = first_artists(known.content)
    if not heard.any() or known.content.sound is None:
        whole = ContentPrior(centre, None, 1.0, 0.0, figures)
        judged = blind = _fifth(first, seed=seed)
        whole, trial = _with_text(whole, whole, known, blind, params)
        return _shrink_best(whole, trial, known, judged, params)
    sound, sound_trial = fit_sound_part(
        known.content.sound[heard], known.vectors[heard], first[heard], params.sound, seed=seed
    )
    judged = np.zeros(len(known.content), dtype=bool)
    judged[np.flatnonzero(heard)[sound_trial.is_held_out]] = True
    figures |= {"sound_explained": sound_trial.explained, "n_held_out": float(judged.sum())}
    held_out = HeldOut(sound_trial.part, known.content.track_ids.filter(pl.Series(judged))) if judged.any() else None
    whole = ContentPrior(centre, sound, 1.0, 0.0, figures, held_out)
    # Text is judged on the artists whose sound is, and on as large a share of those who have no recording.
    blind = np.isin(first, first[judged]) | (_fifth(first, seed=seed) & ~np.isin(first, first[heard]))
    whole, trial = _with_text(whole, replace(whole, sound=sound_trial.part), known, blind, params)
    return _shrink_best(whole, trial, known, judged, params)


def _with_text(
    whole: ContentPrior,
    trial: ContentPrior,
    known: PlacedTracks,
    blind: NDArray[np.bool_],
    params: ContentPriorParams,
) -> tuple[ContentPrior, ContentPrior]:
    """Add what text says to the prior and to the trial, which has not seen the artists of ``blind``."""
    if not known.content.has_text.any() and known.co_mentions is None:
        return whole, trial
    found = fit_text_part(known, trial.places_by_sound(known.content), blind, params.text)
    if found is None:
        return whole, trial
    figures = whole.figures | {"text_explained": found.explained, "n_text_artists": float(found.n_judged)}
    ids = whole.held_out.track_ids if whole.held_out else known.content.track_ids.filter(pl.Series(blind))
    held_out = HeldOut(trial.sound, ids, found.blind)
    return (
        replace(whole, text=found.whole, figures=figures, held_out=held_out),
        replace(trial, text=found.blind, figures=figures),
    )


def _shrink_best(
    whole: ContentPrior,
    trial: ContentPrior,
    known: PlacedTracks,
    judged: NDArray[np.bool_],
    params: ContentPriorParams,
) -> ContentPrior:
    """Choose k and b by the squared error of ``trial`` on tracks of artists that it has not seen."""
    if judged.sum() < _MIN_JUDGED:
        return whole
    asked = known.content.filter(judged)
    truth = known.vectors[judged]
    spread = float(np.square(truth - whole.centre).sum())
    shares = params.residual_shares if trial.sound is not None or trial.text is not None else (0.0,)
    tried = [(k, b) for k in params.shrinkages for b in shares]
    errors = [
        float(np.square(replace(trial, shrinkage=k, residual_share=b).means(asked, known).mean - truth).sum())
        for k, b in tried
    ]
    best = int(np.argmin(errors))
    figures = whole.figures | {"explained": 1 - errors[best] / spread if spread else np.nan}
    return replace(whole, shrinkage=tried[best][0], residual_share=tried[best][1], figures=figures)


def _fifth(first: NDArray[np.integer], *, seed: int) -> NDArray[np.bool_]:
    chosen = generator(seed, "content prior").permutation(int(first.max(initial=-1)) + 2) % 5 == 0
    return chosen[first]


def _require_width(sound: NDArray[np.float32], part: SoundPart) -> None:
    if sound.shape[1] != part.directions.shape[0]:
        raise InvalidArgumentError(
            f"recordings have {sound.shape[1]} descriptors, the prior was fitted on {part.directions.shape[0]}: "
            "make the week's content prior again"
        )
