"""``recsys sound``: a recording in words, as JSON and as a picture; what is none is told in one line."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_assets.audio.analyse import analyse
from recsys_assets.audio.recording import Recording
from recsys_assets.audio.tables import REJECTED_RECORDINGS, TRACK_ANALYSIS, analysis_row
from tests.unit.audio.audio_files import RATE, write
from tests.unit.audio.sounds import song
from tests.unit.cli.conftest import fill

DAY = date(2026, 1, 5)
PNG = b"\x89PNG\r\n"


def tune() -> np.ndarray:
    return song(["C:maj", "G:maj", "A:min", "F:maj"] * 2, 96.0)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write(tmp_path / "four chords.wav", tune())


def test_a_file_is_told_in_words_and_drawn(empty: Any, recording: Path):
    result = empty.run("sound", str(recording))

    assert result.exit_code == 0, result.output
    first, *lines = result.stdout.splitlines()
    assert first.startswith("four chords.wav: C major, 96 bpm, 4/4, ")
    facts = "\n".join(lines)
    for said in ("20.0 s", "22,050 Hz", "C G Am F C G Am F", "I V vi IV", "aggressiveness", "danceability"):
        assert said in facts
    picture = empty.home.exports / "sound" / "four chords.png"
    assert picture.read_bytes().startswith(PNG)
    assert str(picture.name) in facts


def test_a_file_as_json_is_the_row_without_its_bytes(empty: Any, recording: Path, tmp_path: Path):
    result = empty.run("sound", str(recording), "--json", "--picture", str(tmp_path / "p.png"))
    said = json.loads(result.stdout)

    assert result.exit_code == 0, result.output
    assert (said["title"], said["picture"]) == ("four chords.wav", str(tmp_path / "p.png"))
    assert (said["key_pitch_class"], said["is_major"], said["beats_per_bar"]) == (0, True, 4)
    assert said["tempo_bpm"] == pytest.approx(96, rel=0.02)
    assert said["duration_s"] == pytest.approx(20, abs=0.01)
    assert [chord["label"] for chord in said["chords"]] == ["C:maj", "G:maj", "A:min", "F:maj"] * 2
    assert 0 < said["aggressiveness"] < 1
    assert not {"log_mel", "audio_fingerprint"} & said.keys()
    assert (tmp_path / "p.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize("name", ["$x_{1$ \\frac.wav", "\u0645\u0631 🎧.wav"])
def test_any_name_can_be_drawn(empty: Any, tmp_path: Path, name: str):
    result = empty.run("sound", str(write(tmp_path / name, tune()[: 2 * RATE])))

    assert result.exit_code == 0, result.output
    assert next((empty.home.exports / "sound").iterdir()).read_bytes().startswith(PNG)


def test_silence_has_little_to_tell(empty: Any, tmp_path: Path):
    result = empty.run("sound", str(write(tmp_path / "silence.wav", np.zeros(2 * RATE, dtype=np.float32))))

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("silence.wav: nothing to tell")
    assert "LUFS" not in result.stdout


@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["words", "json"])
def test_a_broken_file_is_one_line_with_its_reason(empty: Any, tmp_path: Path, flags: list[str]):
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"this is no music" * 100)
    result = empty.run("sound", str(broken), *flags)

    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("recsys: ")
    assert "not_audio: the file begins with" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (empty.home.exports / "sound").exists()


def test_a_track_is_read_from_the_lake_as_of_a_day(world: Any):
    row = analysis_row(analyse(Recording.of_samples(tune())))
    where = {"track_id": "t1", "file": "audio/t1.wav", "size_bytes": 1, "arrived_on": DAY}
    world.lake.replace(TRACK_ANALYSIS, fill(TRACK_ANALYSIS, [{**row, **where}]), partitions=[DAY])
    refused = {
        "track_id": "t2",
        "file": "audio/t2.wav",
        "reason": "truncated",
        "detail": "it ends early",
        "arrived_on": DAY,
    }
    world.lake.replace(REJECTED_RECORDINGS, fill(REJECTED_RECORDINGS, [refused]), partitions=[DAY])
    known, before, broken, none = (
        world.run("sound", *args) for args in (["t1"], ["t1", "--date", "2026-01-04"], ["t2"], ["t3"])
    )

    assert known.exit_code == 0, known.output
    assert known.stdout.startswith("Plain Song, AC/DC: C major, 96 bpm")
    assert (before.exit_code, broken.exit_code, none.exit_code) == (2, 2, 2)
    assert "its recording can not be used: it ends early" in broken.stderr
    assert "no recording of it was known on" in none.stderr


def test_a_picture_needs_a_folder(empty: Any, recording: Path, tmp_path: Path):
    result = empty.run("sound", str(recording), "--picture", str(tmp_path / "nowhere" / "p.png"))

    assert result.exit_code == 2
    assert "there is no folder" in result.stderr
