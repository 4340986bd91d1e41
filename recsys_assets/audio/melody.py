"""The predominant pitch: the line that a listener would sing along with.

Belongs here: the salience of pitches, the smoothest strong path through it, and its range. Which notes sound at all is ``notes``'.
"""

from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, Field

from recsys_assets.audio.transform import Spectra, Values, hz_of_midi


class MelodyParams(BaseModel, frozen=True):
    """Where melodies lie, and how they move."""

    lowest_midi: int = Field(default=50, ge=24, le=100, description="Lowest pitch looked at: D3, 147 Hz.")
    highest_midi: int = Field(default=91, ge=24, le=108, description="Highest: G6, 1.6 kHz.")
    height_weight: float = Field(default=0.01, ge=0, description="Added to salience per semitone: melodies lie on top.")
    step_price: float = Field(default=0.02, ge=0, description="Price of moving by a semitone between frames.")
    largest_price: float = Field(default=0.25, ge=0, description="No move costs more: phrases begin anywhere.")
    least_salience: float = Field(
        default=0.3, ge=0, le=1, description="Below this share of the recording's usual salience there is no pitch."
    )
    voicing_price: float = Field(default=0.2, ge=0, description="Price of beginning or ending a phrase.")


@dataclass(frozen=True)
class Melody:
    """Contour in Hz (NaN: none) at ``rate_hz`` values a second, its median, and its range from the 5th to the 95th percentile."""

    pitch_hz: Values
    rate_hz: float
    median_hz: float | None
    range_semitones: float | None


def find_melody(spectra: Spectra, notes: Values, tuning: float, params: MelodyParams) -> Melody:
    """Follow the pitch that stands out most (after Salamon and Gómez, "Melody extraction from polyphonic music signals", 2012).

    Args:
        spectra: of the recording.
        notes: (n_semitones, n_tonal_frames) activations.
        tuning: in semitones, added to the notes' nominal pitch.
        params: where and how smooth.

    Returns:
        The melody; all NaN where nothing stands out.
    """
    first = params.lowest_midi - spectra.params.lowest_midi
    midi = np.arange(params.lowest_midi, min(params.highest_midi, spectra.params.lowest_midi + len(notes) - 1) + 1)
    salience = notes[first : first + len(midi)]
    strongest = salience.max(axis=0)
    heard = strongest[strongest > 0]
    contour = np.full(notes.shape[1], np.nan, dtype=np.float32)
    rate = spectra.tonal_frame_rate_hz
    if len(heard) == 0:
        return Melody(contour, rate, None, None)
    usual = float(np.quantile(heard, 0.9))
    # Loudness of a note is not its melodic weight: the square root keeps a soft line above a loud chord.
    weighed = np.sqrt(salience / usual) + params.height_weight * (midi - midi[0])[:, None] * (salience > 0)
    path = _smoothest(weighed, params)
    voiced = path >= 0
    contour[voiced] = hz_of_midi(midi[path[voiced]] + tuning)
    if not voiced.any():
        return Melody(contour, rate, None, None)
    low, median, high = np.quantile(contour[voiced], (0.05, 0.5, 0.95))
    return Melody(contour, rate, float(median), float(12 * np.log2(high / low)))


def _smoothest(salience: Values, params: MelodyParams) -> Values:
    """Viterbi over pitches and silence: (n_pitches, n_frames) to the pitch's row of each frame, -1 for none."""
    n, n_frames = salience.shape
    distance = np.abs(np.arange(n)[:, None] - np.arange(n))
    price = np.full((n + 1, n + 1), params.voicing_price)
    price[:n, :n] = np.minimum(params.step_price * distance, params.largest_price)
    price[n, n] = 0.0
    # A frame without a pitch earns what the weakest pitch that counts would.
    gain = np.vstack([salience, np.full((1, n_frames), np.sqrt(params.least_salience))])
    best, before = gain[:, 0].astype(np.float64), np.empty((n_frames, n + 1), dtype=np.int16)
    for frame in range(1, n_frames):
        candidates = best - price
        before[frame] = candidates.argmax(axis=1)
        best = candidates.max(axis=1) + gain[:, frame]
    path = np.empty(n_frames, dtype=np.int64)
    path[-1] = best.argmax()
    for frame in range(n_frames - 1, 0, -1):
        path[frame - 1] = before[frame, path[frame]]
    return np.where(path == n, -1, path)
