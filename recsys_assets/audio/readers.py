"""Blocks of samples out of a container that was checked: soundfile for wav, flac, ogg and mp3, av for m4a.

The only home of ``soundfile`` and ``av`` for reading. What may be read, and how much, is ``decode``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from recsys_assets.audio.containers import Container
from recsys_assets.audio.refusal import UnusableRecordingError

BLOCK_S = 10
# Streams of unknown length state a number near 2⁶³.
_UNKNOWN_FRAMES = 1 << 48


@dataclass(frozen=True)
class Stream:
    """An opened recording.

    Attributes:
        rate_hz: samples per second of each channel.
        n_channels: how many channels.
        n_frames: samples of each channel as the file states them; None where it does not.
        handle: what the library opened.
    """

    rate_hz: int
    n_channels: int
    n_frames: int | None
    handle: Any

    def blocks(self, start: int, count: int | None) -> Iterator[NDArray[np.float32]]:
        """Yield float32 blocks of shape (n, n_channels) from frame ``start`` on, at most ``count`` frames in all.

        Raises:
            UnusableRecordingError: ``broken_sound``: the decoder gave up.
        """
        is_sound_file = hasattr(self.handle, "read")
        found = _sound_file_blocks(self, start) if is_sound_file else _av_blocks(self.handle, start)
        left = count
        for block in found:
            taken = block if left is None else block[:left]
            yield taken
            if left is not None:
                left -= len(taken)
                if left <= 0:
                    return


def open_stream(file: BinaryIO, container: Container) -> Stream:
    """Open a checked file.

    Raises:
        UnusableRecordingError: ``not_audio`` or ``broken_sound``: the decoder does not know what is inside.
    """
    file.seek(0)
    return _open_av(file) if container is Container.M4A else _open_sound_file(file, container)


def _broken(error: Exception) -> UnusableRecordingError:
    said = " ".join(str(error).split())[:200]
    return UnusableRecordingError("broken_sound", f"the decoder can not read the sound ({said}): export the file anew")


def _open_sound_file(file: BinaryIO, container: Container) -> Stream:
    import soundfile

    try:
        # By the descriptor: the decoder reads the file that was checked, whatever the name leads to by now.
        sound = soundfile.SoundFile(file.fileno(), closefd=False)
    except (soundfile.LibsndfileError, RuntimeError, TypeError) as error:
        raise _broken(error) from error
    known = sound.frames if 0 <= sound.frames < _UNKNOWN_FRAMES else None
    # A FLAC stream of unknown length states none.
    known = None if known == 0 and container is Container.FLAC else known
    return Stream(sound.samplerate, sound.channels, known, sound)


def _sound_file_blocks(stream: Stream, start: int) -> Iterator[NDArray[np.float32]]:
    import soundfile

    try:
        if start:
            stream.handle.seek(start)
        while True:
            block = stream.handle.read(stream.rate_hz * BLOCK_S, dtype="float32", always_2d=True)
            if not len(block):
                return
            yield block
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise _broken(error) from error


@dataclass
class _AvHandle:
    container: Any
    stream: Any


def _open_av(file: BinaryIO) -> Stream:
    import av
    import av.error

    try:
        # Named format and no path: of FFmpeg's demuxers some open other files or addresses that a file names.
        container = av.open(file, mode="r", format="mp4")
        streams = container.streams.audio
    except (av.error.FFmpegError, ValueError) as error:
        raise _broken(error) from error
    if not streams:
        raise UnusableRecordingError("not_audio", "the mp4 file holds no sound: send the recording itself")
    stream = streams[0]
    rate, seconds = stream.rate or 0, stream.duration
    n_frames = round(float(seconds * stream.time_base) * rate) if seconds and stream.time_base else None
    return Stream(rate, stream.channels or 0, n_frames, _AvHandle(container, stream))


def _av_blocks(handle: _AvHandle, start: int) -> Iterator[NDArray[np.float32]]:
    import av
    import av.error

    rate, layout = handle.stream.rate, handle.stream.layout.name
    resampler = av.AudioResampler(format="flt", layout=layout, rate=rate)
    kept: list[NDArray[np.float32]] = []
    skip, held = start, 0
    try:
        for frame in handle.container.decode(handle.stream):
            for part in resampler.resample(frame):
                samples = part.to_ndarray().astype(np.float32, copy=False).reshape(part.samples, -1)[skip:]
                skip = max(skip - part.samples, 0)
                kept.append(samples)
                held += len(samples)
            if held >= rate * BLOCK_S:
                yield np.concatenate(kept)
                kept, held = [], 0
    except av.error.FFmpegError as error:
        raise _broken(error) from error
    if held:
        yield np.concatenate(kept)
