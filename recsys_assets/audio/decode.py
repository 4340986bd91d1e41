"""A recording to mono samples at the working rate, its loudness measured on the way. Files are hostile until checked.

Belongs here: limits, and what becomes of a file that breaks them. What a file is says ``containers``, the libraries that
read it are in ``readers``, a decoder that hangs or eats memory is ended by ``safely``. Nothing is ever read beyond
the excerpt that was asked for, and no more than a block of ten seconds is held at the file's own rate.
"""

import hashlib
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from recsys_assets.audio.containers import inspect_container
from recsys_assets.audio.loudness import Loudness, LoudnessMeter
from recsys_assets.audio.readers import Stream, open_stream
from recsys_assets.audio.recording import WORKING_RATE_HZ, Recording
from recsys_assets.audio.refusal import UnusableRecordingError
from recsys_assets.audio.stereo import StereoMeter

_HASH_BYTES = 1 << 20
# Channels that cancel each other leave less than this share of their energy in the middle.
_CANCELLED_SHARE = 1e-3


class DecodeLimits(BaseModel, frozen=True, extra="forbid"):
    """What a file may be. Beyond it the file is refused with a reason."""

    max_bytes: int = Field(default=1 << 30, ge=1, description="Largest file; an hour of 24-bit stereo is 0.9 GB.")
    max_tag_bytes: int = Field(default=32 << 20, ge=0, description="Most bytes of tags and pictures in a file.")
    min_duration_s: float = Field(default=1.0, gt=0, description="Shortest recording that says anything.")
    max_duration_s: float = Field(default=7200.0, gt=0, description="Longest recording, s; a track is not a broadcast.")
    min_rate_hz: int = Field(default=4000, ge=1, description="Lowest sample rate: telephones have 8,000.")
    max_rate_hz: int = Field(default=384_000, ge=1, description="Highest sample rate.")
    max_channels: int = Field(default=16, ge=1, description="Most channels: 9.1.6 has 16.")
    max_peak: float = Field(default=16.0, ge=1, description="Largest sample of a float file; full scale is 1.")


def decode(
    path: Path, *, limits: DecodeLimits | None = None, start_s: float = 0.0, length_s: float | None = None
) -> Recording:
    """Read an excerpt of a recording as mono at 22,050 Hz.

    Channels are averaged; where they cancel each other (one inverted) the first alone is taken. Samples beyond full scale
    count for the loudness and are cut to [-1, 1] in the result.

    Args:
        path: the file; its content decides what it is, not its name.
        limits: what is refused; None: the usual.
        start_s: where the excerpt begins, s.
        length_s: at most this long; None: up to the end.

    Raises:
        UnusableRecordingError: one reason of ``not_a_file``, ``empty_file``, ``too_large``, ``not_audio``, ``tag_bomb``,
            ``truncated``, ``broken_sound``, ``unsupported``, ``too_short``, ``too_long``, ``not_finite``, ``out_of_range``.
    """
    limits = limits or DecodeLimits()
    # Not a pipe or a device: opening one would wait for ever.
    if not stat.S_ISREG(_status(path)):
        raise UnusableRecordingError("not_a_file", "expected a regular file")
    try:
        # Unbuffered: decoders read the descriptor, whose position a buffer would run ahead of.
        with path.open("rb", buffering=0) as file:
            digest = content_hash(file, max_bytes=limits.max_bytes)
            container = inspect_container(file, max_tag_bytes=limits.max_tag_bytes)
            stream = open_stream(file, container)
            _require_supported(stream, limits)
            found = _read(stream, limits, start_s, length_s, _mean)
            if found.is_cancelled:
                found = _read(open_stream(file, container), limits, start_s, length_s, _first)
    except OSError as error:
        raise UnusableRecordingError("not_a_file", f"the file can not be read ({error.strerror})") from error
    if len(found.y) < min(limits.min_duration_s, length_s or np.inf) * WORKING_RATE_HZ - 1:
        raise UnusableRecordingError(
            "too_short", f"found {len(found.y) / WORKING_RATE_HZ:.2f} s of sound, expected {limits.min_duration_s:g} s"
        )
    return Recording(
        y=np.clip(found.y, -1, 1),
        duration_s=found.duration_s,
        start_s=start_s,
        source_rate_hz=stream.rate_hz,
        n_channels=stream.n_channels,
        stereo_width=found.stereo_width,
        loudness=found.loudness,
        content_sha256=digest,
    )


def content_hash(file: BinaryIO, *, max_bytes: int) -> str:
    """Return the SHA-256 of a file in hexadecimal.

    Raises:
        UnusableRecordingError: ``too_large``.
    """
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(_HASH_BYTES):
        size += len(chunk)
        if size > max_bytes:
            raise UnusableRecordingError("too_large", f"the file has more than {max_bytes:,} bytes, the most allowed")
        digest.update(chunk)
    return digest.hexdigest()


def _status(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError as error:
        raise UnusableRecordingError("not_a_file", f"the file can not be read ({error.strerror})") from error


def _require_supported(stream: Stream, limits: DecodeLimits) -> None:
    if not limits.min_rate_hz <= stream.rate_hz <= limits.max_rate_hz:
        raise UnusableRecordingError(
            "unsupported",
            f"found {stream.rate_hz:,} samples a second, expected {limits.min_rate_hz:,} to {limits.max_rate_hz:,}",
        )
    if not 1 <= stream.n_channels <= limits.max_channels:
        raise UnusableRecordingError(
            "unsupported", f"found {stream.n_channels} channels, expected 1 to {limits.max_channels}"
        )
    if stream.n_frames is not None:
        _require_not_long(stream.n_frames / stream.rate_hz, limits)


def _require_not_long(seconds: float, limits: DecodeLimits) -> None:
    if seconds > limits.max_duration_s:
        raise UnusableRecordingError(
            "too_long", f"found {seconds / 60:,.0f} minutes, expected at most {limits.max_duration_s / 60:,.0f}"
        )


@dataclass(frozen=True)
class _Read:
    """What was read of one stream."""

    y: NDArray[np.float32]
    loudness: Loudness
    stereo_width: tuple[float, ...]
    duration_s: float
    is_cancelled: bool


def _mean(block: NDArray[np.float32]) -> NDArray[np.float32]:
    return block.mean(axis=1)


def _first(block: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.ascontiguousarray(block[:, 0])


def _read(
    stream: Stream,
    limits: DecodeLimits,
    start_s: float,
    length_s: float | None,
    mix: Callable[[NDArray[np.float32]], NDArray[np.float32]],
) -> _Read:
    import soxr

    rate = stream.rate_hz
    start = round(start_s * rate)
    wanted = None if length_s is None else max(round(length_s * rate), 1)
    longest = int(limits.max_duration_s * rate)
    meter, stereo = LoudnessMeter(rate, stream.n_channels), StereoMeter(rate, stream.n_channels)
    resampler = soxr.ResampleStream(rate, WORKING_RATE_HZ, 1, dtype="float32") if rate != WORKING_RATE_HZ else None
    parts: list[NDArray[np.float32]] = []
    seen, energy, mixed_energy = 0, 0.0, 0.0
    for block in stream.blocks(start, wanted):
        _require_sane(block, limits)
        mono = mix(block)
        meter.feed(block)
        stereo.feed(block)
        energy += float(np.square(block).sum()) / stream.n_channels
        mixed_energy += float(np.square(mono).sum())
        parts.append(resampler.resample_chunk(mono) if resampler else mono)
        seen += len(block)
        _require_not_long((start + seen) / rate, limits)
    if resampler:
        parts.append(resampler.resample_chunk(np.zeros(0, dtype=np.float32), last=True))
    expected = None if stream.n_frames is None else max(min(stream.n_frames - start, wanted or longest), 0)
    _require_whole(seen, expected, rate)
    y = np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)
    is_to_the_end = expected is None or wanted is None or seen < wanted
    duration_s = (start + seen if is_to_the_end or stream.n_frames is None else stream.n_frames) / rate
    is_cancelled = mix is _mean and stream.n_channels > 1 and mixed_energy < _CANCELLED_SHARE * energy
    return _Read(y, meter.result(), stereo.width(), duration_s, is_cancelled)


def _require_sane(block: NDArray[np.float32], limits: DecodeLimits) -> None:
    peak = float(np.abs(block).max(initial=0.0))
    if not np.isfinite(peak):
        raise UnusableRecordingError("not_finite", "some samples are not numbers or infinite: export the file anew")
    if peak > limits.max_peak:
        raise UnusableRecordingError(
            "out_of_range", f"found a sample of {peak:,.4g}, full scale is 1: export the file in the range -1 to 1"
        )


def _require_whole(seen: int, expected: int | None, rate: int) -> None:
    # The length of an mp3 is an estimate by frames, which its encoder's padding misses by 0.15 s.
    if expected is not None and seen < expected - rate // 2:
        raise UnusableRecordingError(
            "truncated",
            f"the file states {expected / rate:,.1f} s and {seen / rate:,.1f} s are there: send it again, whole",
        )
