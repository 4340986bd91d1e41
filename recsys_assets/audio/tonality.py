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
# How much of the time a triad on each degree from the tonic lasts, (major, minor) per chromatic degree: rounded after de Clercq and
# Temperley, "A corpus analysis of rock harmony", Popular Music 30 (2011). What is not seen there gets a little.
_SELDOM = 0.003
_IN_MAJOR = {
    0: (0.30, 0.005),
    2: (0.02, 0.06),
    3: (0.01, _SELDOM),
    4: (0.015, 0.04),
    5: (0.18, 0.015),
    7: (0.17, 0.01),
    8: (0.01, _SELDOM),
    9: (0.01, 0.11),
    10: (0.04, _SELDOM),
}
_IN_MINOR = {
    0: (0.01, 0.30),
    1: (0.01, _SELDOM),
    2: (0.005, 0.02),
    3: (0.11, _SELDOM),
    5: (0.02, 0.10),
    7: (0.06, 0.06),
    8: (0.13, _SELDOM),
    10: (0.13, _SELDOM),
}


class TonalityParams(BaseModel, frozen=True):
    """Registers (MIDI numbers: from where a register fades in, is whole, and fades out) and how sure a key is."""

    bass_midi: tuple[float, float, float, float] = Field(default=(24, 30, 47, 58), description="The bass.")
    treble_midi: tuple[float, float, float, float] = Field(
        default=(42, 58, 76, 96), description="Where chords are played."
    )
    quiet_share: float = Field(
        default=0.05, ge=0, lt=1, description="Frames below this share of the median level count little."
    )
    chord_weight: float = Field(default=0.2, ge=0, description="Of the chords' log-likelihood beside the correlation.")
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


def estimate_key(chroma: Chroma, chord_seconds: Values, params: TonalityParams) -> Key:
    """Choose the key whose profile the treble's pitch classes fit and in which the chords are usual.

    Pitch classes alone confuse a key with its relative, its fourth and its fifth, which have (nearly) the same notes; how long each
    chord lasts tells them apart: on rendered piano pop .93 instead of .89, and .87 where the bass counts among the pitch classes.

    Args:
        chroma: of the recording.
        chord_seconds: (12, 2), how long major and minor triads on each root sound; zeros if there are none.
        params: weights.

    Returns:
        The best key. Confidence is its softmax share among all 24 times its correlation, less where few pitch classes
        sound.
    """
    total = normalised(chroma.treble, params).sum(axis=1)
    if float(total.std()) <= 1e-6 * max(float(total.mean()), 1e-12):
        return NO_KEY
    profiles = np.array([np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)])
    fit = np.array([np.corrcoef(profile, total)[0, 1] for profile in profiles])
    score = fit + params.chord_weight * _chord_fit(chord_seconds)
    best = int(score.argmax())
    if fit[best] < params.least_fit:
        return NO_KEY
    share = 1 / np.exp(params.key_sharpness * (score - score[best])).sum()
    return Key(best % 12, best < 12, float(np.clip(share * fit[best] * _variety(total), 0, 1)))


def _chord_fit(chord_seconds: Values) -> Values:
    """Mean log-likelihood of the chords in each of the 24 keys, majors first; zeros without chords."""
    total = float(chord_seconds.sum())
    if total <= 0:
        return np.zeros(24)
    tables = [
        np.array([table.get(degree, (_SELDOM, _SELDOM)) for degree in range(12)]) for table in (_IN_MAJOR, _IN_MINOR)
    ]
    shares = chord_seconds / total
    return np.array([(shares * np.log(np.roll(table, tonic, axis=0))).sum() for table in tables for tonic in range(12)])


def _variety(total: Values) -> float:
    """How much a scale this is, 0…1: neither one held tone, which fits many keys, nor all twelve alike, as in noise.

    0 for one pitch class, 1 for as many as five evenly used; less where the spread is under half of the mean (noise: a tenth).
    """
    share = total[total > 0] / total.sum()
    enough = (np.exp(-(share * np.log(share)).sum()) - 1) / 4
    uneven = total.std() / total.mean() / 0.5
    return float(np.clip(enough, 0, 1) * np.clip(uneven, 0, 1))
