"""The audio protocol: what the analysis hears in recordings beside what people annotated in them.

Belongs here: the scores and their means. Annotations are read by ``audio_manifest``; the naive calls that ours stands beside
are ``audio_peer``. Scores are ``mir_eval``'s (Raffel et al., ISMIR 2014), each over the recordings that have that annotation:

* ``tempo_acc1``, ``tempo_acc2``: the tempo within 4 %, in the second also its double, triple, half or third (Gouyon et al. 2006);
* ``key_exact``, ``key_weighted``: the MIREX weights, .5 for a fifth above, .3 for the relative and .2 for the parallel key;
* ``beat_f``: F-measure within 70 ms, the first five seconds left out as in ``mir_eval.beat.evaluate``;
* ``chord_majmin``: share of the annotated time of major and minor triads, and of no chord, that is told right (WCSR);
* ``realtime_per_core``: seconds of sound per second of processor, decoding included, after one recording to warm up.

What is annotated after the analysed excerpt does not count, for nobody.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recsys_assets.core.errors import DataFaultError
from recsys_assets.evaluation.audio_manifest import AnnotatedRecording, ChordTruth, Key, read_manifest
from recsys_assets.evaluation.report import OURS, ModelRun, Report

PROTOCOL = "audio"
TEMPO_TOLERANCE = 0.04
_PITCHES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


@dataclass(frozen=True)
class Heard:
    """What a model heard in the first ``excerpt_s`` of a recording; chords as intervals (n, 2) and labels."""

    excerpt_s: float
    tempo_bpm: float | None
    key: Key | None
    beat_times_s: NDArray[np.float64]
    chords: ChordTruth


@dataclass(frozen=True)
class Listener:
    """A model: its name, and how it listens to a file."""

    name: str
    listen: Callable[[Path], Heard]


@dataclass
class _Scores:
    """Values and weights of each metric so far, in the order of the report."""

    values: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def add(self, name: str, value: float, weight: float = 1.0) -> None:
        self.values.setdefault(name, []).append((value, weight))

    def means(self) -> dict[str, float]:
        weighed = {name: np.array(pairs) for name, pairs in self.values.items()}
        return {name: float(np.average(p[:, 0], weights=p[:, 1])) for name, p in weighed.items() if p[:, 1].sum() > 0}


def evaluate_audio(
    folder: Path, *, listeners: Sequence[Listener] | None = None, progress: Callable[[str], None] | None = None
) -> Report:
    """Let each model listen to every recording of a folder with a manifest.

    Args:
        folder: see ``audio_manifest``.
        listeners: the models; ours and the plain calls if none are given.
        progress: told in words what is being done, once for each model and recording.

    Raises:
        InvalidArgumentError: there is no manifest.
        DataFaultError: the manifest, an annotation or a recording can not be used.
    """
    say = progress or (lambda _: None)
    recordings = read_manifest(folder)
    runs = tuple(_run(listener, recordings, say) for listener in listeners or shipped_listeners())
    return Report(PROTOCOL, folder.resolve().name, n_train=0, n_test=len(recordings), runs=runs)


def shipped_listeners() -> tuple[Listener, Listener]:
    """Ours as the platform analyses a track, and the plain calls of librosa."""
    from recsys_assets.evaluation.audio_peer import listen_plainly

    return Listener(OURS, listen), Listener("plain", listen_plainly)


def listen(path: Path) -> Heard:
    """Analyse a file whole, as the platform does, and keep what is judged here.

    Raises:
        DataFaultError: it can not be used; says which and why.
    """
    from recsys_assets.audio.analyse import analyse_file
    from recsys_assets.audio.refusal import UnusableRecordingError

    try:
        found = analyse_file(path)
    except UnusableRecordingError as error:
        raise DataFaultError(f"{path.name}: {error}; mend it, or leave it out of the manifest") from error
    music = found.music
    key = None if music.key_pitch_class is None else Key(music.key_pitch_class, bool(music.is_major))
    intervals = np.array([(chord.start_s, chord.end_s) for chord in music.chords], dtype=np.float64).reshape(-1, 2)
    return Heard(
        excerpt_s=found.excerpt_s,
        tempo_bpm=music.tempo_bpm,
        key=key,
        beat_times_s=music.beat_times_s.astype(np.float64),
        chords=ChordTruth(intervals, tuple(chord.label for chord in music.chords)),
    )


def _run(listener: Listener, recordings: Sequence[AnnotatedRecording], say: Callable[[str], None]) -> ModelRun:
    scores, sound_s, cpu_s, begun = _Scores(), 0.0, 0.0, time.perf_counter()
    # Tables are made and libraries loaded once in a process; they are no part of what a recording costs.
    listener.listen(recordings[0].path)
    for recording in recordings:
        say(f"{listener.name}: {recording.path.name}")
        before = time.process_time()
        heard = listener.listen(recording.path)
        cpu_s += time.process_time() - before
        sound_s += heard.excerpt_s
        judge(recording, heard, scores.add)
    metrics = scores.means() | {"realtime_per_core": sound_s / max(cpu_s, 1e-6)}
    return ModelRun(listener.name, 0, metrics, time.perf_counter() - begun)


def judge(truth: AnnotatedRecording, heard: Heard, add: Callable[..., None]) -> None:
    """Score one recording: ``add(metric, value, weight)`` for each annotation that there is."""
    if truth.tempo_bpm is not None:
        for name, parts in (("tempo_acc1", (1,)), ("tempo_acc2", (1, 2, 3, 1 / 2, 1 / 3))):
            add(name, float(any(_is_tempo(heard.tempo_bpm, truth.tempo_bpm * part) for part in parts)))
    if truth.key is not None:
        weighted = key_score(truth.key, heard.key)
        add("key_exact", float(weighted == 1.0))
        add("key_weighted", weighted)
    if truth.beat_times_s is not None:
        add("beat_f", beat_f(truth.beat_times_s[truth.beat_times_s < heard.excerpt_s], heard.beat_times_s))
    if truth.chords is not None:
        add("chord_majmin", *majmin(truth.chords, heard.chords, heard.excerpt_s))


def _is_tempo(found: float | None, expected: float) -> bool:
    return found is not None and abs(found / expected - 1) <= TEMPO_TOLERANCE


def key_score(truth: Key, found: Key | None) -> float:
    """MIREX's weighted score, 0…1; 0 for no key."""
    import mir_eval

    return 0.0 if found is None else float(mir_eval.key.weighted_score(_spelt(truth), _spelt(found)))


def _spelt(key: Key) -> str:
    return f"{_PITCHES[key.pitch_class]} {'major' if key.is_major else 'minor'}"


def beat_f(truth_s: NDArray[np.float64], found_s: NDArray[np.float64]) -> float:
    """F-measure of beats after the fifth second, within 70 ms; 1 where neither has any."""
    import mir_eval

    truth_s, found_s = mir_eval.beat.trim_beats(truth_s), mir_eval.beat.trim_beats(found_s)
    if not len(truth_s) or not len(found_s):
        return float(len(truth_s) == len(found_s))
    return float(mir_eval.beat.f_measure(truth_s, found_s))


def majmin(truth: ChordTruth, found: ChordTruth, until_s: float) -> tuple[float, float]:
    """Share of time that is told right, and the time in seconds that counts: that of major, minor and no chord."""
    import mir_eval

    kept = truth.intervals_s[:, 0] < until_s
    if not kept.any() or not found.labels:
        return 0.0, float(np.diff(truth.intervals_s[kept], axis=1).sum())
    intervals = np.minimum(truth.intervals_s[kept], until_s)
    labels = [label for label, is_kept in zip(truth.labels, kept, strict=True) if is_kept]
    ours, our_labels = mir_eval.util.adjust_intervals(
        found.intervals_s, list(found.labels), intervals.min(), intervals.max(), "N", "N"
    )
    # Where nothing is annotated, nothing counts: X is neither right nor wrong.
    intervals, labels = _without_gaps(intervals, labels)
    merged, expected, heard = mir_eval.util.merge_labeled_intervals(intervals, labels, ours, our_labels)
    seconds = mir_eval.util.intervals_to_durations(merged)
    right = mir_eval.chord.majmin(expected, heard)
    counts = right >= 0
    total = float(seconds[counts].sum())
    return (float((seconds * right)[counts].sum() / total) if total > 0 else 0.0), total


def _without_gaps(intervals: NDArray[np.float64], labels: Sequence[str]) -> tuple[NDArray[np.float64], list[str]]:
    whole: list[tuple[float, float]] = []
    names: list[str] = []
    for (start, end), label in zip(intervals, labels, strict=True):
        if whole and start > whole[-1][1]:
            whole.append((whole[-1][1], start))
            names.append("X")
        whole.append((start, end))
        names.append(label)
    return np.array(whole), names
