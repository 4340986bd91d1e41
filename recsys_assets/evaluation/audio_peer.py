"""The naive peer of the audio protocol: librosa's own calls, one by one, with their defaults.

Belongs here: what somebody would write in an afternoon, so that ours has something to beat in the same run.
"""

from pathlib import Path

import numpy as np

from recsys_assets.core.errors import DataFaultError
from recsys_assets.evaluation.audio import Heard
from recsys_assets.evaluation.audio_manifest import ChordTruth, Key

# Krumhansl and Kessler's probe-tone ratings (1982).
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_ROOTS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
EXCERPT_S = 120.0


def listen_plainly(path: Path) -> Heard:
    """``beat_track``, CQT chroma with Krumhansl's profiles, and the nearest triad template in each frame.

    Raises:
        DataFaultError: librosa can not read the file.
    """
    import librosa
    import soundfile

    try:
        y, rate = librosa.load(path, sr=22_050, duration=EXCERPT_S)
    except (soundfile.LibsndfileError, EOFError, ValueError) as error:
        raise DataFaultError(f"{path.name} can not be read by librosa: leave it out of the manifest") from error
    tempo, beats = librosa.beat.beat_track(y=y, sr=rate, units="time")
    chroma = librosa.feature.chroma_cqt(y=y, sr=rate)
    seconds = len(y) / rate
    return Heard(
        excerpt_s=seconds,
        tempo_bpm=float(np.atleast_1d(tempo)[0]) or None,
        key=_key(chroma.sum(axis=1)),
        beat_times_s=np.asarray(beats, dtype=np.float64),
        chords=_chords(chroma, rate / 512, seconds),
    )


def _key(total: np.ndarray) -> Key | None:
    if not total.std() > 0:
        return None
    fits = [np.corrcoef(np.roll(profile, tonic), total)[0, 1] for profile in (_MAJOR, _MINOR) for tonic in range(12)]
    best = int(np.argmax(fits))
    return Key(best % 12, best < 12)


def _chords(chroma: np.ndarray, frame_rate_hz: float, seconds: float) -> ChordTruth:
    templates = np.zeros((24, 12))
    for root in range(12):
        templates[root, [(root + interval) % 12 for interval in (0, 4, 7)]] = 1
        templates[12 + root, [(root + interval) % 12 for interval in (0, 3, 7)]] = 1
    best = (templates @ chroma).argmax(axis=0)
    names = [f"{_ROOTS[at % 12]}:{'maj' if at < 12 else 'min'}" for at in best]
    starts = np.flatnonzero(np.r_[True, best[1:] != best[:-1]])
    times = np.minimum(np.r_[starts / frame_rate_hz, seconds], seconds)
    kept = np.diff(times) > 0
    return ChordTruth(np.c_[times[:-1], times[1:]][kept], tuple(names[at] for at in starts[kept]))
