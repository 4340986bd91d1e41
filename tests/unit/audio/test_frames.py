"""Series over frames of signals whose level, spectrum and changes are known by construction."""

import numpy as np
import pytest
from audio_files import RATE

from recsys_assets.audio.frames import CONTRAST_EDGES_HZ, FLOOR_DB, N_MFCC, Frames
from recsys_assets.audio.transform import mel_bank, transform
from tests.unit.audio.sounds import clicks

SECONDS = 3.0
TIME = np.arange(round(SECONDS * RATE)) / RATE
# Frames at both ends reach over the signal.
INSIDE = slice(4, -4)


def sine(hertz: float, amplitude: float = 0.5) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hertz * TIME)).astype(np.float32)


def noise(amplitude: float = 0.1) -> np.ndarray:
    return (amplitude * np.random.default_rng(0).standard_normal(len(TIME))).astype(np.float32)


def frames_of(y: np.ndarray) -> Frames:
    return Frames(transform(y, RATE))


@pytest.mark.parametrize(("amplitude", "decibels"), [(1.0, -3.01), (0.5, -9.03), (0.01, -43.01)])
def test_the_level_of_a_sine_is_its_root_mean_square(amplitude: float, decibels: float):
    frames = frames_of(sine(1000, amplitude))

    np.testing.assert_allclose(frames.power[INSIDE], amplitude**2 / 2, rtol=0.01)
    np.testing.assert_allclose(frames.level_db[INSIDE], decibels, atol=0.05)
    assert frames.is_sounding[INSIDE].all()


def test_the_level_of_noise_is_its_root_mean_square():
    assert frames_of(noise(0.1)).level_db[INSIDE].mean() == pytest.approx(-20, abs=0.3)


def test_silence_has_floors_everywhere():
    frames = frames_of(np.zeros(RATE, dtype=np.float32))

    assert set(frames.level_db.tolist()) == {-100.0}
    assert not frames.is_sounding.any()
    assert set(frames.mel_db.ravel().tolist()) == {FLOOR_DB}
    # A constant has all its energy in the first coefficient: -80 times the root of 64 bands.
    np.testing.assert_allclose(frames.mfcc[0], -640, rtol=1e-5)
    np.testing.assert_allclose(frames.mfcc[1:], 0, atol=1e-3)
    assert not frames.shape.any()
    assert not frames.onset.any()
    assert frames.percussive_share == 0


def test_sixty_decibels_below_full_scale_is_where_silence_begins():
    # A sine's mean square is half its peak's: amplitudes a decibel to either side.
    assert frames_of(sine(1000, np.sqrt(2) * 10 ** (-59 / 20))).is_sounding[INSIDE].all()
    assert not frames_of(sine(1000, np.sqrt(2) * 10 ** (-61 / 20))).is_sounding.any()


def test_centroid_and_bandwidth_are_the_moments_of_the_spectrum():
    alone = frames_of(sine(2000)).shape[:, INSIDE].mean(axis=1)
    both = frames_of(sine(1000, 0.3) + sine(3000, 0.3)).shape[:, INSIDE].mean(axis=1)
    flat = frames_of(noise()).shape[:, INSIDE].mean(axis=1)

    assert alone[0] == pytest.approx(2000, rel=0.01)
    assert alone[1] < 100
    assert both == pytest.approx([2000, 1000], rel=0.02)
    # White noise is uniform up to half the rate: its middle, and its width over the root of twelve.
    assert flat == pytest.approx([RATE / 4, RATE / 2 / np.sqrt(12)], rel=0.03)


def test_noise_is_flat_and_a_tone_is_not():
    assert frames_of(noise()).flatness[INSIDE].mean() > 0.8
    assert frames_of(sine(440)).flatness[INSIDE].max() < 0.01


def test_rolloff_is_where_85_percent_of_the_power_lies_below():
    bank = mel_bank(RATE, 2048, 64)
    centres = bank.argmax(axis=1) * RATE / 2048
    of_tone = frames_of(sine(1000)).rolloff_band[INSIDE] * 64
    of_noise = frames_of(noise()).rolloff_band[INSIDE] * 64

    assert abs(np.interp(of_tone.mean(), np.arange(64), centres) / 1000 - 1) < 0.1
    assert abs(np.interp(of_noise.mean(), np.arange(64), centres) / (0.85 * RATE / 2) - 1) < 0.05


@pytest.mark.parametrize(("hertz", "band"), [(300, 1), (600, 2), (1200, 3), (2400, 4), (4800, 5)])
def test_a_tone_stands_out_in_its_own_octave(hertz: float, band: int):
    contrast = frames_of(sine(hertz) + noise(0.001)).contrast_db[:, 2:-2].mean(axis=1)

    assert CONTRAST_EDGES_HZ[band] < hertz < CONTRAST_EDGES_HZ[band + 1]
    assert contrast.argmax() == band
    assert contrast[band] > np.delete(contrast, band).max() + 20


def test_an_onset_is_where_something_begins():
    y = np.where(TIME >= 1.5, sine(880), 1e-4 * noise()).astype(np.float32)
    frames = frames_of(y)

    assert abs(int(frames.onset[INSIDE].argmax()) + INSIDE.start - 1.5 * RATE / 512) <= 2
    # Within the tone nothing does.
    assert frames_of(sine(880)).onset[INSIDE].max() < 0.1
    np.testing.assert_allclose(frames.onset, frames.rise.mean(axis=0))


def test_clicks_are_percussive_and_tones_are_not():
    assert frames_of(clicks(120.0, SECONDS)).percussive_share > 0.9
    assert frames_of(sine(440) + sine(660) * 0.5).percussive_share < 0.1


def test_gain_changes_the_level_alone():
    loud, soft = frames_of(sine(700) + noise()), frames_of((sine(700) + noise()) / 4)

    np.testing.assert_allclose(loud.level_db - soft.level_db, 12.04, atol=0.01)
    for series in ("mel_db", "shape", "rolloff_band", "flatness", "onset"):
        np.testing.assert_allclose(getattr(loud, series), getattr(soft, series), rtol=1e-2, atol=1e-2)
    np.testing.assert_allclose(loud.mfcc, soft.mfcc, atol=0.05)
    assert loud.mfcc.shape == (N_MFCC, loud.spectra.n_frames)
