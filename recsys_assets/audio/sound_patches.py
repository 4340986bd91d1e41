"""Log-mel patches for the spectrogram model: stored bytes to pieces of one length.

Belongs here: cutting and repeating in time. How a log-mel is made and stored is ``log_mel``; what is learned from patches,
``sound_network``.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recsys_assets.audio.log_mel import N_MELS, read_log_mel


def fill(log_mel: NDArray[np.uint8], n_frames: int) -> NDArray[np.uint8]:
    """Repeat a short log-mel until it has ``n_frames`` at least: what it sounds like does not change, silence would."""
    if log_mel.shape[1] >= n_frames:
        return log_mel
    return np.tile(log_mel, -(-n_frames // log_mel.shape[1]))[:, :n_frames]


def cut_evenly(log_mels: Sequence[bytes], *, n_frames: int, most: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Cut each track into patches that cover it evenly.

    Args:
        log_mels: stored, one per track.
        n_frames: of a patch.
        most: patches of one track; a longer one is sampled.

    Returns:
        Patches (n_patches, 64, n_frames) and, for each, the row of its track, ascending.
    """
    patches, owners = [], []
    for row, stored in enumerate(log_mels):
        log_mel = fill(read_log_mel(stored), n_frames)
        spare = log_mel.shape[1] - n_frames
        n = min(most, 1 + -(-spare // n_frames))
        starts = np.linspace(0, spare, n).round().astype(np.int64) if n > 1 else [spare // 2]
        patches += [log_mel[:, start : start + n_frames] for start in starts]
        owners += [row] * n
    stacked = np.stack(patches) if patches else np.empty((0, N_MELS, n_frames), dtype=np.uint8)
    return stacked, np.array(owners, dtype=np.int64)


def cut_at_random(log_mels: Sequence[bytes], *, n_frames: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Cut one patch out of each track at a random place: shape (n_tracks, 64, n_frames)."""
    patches = np.empty((len(log_mels), N_MELS, n_frames), dtype=np.uint8)
    for row, (stored, place) in enumerate(zip(log_mels, rng.random(len(log_mels)), strict=True)):
        log_mel = fill(read_log_mel(stored), n_frames)
        start = int(place * (log_mel.shape[1] - n_frames + 1))
        patches[row] = log_mel[:, start : start + n_frames]
    return patches
