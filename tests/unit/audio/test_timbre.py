"""Statistics of signals whose statistics are known: a level that changes once, noise that swings, clicks that repeat."""

from itertools import pairwise

import numpy as np
import pytest
from audio_files import RATE

from recsys_assets.audio import timbre
from recsys_assets.audio.frames import Frames
from recsys_assets.audio.transform import transform
from tests.unit.audio.sounds import clicks


def time(seconds: float) -> np.ndarray:
    return np.arange(round(seconds * RATE)) / RATE


def sine(hertz: float, seconds: float = 4.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * time(seconds))).astype(np.float32)


def noise(seconds: float = 4.0) -> np.ndarray:
    return (0.1 * np.random.default_rng(1).standard_normal(round(seconds * RATE))).astype(np.float32)


def frames_of(y: np.ndarray) -> Frames:
    return Frames(transform(y.astype(np.float32), RATE))


def test_cepstra_of_silence_are_a_constant():
    found = timbre.mfcc_statistics(frames_of(np.zeros(RATE)))

    assert found["mfcc_mean"]["mfcc_mean_01"] == pytest.approx(-640, rel=1e-4)
    assert list(found["mfcc_mean"].values())[1:] == pytest.approx([0] * 19, abs=1e-3)
    assert list(found["mfcc_sd"].values()) == pytest.approx([0] * 20, abs=1e-3)
    assert list(found["mfcc_delta"].values()) == pytest.approx([0] * 20, abs=1e-3)


def test_a_sound_that_changes_once_deviates_and_hardly_moves():
    # Half white noise, half dull: each coefficient has two values, half their distance from the mean.
    bright, dull = noise(), np.convolve(noise(), np.ones(20) / 5, mode="same")
    both = frames_of(np.concatenate([bright, dull])).mfcc
    half = both.shape[1] // 2
    apart = np.abs(both[:, 10 : half - 10].mean(axis=1) - both[:, half + 10 : -10].mean(axis=1)) / 2
    found = timbre.mfcc_statistics(frames_of(np.concatenate([bright, dull])))
    deviation = np.array(list(found["mfcc_sd"].values()))

    assert deviation[apart.argmax()] == pytest.approx(apart.max(), rel=0.1)
    assert np.corrcoef(deviation, apart)[0, 1] > 0.95
    assert found["mfcc_delta"][f"mfcc_delta_sd_{apart.argmax() + 1:02d}"] < apart.max() / 3


def test_shape_is_in_octaves_over_100_hz():
    found = timbre.shape_statistics(frames_of(sine(1600)))

    assert found["centroid_mean"] == pytest.approx(4, abs=0.1)
    assert found["flatness_mean"] < -2
    assert timbre.shape_statistics(frames_of(noise()))["flatness_mean"] == pytest.approx(-0.1, abs=0.1)
    # An octave up is one more.
    up = timbre.shape_statistics(frames_of(sine(3200)))
    assert up["centroid_mean"] - found["centroid_mean"] == pytest.approx(1, abs=0.05)
    assert up["rolloff_mean"] > found["rolloff_mean"]


def test_level_is_spread_as_it_was_set():
    # Eight tenths loud, two tenths twenty decibels below.
    y = np.concatenate([sine(500, 8.0), 0.1 * sine(500, 2.0)])
    found = timbre.level_statistics(frames_of(y))

    assert (found["level_p25"], found["level_p75"]) == pytest.approx((0, 0), abs=0.2)
    assert found["level_p5"] == pytest.approx(-20, abs=0.5)
    assert found["level_quiet_share"] == pytest.approx(0.2, abs=0.02)
    assert found["level_change"] < 0.2


def test_contrast_of_a_tone_is_above_that_of_noise():
    tone = timbre.contrast_statistics(frames_of(sine(600) + 0.01 * noise()))
    flat = timbre.contrast_statistics(frames_of(noise()))

    # 400 to 800 Hz is the third band.
    assert tone["contrast_mean"]["contrast_mean_03"] > flat["contrast_mean"]["contrast_mean_03"] + 20
    assert tone["contrast_mean"]["contrast_mean_06"] == pytest.approx(flat["contrast_mean"]["contrast_mean_06"], abs=2)


def test_onsets_of_clicks_are_few_and_strong():
    beats, flat = (timbre.onset_statistics(frames_of(y)) for y in (clicks(60.0, 8.0), noise(8.0)))
    spread = np.array([[of[f"onset_sd_{band:02d}"] for band in range(1, 9)] for of in (beats, flat)])

    # Bursts of white noise rise alike in all bands.
    assert spread[0] == pytest.approx(spread[0].mean(), rel=0.05)
    assert spread[0].min() > 5 * spread[1].max()
    assert beats["onset_skew"] > 3
    # A few frames of hundreds hold it all.
    assert beats["onset_peak"] > np.log(20)


@pytest.mark.parametrize(("hertz", "band"), [(0.5, 1), (1.0, 2), (2.0, 3), (3.0, 4), (4.25, 5), (6.0, 6), (8.5, 7)])
def test_noise_that_swings_is_found_at_its_rate(hertz: float, band: int):
    swinging = noise(12.0) * (1 + 0.8 * np.sin(2 * np.pi * hertz * time(12.0)))
    found = timbre.modulation_statistics(frames_of(swinging))

    for register in range(4):
        rates = [found[f"modulation_{register * 8 + rate:02d}"] for rate in range(1, 9)]
        assert int(np.argmax(rates)) + 1 == band


@pytest.mark.parametrize("bpm", [60.0, 100.0, 120.0])
def test_clicks_repeat_at_their_period(bpm: float):
    found = timbre.tempogram_statistics(frames_of(clicks(bpm, 12.0)))
    values = np.array(list(found.values()))
    edges = np.geomspace(8, 128, timbre.TEMPOGRAM_LAGS + 1).astype(int)
    period = 60 / bpm * RATE / 512
    own = [number for number, (low, high) in enumerate(pairwise(edges)) if low - 1 <= period <= high + 1]
    before = [number for number, (_, high) in enumerate(pairwise(edges)) if high < period - 4]

    assert values[own].max() > 0.6
    assert values[before].max() < 0.3


def test_one_frame_has_all_statistics():
    frames = frames_of(np.ones(1))
    blocks = [
        *timbre.mfcc_statistics(frames).values(), *timbre.contrast_statistics(frames).values(), timbre.shape_statistics(frames),
        timbre.level_statistics(frames), timbre.onset_statistics(frames), timbre.modulation_statistics(frames),
        timbre.tempogram_statistics(frames),
    ]  # fmt: skip

    assert all(np.isfinite(value) for block in blocks for value in block.values())
