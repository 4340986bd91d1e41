"""The whole analysis of one recording: decode, transform once, ask everybody, keep the result as one value.

Belongs here: the order, the parameters and the version. Nothing here knows of storage; many files at once is ``batch``.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from recsys_assets.audio.decode import DecodeLimits, decode
from recsys_assets.audio.descriptors import Descriptors, describe
from recsys_assets.audio.fingerprint import audio_fingerprint
from recsys_assets.audio.log_mel import encode_log_mel
from recsys_assets.audio.music import MusicAnalysis, MusicParams, analyse_music
from recsys_assets.audio.recording import Recording
from recsys_assets.audio.transform import TransformParams, transform

# Raised with whatever changes a stored value: rows of another version are made again.
ANALYSIS_VERSION = 3


class AnalysisParams(DecodeLimits, frozen=True, extra="forbid"):
    """What decides the analysis; stored with each result."""

    excerpt_s: float = Field(
        default=120.0, ge=1, le=1500, description="How much of a recording is analysed, from its beginning, s."
    )


@dataclass(frozen=True)
class TrackAnalysis:
    """What was found out about one recording.

    Attributes:
        content_sha256: of the file's bytes.
        duration_s: of the whole file; ``excerpt_s`` of the part that was analysed.
        music: key, tempo, beats, chords, melody, sections.
        descriptors: the vector, loudness and character.
        log_mel: see ``log_mel``.
        audio_fingerprint: see ``fingerprint``.
        params: what it was made with, JSON.
        analysis_version: of the code that made it.
    """

    content_sha256: str
    duration_s: float
    excerpt_s: float
    source_rate_hz: int
    n_channels: int
    music: MusicAnalysis
    descriptors: Descriptors
    log_mel: bytes
    audio_fingerprint: bytes
    params: str
    analysis_version: int = ANALYSIS_VERSION


def analyse_file(path: Path, params: AnalysisParams | None = None) -> TrackAnalysis:
    """Analyse the beginning of a recording in this process; ``safely`` does so with limits of time and memory.

    Raises:
        UnusableRecordingError: the file can not be used; see ``decode``.
    """
    params = params or AnalysisParams()
    return analyse(decode(path, limits=params, length_s=params.excerpt_s), params)


def analyse(recording: Recording, params: AnalysisParams | None = None) -> TrackAnalysis:
    """Analyse samples that are decoded; of more than ``excerpt_s`` the rest is left."""
    params = params or AnalysisParams()
    y = recording.y[: round(params.excerpt_s * recording.sample_rate_hz)]
    spectra = transform(y, recording.sample_rate_hz, _TRANSFORM)
    music = analyse_music(spectra)
    return TrackAnalysis(
        content_sha256=recording.content_sha256,
        duration_s=recording.duration_s,
        excerpt_s=len(y) / recording.sample_rate_hz,
        source_rate_hz=recording.source_rate_hz,
        n_channels=recording.n_channels,
        music=music,
        descriptors=describe(recording, spectra, music),
        log_mel=encode_log_mel(spectra),
        audio_fingerprint=audio_fingerprint(spectra),
        params=params_json(params),
    )


# Log-mel bytes and fingerprints of two tracks compare only if their frames are the same.
_TRANSFORM = TransformParams()


def params_json(params: AnalysisParams) -> str:
    """Write everything that decides the result; keys are sorted, so equal parameters are equal text."""
    parts = {"analysis": params, "transform": _TRANSFORM, "music": MusicParams()}
    return json.dumps({name: part.model_dump() for name, part in parts.items()}, sort_keys=True)
