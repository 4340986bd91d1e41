"""What a musician would write down about a recording: key, tempo, beats, chords, melody, sections.

Belongs here: the order in which the parts are asked, and the whole that they make. Each part is a module of its own.
"""

from dataclasses import dataclass

from recsys_assets.audio.harmony import Chord
from recsys_assets.audio.structure import Section
from recsys_assets.audio.transform import Array


@dataclass(frozen=True)
class MusicAnalysis:
    """The musical content of a recording. What could not be told is None, or empty, with confidence 0.

    Attributes:
        key_pitch_class: tonic, 0 (C) to 11 (B).
        is_major: mode, if there is a key.
        key_confidence: 0…1.
        tempo_bpm: beats a minute.
        tempo_confidence: 0…1.
        beat_times_s: (n_beats,) ascending.
        downbeat_times_s: those beats that begin a bar.
        beats_per_bar: 3 or 4.
        chords: from 0 to the end without gaps; neighbours differ.
        reduced_chords: roman numerals in the key (``I``, ``vi``, ``bVII``), no-chord left out, repeats folded.
        pitch_hz: (n,) predominant pitch ten times a second or so, NaN where there is none.
        pitch_rate_hz: values of ``pitch_hz`` a second.
        pitch_median_hz: median of the contour.
        pitch_range_semitones: from its 5th to its 95th percentile.
        sections: from 0 to the end without gaps.
    """

    key_pitch_class: int | None
    is_major: bool | None
    key_confidence: float
    tempo_bpm: float | None
    tempo_confidence: float
    beat_times_s: Array
    downbeat_times_s: Array
    beats_per_bar: int | None
    chords: tuple[Chord, ...]
    reduced_chords: tuple[str, ...]
    pitch_hz: Array
    pitch_rate_hz: float
    pitch_median_hz: float | None
    pitch_range_semitones: float | None
    sections: tuple[Section, ...]
