"""The same recording is known again whatever was done to it, and another one never is."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from audio_files import RATE, tune, write

from recsys_assets.audio.decode import decode
from recsys_assets.audio.fingerprint import audio_fingerprint, best_match, find_duplicates, match
from recsys_assets.audio.transform import transform
from recsys_assets.core.errors import DataFaultError

TUNES = [tune(20.0, seed=seed) for seed in range(4)]


def fingerprint(y: np.ndarray) -> bytes:
    return audio_fingerprint(transform(y, RATE))


PRINTS = [fingerprint(y) for y in TUNES]


def reread(path: Path, y: np.ndarray, **options: object) -> bytes:
    return fingerprint(decode(write(path, y, **options)).y)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "MP3", "compression_level": 0.95, "bitrate_mode": "CONSTANT"},
        {"kind": "OGG", "compression_level": 1.0},
        {"kind": "FLAC"},
    ],
    ids=lambda change: change["kind"],
)
@pytest.mark.parametrize("gain", [0.5, 2.0])
def test_a_copy_is_known_at_low_bitrates_and_other_levels(tmp_path: Path, change: dict, gain: float):
    assert match(PRINTS[0], reread(tmp_path / "x", gain * TUNES[0], **change)) > 0.5


@pytest.mark.parametrize("cut_s", [0.0111, 1.234, 5.0])
def test_a_copy_without_its_beginning_is_known_and_the_shift_is_told(cut_s: float):
    found = best_match(PRINTS[0], fingerprint(TUNES[0][round(cut_s * RATE) :]))

    assert found.score > 0.6
    assert found.shift_frames * 512 / RATE == pytest.approx(-cut_s, abs=0.03)


def test_others_share_little_with_it():
    scores = [match(PRINTS[a], PRINTS[b]) for a in range(4) for b in range(a)]

    assert max(scores) < 0.2
    assert match(PRINTS[0], PRINTS[0]) == 1


def test_a_phrase_in_common_makes_no_copy():
    medley = np.concatenate([TUNES[1][: 12 * RATE], TUNES[0][: 8 * RATE]])

    assert match(PRINTS[0], fingerprint(medley)) < 0.3


def test_silence_has_no_peaks_and_matches_nothing():
    silence = fingerprint(np.zeros(RATE, dtype=np.float32))

    assert silence == b""
    assert match(silence, PRINTS[0]) == match(silence, silence) == 0


def test_duplicates_also_last_as_long():
    known = pl.DataFrame(
        {
            "track_id": ["other", "same", "long", "b"],
            "duration_s": [20.0, 21.0, 300.0, 20.0],
            "audio_fingerprint": [PRINTS[1], PRINTS[0], PRINTS[0], PRINTS[0]],
        }
    )

    assert [found.id for found in find_duplicates(PRINTS[0], 20.0, known)] == ["b", "same"]
    assert find_duplicates(PRINTS[2], 20.0, known) == []


def test_bytes_that_are_no_fingerprint_are_told():
    with pytest.raises(DataFaultError, match="multiple of 4"):
        match(b"abc", b"abcd")
