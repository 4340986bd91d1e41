"""MIDI songs with annotations, rendered to audio whose truth is known, for ``recsys evaluate audio``.

``python -m benchmarks.render_midi DIR OUT [--seconds 60]`` reads a folder of the shape of POP909 (one folder per song
with ``<song>.mid``, ``beat_midi.txt``, ``chord_midi.txt``, ``key_audio.txt``) and writes to OUT one FLAC per song
(22,050 Hz, mono), its beats and chords, and ``manifest.csv``. Beats and chords are those that were annotated on the
MIDI, because those of the original recordings are 40 to 100 ms away from the notes; the key is the one that
the annotation gives to most of the excerpt.

Needs the development extra and tinysoundfont: ``pip install --no-deps tinysoundfont`` (its dependency pyaudio needs
PortAudio's headers to build, and only plays through a sound card). The General MIDI soundfont comes with pretty_midi.
"""

import argparse
import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SYNTH_RATE_HZ, RATE_HZ = 44_100, 22_050
BLOCK = 4096
# Sound is 16 bit: a song that would clip is made quieter, the others are left as the soundfont plays them.
PEAK = 0.95
HEADER = ("file", "tempo_bpm", "key", "beats_file", "chords_file")


@dataclass(frozen=True)
class Truth:
    """Annotations of the first seconds of a song: beat instants, chords (start, end, Harte label), key as ``Db:maj``."""

    beat_times_s: NDArray[np.float64]
    chords: tuple[tuple[float, float, str], ...]
    key: str

    @property
    def tempo_bpm(self) -> float | None:
        """60 by the median distance of beats; none for fewer than three beats."""
        return float(60 / np.median(np.diff(self.beat_times_s))) if len(self.beat_times_s) > 2 else None


def render(midi: Path, soundfont: Path, seconds: float) -> NDArray[np.float32]:
    """Play the first seconds of a MIDI file: float32 mono at 22,050 Hz, never above ``PEAK``."""
    import tinysoundfont
    from scipy.signal import resample_poly

    synth = tinysoundfont.Synth(samplerate=SYNTH_RATE_HZ)
    loaded = synth.sfload(str(soundfont))
    for channel in range(16):
        is_drums = channel == 9
        synth.program_select(channel, loaded, 128 if is_drums else 0, 0, is_drums=is_drums)
    sequencer = tinysoundfont.Sequencer(synth)
    sequencer.midi_load(str(midi))
    # `generate` advances the sequencer by itself; calling `process` as well would play at double speed.
    n = round(seconds * SYNTH_RATE_HZ)
    blocks = [
        np.frombuffer(bytes(synth.generate(min(BLOCK, n - start))), dtype=np.float32) for start in range(0, n, BLOCK)
    ]
    mono = np.concatenate(blocks).reshape(-1, 2).mean(axis=1)
    y = np.asarray(resample_poly(mono, 1, SYNTH_RATE_HZ // RATE_HZ), dtype=np.float32)
    return y * np.float32(min(1.0, PEAK / max(float(np.abs(y).max()), 1e-9)))


def read_truth(song: Path, seconds: float) -> Truth:
    """Read a song's annotations up to an instant; chords are cut there."""
    beats = np.loadtxt(song / "beat_midi.txt", ndmin=2)[:, 0]
    chords = tuple(
        (float(start), min(float(end), seconds), label)
        for start, end, label in _rows(song / "chord_midi.txt")
        if float(start) < seconds and float(end) > float(start)
    )
    held: dict[str, float] = {}
    for start, end, key in _rows(song / "key_audio.txt"):
        held[key] = held.get(key, 0.0) + max(0.0, min(float(end), seconds) - float(start))
    return Truth(beats[beats < seconds], chords, max(held, key=lambda name: held[name]))


def write_song(song: Path, out: Path, soundfont: Path, seconds: float) -> tuple[str, str, str, str, str]:
    """Render one song with its truth beside it; return its row of the manifest."""
    import soundfile

    truth, name = read_truth(song, seconds), song.name
    soundfile.write(out / f"{name}.flac", render(song / f"{name}.mid", soundfont, seconds), RATE_HZ)
    (out / f"{name}.beats").write_text("".join(f"{at:.6f}\n" for at in truth.beat_times_s), encoding="utf-8")
    lines = (f"{start:.6f}\t{end:.6f}\t{label}\n" for start, end, label in truth.chords)
    (out / f"{name}.chords").write_text("".join(lines), encoding="utf-8")
    tempo = "" if truth.tempo_bpm is None else f"{truth.tempo_bpm:.3f}"
    return f"{name}.flac", tempo, truth.key, f"{name}.beats", f"{name}.chords"


def _rows(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def main() -> int:
    """Render every song of a folder."""
    import pretty_midi

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, metavar="DIR")
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    songs = sorted(path.parent for path in arguments.source.glob("*/*.mid") if path.stem == path.parent.name)
    if not songs or not 1 <= arguments.seconds <= 3600:
        print(f"{arguments.source}: no <song>/<song>.mid there, or --seconds not in 1…3600", file=sys.stderr)
        return 2
    arguments.out.mkdir(parents=True, exist_ok=True)
    soundfont = Path(pretty_midi.__file__).parent / "TimGM6mb.sf2"
    rows = []
    for done, song in enumerate(songs, start=1):
        rows.append(write_song(song, arguments.out, soundfont, arguments.seconds))
        print(f"{done}/{len(songs)} {song.name}", file=sys.stderr)
    with (arguments.out / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return 0


if __name__ == "__main__":
    sys.exit(main())
