"""Where a track stands before anybody has heard it: by the artist's other tracks and by its sound.

Belongs here: putting the parts together, and how much each counts. The regression on sound is ``sound_part``; what
listeners add is ``posterior``; the weekly table is ``prior_weeks``.

    mean = s(x) + n / (n + k) * (mean of y - [(1 - b) s(x) + b * mean of s] over the artist's n other tracks)

s(x) is the place by sound (the mean of all tracks where there is no recording), y are the others' vectors. So the
artist's other tracks are shrunk by how many there are towards what the sound says, and of the artist's own habit in
sound (b of it) only what the sound can not know is carried over: the residual. Without known artist it is s(x), without
recording the shrunk mean of the artist's tracks, without either the mean of all tracks. k and b are chosen on artists
that the regression has not seen. A text part will be a third prediction beside s(x).
"""

import io
import json
import zipfile
from dataclasses import asdict, dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from recsys_assets.core.errors import DataFaultError, InvalidArgumentError
from recsys_assets.core.seeds import generator
from recsys_assets.latent.content import OtherTracks, PlacedTracks, TrackContent, first_artists
from recsys_assets.latent.sound_part import SoundParams, SoundPart, fit_sound_part

# Artists who must be held out before their tracks decide anything.
_MIN_JUDGED = 20
_HELD_OUT = "held_out_"


class ContentPriorParams(BaseModel, frozen=True):
    """How the prior is made."""

    sound: SoundParams = SoundParams()
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
        mean: of both parts together.
        from_artist: of the artist's other tracks alone, shrunk towards the mean of all tracks.
        from_sound: of the recording alone; the mean of all tracks where there is none.
        artist_weight: n / (n + k), 0 … 1; 0 where the artist has no other track, or is not inherited.
        n_artist_tracks: n, credits counted one by one.
        has_sound: whether there is a recording.
        has_artist: whether the artist counts.
    """

    mean: NDArray[np.float32]
    from_artist: NDArray[np.float32]
    from_sound: NDArray[np.float32]
    artist_weight: NDArray[np.float32]
    n_artist_tracks: NDArray[np.float32]
    has_sound: NDArray[np.bool_]
    has_artist: NDArray[np.bool_]


@dataclass(frozen=True)
class HeldOut:
    """Artists that a regression has not seen: the regression, and strings, the ids of their tracks with a recording."""

    sound: SoundPart
    track_ids: pl.Series


@dataclass(frozen=True)
class ContentPrior:
    """A fitted prior. It holds what was learnt, and no track's place: the others are told to ``means``.

    Attributes:
        centre: float32, shape (d,): the mean of all tracks.
        sound: the regression; None where no track had a recording.
        shrinkage: k.
        residual_share: b.
        figures: what the held-out artists showed: ``sound_explained`` (of the squared distance from the mean),
            ``explained`` (by artist and sound together), ``n_tracks``, ``n_recordings``, ``n_held_out``.
        held_out: of whom what sound says is honest; None where nobody could be held out.
    """

    centre: NDArray[np.float32]
    sound: SoundPart | None
    shrinkage: float
    residual_share: float
    figures: dict[str, float]
    held_out: HeldOut | None = None

    def unseen(self, content: TrackContent) -> tuple["ContentPrior", NDArray[np.bool_]]:
        """Return the prior that says of some known tracks what it would say of new ones, and of which tracks.

        What the regression on sound says of tracks that it was fitted on is too good. Without one every track is unseen:
        no track speaks for itself. With one that was fitted on everybody none is.
        """
        if self.sound is None:
            return self, np.ones(len(content), dtype=bool)
        if self.held_out is None:
            return self, np.zeros(len(content), dtype=bool)
        is_held_out = content.track_ids.is_in(self.held_out.track_ids.implode()).to_numpy()
        return replace(self, sound=self.held_out.sound), is_held_out

    def means(
        self, content: TrackContent, known: PlacedTracks, *, inherits_artist: NDArray[np.bool_] | None = None
    ) -> PriorMeans:
        """Place tracks by their content.

        Args:
            content: of the tracks to place.
            known: the tracks whose places say where their artists stand, in the space of the prior or turned onto it.
                A track that is among them does not count for itself.
            inherits_artist: False: by sound alone, whoever is credited. All True where None.
        """
        from_sound = self._by_sound(content)
        known_sound = self._by_sound(known.content)
        others = OtherTracks.of(content, known, np.hstack([known.vectors, known_sound]), inherits_artist)
        n = others.counts[:, None]
        weight = (n / (n + self.shrinkage)).astype(np.float32)
        width = self.centre.size
        other_vectors, other_sound = others.means[:, :width], others.means[:, width:]
        expected = from_sound + np.float32(self.residual_share) * (other_sound - from_sound)
        return PriorMeans(
            mean=np.asarray(from_sound + weight * (other_vectors - expected), dtype=np.float32),
            from_artist=np.asarray(self.centre + weight * (other_vectors - self.centre), dtype=np.float32),
            from_sound=from_sound,
            artist_weight=weight[:, 0],
            n_artist_tracks=others.counts,
            has_sound=content.has_sound & (self.sound is not None),
            has_artist=others.counts > 0,
        )

    def _by_sound(self, content: TrackContent) -> NDArray[np.float32]:
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
        return _shrink_best(whole, whole, known, _fifth(first, seed=seed), params)
    sound, trial = fit_sound_part(
        known.content.sound[heard], known.vectors[heard], first[heard], params.sound, seed=seed
    )
    judged = np.zeros(len(known.content), dtype=bool)
    judged[np.flatnonzero(heard)[trial.is_held_out]] = True
    figures |= {"sound_explained": trial.explained, "n_held_out": float(judged.sum())}
    held_out = HeldOut(trial.part, known.content.track_ids.filter(pl.Series(judged))) if judged.any() else None
    whole = ContentPrior(centre, sound, 1.0, 0.0, figures, held_out)
    return _shrink_best(whole, replace(whole, sound=trial.part), known, judged, params)


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
    shares = params.residual_shares if trial.sound is not None else (0.0,)
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


def to_bytes(prior: ContentPrior) -> bytes:
    """Write a prior as an uncompressed ``npz`` archive: arrays, and the numbers as JSON; nothing that runs when read."""
    numbers: dict[str, object] = {
        "shrinkage": prior.shrinkage, "residual_share": prior.residual_share, "figures": prior.figures
    }  # fmt: skip
    arrays: dict[str, NDArray[np.generic]] = {"centre": prior.centre}
    if prior.sound is not None:
        numbers["scale"] = prior.sound.scale
        arrays |= _part_arrays(prior.sound, "")
    if prior.held_out is not None:
        numbers["held_out"] = prior.held_out.track_ids.to_list()
        arrays |= _part_arrays(prior.held_out.sound, _HELD_OUT)
    file = io.BytesIO()
    arrays["numbers"] = np.array(json.dumps(numbers))
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _part_arrays(part: SoundPart, prefix: str) -> dict[str, NDArray[np.generic]]:
    return {f"{prefix}{name}": value for name, value in asdict(part).items() if name != "scale"}


def from_bytes(raw: bytes) -> ContentPrior:
    """Read what ``to_bytes`` wrote.

    Raises:
        DataFaultError: it is something else.
    """
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        numbers = json.loads(str(arrays.pop("numbers")))
        centre = arrays.pop("centre")
        trial = {name: arrays.pop(name) for name in list(arrays) if name.startswith(_HELD_OUT)}
        sound = SoundPart(**arrays, scale=numbers["scale"]) if arrays else None
        held_out = None
        if trial:
            part = SoundPart(
                **{name.removeprefix(_HELD_OUT): value for name, value in trial.items()}, scale=numbers["scale"]
            )
            held_out = HeldOut(part, pl.Series(numbers["held_out"], dtype=pl.String))
        return ContentPrior(
            centre, sound, numbers["shrinkage"], numbers["residual_share"], numbers["figures"], held_out
        )
    except (ValueError, TypeError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise DataFaultError(f"not a content prior: {error}. Make the week's content prior again") from error
