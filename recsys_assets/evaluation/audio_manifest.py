"""A folder of recordings with what people annotated in them: ``manifest.csv`` and the files that it names.

Belongs here: reading and checking. The manifest and all that it names come from outside: paths stay inside the folder, and what
is wrong ends the run with one line that says where.
"""

import csv
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recsys_assets.core.errors import DataFaultError, InvalidArgumentError

MANIFEST = "manifest.csv"
COLUMNS = ("file", "tempo_bpm", "key", "beats_file", "chords_file")
_KEY = re.compile(r"([A-G])([b#]*):(maj|min)")
_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
# Annotations of an hour are below a megabyte; a manifest of a hundred thousand recordings below twenty.
_MAX_BYTES = 32 << 20


@dataclass(frozen=True)
class Key:
    """Tonic 0 (C) to 11 (B), and mode."""

    pitch_class: int
    is_major: bool


@dataclass(frozen=True)
class ChordTruth:
    """Intervals (n, 2) in seconds, ascending, and a Harte label for each."""

    intervals_s: NDArray[np.float64]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class AnnotatedRecording:
    """A recording and what is known of it; None for what nobody annotated. ``beat_times_s``: (n,), ascending."""

    path: Path
    tempo_bpm: float | None
    key: Key | None
    beat_times_s: NDArray[np.float64] | None
    chords: ChordTruth | None


def read_manifest(folder: Path) -> list[AnnotatedRecording]:
    """Read a folder's manifest and every annotation that it names; recordings are only seen to be there.

    Raises:
        InvalidArgumentError: there is no manifest.
        DataFaultError: something in it, or in a file that it names, is not as documented; says where, what and what to do.
    """
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise InvalidArgumentError(f"{folder} holds no {MANIFEST}: give a folder with one, columns {','.join(COLUMNS)}")
    rows = csv.reader(_lines(manifest))
    try:
        header = next(rows, [])
        missing = [name for name in COLUMNS if name not in header]
        if missing:
            raise DataFaultError(
                f"{MANIFEST} lacks the column {missing[0]}: its first line must be {','.join(COLUMNS)}"
            )
        found = []
        for row in rows:
            if not row:
                continue
            where = f"{MANIFEST}, line {rows.line_num}"
            if len(row) != len(header):
                raise DataFaultError(f"{where}: found {len(row)} values, expected {len(header)}")
            found.append(_read_row(folder, dict(zip(header, row, strict=True)), where))
    except csv.Error as error:
        raise DataFaultError(f"{MANIFEST} is no CSV: {error}") from error
    if not found:
        raise DataFaultError(f"{MANIFEST} names no recording: add lines below the header")
    return found


def parse_key(text: str) -> Key | None:
    """Read ``Db:maj`` or ``F#:min``; None for anything else."""
    match = _KEY.fullmatch(text)
    if not match:
        return None
    natural, accidentals, mode = match.groups()
    shift = accidentals.count("#") - accidentals.count("b")
    return Key((_NATURALS[natural] + shift) % 12, mode == "maj")


def _read_row(folder: Path, row: dict[str, str], where: str) -> AnnotatedRecording:
    path = _inside(folder, row["file"], where)
    if path is None:
        raise DataFaultError(f"{where}: no file is named; every line names a recording")
    tempo = None
    if row["tempo_bpm"].strip():
        tempo = _number(row["tempo_bpm"], f"{where}: tempo_bpm")
        if not 1 <= tempo <= 1000:
            raise DataFaultError(f"{where}: tempo_bpm is {tempo:g}, expected beats a minute from 1 to 1000")
    key = parse_key(row["key"].strip())
    if key is None and row["key"].strip():
        raise DataFaultError(f"{where}: key is {_shown(row['key'])}, expected one like Db:maj or F#:min")
    beats, chords = (_inside(folder, row[name], where) for name in ("beats_file", "chords_file"))
    return AnnotatedRecording(path, tempo, key, beats and _read_beats(beats), chords and _read_chords(chords))


def _inside(folder: Path, name: str, where: str) -> Path | None:
    """Resolve a name of the manifest; None for an empty one. It must be a file below the folder, also behind links."""
    name = name.strip()
    if not name:
        return None
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise DataFaultError(f"{where}: {_shown(name)} leads out of the folder; name files below it")
        is_file = path.is_file()
    except (OSError, ValueError) as error:
        raise DataFaultError(f"{where}: {_shown(name)} can not be a file's name") from error
    if not is_file:
        raise DataFaultError(f"{where}: {_shown(name)} is not there; names are relative to the manifest's folder")
    return path


def _read_beats(path: Path) -> NDArray[np.float64]:
    times = [_number(line, f"{path.name}, line {at}") for at, line in _numbered(path)]
    beats = np.array(times, dtype=np.float64)
    if len(beats) and (beats[0] < 0 or np.any(np.diff(beats) <= 0)):
        raise DataFaultError(f"{path.name}: beats must ascend from 0 s on, one time on each line")
    return beats


def _read_chords(path: Path) -> ChordTruth:
    intervals, labels, before = [], [], 0.0
    for at, line in _numbered(path):
        where = f"{path.name}, line {at}"
        parts = line.split()
        if len(parts) != 3:
            raise DataFaultError(f"{where}: found {_shown(line)}, expected `start end label`")
        start, end = (_number(part, where) for part in parts[:2])
        # Annotations are rounded: a millisecond of overlap is none.
        if start < before - 1e-3 or end <= start:
            raise DataFaultError(f"{where}: {start:g} to {end:g} s overlaps the chord before, or ends before it begins")
        _require_label(parts[2], where)
        intervals.append((max(start, before), end))
        labels.append(parts[2])
        before = end
    return ChordTruth(np.array(intervals, dtype=np.float64).reshape(-1, 2), tuple(labels))


def _require_label(label: str, where: str) -> None:
    import mir_eval

    try:
        mir_eval.chord.encode(label)
    except (mir_eval.chord.InvalidChordException, ValueError, KeyError, IndexError) as error:
        raise DataFaultError(f"{where}: {_shown(label)} is no chord in Harte's notation (C:maj, A:min7, N)") from error


def _numbered(path: Path) -> Iterator[tuple[int, str]]:
    return ((at, line.strip()) for at, line in enumerate(_lines(path), start=1) if line.strip())


def _lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise DataFaultError(f"{path.name} has more than {_MAX_BYTES >> 20} MB: that is no annotation")
        return path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataFaultError(f"{path.name} can not be read as text in UTF-8") from error


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataFaultError(f"{where}: found {_shown(text)}, expected a number")
    return value


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
