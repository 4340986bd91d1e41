"""The one vector of a track: what the ridge model, genre and neighbours read; and the named scalars of the table.

Belongs here: which blocks make the vector, and its order. The blocks are in ``timbre`` (sound), ``character`` (impression)
and here (music). Any change to a block changes ``analyse.ANALYSIS_VERSION``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from recsys_assets.audio import timbre
from recsys_assets.audio.character import Character, characterise, pulse_clarity
from recsys_assets.audio.frames import Frames
from recsys_assets.audio.loudness import Loudness
from recsys_assets.audio.music import MusicAnalysis, analyse_music
from recsys_assets.audio.recording import WORKING_RATE_HZ, Recording
from recsys_assets.audio.transform import Array, Spectra, transform

_SILENT_LUFS = -70.0


@dataclass(frozen=True)
class Descriptors:
    """What is known of one track beyond its music.

    Attributes:
        vector: float32, one value per name of ``descriptor_names``, finite.
        loudness: of the excerpt.
        character: seven impressions from 0 to 1.
    """

    vector: Array
    loudness: Loudness
    character: Character


def describe(recording: Recording, spectra: Spectra, music: MusicAnalysis) -> Descriptors:
    """Measure a recording.

    Args:
        recording: at least a frame long.
        spectra: of its samples.
        music: of the same spectra.
    """
    frames = Frames(spectra)
    character = characterise(frames, recording.loudness, music)
    groups = _groups(frames, recording, music, character)
    values = [value for group in groups.values() for value in group.values()]
    return Descriptors(np.array(values, dtype=np.float32), recording.loudness, character)


@cache
def descriptor_names() -> tuple[str, ...]:
    """Name the values of the vector in their order."""
    return tuple(name for names in descriptor_groups().values() for name in names)


@cache
def descriptor_groups() -> Mapping[str, tuple[str, ...]]:
    """Name the groups that make the vector, in their order, and the values of each."""
    silence = Recording(np.zeros(WORKING_RATE_HZ, dtype=np.float32), 1.0)
    spectra = transform(silence.y, WORKING_RATE_HZ)
    frames, music = Frames(spectra), analyse_music(spectra)
    groups = _groups(frames, silence, music, characterise(frames, silence.loudness, music))
    return {group: tuple(values) for group, values in groups.items()}


def _groups(
    frames: Frames, recording: Recording, music: MusicAnalysis, character: Character
) -> dict[str, Mapping[str, float]]:
    return {
        **timbre.mfcc_statistics(frames),
        **timbre.contrast_statistics(frames),
        "shape": timbre.shape_statistics(frames),
        "level": timbre.level_statistics(frames),
        "onset": timbre.onset_statistics(frames),
        "modulation": timbre.modulation_statistics(frames),
        "tempogram": timbre.tempogram_statistics(frames),
        **_tonal(frames.spectra),
        **_musical(frames, music),
        "loudness": _loud(recording.loudness),
        "stereo": {f"stereo_{n}": value for n, value in enumerate(recording.stereo_width, start=1)},
        "character": vars(character),
    }


def _loud(loudness: Loudness) -> Mapping[str, float]:
    lufs = _SILENT_LUFS if loudness.integrated_lufs is None else loudness.integrated_lufs
    peak = _SILENT_LUFS if loudness.true_peak_dbtp is None else loudness.true_peak_dbtp
    return {"loudness": lufs, "loudness_range": loudness.range_lu or 0.0, "crest": peak - lufs}


def _musical(frames: Frames, music: MusicAnalysis) -> dict[str, Mapping[str, float]]:
    """Tempo, metre, harmony and melody; what could not be told is 0 with a confidence of 0."""
    seconds = max(frames.spectra.duration_s, 1.0)
    named = [chord for chord in music.chords if chord.label != "N"]
    voiced = np.isfinite(music.pitch_hz)
    minor = sum(chord.end_s - chord.start_s for chord in named if chord.label.endswith("min"))
    return {
        "rhythm": {
            "tempo_octaves": float(np.log2(music.tempo_bpm / 120)) if music.tempo_bpm else 0.0,
            "tempo_confidence": music.tempo_confidence,
            "pulse_clarity": pulse_clarity(frames),
            "is_triple": float(music.beats_per_bar == 3),
        },
        "harmony": {
            "is_major": 0.0 if music.is_major is None else 2.0 * music.is_major - 1,
            "key_confidence": music.key_confidence,
            "chords_per_s": len(named) / seconds,
            "chord_share": sum(chord.end_s - chord.start_s for chord in named) / seconds,
            "minor_share": minor / seconds,
            "different_chords": float(len({chord.label for chord in named})),
        },
        "melody": {
            "voiced_share": float(voiced.mean()) if len(voiced) else 0.0,
            "pitch_octaves": float(np.log2(music.pitch_median_hz / 220)) if music.pitch_median_hz else 0.0,
            "pitch_range": music.pitch_range_semitones or 0.0,
        },
    }


def _tonal(spectra: Spectra) -> dict[str, Mapping[str, float]]:
    """How tonal it is, whatever the key: sharpness of pitch classes, their intervals, how fast they change, and registers.

    The magnitudes of the Fourier transform of the mean pitch-class profile do not depend on transposition (Amiot 2016): the
    fifth of them is diatonicity, the third triads of equal steps. Means and deviations of the pitch classes are sorted for
    the same reason.
    """
    per = spectra.params.bins_per_semitone
    semitones = spectra.log_frequency.reshape(-1, per, spectra.log_frequency.shape[1]).max(axis=1)
    octaves = len(semitones) // 12
    by_octave = semitones[: octaves * 12].reshape(octaves, 12, -1)
    chroma = np.sqrt(by_octave.sum(axis=0))
    chroma = chroma / np.maximum(chroma.sum(axis=0), 1e-6)
    profile = chroma.mean(axis=1)
    intervals = np.abs(np.fft.rfft(profile))[1:7] / max(profile.sum(), 1e-6)
    spread = -(chroma * np.log(np.maximum(chroma, 1e-6))).sum(axis=0).mean()
    moved = np.abs(np.diff(chroma, axis=1)).sum(axis=0).mean() if chroma.shape[1] > 1 else 0.0
    register = by_octave.reshape(octaves, -1).sum(axis=1)
    shares = np.sqrt(register / max(register.sum(), 1e-6))
    power = np.square(by_octave).sum(axis=0)
    sharp = power / np.maximum(power.max(axis=0), 1e-9)
    return {
        "tonality": {f"interval_{n}": float(v) for n, v in enumerate(intervals, start=1)}
        | {"chroma_entropy": float(spread), "harmonic_change": float(moved)},
        "register": {f"register_{n}": float(v) for n, v in enumerate(shares, start=1)},
        "chroma": {f"chroma_mean_{n:02d}": float(v) for n, v in enumerate(np.sort(sharp.mean(axis=1)), start=1)}
        | {f"chroma_sd_{n:02d}": float(v) for n, v in enumerate(np.sort(sharp.std(axis=1)), start=1)},
    }
