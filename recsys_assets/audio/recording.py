"""A decoded excerpt: the value that everything after ``decode`` works on."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recsys_assets.audio.loudness import Loudness
from recsys_assets.audio.stereo import EDGES_HZ, FLOOR

WORKING_RATE_HZ = 22_050


@dataclass(frozen=True)
class Recording:
    """An excerpt of a recording.

    Attributes:
        y: mono samples at ``sample_rate_hz``, shape (n,), float32 in [-1, 1].
        duration_s: of the whole file, s.
        start_s: where in the file the excerpt begins, s.
        source_rate_hz: sample rate of the file.
        n_channels: channels of the file.
        stereo_width: see ``stereo``.
        loudness: of the excerpt, measured in all channels at the file's own rate.
        content_sha256: of the file's bytes, hexadecimal; empty for samples that came from no file.
        sample_rate_hz: of ``y``, always the working rate.
    """

    y: NDArray[np.float32]
    duration_s: float
    start_s: float = 0.0
    source_rate_hz: int = WORKING_RATE_HZ
    n_channels: int = 1
    stereo_width: tuple[float, ...] = (FLOOR,) * (len(EDGES_HZ) - 1)
    loudness: Loudness = field(default_factory=Loudness)
    content_sha256: str = ""
    sample_rate_hz: int = WORKING_RATE_HZ

    @classmethod
    def of_samples(cls, y: NDArray[np.float32]) -> "Recording":
        """Wrap mono samples at the working rate, shape (n,), in [-1, 1]."""
        from recsys_assets.audio.loudness import LoudnessMeter

        samples = np.ascontiguousarray(y, dtype=np.float32)
        meter = LoudnessMeter(WORKING_RATE_HZ, 1)
        meter.feed(samples[:, None])
        return cls(samples, len(samples) / WORKING_RATE_HZ, loudness=meter.result())
