"""The notes of a recording: chords by bar, a bass, a part of chords, a melody of a motif and its answer, and drums.

Belongs here: ``write_score``. How notes sound is ``sound_voices`` and ``sound_drums``. Chance comes from the song, so a
live or acoustic version plays the same notes; a live one plays them less exactly.
"""

from dataclasses import dataclass

import numpy as np

from recsys_assets.core.seeds import generator
from recsys_assets.demo.catalogue import LIVE
from recsys_assets.demo.sound_genres import GENRE_SOUNDS
from recsys_assets.demo.sound_patterns import BASS, CHORDS, DRUMS
from recsys_assets.demo.sound_traits import TrackSound

PITCH_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
LOOSE_S = 0.014
"""Standard deviation of the timing of a live version; the ear hears 10 ms, a beat tracker still follows 20."""

TIGHT_S = 0.002


@dataclass(frozen=True)
class Chord:
    """A chord: semitones of its root over the tonic (0 … 11), its tones over the root, from and to which beat."""

    root: int
    tones: tuple[int, ...]
    start_beat: int
    end_beat: int

    @property
    def is_minor(self) -> bool:
        """Whether its third is minor (a chord without a third counts as major)."""
        return 3 in self.tones


@dataclass(frozen=True)
class Notes:
    """Notes of one voice: float64 arrays of start (s), length (s), MIDI pitch and velocity (0 … 1)."""

    start_s: np.ndarray
    length_s: np.ndarray
    pitch: np.ndarray
    velocity: np.ndarray


@dataclass(frozen=True)
class Score:
    """All notes of a recording; ``drums`` has hits (start in s, velocity) by instrument."""

    chords: tuple[Chord, ...]
    bass: Notes
    harmony: Notes
    lead: Notes
    drums: dict[str, tuple[np.ndarray, np.ndarray]]


def write_score(sound: TrackSound, *, seed: int) -> Score:
    """Write the notes of a track; the same arguments give the same notes."""
    rng = generator(seed, "demo", "sound", "score", sound.song)
    chords = lay_chords(sound)
    parts = (_bass(sound, chords), _harmony(sound, chords, rng), _lead(sound, chords, rng))
    drums = _drums(sound, rng)
    # Last, and from a stream of the version's own: a song and its live version must draw the same notes.
    timing = generator(seed, "demo", "sound", "timing", sound.row)
    spread = LOOSE_S if sound.kind == LIVE else TIGHT_S
    bass, harmony, lead = (_played(part, sound, timing, spread) for part in parts)
    hits = {
        name: (np.maximum(_swung(beat, sound) * sound.beat_s + spread * timing.standard_normal(beat.size), 0), velocity)
        for name, (beat, velocity) in drums.items()
    }
    return Score(chords=chords, bass=bass, harmony=harmony, lead=lead, drums=hits)


def lay_chords(sound: TrackSound) -> tuple[Chord, ...]:
    """Lay the progression over the bars; the last chord is the tonic, so that the key is heard at the end too."""
    scale = MAJOR if sound.is_major else MINOR
    voicing = GENRE_SOUNDS[sound.genre].voicing
    n = sound.n_bars * sound.beats_per_bar // sound.beats_per_chord
    chords = []
    for place in range(n):
        degree = 0 if place == n - 1 else sound.degrees[place % len(sound.degrees)]
        root = scale[degree]
        tones = [(scale[(degree + step) % 7] - root) % 12 for step in (0, 2, 4, 6)]
        if voicing == "power":
            tones = [0, 7, 12]
        else:
            # The dominant of minor has a leading tone, which tells the key from its relative major.
            if not sound.is_major and degree == 4:
                tones[1] = 4
            # Home is a plain chord: with its seventh it would be another one's upper part.
            if voicing == "triad" or degree == 0:
                tones = tones[:3]
        start = place * sound.beats_per_chord
        chords.append(Chord(root, tuple(tones), start, start + sound.beats_per_chord))
    return tuple(chords)


def chord_labels(sound: TrackSound, chords: tuple[Chord, ...]) -> list[str]:
    """Return each chord in the way of Harte (2005), such as ``F#:min``; a power chord is that of the scale's degree."""
    scale = MAJOR if sound.is_major else MINOR
    labels = []
    for chord in chords:
        third = (scale[(scale.index(chord.root) + 2) % 7] - chord.root) % 12
        is_minor = chord.is_minor if len(chord.tones) < 3 or 12 not in chord.tones else third == 3
        labels.append(f"{PITCH_NAMES[(sound.key_pitch_class + chord.root) % 12]}:{'min' if is_minor else 'maj'}")
    return labels


def _notes(rows: list[tuple[float, float, float, float]]) -> Notes:
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    return Notes(*table.T)


def _swung(beat: np.ndarray, sound: TrackSound) -> np.ndarray:
    """Delay the second half of each beat: at swing 2/3 an off-beat eighth falls on the third triplet."""
    whole = np.floor(beat)
    part = beat - whole
    middle = 0.5 + sound.swing / 4
    return whole + np.where(part < 0.5, part * 2 * middle, middle + (part - 0.5) * 2 * (1 - middle))


def _played(notes: Notes, sound: TrackSound, timing: np.random.Generator, spread: float) -> Notes:
    """From beats to seconds, as played."""
    late = spread * timing.standard_normal(notes.start_s.size)
    start = np.maximum(_swung(notes.start_s, sound) * sound.beat_s + late, 0.0)
    return Notes(start, notes.length_s * sound.beat_s, notes.pitch, notes.velocity)


def _low(sound: TrackSound, lowest: int) -> int:
    """The pitch of the tonic in the octave that begins at ``lowest``."""
    return lowest + (sound.key_pitch_class - lowest) % 12


def _bass(sound: TrackSound, chords: tuple[Chord, ...]) -> Notes:
    tonic = _low(sound, 28)
    rows = []
    for chord in chords:
        root = tonic + chord.root - (12 if chord.root > 7 else 0)
        span = chord.end_beat - chord.start_beat
        for beat, length, over in BASS[GENRE_SOUNDS[sound.genre].bass]:
            if beat < span:
                third = next((tone for tone in chord.tones if tone in (3, 4)), 7)
                pitch = root + (third if over == 4 else over)
                rows.append((chord.start_beat + beat, min(length, span - beat), pitch, 1.0 if beat == 0 else 0.8))
    return _notes(rows)


def _harmony(sound: TrackSound, chords: tuple[Chord, ...], rng: np.random.Generator) -> Notes:
    style = GENRE_SOUNDS[sound.genre].chords
    centre = 48 + round(16 * sound.traits["register"])
    hits = rng.random(len(CHORDS[style]))
    rows = []
    for chord in chords:
        span = chord.end_beat - chord.start_beat
        # Each tone in the octave around the centre: the voices then move little from chord to chord.
        pitches = sorted(
            centre - 6 + (sound.key_pitch_class + chord.root + tone - (centre - 6)) % 12 for tone in set(chord.tones)
        )
        if style == "chug":
            root = _low(sound, 38) + chord.root - (12 if chord.root > 6 else 0)
            pitches = [root + tone for tone in chord.tones]
        for stroke, (beat, length) in enumerate(CHORDS[style]):
            if beat >= span or (beat > 0 and hits[stroke] > 0.35 + sound.traits["density"]):
                continue
            tones = [pitches[stroke % len(pitches)]] if style == "arpeggio" else pitches
            held = min(length * (0.5 + sound.traits["sustain"]), span - beat)
            accent = 1.0 if beat == 0 else 0.75
            rows += [(chord.start_beat + beat, held, pitch, accent) for pitch in tones]
    return _notes(rows)


def _lead(sound: TrackSound, chords: tuple[Chord, ...], rng: np.random.Generator) -> Notes:
    """A motif of two bars that comes back, moved to the chord beneath it, and ends at home."""
    scale = MAJOR if sound.is_major else MINOR
    tonic = _low(sound, 62 + round(14 * sound.traits["register"]))
    beats = 2 * sound.beats_per_bar
    grid = np.arange(0, beats, 0.5)
    wish = rng.random(grid.size) + 0.25 * (grid % 1 == 0) + 0.2 * (grid % sound.beats_per_bar == 0)
    n = int(np.clip(round(beats * (0.35 + 1.1 * sound.traits["density"])), 2, grid.size))
    onsets = np.sort(grid[np.argsort(-wish, kind="stable")[:n]])
    # The last note of a motif is left to ring: a melody breathes.
    ends = np.append(onsets[1:], beats)
    steps = rng.choice((-2, -1, -1, 0, 1, 1, 2, 3), size=grid.size)
    total = sound.n_bars * sound.beats_per_bar
    rows, degree = [], int(rng.integers(0, 5))
    for phrase in range(0, total, beats):
        for place, (onset, end) in enumerate(zip(onsets.tolist(), ends.tolist(), strict=True)):
            beat = phrase + onset
            if beat >= total:
                break
            degree += int(steps[(place + (phrase // beats) % 2) % steps.size])
            degree = degree if -3 <= degree <= 9 else int(np.sign(3 - degree)) + 3
            chord = chords[min(int(beat) // sound.beats_per_chord, len(chords) - 1)]
            pitch = scale[degree % 7] + 12 * (degree // 7)
            if onset % 1 == 0:
                pitch = _nearest_tone(pitch, chord)
            rows.append((beat, min(end - onset, 2.0) * 0.92, tonic + pitch, 1.0 if onset % 1 == 0 else 0.8))
    return _notes(rows)


def _nearest_tone(pitch: int, chord: Chord) -> int:
    """The tone of the chord nearest to a pitch over the tonic; the lower of two."""
    candidates = [pitch + move for move in (0, -1, 1, -2, 2, -3, 3)]
    tones = {(chord.root + tone) % 12 for tone in chord.tones}
    return next((it for it in candidates if it % 12 in tones), pitch)


def _drums(sound: TrackSound, rng: np.random.Generator) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Hits by instrument in beats; a dense track fills the sixteenths, and every fourth bar ends in a fill."""
    pattern = DRUMS[GENRE_SOUNDS[sound.genre].drums]
    steps = 4 * sound.beats_per_bar
    extra = rng.random((sound.n_bars, steps))
    if sound.traits["drum"] == 0:
        return {}
    hits: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for name, line in pattern.items():
        velocity = np.array([{"x": 1.0, "o": 0.5, ".": 0.0}[mark] for mark in line[:steps]])
        bars = np.tile(velocity, (sound.n_bars, 1))
        if name == "hat":
            bars = np.where((bars == 0) & (extra < sound.traits["density"] - 0.35), 0.4, bars)
        if name == "snare":
            fill = (np.arange(steps) >= steps - 3) & (np.arange(sound.n_bars)[:, None] % 4 == 3)
            bars = np.where(fill & (bars == 0) & (extra < sound.traits["density"]), 0.6, bars)
        at = np.flatnonzero(bars)
        hits[name] = (at / 4.0, bars.ravel()[at])
    return hits
