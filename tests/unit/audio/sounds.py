"""Signals whose music is known because it was put there: clicks at a tempo, chords of partials, tunes."""

import numpy as np

RATE = 22_050
PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def tone(midi: float, seconds: float, amplitude: float = 0.1, partials: int = 6, decay: float = 0.6) -> np.ndarray:
    """A decaying note of harmonics, like a plucked string."""
    t = np.arange(round(seconds * RATE)) / RATE
    hz = 440 * 2 ** ((midi - 69) / 12)
    wave = sum(decay**k * np.sin(2 * np.pi * hz * (k + 1) * t) for k in range(partials) if hz * (k + 1) < RATE / 2)
    fade = np.minimum(1, np.minimum(t / 0.005, (seconds - t) / 0.02)) * np.exp(-1.5 * t)
    return (amplitude * wave * fade).astype(np.float32)


def add(y: np.ndarray, sound: np.ndarray, at_s: float) -> None:
    start = round(at_s * RATE)
    y[start : start + len(sound)] += sound[: max(0, len(y) - start)]


def triad(label: str) -> list[int]:
    """MIDI notes of ``A:min``: root in the bass, the triad in the octave of middle C."""
    root = PITCH_CLASSES.index(label.split(":", maxsplit=1)[0])
    third = 4 if label.endswith("maj") else 3
    return [36 + root, *(60 + (root + interval) % 12 for interval in (0, third, 7))]


def song(
    chords: list[str], bpm: float, beats_per_chord: int = 4, *, shift: int = 0, lead_in_s: float = 0.0
) -> np.ndarray:
    """Chords struck on every half beat, stronger on beats; the bass at each change and again in the middle of four."""
    beat = 60 / bpm
    y = np.zeros(round((lead_in_s + len(chords) * beats_per_chord * beat) * RATE) + 1, dtype=np.float32)
    for number, label in enumerate(chords):
        bass, *treble = (note + shift for note in triad(label))
        begins = lead_in_s + number * beats_per_chord * beat
        strokes = 2 if beats_per_chord == 4 else 1
        for stroke in range(strokes):
            length = beats_per_chord * beat / strokes
            add(y, tone(bass, length, 0.25 - 0.1 * stroke), begins + stroke * length)
        for half in range(2 * beats_per_chord):
            for note in treble:
                add(y, tone(note, beat / 2, 0.08 if half % 2 == 0 else 0.04), begins + half * beat / 2)
    return y


def clicks(bpm: float, seconds: float, first_s: float = 0.5) -> np.ndarray:
    """A noise burst of 20 ms on each beat."""
    rng = np.random.default_rng(0)
    y = np.zeros(round(seconds * RATE), dtype=np.float32)
    for at in np.arange(first_s, seconds - 0.1, 60 / bpm):
        add(y, (0.5 * rng.standard_normal(441) * np.linspace(1, 0, 441)).astype(np.float32), at)
    return y
