"""A drum kit made of sine sweeps and shaped noise, and hits laid into the samples.

Belongs here: unpitched sounds. Which drum is hit when is ``sound_patterns`` and ``sound_score``.
"""

import numpy as np

from recsys_assets.demo.sound_voices import SAMPLE_RATE_HZ

LEVELS = {"kick": 1.0, "snare": 0.7, "hat": 0.26, "tom": 0.45}


def build_kit(*, brightness: float, tightness: float, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Make one hit of every drum.

    Args:
        brightness: 0 … 1, how much of the noise is high.
        tightness: 0 … 1, how short hits are.
        rng: of the noise.

    Returns:
        Name to float32 samples, peak about 1.
    """
    short = 1.4 - 0.9 * tightness
    return {
        "kick": _drop(0.28 * short, 130.0, 46.0) + 0.25 * _noise(rng, 0.28 * short, 0.004, tilt=0.4),
        "snare": 0.75 * _noise(rng, 0.22 * short, 0.07 * short, tilt=0.25 + 0.35 * brightness)
        + 0.45 * _drop(0.22 * short, 230.0, 180.0),
        "hat": _noise(rng, 0.09 * short, 0.022 * short, tilt=0.8 + 0.19 * brightness),
        "tom": _drop(0.2 * short, 320.0, 260.0),
    }


def strike(hits: dict[str, tuple[np.ndarray, np.ndarray]], kit: dict[str, np.ndarray], n_samples: int) -> np.ndarray:
    """Lay hits into float32 samples of shape (n_samples,)."""
    out = np.zeros(n_samples, dtype=np.float32)
    for name, (start_s, velocity) in hits.items():
        hit = kit[name] * np.float32(LEVELS[name])
        for low, loud in zip((start_s * SAMPLE_RATE_HZ).astype(int).tolist(), velocity.tolist(), strict=True):
            size = min(hit.size, n_samples - low)
            if size > 0:
                out[low : low + size] += np.float32(loud) * hit[:size]
    return out


def _drop(length_s: float, high_hz: float, low_hz: float) -> np.ndarray:
    """A sine that falls from one pitch to another and dies away."""
    t = np.arange(int(length_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    hz = low_hz + (high_hz - low_hz) * np.exp(-t / 0.03)
    wave = np.sin(2 * np.pi * np.cumsum(hz) / SAMPLE_RATE_HZ) * np.exp(-t * 4.5 / length_s)
    return wave.astype(np.float32)


def _noise(rng: np.random.Generator, length_s: float, decay_s: float, *, tilt: float) -> np.ndarray:
    """Noise that dies away; ``tilt`` 0 is flat, towards 1 only what changes from sample to sample is left."""
    n = int(length_s * SAMPLE_RATE_HZ)
    flat = rng.standard_normal(n + 1)
    wave = (flat[1:] - tilt * flat[:-1]) * np.exp(-np.arange(n) / (decay_s * SAMPLE_RATE_HZ))
    return (wave / np.abs(wave).max()).astype(np.float32)
