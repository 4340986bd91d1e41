"""Pitch classes and the key: how much of each of the twelve sounds, in the treble and in the bass, and which key that fits.

Belongs here: chroma from note activations, key and mode. The activations are ``notes``'; what sounds together at one
instant is ``harmony``'s.
"""

from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, Field

from recsys_assets.audio.transform import TransformParams, Values

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
# How often each degree from the tonic sounds: Albrecht and Shanahan, "The use of large corpora to train a new type of key-finding
# algorithm", Music Perception 31 (2013). On rendered piano pop they found .91 of the keys, Krumhansl's .83, Temperley's .80.
_MAJOR = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)


class TonalityParams(BaseModel, frozen=True):
    """Registers (MIDI numbers: from where a register fades in, is whole, and fades out) and how sure a key is."""

    bass_midi: tuple[float, float, float, float] = Field(default=(24, 30, 47, 58), description="The bass.")
    treble_midi: tuple[float, float, float, float] = Field(
        default=(42, 58, 76, 96), description="Where chords are played."
    )
    quiet_share: float = Field(
        default=0.05, ge=0, lt=1, description="Frames below this share of the median level count little."
    )
    key_sharpness: float = Field(
        default=15.0, gt=0, description="Of the softmax over the correlations with the 24 keys."
    )
    least_fit: float = Field(default=0.35, ge=0, le=1, description="Correlation below which there is no key.")


@dataclass(frozen=True)
class Chroma:
    """Strength of each pitch class (C first) over time, (12, n_tonal_frames) each, at least 0; not normalised."""

    treble: Values
    bass: Values


@dataclass(frozen=True)
class Key:
    """Tonic 0…11 and mode; None and confidence 0 where nothing tonal sounds."""

    pitch_class: int | None
    is_major: bool | None
    confidence: float


NO_KEY = Key(None, None, 0.0)


def chroma_of(notes: Values, transform: TransformParams, params: TonalityParams) -> Chroma:
    """Fold note activations (n_semitones, n_frames) into octaves, in two registers."""
    midi = transform.lowest_midi + np.arange(len(notes))
    return Chroma(*(_folded(notes, midi, register) for register in (params.treble_midi, params.bass_midi)))


def _folded(notes: Values, midi: Values, register: tuple[float, float, float, float]) -> Values:
    weights = np.interp(midi, register, (0, 1, 1, 0))
    fold = (np.arange(12)[:, None] == midi % 12) * weights
    return fold.astype(np.float32) @ notes


def normalised(chroma: Values, params: TonalityParams) -> Values:
    """Scale each frame to unit length; frames that are quiet for the recording stay shorter."""
    level = np.linalg.norm(chroma, axis=0)
    heard = level[level > 0]
    floor = params.quiet_share * float(np.median(heard)) if len(heard) else 0.0
    return chroma / np.maximum(level + floor, 1e-9)


def estimate_key(chroma: Chroma, params: TonalityParams) -> Key:
    """Correlate the recording's pitch classes with the profile of each of the 24 keys.

    Returns:
        The best fitting key. Confidence is its softmax share among all 24 times its correlation, less where few pitch
        classes sound.
    """
    total = normalised(chroma.treble, params).sum(axis=1) + normalised(chroma.bass, params).sum(axis=1)
    if float(total.std()) <= 1e-6 * max(float(total.mean()), 1e-12):
        return NO_KEY
    profiles = np.array([np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)])
    fit = np.array([np.corrcoef(profile, total)[0, 1] for profile in profiles])
    best = int(fit.argmax())
    if fit[best] < params.least_fit:
        return NO_KEY
    share = 1 / np.exp(params.key_sharpness * (fit - fit[best])).sum()
    return Key(best % 12, best < 12, float(np.clip(share * fit[best] * _variety(total), 0, 1)))


def _variety(total: Values) -> float:
    """0 for one pitch class, 1 for as many as five, evenly used: a single held tone fits many keys, whatever its profile."""
    share = total[total > 0] / total.sum()
    return float(np.clip((np.exp(-(share * np.log(share)).sum()) - 1) / 4, 0, 1))
