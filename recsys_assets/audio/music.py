"""What a musician would write down about a recording: key, tempo, beats, chords, melody, sections.

Belongs here: the order in which the parts are asked, and the whole that they make. Each part is a module of its own.
"""

from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, Field

from recsys_assets.audio.beats import NO_BEATS, BeatParams, Beats, accents_at, find_bars, track_beats
from recsys_assets.audio.harmony import Chord, HarmonyParams, chord_seconds, find_chords, reduce_chords
from recsys_assets.audio.melody import MelodyParams, find_melody
from recsys_assets.audio.notes import NoteParams, estimate_tuning, note_activations
from recsys_assets.audio.rhythm import NO_TEMPO, RhythmParams, Tempo, estimate_tempo, onset_strength
from recsys_assets.audio.structure import Section, StructureParams, find_sections
from recsys_assets.audio.tonality import Chroma, TonalityParams, chroma_of, estimate_key, normalised
from recsys_assets.audio.transform import Array, Spectra, Values


class MusicParams(BaseModel, frozen=True):
    """All parameters of the parts: what decides the result, to be stored with it."""

    rhythm: RhythmParams = Field(default_factory=RhythmParams)
    beats: BeatParams = Field(default_factory=BeatParams)
    notes: NoteParams = Field(default_factory=NoteParams)
    tonality: TonalityParams = Field(default_factory=TonalityParams)
    harmony: HarmonyParams = Field(default_factory=HarmonyParams)
    melody: MelodyParams = Field(default_factory=MelodyParams)
    structure: StructureParams = Field(default_factory=StructureParams)


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
        tuning_semitones: how far the notes lie from A4 = 440 Hz, -0.5…0.5.
        pitch_classes: (12,) share of each pitch class, C first, summing to 1; zeros for silence.
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
    tuning_semitones: float
    pitch_classes: Array


def analyse_music(spectra: Spectra, params: MusicParams | None = None) -> MusicAnalysis:
    """Analyse a recording from its spectra.

    Any spectra will do: silence, noise, one frame. The same spectra give the same analysis, and gain changes nothing.
    """
    params = params or MusicParams()
    tuning = estimate_tuning(spectra)
    notes = note_activations(spectra, tuning, params.notes)
    chroma = chroma_of(notes, spectra.params, params.tonality)
    tempo, beats = analyse_rhythm(spectra, chroma, params)
    chords = find_chords(
        chroma,
        spectra.log_frequency.sum(axis=0),
        beats.times_s,
        spectra.tonal_frame_rate_hz,
        spectra.duration_s,
        params=params.harmony,
        tonality=params.tonality,
    )
    key = estimate_key(chroma, chord_seconds(chords), params.tonality)
    melody = find_melody(spectra, notes, tuning, params.melody)
    total = normalised(chroma.treble, params.tonality).sum(axis=1)
    return MusicAnalysis(
        key_pitch_class=key.pitch_class,
        is_major=key.is_major,
        key_confidence=key.confidence,
        tempo_bpm=tempo.bpm,
        tempo_confidence=tempo.confidence,
        beat_times_s=beats.times_s,
        downbeat_times_s=beats.downbeat_times_s,
        beats_per_bar=beats.beats_per_bar,
        chords=chords,
        reduced_chords=reduce_chords(chords, key.pitch_class, is_major=key.is_major),
        pitch_hz=melody.pitch_hz,
        pitch_rate_hz=melody.rate_hz,
        pitch_median_hz=melody.median_hz,
        pitch_range_semitones=melody.range_semitones,
        sections=find_sections(spectra, normalised(chroma.treble, params.tonality), beats.times_s, params.structure),
        tuning_semitones=tuning,
        pitch_classes=np.asarray(total / max(float(total.sum()), 1e-9), dtype=np.float32),
    )


def analyse_rhythm(spectra: Spectra, chroma: Chroma, params: MusicParams) -> tuple[Tempo, Beats]:
    """Find tempo, beats and bars; none of them where no beat is heard."""
    onsets = onset_strength(spectra, params.rhythm)
    tempo = estimate_tempo(onsets, spectra.frame_rate_hz, params.rhythm)
    if tempo.bpm is None:
        return NO_TEMPO, NO_BEATS
    frames = track_beats(onsets, spectra.frame_rate_hz, tempo.bpm, params.beats)
    if len(frames) < 2:
        return NO_TEMPO, NO_BEATS
    times = np.clip(frames / spectra.frame_rate_hz + params.beats.lag_s, 0, spectra.duration_s).astype(np.float32)
    changes = _harmonic_changes(chroma, times * spectra.tonal_frame_rate_hz, params.tonality)
    per_bar, first = find_bars(accents_at(frames, onsets, changes, params.beats), params.beats)
    return tempo, Beats(times, times[first::per_bar] if per_bar else times[:0], per_bar)


def _harmonic_changes(chroma: Chroma, beat_frames: Values, params: TonalityParams) -> Values:
    """How far the pitch classes of the beat that begins are from those of the beat before: (n_beats,), 0…2; 0 for the first."""
    frames = np.vstack([normalised(chroma.treble, params), normalised(chroma.bass, params)])
    edges = np.clip(np.ceil(beat_frames).astype(int), 0, frames.shape[1] - 1)
    spans = np.add.reduceat(frames, edges, axis=1) if len(edges) else frames[:, :0]
    spans = spans / np.maximum(np.linalg.norm(spans, axis=0), 1e-9)
    change = 1 - (spans[:, 1:] * spans[:, :-1]).sum(axis=0)
    return np.r_[np.float32(0), change]
