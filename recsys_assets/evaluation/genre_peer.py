"""The naive peer of the genre protocol: 87 plain statistics by librosa's own calls, for a support vector machine.

Belongs here: what somebody would write in an afternoon. Mean and deviation of 20 MFCC (40), 12 chroma (24), 7 bands of spectral
contrast (14), centroid, bandwidth, rolloff and zero crossings (8), and the tempo (1).
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

N_STATISTICS = 87


def plain_statistics(path: Path, excerpt_s: float) -> NDArray[np.float64]:
    """Return the 87 statistics of the beginning of a recording, decoded as ours is.

    Raises:
        UnusableRecordingError: the file can not be used.
    """
    import librosa

    from recsys_assets.audio.decode import decode

    recording = decode(path, length_s=excerpt_s)
    rate, y = recording.sample_rate_hz, recording.y
    magnitude = np.abs(librosa.stft(y))
    mel = librosa.power_to_db(librosa.feature.melspectrogram(S=magnitude**2, sr=rate))
    series = [
        librosa.feature.mfcc(S=mel, n_mfcc=20),
        librosa.feature.chroma_stft(S=magnitude**2, sr=rate),
        librosa.feature.spectral_contrast(S=magnitude, sr=rate),
        librosa.feature.spectral_centroid(S=magnitude, sr=rate),
        librosa.feature.spectral_bandwidth(S=magnitude, sr=rate),
        librosa.feature.spectral_rolloff(S=magnitude, sr=rate),
        librosa.feature.zero_crossing_rate(y),
    ]
    tempo = np.atleast_1d(librosa.feature.tempo(onset_envelope=librosa.onset.onset_strength(S=mel, sr=rate), sr=rate))
    rows = [each for of in series for each in (of.mean(axis=1), of.std(axis=1))]
    return np.concatenate([*rows, tempo[:1]]).astype(np.float64)
