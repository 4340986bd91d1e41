import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_assets.audio.transform import TransformParams, band_midi, hz_of_midi, mel_bank, transform

RATE = 22_050


def sine(hz: float, seconds: float = 1.0, amplitude: float = 0.5) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def test_a_sine_gives_its_amplitude_at_its_frequency():
    spectra = transform(sine(1000.0), RATE)
    middle = spectra.magnitude[:, spectra.n_frames // 2]

    assert spectra.frequencies_hz[middle.argmax()] == pytest.approx(1000.0, abs=RATE / 2048)
    assert middle.max() == pytest.approx(0.5, rel=0.15)  # between two bins a Hann window loses up to 15 %


@pytest.mark.parametrize("midi", [45, 60, 69, 81, 100])
def test_a_note_stands_in_its_own_log_frequency_bin(midi: int):
    spectra = transform(sine(float(hz_of_midi(midi)), seconds=2), RATE)
    middle = spectra.log_frequency[:, spectra.log_frequency.shape[1] // 2]

    assert band_midi(spectra.params)[middle.argmax()] == pytest.approx(midi, abs=0.01)
    assert middle.max() == pytest.approx(0.5, rel=0.3)


def test_the_mel_bank_is_the_reference_one():
    librosa = pytest.importorskip("librosa")

    assert np.allclose(mel_bank(RATE, 2048, 64), librosa.filters.mel(sr=RATE, n_fft=2048, n_mels=64), atol=1e-7)


def test_frames_stand_at_multiples_of_the_hop():
    y = np.zeros(RATE, dtype=np.float32)
    y[10 * 512] = 1.0

    assert transform(y, RATE).magnitude.sum(axis=0).argmax() == 10


@pytest.mark.parametrize("n", [0, 1, 511, 512, 2047, 2048, 8193])
def test_any_length_has_frames(n: int):
    spectra = transform(np.ones(n, dtype=np.float32), RATE)

    assert spectra.n_frames == spectra.mel.shape[1] == 1 + n // 512
    assert spectra.log_frequency.shape == (252, 1 + n // 2048)
    assert np.isfinite(spectra.magnitude).all()


def test_what_is_not_a_number_is_silence():
    y = sine(440.0)
    y[:2000], y[5000], y[6000] = np.nan, np.inf, -np.inf

    assert np.isfinite(transform(y, RATE).mel).all()


@settings(max_examples=10, deadline=None)
@given(st.floats(0.01, 1.0))
def test_gain_scales_magnitudes(gain: float):
    y = sine(330.0, seconds=0.5)
    plain, scaled = transform(y, RATE), transform(y * np.float32(gain), RATE)

    assert np.allclose(scaled.magnitude, plain.magnitude * gain, atol=1e-5)
    assert np.allclose(scaled.log_frequency, plain.log_frequency * gain, atol=1e-5)


def test_an_even_number_of_bins_is_refused():
    with pytest.raises(ValueError, match="odd"):
        TransformParams(bins_per_semitone=2)
