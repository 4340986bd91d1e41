"""Recordings made up on the spot: a little music, and files as only the ill-willed write them."""

import io
import struct
from pathlib import Path

import numpy as np
import soundfile as sf

RATE = 22_050


def tune(seconds: float = 4.0, *, rate: int = RATE, seed: int = 0, gain: float = 0.5) -> np.ndarray:
    """Notes of a random melody with partials and a click on each beat, mono float32."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    y = np.zeros(len(time))
    for start in np.arange(0, seconds, 0.25):
        pitch, passed = 110 * 2 ** (rng.integers(0, 36) / 12), time - start
        envelope = np.where((passed >= 0) & (passed < 0.5), np.exp(-5 * np.maximum(passed, 0)), 0)
        partials = sum(np.sin(2 * np.pi * pitch * n * passed + rng.uniform(0, 6)) / n for n in range(1, 8))
        y += envelope * partials
    y += 0.1 * rng.normal(size=len(time)) * (np.mod(time, 0.5) < 0.02)
    return (gain * y / max(np.abs(y).max(), 1e-9)).astype(np.float32)


def write(path: Path, y: np.ndarray, *, rate: int = RATE, kind: str = "WAV", **options: object) -> Path:
    """Write samples; Vorbis in short pieces, because a long one overruns its writer's stack."""
    path.parent.mkdir(parents=True, exist_ok=True)
    subtype = {"WAV": "PCM_16", "FLAC": "PCM_16", "OGG": "VORBIS", "MP3": "MPEG_LAYER_III"}[kind]
    channels = y.shape[1] if y.ndim == 2 else 1
    chosen = {"subtype": subtype} | options
    # The name says nothing of the format.
    buffer = io.BytesIO()
    with sf.SoundFile(buffer, "w", rate, channels, format=kind, **chosen) as file:
        for start in range(0, len(y), 8192):
            file.write(y[start : start + 8192])
    path.write_bytes(buffer.getvalue())
    return path


def wav_of_floats(path: Path, y: np.ndarray) -> Path:
    return write(path, y, subtype="FLOAT")


def wav_that_claims(path: Path, seconds: int, *, rate: int = 8000) -> Path:
    """A header that promises hours, and a hole of that size: nothing is on the disk but the header."""
    size = seconds * rate * 2
    header = (
        b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, rate, rate * 2, 2, 16)
    )
    with path.open("wb") as file:
        file.write(header + b"data" + struct.pack("<I", size))
        file.truncate(44 + size)
    return path


def id3(size: int) -> bytes:
    """A tag of ``size`` bytes of picture."""
    packed = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\x00\x00" + packed + b"\0" * size
