"""One short-time transform of a recording, which everything that listens reads: no second one of the same signal.

Belongs here: frames, windows, Fourier transforms and the two filter banks over them (mel, log-frequency). What the
spectra mean is read elsewhere: ``rhythm`` reads the mel bands, ``tonality``, ``harmony`` and ``melody`` the
log-frequency bands, descriptors the magnitudes. Two window lengths are taken in one pass over the signal, because no
single one can tell both an onset (93 ms) and two low neighbouring notes (372 ms).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, model_validator

Array = NDArray[np.float32]
# Numbers on the way, whose width does not matter.
Values = NDArray[Any]

# Frames are transformed in blocks that stay in the cache; measured on 60 s: 256 is as fast as 64 and 1.3 x faster than all at once.
_BLOCK = 256
_A4_HZ, _A4_MIDI = 440.0, 69
# Slaney's mel scale (Auditory Toolbox, 1998), librosa's default: linear below 1 kHz, logarithmic above.
_MEL_HZ, _MEL_KNEE_HZ, _MEL_LOG_STEP = 200.0 / 3, 1000.0, np.log(6.4) / 27


class TransformParams(BaseModel, frozen=True):
    """Windows and filter banks. Lengths in samples; the defaults suit 22,050 Hz."""

    n_fft: int = Field(default=2048, ge=256, le=16_384, description="Window of the short transform: 93 ms.")
    hop_length: int = Field(
        default=512, ge=64, le=8192, description="Step of the short transform: 43.1 frames a second."
    )
    n_mels: int = Field(default=64, ge=8, le=256, description="Mel bands from 0 Hz to half the sample rate.")
    tonal_n_fft: int = Field(default=8192, ge=1024, le=65_536, description="Window of the tonal transform: 372 ms.")
    tonal_hops: int = Field(
        default=4, ge=1, le=32, description="Step of the tonal transform in short steps: 10.8 frames a second."
    )
    lowest_midi: int = Field(
        default=24, ge=12, le=60, description="Lowest semitone of the log-frequency bands: C1, 32.7 Hz."
    )
    n_semitones: int = Field(
        default=84, ge=24, le=108, description="Semitones of the log-frequency bands: seven octaves."
    )
    bins_per_semitone: int = Field(
        default=3, ge=1, le=9, description="Odd, so that one bin is the note's own; others show its tuning."
    )

    @model_validator(mode="after")
    def _bins_are_odd(self) -> "TransformParams":
        if self.bins_per_semitone % 2 == 0:
            raise ValueError(f"bins_per_semitone is {self.bins_per_semitone}: give an odd number")
        return self


@dataclass(frozen=True)
class Spectra:
    """What a recording sounds like over time. Frame i is centred on sample i times its hop.

    Attributes:
        sample_rate_hz: of the signal.
        duration_s: length of the signal.
        params: the windows and banks.
        magnitude: (1 + n_fft / 2, n_frames); a full-scale sine gives about 1 in its bin.
        mel: (n_mels, n_frames), power; filters of unit area as librosa's ``norm="slaney"``, times ``magnitude`` squared.
        log_frequency: (n_semitones * bins_per_semitone, n_tonal_frames), magnitude; bin 0 lies a third of a semitone below
            ``lowest_midi`` at three bins per semitone, each semitone's own bin in the middle of its three.
    """

    sample_rate_hz: int
    duration_s: float
    params: TransformParams
    magnitude: Array
    mel: Array
    log_frequency: Array

    @property
    def hop_length(self) -> int:
        """Samples between frames of ``magnitude`` and ``mel``."""
        return self.params.hop_length

    @property
    def n_frames(self) -> int:
        """Frames of ``magnitude`` and ``mel``, at least one."""
        return self.magnitude.shape[1]

    @property
    def frame_rate_hz(self) -> float:
        """Frames a second of ``magnitude`` and ``mel``."""
        return self.sample_rate_hz / self.params.hop_length

    @property
    def tonal_frame_rate_hz(self) -> float:
        """Frames a second of ``log_frequency``."""
        return self.frame_rate_hz / self.params.tonal_hops

    @property
    def frequencies_hz(self) -> Array:
        """Centre of each bin of ``magnitude``."""
        return np.linspace(0, self.sample_rate_hz / 2, self.magnitude.shape[0], dtype=np.float32)


def transform(y: Array, sample_rate_hz: int, params: TransformParams | None = None) -> Spectra:
    """Transform a mono signal.

    Frames reach over both ends, where the signal is taken as zero. Values that are not finite count as zero.

    Args:
        y: (n,) in [-1, 1]; may be empty.
        sample_rate_hz: above 0.
        params: windows and banks; the defaults if none.

    Returns:
        Spectra of 1 + n // hop frames.
    """
    params = params or TransformParams()
    y = np.ascontiguousarray(y, dtype=np.float32).reshape(-1)
    if not np.isfinite(y).all():
        y = np.nan_to_num(y, nan=0.0, posinf=0.0, neginf=0.0)
    magnitude = _magnitudes(y, params.n_fft, params.hop_length, n_bins=params.n_fft // 2 + 1)
    mel = mel_bank(sample_rate_hz, params.n_fft, params.n_mels) @ np.square(magnitude)
    bank = log_frequency_bank(sample_rate_hz, params)
    tonal = _magnitudes(y, params.tonal_n_fft, params.hop_length * params.tonal_hops, n_bins=bank.shape[1])
    return Spectra(
        sample_rate_hz=sample_rate_hz,
        duration_s=len(y) / sample_rate_hz,
        params=params,
        magnitude=magnitude,
        mel=np.asarray(mel, dtype=np.float32),
        log_frequency=np.asarray(bank @ tonal, dtype=np.float32),
    )


def _magnitudes(y: Array, n_fft: int, hop: int, n_bins: int) -> Array:
    """Return the first ``n_bins`` Hann-windowed magnitudes (n_bins, 1 + n // hop), scaled so that a sine of amplitude a gives a."""
    from scipy.fft import rfft

    n_frames = 1 + len(y) // hop
    padded = np.zeros(max((n_frames - 1) * hop + n_fft, n_fft // 2 + len(y)), dtype=np.float32)
    padded[n_fft // 2 : n_fft // 2 + len(y)] = y
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop][:n_frames]
    window = hann(n_fft) * np.float32(4 / n_fft)
    out = np.empty((n_bins, n_frames), dtype=np.float32)
    for start in range(0, n_frames, _BLOCK):
        spectrum = rfft(frames[start : start + _BLOCK] * window, axis=1)[:, :n_bins]
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        out[:, start : start + _BLOCK] = np.sqrt(power).T
    return out


@lru_cache(maxsize=8)
def hann(n: int) -> Array:
    """Return the periodic Hann window of length n."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)).astype(np.float32)


@lru_cache(maxsize=8)
def mel_bank(sample_rate_hz: int, n_fft: int, n_mels: int) -> Array:
    """Triangles on Slaney's mel scale from 0 Hz to half the sample rate, each of unit area in Hz: (n_mels, 1 + n_fft / 2)."""
    top = _mel_of(sample_rate_hz / 2)
    corners = _hz_of(np.linspace(0, top, n_mels + 2))
    frequencies = np.linspace(0, sample_rate_hz / 2, n_fft // 2 + 1)
    rising = (frequencies - corners[:-2, None]) / np.diff(corners)[:-1, None]
    falling = (corners[2:, None] - frequencies) / np.diff(corners)[1:, None]
    bank = np.maximum(0, np.minimum(rising, falling)) * (2 / (corners[2:] - corners[:-2]))[:, None]
    return bank.astype(np.float32)


def _mel_of(hz: float) -> float:
    knee = _MEL_KNEE_HZ / _MEL_HZ
    return hz / _MEL_HZ if hz < _MEL_KNEE_HZ else float(knee + np.log(hz / _MEL_KNEE_HZ) / _MEL_LOG_STEP)


def _hz_of(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    knee = _MEL_KNEE_HZ / _MEL_HZ
    return np.where(mel < knee, mel * _MEL_HZ, _MEL_KNEE_HZ * np.exp(_MEL_LOG_STEP * (mel - knee)))


def band_midi(params: TransformParams) -> NDArray[np.float64]:
    """Pitch of each log-frequency bin as a MIDI number with fractions, ascending."""
    per = params.bins_per_semitone
    return params.lowest_midi + (np.arange(params.n_semitones * per) - per // 2) / per


def hz_of_midi(midi: Values | float) -> NDArray[np.float64]:
    """Equal temperament at A4 = 440 Hz."""
    return _A4_HZ * 2 ** ((np.asarray(midi, dtype=np.float64) - _A4_MIDI) / 12)


@lru_cache(maxsize=8)
def log_frequency_bank(sample_rate_hz: int, params: TransformParams) -> Array:
    """Weights from linear bins of the tonal window to log-frequency bins: (bins, linear bins that any of them reads).

    Each bin is a raised cosine that reaches to the second neighbour in log frequency, or one linear bin either side
    where that is wider (a Hann window can not tell finer), scaled so that a sine gives about its amplitude in its own bin.
    After the mapping of NNLS chroma (Mauch and Dixon, ISMIR 2010). Bins above half the sample rate are zero.
    """
    centres = hz_of_midi(band_midi(params))
    step = sample_rate_hz / params.tonal_n_fft
    reach = np.maximum(centres * (2 ** (2 / (12 * params.bins_per_semitone)) - 1), step)
    used = min(params.tonal_n_fft // 2 + 1, int(np.ceil((centres[-1] + reach[-1]) / step)) + 1)
    distance = np.abs(np.arange(used) * step - centres[:, None]) / reach[:, None]
    bank = np.where(distance < 1, 0.5 + 0.5 * np.cos(np.pi * np.minimum(distance, 1)), 0.0)
    # The three bins of a Hann lobe sum to twice the amplitude of their sine: a wide filter sees them all, a narrow one the highest.
    total = np.minimum(bank.sum(axis=1, keepdims=True), 2)
    return np.divide(bank, total, out=np.zeros_like(bank), where=total > 0).astype(np.float32)
