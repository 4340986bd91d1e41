"""The protocol on made-up genres that anybody can hear."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from recsys_assets.core.errors import DataFaultError, InvalidArgumentError
from recsys_assets.evaluation.genre import evaluate_genre, find_clips


def drop(folder: Path, genre: str, n: int) -> None:
    (folder / genre).mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(n)
    time = np.arange(45_000) / 22_050
    y = rng.normal(0, 0.1, 45_000) if genre == "noise" else 0.3 * np.sin(2 * np.pi * rng.integers(200, 900) * time)
    sf.write(folder / genre / f"{n}.wav", y, 22_050)


def test_noise_and_tones_are_told_apart(tmp_path: Path):
    for n in range(5):
        drop(tmp_path, "noise", n)
        drop(tmp_path, "tones", n)
    report = evaluate_genre(tmp_path, repeats=2)

    assert report.models == ("ours", "plain")
    assert report.summary("ours", "accuracy").mean == 1
    assert len(report.runs) == 4


def test_what_can_not_be_judged_is_told(tmp_path: Path):
    with pytest.raises(InvalidArgumentError, match="found no folders"):
        find_clips(tmp_path)
    drop(tmp_path, "noise", 0)
    drop(tmp_path, "tones", 0)
    with pytest.raises(InvalidArgumentError, match="'noise': 1, 'tones': 1"):
        find_clips(tmp_path)
    drop(tmp_path, "noise", 1)
    drop(tmp_path, "tones", 1)
    (tmp_path / "noise" / "0.wav").write_bytes(b"no sound")
    with pytest.raises(DataFaultError, match=r"noise/0.wav can not be used \(not_audio"):
        evaluate_genre(tmp_path, repeats=1)
