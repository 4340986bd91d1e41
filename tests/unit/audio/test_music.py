import os
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_assets.audio.music import MusicAnalysis, MusicParams, analyse_music
from recsys_assets.audio.transform import transform
from tests.unit.audio.sounds import PITCH_CLASSES, RATE, clicks, song, tone

POP = ["C:maj", "G:maj", "A:min", "F:maj"]
BPM = 96.0


def analyse(y: np.ndarray) -> MusicAnalysis:
    return analyse_music(transform(y, RATE))


@lru_cache(maxsize=1)
def pop_song() -> np.ndarray:
    return song(POP * 2, BPM)


@lru_cache(maxsize=1)
def pop() -> MusicAnalysis:
    return analyse(pop_song())


def moved(label: str, shift: int) -> str:
    if label == "N":
        return label
    root, quality = label.split(":")
    return f"{PITCH_CLASSES[(PITCH_CLASSES.index(root) + shift) % 12]}:{quality}"


def test_a_progression_is_heard_chord_by_chord():
    bar = 4 * 60 / BPM

    assert [chord.label for chord in pop().chords] == POP * 2
    assert [chord.start_s for chord in pop().chords] == pytest.approx([bar * n for n in range(8)], abs=0.2)
    assert pop().reduced_chords == ("I", "V", "vi", "IV") * 2


def test_its_key_is_c_major():
    assert (pop().key_pitch_class, pop().is_major) == (0, True)
    assert 0 < pop().key_confidence <= 1


def test_its_tempo_has_the_right_octave():
    assert pop().tempo_bpm == pytest.approx(BPM, rel=0.02)
    assert pop().tempo_confidence > 0.5


def test_its_beats_and_bars_stand_where_they_were_put():
    beat = 60 / BPM
    beats = pop().beat_times_s
    expected = np.arange(32) * beat

    assert all(np.abs(beats - at).min() < 0.07 for at in expected[1:-1])
    assert len(beats) == pytest.approx(32, abs=1)
    assert pop().beats_per_bar == 4
    assert all(np.abs(expected[::4] - at).min() < 0.07 for at in pop().downbeat_times_s[:-1])


@pytest.mark.parametrize("bpm", [66.0, 80.0, 112.0])
def test_other_tempi(bpm: float):
    assert analyse(song(POP * 2, bpm)).tempo_bpm == pytest.approx(bpm, rel=0.03)


def test_bars_of_three():
    found = analyse(song(["C:maj", "F:maj", "G:maj", "C:maj"] * 3, 120.0, beats_per_chord=3))

    assert found.beats_per_bar == 3


def test_a_minor_key_is_not_its_relative_major():
    found = analyse(song(["A:min", "D:min", "E:maj", "A:min"] * 2, BPM))

    assert (found.key_pitch_class, found.is_major) == (9, False)
    assert found.reduced_chords[:3] == ("i", "iv", "V")


@settings(max_examples=4, deadline=None)
@given(st.integers(-5, 5))
def test_transposition_moves_key_and_chords_and_nothing_else(shift: int):
    found = analyse(song(POP * 2, BPM, shift=shift))

    assert found.key_pitch_class == shift % 12
    assert [chord.label for chord in found.chords] == [moved(label, shift) for label in POP * 2]
    assert found.reduced_chords == pop().reduced_chords
    assert found.tempo_bpm == pytest.approx(pop().tempo_bpm, rel=0.02)


@settings(max_examples=4, deadline=None)
@given(st.floats(0.02, 4.0))
def test_gain_changes_nothing(gain: float):
    found = analyse(pop_song() * np.float32(gain))

    assert [chord.label for chord in found.chords] == [chord.label for chord in pop().chords]
    assert (found.key_pitch_class, found.beats_per_bar) == (pop().key_pitch_class, pop().beats_per_bar)
    assert np.allclose(found.beat_times_s, pop().beat_times_s, atol=0.05)


def test_a_recording_tuned_a_third_of_a_semitone_high_has_the_same_chords():
    # 22,050 Hz played faster by 2 ** (0.33 / 12): everything is higher by .33 semitones.
    y = pop_song()
    at = np.arange(0, len(y) - 1, 2 ** (0.33 / 12))
    found = analyse(np.interp(at, np.arange(len(y)), y).astype(np.float32))

    assert found.tuning_semitones == pytest.approx(0.33, abs=0.06)
    assert [chord.label for chord in found.chords] == POP * 2


def test_a_tune_is_followed():
    notes = [72, 74, 76, 79, 76, 74, 72, 67]
    y = np.concatenate([tone(note, 0.5, 0.3) for note in notes])
    found = analyse(y)
    midi = 69 + 12 * np.log2(found.pitch_hz / 440)
    middles = (np.arange(len(notes)) * 0.5 + 0.25) * found.pitch_rate_hz

    assert midi[np.round(middles).astype(int)] == pytest.approx(notes, abs=0.3)
    assert found.pitch_range_semitones == pytest.approx(12, abs=0.5)


def test_a_part_that_returns_has_its_label_again():
    verse, chorus = song(["A:min", "F:maj"] * 3, 120.0), song(["C:maj", "D:maj"] * 3, 120.0, shift=7)
    found = analyse(np.concatenate([verse, chorus + 0.05 * clicks(240.0, len(chorus) / RATE)[: len(chorus)], verse]))

    assert [section.label for section in found.sections] == ["A", "B", "A"]
    assert [section.start_s for section in found.sections] == pytest.approx([0, 12, 24], abs=1.0)


@pytest.mark.parametrize(
    "y",
    [
        np.zeros(0),
        np.zeros(1),
        np.ones(1),
        np.zeros(5 * RATE),
        np.full(RATE, 0.5),
        np.full(3000, np.nan),
        np.random.default_rng(0).standard_normal(300),
        np.full(5 * RATE, 1e-30),
    ],
    ids=["empty", "one zero", "one sample", "silence", "constant", "not a number", "very short", "denormal"],
)
def test_what_is_no_music_has_no_beat_and_no_failure(y: np.ndarray):
    found = analyse(y.astype(np.float32))

    assert (found.tempo_bpm, found.tempo_confidence, found.beats_per_bar) == (None, 0.0, None)
    assert len(found.beat_times_s) == len(found.downbeat_times_s) == 0
    assert found.key_confidence < 0.5
    assert_whole(found, len(y) / RATE)


@pytest.mark.parametrize("seed", range(3))
def test_noise_has_no_beat(seed: int):
    noise = np.random.default_rng(seed).standard_normal(20 * RATE).astype(np.float32)
    found = analyse(noise * np.float32(0.1))

    assert found.tempo_bpm is None
    assert {chord.label for chord in found.chords} == {"N"}
    assert found.key_confidence < 0.3


def test_a_pure_tone_has_its_pitch_and_no_beat():
    found = analyse((0.5 * np.sin(2 * np.pi * 440 * np.arange(10 * RATE) / RATE)).astype(np.float32))

    assert found.tempo_bpm is None
    assert found.pitch_median_hz == pytest.approx(440, rel=0.01)
    assert found.key_confidence < 0.5
    assert_whole(found, 10.0)


def test_silence_has_no_chords_and_no_key():
    found = analyse(np.zeros(5 * RATE, dtype=np.float32))

    assert [chord.label for chord in found.chords] == ["N"]
    assert (found.key_pitch_class, found.is_major, found.key_confidence) == (None, None, 0.0)
    assert found.pitch_median_hz is None


def test_clicks_have_a_beat_and_no_key():
    found = analyse(clicks(120.0, 15.0))

    assert found.tempo_bpm == pytest.approx(120.0, rel=0.02)
    assert len(found.beat_times_s) == pytest.approx(29, abs=2)
    assert found.key_confidence < 0.3


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 30_000), st.integers(0, 2**32 - 1))
def test_any_recording_has_a_whole_analysis(n: int, seed: int):
    y = np.random.default_rng(seed).uniform(-1, 1, n).astype(np.float32)

    assert_whole(analyse(y), n / RATE)


def test_parameters_survive_json():
    params = MusicParams()

    assert MusicParams.model_validate_json(params.model_dump_json()) == params


def assert_whole(found: MusicAnalysis, seconds: float) -> None:
    for parts in (found.chords, found.sections):
        assert bool(parts) == (seconds > 0)
        if parts:
            assert (parts[0].start_s, parts[-1].end_s) == (0.0, pytest.approx(seconds))
            assert all(a.end_s == b.start_s for a, b in pairwise(parts))
    assert all(a.label != b.label for a, b in pairwise(found.chords))
    assert np.all(np.diff(found.beat_times_s) > 0)
    assert 0 <= found.tempo_confidence <= 1
    assert 0 <= found.key_confidence <= 1
    assert np.isfinite(found.pitch_classes).all()


@pytest.mark.realdata
@pytest.mark.parametrize("seconds", [5, 30])
def test_real_recordings_have_a_whole_analysis(seconds: int):
    folder = Path(os.environ.get("RECSYS_TEST_DATA", "../shared/data")) / "librosa-audio"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there: set RECSYS_TEST_DATA")
    soundfile = pytest.importorskip("soundfile")
    for file in sorted(folder.glob("*.ogg")):
        rate = soundfile.info(file).samplerate
        y, _ = soundfile.read(file, dtype="float32", always_2d=True, frames=seconds * rate)
        mono = y.mean(axis=1)

        assert_whole(analyse_music(transform(mono, rate)), len(mono) / rate)
