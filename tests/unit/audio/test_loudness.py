"""Loudness block by block is the library's over the whole, and the peak between samples is found."""

import numpy as np
import pyloudnorm
import pytest
from audio_files import tune

from recsys_assets.audio.loudness import Loudness, LoudnessMeter


def measured(y: np.ndarray, rate: int, *, block: int | None = None) -> Loudness:
    samples = y[:, None] if y.ndim == 1 else y
    meter = LoudnessMeter(rate, samples.shape[1])
    for start in range(0, len(samples), block or max(len(samples), 1)):
        meter.feed(samples[start : start + (block or len(samples))])
    return meter.result()


def swelling(rate: int, seconds: float = 12) -> np.ndarray:
    y = tune(seconds, rate=rate)
    return np.stack([y, 0.3 * np.roll(y, 100)], axis=1) * np.linspace(0.02, 1, len(y), dtype=np.float32)[:, None]


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 11_025])
@pytest.mark.parametrize("block", [None, 997, 10_000])
def test_it_is_the_librarys_figure(rate: int, block: int | None):
    y, library = swelling(rate), pyloudnorm.Meter(rate)
    found = measured(y, rate, block=block)

    assert found.integrated_lufs == pytest.approx(library.integrated_loudness(y), abs=0.05)
    assert found.range_lu == pytest.approx(library.loudness_range(y), abs=0.3)


def test_the_standards_tone():
    # A 997 Hz sine at full scale in one channel is -3.01 LUFS (BS.1770-4).
    y = np.sin(2 * np.pi * 997 * np.arange(10 * 48_000) / 48_000).astype(np.float32)

    assert measured(y, 48_000).integrated_lufs == pytest.approx(-3.01, abs=0.05)


def test_a_peak_between_samples_is_found():
    # A quarter of the sample rate at 45 degrees: samples reach .707, the sine between them 1 (BS.1770-4, annex 2).
    y = np.sin(2 * np.pi * 0.25 * np.arange(48_000) + np.pi / 4).astype(np.float32)
    y *= np.hanning(len(y)).astype(np.float32)

    assert 20 * np.log10(np.abs(y).max()) == pytest.approx(-3.01, abs=0.01)
    for block in (None, 1000, 7):
        assert measured(y, 48_000, block=block).true_peak_dbtp == pytest.approx(0, abs=0.3)


def test_the_skipping_of_low_samples_loses_no_peak():
    from scipy.signal import resample_poly

    for seed in range(5):
        y = tune(2.0, seed=seed)
        reference = 20 * np.log10(np.abs(resample_poly(y, 16, 1)).max())
        assert measured(y, 22_050, block=5000).true_peak_dbtp == pytest.approx(reference, abs=0.3)


def test_the_low_frequency_channel_does_not_count():
    y = np.zeros((48_000 * 2, 6), dtype=np.float32)
    y[:, 3] = tune(2.0, rate=48_000)

    assert measured(y, 48_000).integrated_lufs is None


@pytest.mark.parametrize(
    ("samples", "integrated", "spread"),
    [(0, False, False), (15_000, False, False), (40_000, True, False), (150_000, True, True)],
)
def test_what_is_too_short_has_none(samples: int, integrated: bool, spread: bool):
    found = measured(tune(4.0, rate=44_100)[:samples], 44_100)

    assert (found.integrated_lufs is not None, found.range_lu is not None) == (integrated, spread)
