"""Pitched voices: notes to samples by tables of one period.

Belongs here: oscillators and envelopes. Each note mixes a bright and a dull table of its pitch, made from harmonics
below the Nyquist frequency only, so nothing aliases; the bright one fades first, as strings and pipes do.
"""

from dataclasses import dataclass

import numpy as np

from recsys_assets.demo.sound_score import Notes

SAMPLE_RATE_HZ = 22_050
TABLE_SIZE = 2_048
MAX_HARMONICS = 40
HIGHEST_HZ = 9_500.0
FADE_S = 0.006
"""Every note ends in this: a cut is a click."""


@dataclass(frozen=True)
class Voice:
    """A timbre.

    Attributes:
        rolloff: exponent by which harmonics weaken; 1 bright as a saw … 3 dull as a flute.
        hollowness: 0 all harmonics … 1 odd ones only.
        formant_hz: a resonance of the body.
        attack_s: rise of a note.
        decay_s: time constant of its fall.
        tremolo: depth 0 … 1 of a 5.5 Hz swell.
        vibrato: depth in semitones at 5.5 Hz.
    """

    rolloff: float
    hollowness: float
    formant_hz: float
    attack_s: float
    decay_s: float
    tremolo: float = 0.0
    vibrato: float = 0.0


def play(notes: Notes, voice: Voice, n_samples: int) -> np.ndarray:
    """Return the notes as float32 samples of shape (n_samples,), about 1 for one note."""
    out = np.zeros(n_samples, dtype=np.float32)
    tables: dict[float, tuple[np.ndarray, np.ndarray]] = {}
    for start, length, pitch, velocity in zip(
        notes.start_s.tolist(), notes.length_s.tolist(), notes.pitch.tolist(), notes.velocity.tolist(), strict=True
    ):
        low = int(start * SAMPLE_RATE_HZ)
        size = min(int((length + 3 * FADE_S) * SAMPLE_RATE_HZ), n_samples - low)
        if size < 64:
            continue
        hz = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
        if pitch not in tables:
            tables[pitch] = _tables(hz, voice)
        out[low : low + size] += np.float32(velocity) * _note(hz, size, voice, *tables[pitch])
    return out


def _tables(hz: float, voice: Voice) -> tuple[np.ndarray, np.ndarray]:
    """One period of the bright and of the dull wave of a pitch, each of root mean square 1/2."""
    n = max(1, min(MAX_HARMONICS, int(HIGHEST_HZ / hz)))
    k = np.arange(1, n + 1)
    even = np.where((k % 2 == 0), 1.0 - 0.9 * voice.hollowness, 1.0)
    body = 1.0 + 1.5 * np.exp(-0.5 * (np.log2(k * hz / voice.formant_hz) / 0.5) ** 2)
    bright, dull = even * body * k**-voice.rolloff, even * body * k ** -(voice.rolloff + 1.2)
    waves = []
    for weights in (bright, dull):
        spectrum = np.zeros(TABLE_SIZE // 2 + 1, dtype=np.complex128)
        # Phases that turn with the square of the number keep the wave's peak low (Schroeder 1970).
        spectrum[1 : n + 1] = weights * np.exp(-1j * np.pi * k * (k - 1) / n)
        wave = np.fft.irfft(spectrum)
        waves.append((0.5 * wave / np.sqrt(np.mean(wave**2))).astype(np.float32))
    return waves[0], waves[1]


def _note(hz: float, size: int, voice: Voice, bright: np.ndarray, dull: np.ndarray) -> np.ndarray:
    t = np.arange(size, dtype=np.float32) / np.float32(SAMPLE_RATE_HZ)
    phase = np.arange(size, dtype=np.float64) * (hz / SAMPLE_RATE_HZ * TABLE_SIZE)
    swell = np.sin(np.float32(2 * np.pi * 5.5) * t) if voice.vibrato or voice.tremolo else None
    if voice.vibrato and swell is not None:
        # The depth of a phase that swings by d semitones at 5.5 Hz: d ln2 / 12 of the pitch over 2 pi 5.5.
        phase += (hz * voice.vibrato * np.log(2) / 12 / (2 * np.pi * 5.5) * TABLE_SIZE) * swell
    at = phase.astype(np.int64) & (TABLE_SIZE - 1)
    fall = np.exp(t * np.float32(-1.0 / voice.decay_s))
    open_share = np.exp(t * np.float32(-2.2 / voice.decay_s))
    wave = dull[at]
    wave += open_share * (bright[at] - wave)
    wave *= fall
    rise = min(int(voice.attack_s * SAMPLE_RATE_HZ), size // 2)
    if rise:
        wave[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    fade = min(int(3 * FADE_S * SAMPLE_RATE_HZ), size // 2)
    wave[size - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    if voice.tremolo and swell is not None:
        wave *= 1.0 - np.float32(voice.tremolo) * (0.5 + 0.5 * swell)
    return wave
