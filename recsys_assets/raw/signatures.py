"""Whether anything new has landed: short hashes of the names, sizes and times of files. Opens nothing.

The sensor compares them from tick to tick. Which file belongs where is ``discover``.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from recsys_assets.raw.contract import SOURCES
from recsys_assets.raw.discover import LandingFile, files_by_day, landing_days


def snapshot_signature(landing: Path) -> str | None:
    """Hash all files of the snapshots (catalogue, playlists, totals); None while there is none."""
    files = [file for name, source in SOURCES.items() if not source.is_dated for file in _all_files(landing, name)]
    return _hash(files) if files else None


def daily_signatures(landing: Path) -> dict[date, str]:
    """Hash the files of each day of plays and acts, by day."""
    by_day: dict[date, list[LandingFile]] = defaultdict(list)
    for name, source in SOURCES.items():
        if source.is_dated:
            for file in _all_files(landing, name):
                by_day[file.day].append(file)
    return {day: _hash(files) for day, files in by_day.items()}


def _all_files(landing: Path, source: str) -> list[LandingFile]:
    days = landing_days(landing, source)
    return [file for files in files_by_day(landing, source, days).values() for file in files]


def _hash(files: Iterable[LandingFile]) -> str:
    lines = sorted({f"{file.name}\t{file.size_bytes}\t{_changed_at(file)}" for file in files})
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _changed_at(file: LandingFile) -> int:
    return 0 if file.refusal else file.path.stat().st_mtime_ns
