"""Any file at all: it is decoded right, or refused with one reason."""

import hashlib
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from audio_files import RATE, id3, tune, wav_of_floats, wav_that_claims, write

from recsys_assets.audio.decode import DecodeLimits, decode
from recsys_assets.audio.refusal import UnusableRecordingError

TUNE = tune(3.0)
STEREO = np.stack([TUNE, 0.5 * TUNE], axis=1)


def refused(path: Path, **options: object) -> UnusableRecordingError:
    with pytest.raises(UnusableRecordingError) as caught:
        decode(path, **options)
    return caught.value


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".jpg"])
def test_content_decides_whatever_the_name_says(tmp_path: Path, kind: str, suffix: str):
    path = write(tmp_path / f"x{suffix}", TUNE, kind=kind)
    recording = decode(path)

    assert recording.duration_s == pytest.approx(3, abs=0.15)
    assert recording.y.dtype == np.float32
    assert np.corrcoef(recording.y[: len(TUNE) - 4000], TUNE[: len(recording.y)][: len(TUNE) - 4000])[0, 1] > 0.9
    assert recording.content_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_m4a_file_is_read(tmp_path: Path):
    av = pytest.importorskip("av")
    path = tmp_path / "x.m4a"
    with av.open(str(path), "w", format="ipod") as out:
        stream = out.add_stream("aac", rate=RATE, layout="mono")
        for start in range(0, len(TUNE), 1024):
            frame = av.AudioFrame.from_ndarray(TUNE[None, start : start + 1024], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = RATE, start
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    recording = decode(path)

    assert recording.duration_s == pytest.approx(3, abs=0.15)
    assert recording.loudness.integrated_lufs == pytest.approx(
        decode(write(tmp_path / "y", TUNE)).loudness.integrated_lufs, abs=0.5
    )


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (11_025, 2), (48_000, 2), (192_000, 8)])
def test_any_rate_and_number_of_channels_becomes_mono_at_the_working_rate(tmp_path: Path, rate: int, channels: int):
    time = np.arange(2 * rate) / rate
    y = np.repeat((0.5 * np.sin(2 * np.pi * 1000 * time))[:, None], channels, axis=1).astype(np.float32)
    recording = decode(write(tmp_path / "x", y, rate=rate))

    spectrum = np.abs(np.fft.rfft(recording.y[:RATE]))
    assert len(recording.y) == pytest.approx(2 * RATE, abs=2)
    assert spectrum.argmax() == 1000
    assert np.abs(recording.y[1000:-1000]).max() == pytest.approx(0.5, abs=0.01)
    assert (recording.source_rate_hz, recording.n_channels) == (rate, channels)


def test_no_more_than_the_excerpt_is_read(tmp_path: Path):
    y = np.concatenate([tune(2.0), np.zeros(2 * RATE, dtype=np.float32)])
    recording = decode(write(tmp_path / "x", y), start_s=1.0, length_s=1.5)

    assert len(recording.y) == 1.5 * RATE
    assert recording.duration_s == pytest.approx(4)
    np.testing.assert_allclose(recording.y, y[RATE : round(2.5 * RATE)], atol=1e-4)


def test_channels_that_cancel_each_other_are_not_silence(tmp_path: Path):
    recording = decode(write(tmp_path / "x", np.stack([TUNE, -TUNE], axis=1)))

    np.testing.assert_allclose(recording.y, TUNE, atol=1e-3)


def test_silence_has_no_loudness(tmp_path: Path):
    recording = decode(write(tmp_path / "x", np.zeros(2 * RATE, dtype=np.float32)))

    assert not recording.y.any()
    assert vars(recording.loudness) == {"integrated_lufs": None, "range_lu": None, "true_peak_dbtp": None}


def test_clipped_floats_are_cut_and_their_peak_is_told(tmp_path: Path):
    recording = decode(wav_of_floats(tmp_path / "x", 8 * TUNE))

    assert np.abs(recording.y).max() == 1
    assert recording.loudness.true_peak_dbtp > 10


def flac_with_padding(path: Path) -> Path:
    plain = write(path, TUNE, kind="FLAC").read_bytes()
    block = b"\x01" + (2 << 20).to_bytes(3, "big") + b"\0" * (2 << 20)
    path.write_bytes(plain[:42] + block + plain[42:])
    return path


def wav_with_a_chunk(path: Path) -> Path:
    plain = write(path, TUNE).read_bytes()
    path.write_bytes(plain[:36] + b"LIST" + struct.pack("<I", 2 << 20) + b"\0" * (2 << 20) + plain[36:])
    return path


def mp3_with_a_picture(path: Path) -> Path:
    path.write_bytes(id3(2 << 20) + write(path, TUNE, kind="MP3").read_bytes())
    return path


@pytest.mark.parametrize("make", [flac_with_padding, wav_with_a_chunk, mp3_with_a_picture])
def test_a_tag_bomb_is_refused_before_a_decoder_sees_it_and_a_cover_is_not(tmp_path: Path, make):
    path = make(tmp_path / "x")

    assert refused(path, limits=DecodeLimits(max_tag_bytes=1 << 20)).reason == "tag_bomb"
    assert decode(path).duration_s == pytest.approx(3, abs=0.15)


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_half_a_file_is_refused(tmp_path: Path, kind: str, share: float):
    path = write(tmp_path / "x", tune(10), kind=kind)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    assert refused(path).reason in {"truncated", "broken_sound"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty_file"),
        (b"\0", "not_audio"),
        (b"RIFF", "not_audio"),
        (b"fLaC", "truncated"),
        (b"OggS" + b"\0" * 10, "truncated"),
        (b"\0\0\0\x18ftypM4A ", "truncated"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF" * 100, "not_audio"),
        (b"#EXTM3U\nhttp://localhost:1/x.ts\n", "not_audio"),
        (b"#!/bin/sh\nexit 0\n", "not_audio"),
        (b"\xff\xfb\x90\x64" + b"x" * 4000, "broken_sound"),
    ],
)
def test_what_is_no_recording_is_refused_with_a_reason(tmp_path: Path, content: bytes, reason: str):
    path = tmp_path / "x.mp3"
    path.write_bytes(content)

    assert refused(path).reason in {reason, "too_short"}


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused(tmp_path: Path, value: float):
    y = TUNE.copy()
    y[1234] = value

    assert refused(wav_of_floats(tmp_path / "x", y)).reason == "not_finite"


def test_integers_that_were_written_as_floats_are_refused(tmp_path: Path):
    assert refused(wav_of_floats(tmp_path / "x", 32_768 * TUNE)).reason == "out_of_range"


@pytest.mark.parametrize("samples", [0, 1, 100, RATE - 10])
def test_a_sample_is_no_recording(tmp_path: Path, samples: int):
    assert refused(write(tmp_path / "x", TUNE[:samples])).reason == "too_short"


def test_ten_hours_are_refused_without_being_read(tmp_path: Path):
    error = refused(wav_that_claims(tmp_path / "x", 36_000))

    assert error.reason == "too_long"
    assert "600 minutes" in error.detail


def test_a_huge_file_is_refused(tmp_path: Path):
    assert refused(write(tmp_path / "x", TUNE), limits=DecodeLimits(max_bytes=1000)).reason == "too_large"


def test_what_is_no_file_is_never_opened(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path / "pipe", tmp_path, tmp_path / "nothing", Path("/dev/zero")):
        assert refused(path).reason == "not_a_file"


@pytest.mark.parametrize(("rate", "channels", "said"), [(1000, 1, "1,000 samples"), (RATE, 20, "20 channels")])
def test_strange_rates_and_channels_are_refused(tmp_path: Path, rate: int, channels: int, said: str):
    y = np.zeros((2 * rate, channels), dtype=np.float32)
    error = refused(write(tmp_path / "x", y, rate=rate))

    assert error.reason == "unsupported"
    assert said in error.detail
