"""Chords: which major or minor triad sounds when, and what the progression is in its key.

Belongs here: the chord model and its smoothing over time. Where chroma comes from is ``tonality``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from pydantic import BaseModel, Field

from recsys_assets.audio.tonality import PITCH_CLASSES, Chroma, TonalityParams, normalised
from recsys_assets.audio.transform import Values

NO_CHORD = "N"
# Sevenths are heard as themselves and told as their triads: a C:maj7 would otherwise often pass for an E:min.
_INTERVALS = {"maj": (0, 4, 7), "min": (0, 3, 7), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "min7": (0, 3, 7, 10)}
_TRIAD = {"maj": "maj", "min": "min", "7": "maj", "maj7": "maj", "min7": "min"}
_NUMERALS = ("I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII")


@dataclass(frozen=True)
class Chord:
    """A chord from ``start_s`` up to ``end_s``. ``label``: ``C:maj``, ``A:min`` (roots with sharps) or ``N`` for no chord."""

    start_s: float
    end_s: float
    label: str


class HarmonyParams(BaseModel, frozen=True):
    """The hidden Markov model of chords.

    Chosen on a hundred rendered piano songs, where the optimum is flat: .84 to .86 of the time over a factor of two in each.
    """

    sharpness: float = Field(default=3.5, gt=0, description="Log-likelihood of a frame per unit of cosine similarity.")
    bass_weight: float = Field(default=0.7, ge=0, description="Of the bass beside the treble.")
    other_bass: float = Field(
        default=0.4, ge=0, le=1, description="How much third and fifth count in the bass; the root counts 1."
    )
    seventh_price: float = Field(default=0.5, ge=0, description="Log-likelihood that a seventh chord pays a frame.")
    no_chord_fit: float = Field(default=0.45, ge=0, le=1, description="Similarity that stands for no chord.")
    change_at_beat: float = Field(default=0.2, gt=0, lt=1, description="Probability of a change in a frame on a beat.")
    change_off_beat: float = Field(default=0.004, gt=0, lt=1, description="Probability of a change elsewhere.")
    quiet_db: float = Field(default=50.0, gt=0, description="Below the loudest frame by this much there is no chord.")


def find_chords(
    chroma: Chroma,
    level: Values,
    beat_times_s: Values,
    frame_rate_hz: float,
    duration_s: float,
    *,
    params: HarmonyParams,
    tonality: TonalityParams,
) -> tuple[Chord, ...]:
    """Find the most likely sequence of chords.

    Each frame is compared with chord templates in treble and bass; a change is likelier on a beat than off it (Viterbi).

    Args:
        chroma: in two registers.
        level: (n_frames,) magnitude of each frame, at least 0.
        beat_times_s: beats; may be empty, then a change is equally likely everywhere.
        frame_rate_hz: tonal frames a second.
        duration_s: end of the last chord.
        params: the model.
        tonality: how chroma is normalised.

    Returns:
        Chords from 0 to the end without gaps, neighbours different; empty for an empty recording.
    """
    if duration_s <= 0:
        return ()
    treble, bass, labels = _templates(params.other_bass)
    fit = treble @ normalised(chroma.treble, tonality) + params.bass_weight * bass @ normalised(chroma.bass, tonality)
    fit[24:] -= params.seventh_price / params.sharpness
    none = np.full((1, fit.shape[1]), params.no_chord_fit * (1 + params.bass_weight), dtype=fit.dtype)
    none[:, level <= level.max(initial=0.0) * 10 ** (-params.quiet_db / 20)] = 10.0
    path = _most_likely(
        params.sharpness * np.vstack([fit, none]),
        _change_probability(fit.shape[1], beat_times_s, frame_rate_hz, params),
    )
    names = np.array([*labels, NO_CHORD])[path]
    starts = np.flatnonzero(np.r_[True, names[1:] != names[:-1]])
    # A frame stands for what is around its centre.
    times = np.minimum(np.maximum(starts - 0.5, 0) / frame_rate_hz, duration_s)
    ends = np.r_[times[1:], duration_s]
    return tuple(
        Chord(float(a), float(b), str(names[at])) for a, b, at in zip(times, ends, starts, strict=True) if b > a
    )


@lru_cache(maxsize=4)
def _templates(other_bass: float) -> tuple[Values, Values, tuple[str, ...]]:
    """Unit-length templates (60, 12) of treble and bass, and the triad that each is told as; the first 24 are the triads."""
    treble, bass, labels = [], [], []
    for quality, intervals in _INTERVALS.items():
        for root, name in enumerate(PITCH_CLASSES):
            tones = [(root + interval) % 12 for interval in intervals]
            treble.append(np.isin(np.arange(12), tones).astype(np.float32))
            low = np.zeros(12, dtype=np.float32)
            low[tones[1:3]], low[root] = other_bass, 1.0
            bass.append(low)
            labels.append(f"{name}:{_TRIAD[quality]}")
    return *(np.array(t) / np.linalg.norm(t, axis=1, keepdims=True) for t in (treble, bass)), tuple(labels)


def _change_probability(n_frames: int, beat_times_s: Values, frame_rate_hz: float, params: HarmonyParams) -> Values:
    if len(beat_times_s) == 0:
        return np.full(n_frames, params.change_off_beat * 3)
    change = np.full(n_frames, params.change_off_beat)
    change[np.clip(np.round(beat_times_s * frame_rate_hz).astype(int), 0, n_frames - 1)] = params.change_at_beat
    return change


def _most_likely(likelihood: Values, change: Values) -> Values:
    """Viterbi with one probability of change for each frame, shared by all other states: (n_states, n_frames) to (n_frames,)."""
    n_states, n_frames = likelihood.shape
    stay, leave = np.log1p(-change), np.log(change / (n_states - 1))
    best, same = likelihood[:, 0].astype(np.float64), np.arange(n_states)
    before = np.empty((n_frames, n_states), dtype=np.int16)
    for frame in range(1, n_frames):
        strongest = int(best.argmax())
        staying, leaving = best + stay[frame], best[strongest] + leave[frame]
        before[frame] = np.where(staying >= leaving, same, strongest)
        best = np.maximum(staying, leaving) + likelihood[:, frame]
    path = np.empty(n_frames, dtype=np.int64)
    path[-1] = best.argmax()
    for frame in range(n_frames - 1, 0, -1):
        path[frame - 1] = before[frame, path[frame]]
    return path


def chord_seconds(chords: Sequence[Chord]) -> Values:
    """How long each triad sounds in all: (12, 2), roots from C, major before minor."""
    out = np.zeros((12, 2))
    for chord in chords:
        if chord.label != NO_CHORD:
            root, quality = chord.label.split(":")
            out[PITCH_CLASSES.index(root), int(quality == "min")] += chord.end_s - chord.start_s
    return out


def reduce_chords(chords: Sequence[Chord], key_pitch_class: int | None, *, is_major: bool | None) -> tuple[str, ...]:
    """Write a progression as roman numerals, upper case for major and lower case for minor triads.

    Degrees are those of the key's own scale: in A minor, C major is ``III`` and G major ``VII``; in A major they are ``bIII`` and
    ``bVII``. No-chord is left out, repeats are folded; empty without a key.
    """
    if key_pitch_class is None:
        return ()
    found: list[str] = []
    for chord in chords:
        if chord.label == NO_CHORD:
            continue
        root, quality = chord.label.split(":")
        numeral = _numeral((PITCH_CLASSES.index(root) - key_pitch_class) % 12, is_major=bool(is_major))
        numeral = numeral if quality == "maj" else numeral.lower()
        if not found or found[-1] != numeral:
            found.append(numeral)
    return tuple(found)


_MINOR_NUMERALS = ("I", "bII", "II", "III", "#III", "IV", "#IV", "V", "VI", "#VI", "VII", "#VII")


def _numeral(degree: int, *, is_major: bool) -> str:
    return (_NUMERALS if is_major else _MINOR_NUMERALS)[degree]
