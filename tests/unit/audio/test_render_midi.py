"""The benchmarks of the ear: MIDI is rendered at its own speed with its own truth, and the speed benchmark measures."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.audio_speed import SIDES, make_song, measure
from benchmarks.render_midi import RATE_HZ, read_truth, render


def test_a_note_sounds_when_the_file_says(tmp_path: Path):
    pytest.importorskip("tinysoundfont", reason="pip install --no-deps tinysoundfont")
    pretty_midi = pytest.importorskip("pretty_midi")
    piano = pretty_midi.Instrument(program=0)
    piano.notes.append(pretty_midi.Note(velocity=100, pitch=69, start=2.0, end=2.5))
    song = pretty_midi.PrettyMIDI()
    song.instruments.append(piano)
    song.write(str(tmp_path / "song.mid"))

    y = render(tmp_path / "song.mid", Path(pretty_midi.__file__).parent / "TimGM6mb.sf2", seconds=4.0)

    assert y.shape == (4 * RATE_HZ,)
    # At double speed, the trap of tinysoundfont, it would begin after one second.
    assert np.flatnonzero(np.abs(y) > 0.1 * np.abs(y).max())[0] / RATE_HZ == pytest.approx(2.0, abs=0.05)


def test_truth_is_cut_at_the_end_of_the_excerpt(tmp_path: Path):
    (tmp_path / "beat_midi.txt").write_text("0.5 0 1\n1.25 0 0\n2.0 0 0\n9.0 0 0\n")
    (tmp_path / "chord_midi.txt").write_text("0 1 N\n1 7 C:maj\n7 8 G:maj\n")
    (tmp_path / "key_audio.txt").write_text("0 2 C:maj\n2 3.5 A:min\n3.5 100 A:min\n")

    truth = read_truth(tmp_path, seconds=5.0)

    assert truth.beat_times_s.tolist() == [0.5, 1.25, 2.0]
    assert truth.tempo_bpm == pytest.approx(80.0)
    assert truth.chords == ((0.0, 1.0, "N"), (1.0, 5.0, "C:maj"))
    assert truth.key == "A:min"


def test_the_benchmark_measures_ours(tmp_path: Path):
    found = measure("ours", make_song(tmp_path / "song.flac", 4), 4.0, runs=1)

    assert set(SIDES) == {"ours", "naive"}
    assert 0 < found["cpu_seconds"] < 10
    assert found["megabytes"] > 50
