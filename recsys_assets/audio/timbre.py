"""Colour and movement of sound as statistics of a recording: what it sounds like, not what is played.

Each function returns one block of descriptors by name. Which blocks make the vector is ``descriptors``; the series are in
``frames``.
"""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from recsys_assets.audio.frames import N_MFCC, Frames
from recsys_assets.audio.transform import Array

# Rates at which loudness swings, Hz: from two bars to sixteenths (fluctuation patterns; Pampalk, 2006).
MODULATION_EDGES_HZ = (0.25, 0.75, 1.5, 2.5, 3.5, 5.0, 7.0, 10.0, 15.0)
_MODULATION_WINDOW_S = 6.0
TEMPOGRAM_LAGS = 24
_PERCENTILES = (5, 25, 75, 95)


def mfcc_statistics(frames: Frames) -> dict[str, Mapping[str, float]]:
    """Mean and deviation of each coefficient, and the deviation of its change from frame to frame."""
    mfcc = _sounding(frames, frames.mfcc)
    change = np.diff(mfcc, axis=1) if mfcc.shape[1] > 1 else np.zeros((N_MFCC, 1))
    return {
        "mfcc_mean": _named("mfcc_mean", mfcc.mean(axis=1)),
        "mfcc_sd": _named("mfcc_sd", mfcc.std(axis=1)),
        "mfcc_delta": _named("mfcc_delta_sd", change.std(axis=1)),
    }


def contrast_statistics(frames: Frames) -> dict[str, Mapping[str, float]]:
    """Mean and deviation of the spectral contrast of each octave, dB."""
    contrast = frames.contrast_db
    return {
        "contrast_mean": _named("contrast_mean", contrast.mean(axis=1)),
        "contrast_sd": _named("contrast_sd", contrast.std(axis=1)),
    }


def shape_statistics(frames: Frames) -> Mapping[str, float]:
    """Mean and deviation of the spectrum's shape: centroid and bandwidth (octaves over 100 Hz), rolloff, flatness (log)."""
    centroid, bandwidth = np.log2(np.maximum(_sounding(frames, frames.shape), 100) / 100)
    flatness = np.log10(np.maximum(_sounding(frames, frames.flatness[None])[0], 1e-5))
    rolloff = _sounding(frames, frames.rolloff_band[None])[0]
    series = {"centroid": centroid, "bandwidth": bandwidth, "rolloff": rolloff, "flatness": flatness}
    return {f"{name}_mean": float(of.mean()) for name, of in series.items()} | {
        f"{name}_sd": float(of.std()) for name, of in series.items()
    }


def level_statistics(frames: Frames) -> Mapping[str, float]:
    """How the level is spread: percentiles around the median, dB, and its movement from frame to frame."""
    level = _sounding(frames, frames.level_db[None])[0]
    middle = float(np.median(level))
    spread = np.percentile(level, _PERCENTILES) - middle
    quiet = float((level < middle - 6).mean())
    moved = float(np.abs(np.diff(level)).mean()) if len(level) > 1 else 0.0
    return {f"level_p{p}": float(v) for p, v in zip(_PERCENTILES, spread, strict=True)} | {
        "level_quiet_share": quiet, "level_change": moved,
    }  # fmt: skip


def onset_statistics(frames: Frames) -> Mapping[str, float]:
    """Strength of onsets in each eighth of the mel bands, mean and deviation, and how uneven they are."""
    rise = frames.rise
    mean, spread = rise.mean(axis=1), rise.std(axis=1)
    onset = frames.onset
    centred = onset - onset.mean()
    deviation = max(float(onset.std()), 1e-6)
    return _named("onset_mean", mean) | _named("onset_sd", spread) | {
        "onset_skew": float((centred**3).mean() / deviation**3),
        "onset_peak": float(np.log(max(float(onset.max()), 1e-3) / max(float(onset.mean()), 1e-3))),
    }  # fmt: skip


def modulation_statistics(frames: Frames) -> Mapping[str, float]:
    """How strongly four registers swing at each of eight rates: rhythm without a beat tracker.

    Log of the mean modulation amplitude in windows of 6 s, relative to the register's mean over the rates.
    """
    mel_db = frames.mel_db
    rate = frames.spectra.frame_rate_hz
    registers = mel_db.reshape(4, -1, mel_db.shape[1]).mean(axis=1)
    length = min(round(_MODULATION_WINDOW_S * rate), registers.shape[1])
    starts = range(0, max(registers.shape[1] - length, 0) + 1, max(length // 2, 1))
    windows = np.stack([registers[:, start : start + length] for start in starts])
    windows = (windows - windows.mean(axis=2, keepdims=True)) * np.hanning(length)
    swing = np.abs(np.fft.rfft(windows, axis=2)).mean(axis=0) / length
    hertz = np.fft.rfftfreq(length, 1 / rate)
    edges = pairwise(MODULATION_EDGES_HZ)
    bands = [swing[:, (hertz >= low) & (hertz < high)] for low, high in edges]
    found = np.stack([band.mean(axis=1) if band.shape[1] else np.zeros(4) for band in bands], axis=1)
    logs = np.log10(np.maximum(found, 1e-4))
    overall = logs.mean(axis=1, keepdims=True)
    return _named("modulation", (logs - overall).ravel()) | _named("modulation_depth", overall.ravel())


def tempogram_statistics(frames: Frames) -> Mapping[str, float]:
    """How strongly onsets repeat after 24 times from 0.19 to 3 s: the highest autocorrelation in each, of a most of 1."""
    onset = frames.onset - frames.onset.mean()
    edges = np.geomspace(8, 128, TEMPOGRAM_LAGS + 1).astype(int)
    spectrum = np.fft.rfft(onset, 2 * max(len(onset), edges[-1] + 2))
    correlation = np.fft.irfft(np.square(np.abs(spectrum)))
    correlation /= max(correlation[0], 1e-9)
    return _named("tempogram", np.array([correlation[low : high + 1].max() for low, high in pairwise(edges)]))


def _sounding(frames: Frames, series: Array) -> Array:
    """Keep the frames that sound, of a series (n, n_frames); all of them where none does."""
    found = series[:, frames.is_sounding]
    return found if found.shape[1] else series


def _named(name: str, values: Array) -> dict[str, float]:
    return {f"{name}_{number:02d}": float(value) for number, value in enumerate(values, start=1)}
