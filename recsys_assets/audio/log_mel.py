"""The log-mel spectrogram that is kept of each track: what the spectrogram model and the pictures read.

Belongs here: its form as bytes. The mel bands themselves come from ``transform``.
"""

import numpy as np
from numpy.typing import NDArray

from recsys_assets.audio.recording import WORKING_RATE_HZ
from recsys_assets.audio.transform import Spectra
from recsys_assets.core.errors import DataFaultError

N_MELS = 64
HOP_LENGTH = 1024
FRAMES_PER_S = WORKING_RATE_HZ / HOP_LENGTH
MAX_FRAMES = int(30 * FRAMES_PER_S)
# Below this, relative to the loudest band and moment of the excerpt, everything is 0.
FLOOR_DB = -80.0


def encode_log_mel(spectra: Spectra) -> bytes:
    """Pack the mel bands of an excerpt into one byte a value.

    Pairs of frames are averaged in power (21.5 frames a second); of more than 30 s the middle is kept. The values are decibels
    below the kept part's own maximum, 0 for -80 dB and 255 for 0 dB: how loud a track was mastered says nothing of what it is.

    Returns:
        ``N_MELS`` times n_frames bytes in C order, bands ascending, n_frames >= 1; all zero for silence.
    """
    per = HOP_LENGTH // spectra.hop_length
    mel = spectra.mel
    padded = np.pad(mel, ((0, 0), (0, -mel.shape[1] % per)), mode="edge")
    power = padded.reshape(len(mel), -1, per).mean(axis=2)
    cut = max(power.shape[1] - MAX_FRAMES, 0) // 2
    power = power[:, cut : cut + MAX_FRAMES]
    top = power.max(initial=0.0)
    if top <= 0:
        return bytes(power.size)
    decibels = 10 * np.log10(np.maximum(power / top, 10 ** (FLOOR_DB / 10)))
    return np.rint((1 - decibels / FLOOR_DB) * 255).astype(np.uint8).tobytes()


def read_log_mel(stored: bytes) -> NDArray[np.uint8]:
    """Read a stored log-mel as it is: uint8 of shape (``N_MELS``, n_frames), 0 = -80 dB, 255 = 0 dB.

    Raises:
        DataFaultError: it is empty, or its length is no whole number of frames.
    """
    if not stored or len(stored) % N_MELS:
        raise DataFaultError(
            f"a stored log-mel has {len(stored):,} bytes, expected a positive multiple of {N_MELS}: analyse the recording again"
        )
    return np.frombuffer(stored, dtype=np.uint8).reshape(N_MELS, -1)
