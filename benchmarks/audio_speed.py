"""What the analysis of a recording costs, beside librosa's calls one by one, and the memory that ten minutes take.

``python -m benchmarks.audio_speed [FILE] [--json FILE]``: without a file a song is made from a seed (60 s of chords, bass and
drums, as FLAC). Each side runs in a process of its own on one thread, is warmed up by one whole run (librosa compiles for
seconds in each new process: not counted) and then timed by processor seconds, the best of three. What librosa's side calls
is in ``naive``: a call for each thing that ours tells. The exit code does not depend on speed.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

RATE_HZ = 22_050
SECONDS, LONG_SECONDS = 60, 600
RUNS = 3
AIM_REALTIME, AIM_MEGABYTES = 80, 600
SINGLE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


def make_song(path: Path, seconds: int) -> Path:
    """Write a song of four chords at 96 beats a minute, with a bass and a noisy drum on each beat."""
    import soundfile

    rng = np.random.default_rng(0)
    beat = 60 / 96
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    in_beat = t % beat
    y = 0.2 * rng.standard_normal(len(t)) * np.exp(-60 * in_beat)
    roots = np.array([0, 7, 9, 5])[(t // (4 * beat)).astype(int) % 4]
    thirds = np.array([4, 4, 3, 4])[(t // (4 * beat)).astype(int) % 4]
    for midi, level in ((36 + roots, 0.2), (60 + roots, 0.1), (60 + roots + thirds, 0.1), (67 + roots, 0.1)):
        # Phases are whole at each change of chord, near enough for a benchmark.
        hz = 440 * 2 ** ((midi - 69) / 12)
        for partial in range(1, 6):
            y += level * 0.6**partial * np.sin(2 * np.pi * partial * np.cumsum(hz) / RATE_HZ) * np.exp(-2 * in_beat)
    soundfile.write(path, (0.9 * y / np.abs(y).max()).astype(np.float32), RATE_HZ)
    return path


def ours(path: Path, seconds: float) -> None:
    """Analyse a file as the platform does: decoding, loudness, music, descriptors, fingerprint."""
    from recsys_assets.audio.analyse import AnalysisParams, analyse_file

    analyse_file(path, AnalysisParams(excerpt_s=seconds))


def naive(path: Path, seconds: float) -> None:
    """Ask librosa for the same things, a call for each: every one makes its own transform."""
    import librosa
    import pyloudnorm

    y, rate = librosa.load(path, sr=RATE_HZ, duration=seconds)
    pyloudnorm.Meter(rate).integrated_loudness(y.astype(np.float64))
    librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=rate, n_mels=64))
    librosa.feature.mfcc(y=y, sr=rate)
    librosa.feature.spectral_contrast(y=y, sr=rate)
    librosa.feature.spectral_centroid(y=y, sr=rate)
    librosa.feature.spectral_bandwidth(y=y, sr=rate)
    librosa.feature.spectral_rolloff(y=y, sr=rate)
    librosa.feature.spectral_flatness(y=y)
    librosa.feature.zero_crossing_rate(y)
    librosa.feature.rms(y=y)
    librosa.onset.onset_strength(y=y, sr=rate)
    librosa.beat.beat_track(y=y, sr=rate)
    librosa.feature.tempogram(y=y, sr=rate)
    chroma = librosa.feature.chroma_cqt(y=y, sr=rate)
    librosa.segment.agglomerative(chroma, 6)
    librosa.effects.hpss(y)
    librosa.pyin(y, fmin=65.0, fmax=1600.0, sr=rate)


SIDES: dict[str, Callable[[Path, float], None]] = {"ours": ours, "naive": naive}


def measure(side: str, path: Path, seconds: float, runs: int) -> dict[str, float]:
    """Run a side in this process; processor seconds of the best run after one to warm up, and peak memory."""
    SIDES[side](path, seconds)
    best = np.inf
    for _ in range(runs):
        before = time.process_time()
        SIDES[side](path, seconds)
        best = min(best, time.process_time() - before)
    return {"cpu_seconds": best, "megabytes": _peak_megabytes()}


def _peak_megabytes() -> float:
    """Peak memory of this process. On Linux not ``ru_maxrss``, which begins at what the parent held when it forked."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    # Bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def measure_apart(side: str, path: Path, seconds: float, runs: int = RUNS) -> dict[str, float]:
    """``measure`` in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "benchmarks.audio_speed", str(path), "--side", side]
    command += ["--seconds", str(seconds), "--runs", str(runs)]
    done = subprocess.run(command, env=os.environ | SINGLE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{side} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def compare(path: Path | None) -> dict[str, float]:
    """Measure both sides on the first minute of a file, and ours on ten minutes."""
    with tempfile.TemporaryDirectory() as folder:
        short = path or make_song(Path(folder) / "song.flac", SECONDS)
        found = {side: measure_apart(side, short, SECONDS) for side in SIDES}
        long = measure_apart("ours", make_song(Path(folder) / "long.flac", LONG_SECONDS), LONG_SECONDS, runs=0)
        usual = measure_apart("ours", Path(folder) / "long.flac", 120, runs=1)
    return {
        "ours_cpu_seconds": found["ours"]["cpu_seconds"],
        "naive_cpu_seconds": found["naive"]["cpu_seconds"],
        "ratio": found["naive"]["cpu_seconds"] / found["ours"]["cpu_seconds"],
        "ours_realtime_per_core": SECONDS / found["ours"]["cpu_seconds"],
        "naive_realtime_per_core": SECONDS / found["naive"]["cpu_seconds"],
        "ten_minutes_megabytes": long["megabytes"],
        "ten_minute_file_megabytes": usual["megabytes"],
    }


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--side", choices=sorted(SIDES), help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int, default=RUNS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        print(json.dumps(measure(arguments.side, arguments.file, arguments.seconds, arguments.runs)))
        return 0
    if arguments.file is not None and not arguments.file.is_file():
        print(f"{arguments.file} is not there: give a recording of a minute or more", file=sys.stderr)
        return 2
    found = compare(arguments.file)
    print(
        f"ours   {found['ours_cpu_seconds']:6.2f} s of processor for {SECONDS} s of sound, decoding included:"
        f" {found['ours_realtime_per_core']:.0f} x real time per core (aim: {AIM_REALTIME})"
    )
    print(f"naive  {found['naive_cpu_seconds']:6.2f} s: {found['naive_realtime_per_core']:.1f} x real time per core")
    print(f"ratio  {found['ratio']:6.1f} x")
    print(
        f"memory {found['ten_minute_file_megabytes']:6.0f} MB at most for a ten-minute file as it is analysed (120 s of it),"
        f" {found['ten_minutes_megabytes']:.0f} MB with all ten minutes analysed (aim: {AIM_MEGABYTES})"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
