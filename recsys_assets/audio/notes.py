"""Which notes sound when: the common ground of key, chords and melody.

Belongs here: the tuning of a recording, and the explanation of its log-frequency bands as a sum of notes with their
harmonics (NNLS chroma: Mauch and Dixon, "Approximate note transcription for the improved identification of difficult
chords", ISMIR 2010). An explanation keeps the third harmonic of a C from counting as a G, which plain chroma does.
"""

from functools import lru_cache

import numpy as np
from pydantic import BaseModel, Field

from recsys_assets.audio.transform import Spectra, TransformParams, Values, hz_of_midi, log_frequency_bank


class NoteParams(BaseModel, frozen=True):
    """How bands become notes."""

    harmonic_decay: float = Field(default=0.7, gt=0, lt=1, description="Amplitude of harmonic k + 1 over that of k.")
    n_harmonics: int = Field(default=12, ge=1, le=30, description="Harmonics in a note's spectrum.")
    whitening: float = Field(
        default=0.7, ge=0, le=1, description="Exponent of the local spread that bands are divided by."
    )
    n_updates: int = Field(
        default=25, ge=1, le=500, description="Multiplicative updates of the non-negative least squares."
    )


def estimate_tuning(spectra: Spectra) -> float:
    """Return how far the recording's notes lie from A4 = 440 Hz, in semitones from -0.5 up to 0.5; 0 for silence.

    The bands, summed over time, repeat every semitone where notes sound; the phase of that period is the tuning.
    """
    per = spectra.params.bins_per_semitone
    total = spectra.log_frequency.sum(axis=1, dtype=np.float64)
    phase = np.sum(total * np.exp(2j * np.pi * (np.arange(len(total)) - per // 2) / per))
    return float(np.angle(phase) / (2 * np.pi)) if abs(phase) > 1e-9 * total.sum() else 0.0


def note_activations(spectra: Spectra, tuning: float, params: NoteParams) -> Values:
    """Explain each frame's bands as notes.

    Args:
        spectra: of the recording.
        tuning: in semitones, as ``estimate_tuning`` tells.
        params: the note model.

    Returns:
        (n_semitones, n_tonal_frames), at least 0: how strong the note ``lowest_midi`` + row is. Bands are whitened first, so
        a note counts for how far it stands out of its surroundings; the gain of the recording does not matter.
    """
    bands = _whitened(_tuned(spectra.log_frequency, tuning * spectra.params.bins_per_semitone), spectra, params)
    dictionary = _note_dictionary(spectra.sample_rate_hz, spectra.params, params)
    explained, gram = dictionary.T @ bands, dictionary.T @ dictionary
    notes = explained / np.diag(gram)[:, None]
    for _ in range(params.n_updates):
        notes *= explained / (gram @ notes + 1e-6)
    return notes


def _tuned(bands: Values, shift: float) -> Values:
    """Move bands down by a fraction of a bin, so that each note stands in the middle of its semitone."""
    if abs(shift) < 1e-3:
        return bands
    whole = int(np.floor(shift))
    part = np.float32(shift - whole)
    padded = np.pad(bands, ((2, 3), (0, 0)))
    n = len(bands)
    return (1 - part) * padded[2 + whole : 2 + whole + n] + part * padded[3 + whole : 3 + whole + n]


def _whitened(bands: Values, spectra: Spectra, params: NoteParams) -> Values:
    """Take each band by how far it stands above the mean of the octave around it, in units of that octave's spread."""
    from scipy.ndimage import uniform_filter1d

    octave = 12 * spectra.params.bins_per_semitone + 1
    loudest = float(bands.max(initial=0.0))
    if loudest <= 0:
        return np.zeros_like(bands)
    bands = bands / np.float32(loudest)
    mean = uniform_filter1d(bands, octave, axis=0, mode="nearest")
    square = uniform_filter1d(np.square(bands), octave, axis=0, mode="nearest")
    spread = np.sqrt(np.maximum(square - np.square(mean), 0))
    # 1e-4 of the loudest band, 80 dB below it, is no music any more.
    return np.maximum(bands - mean, 0) / np.power(np.maximum(spread, 1e-4), params.whitening)


@lru_cache(maxsize=8)
def _note_dictionary(sample_rate_hz: int, transform: TransformParams, params: NoteParams) -> Values:
    """Spectra of the notes as the transform shows them: (bands, n_semitones), columns of unit length.

    A harmonic is the main lobe of the Hann window around its frequency, seen through the log-frequency bank, so
    that low notes are as blurred here as they are in what is measured.
    """
    bank = log_frequency_bank(sample_rate_hz, transform)
    step = sample_rate_hz / transform.tonal_n_fft
    roots = hz_of_midi(transform.lowest_midi + np.arange(transform.n_semitones))
    lines = np.arange(bank.shape[1])[:, None]
    spectrum = np.zeros((bank.shape[1], len(roots)))
    for harmonic in range(1, params.n_harmonics + 1):
        distance = np.abs(lines - harmonic * roots / step)
        lobe = np.where(distance < 2, 0.5 + 0.5 * np.cos(np.pi * np.minimum(distance, 2) / 2), 0)
        spectrum += params.harmonic_decay ** (harmonic - 1) * lobe
    dictionary = bank @ spectrum
    return (dictionary / np.maximum(np.linalg.norm(dictionary, axis=0), 1e-9)).astype(np.float32)
