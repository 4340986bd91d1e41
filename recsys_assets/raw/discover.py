"""Which files of the landing zone belong to which source and day. Looks at names, sizes and times; opens nothing.

A dated source is ``plays/date=D/*``. A snapshot is ``tracks.*`` (arrived on the UTC day of its modification time) or
``tracks/date=D/*``. Several suppliers of one snapshot live side by side as feeds, ``tracks/feed=NAME/date=D/*``; what
lies outside of a feed's folder is the feed with the empty name. **The snapshot of day D is, for each feed, all files
of that feed's newest day not after D**: a feed replaces itself and never another.
Where two feeds know the same key, the one whose name sorts first is heard, the default one before all others.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from recsys_assets.core.errors import MissingInputError
from recsys_assets.raw.contract import SOURCES, Source, describe, source_named

logger = logging.getLogger(__name__)

SUFFIXES = (".parquet", ".csv", ".jsonl", ".ndjson")
# Uploads under way and leavings of other programs.
IGNORED_PREFIXES = (".", "_")
IGNORED_SUFFIXES = (".tmp", ".part", ".crdownload")
_NAME = re.compile(r"(?P<kind>\.parquet|(?:\.csv|\.jsonl|\.ndjson)(?P<packing>\.gz|\.zst)?)$", re.IGNORECASE)
_DATE_FOLDER = re.compile(r"date=(\d{4}-\d{2}-\d{2})")
_FEED_FOLDER = re.compile(r"feed=(.+)")


@dataclass(frozen=True)
class LandingFile:
    """One file of the landing zone.

    Attributes:
        path: where it is.
        name: relative to the landing zone, with ``/``.
        day: the day of its folder, or of its arrival.
        feed: the supplier of a snapshot, empty for the default one.
        kind: ``parquet``, ``csv`` or ``jsonl``.
        packing: ``gz``, ``zst`` or empty.
        size_bytes: its size when it was found.
        refusal: why it must not be opened, or None.
    """

    path: Path
    name: str
    day: date
    feed: str
    kind: str
    packing: str
    size_bytes: int
    refusal: str | None = None


def landing_days(landing: Path, source: str) -> list[date]:
    """Return the days of happening that have files of a dated source, ascending."""
    return sorted({file.day for file in _files(landing, source_named(source))})


def snapshot_days(landing: Path, source: str) -> list[date]:
    """Return the days on which a snapshot, or a feed of it, arrived, ascending."""
    return landing_days(landing, source)


def files_of(landing: Path, source: str, day: date) -> list[LandingFile]:
    """Return the files that make up ``source`` on ``day``, by feed (the default one first) and name.

    For a snapshot these are the newest files of each feed by the end of ``day``.
    """
    declared = source_named(source)
    files = list(_files(landing, declared, only=day if declared.is_dated else None))
    return _select(declared, files, day)


def files_by_day(landing: Path, source: str, days: list[date]) -> dict[date, list[LandingFile]]:
    """Return ``files_of`` each of ``days``, looking at the folders once."""
    declared = source_named(source)
    files = list(_files(landing, declared))
    return {day: _select(declared, files, day) for day in days}


def _select(source: Source, files: list[LandingFile], day: date) -> list[LandingFile]:
    if source.is_dated:
        chosen = [file for file in files if file.day == day]
    else:
        newest: dict[str, date] = {}
        for file in files:
            if file.day <= day:
                newest[file.feed] = max(file.day, newest.get(file.feed, file.day))
        chosen = [file for file in files if newest.get(file.feed) == file.day]
    return sorted(chosen, key=lambda file: (file.feed, file.name))


def strays(landing: Path) -> list[str]:
    """Return the files below the sources' folders that nobody will read, relative to the landing zone, sorted.

    They lie in a folder that is not ``date=YYYY-MM-DD``, or end in something else than the contract's formats.
    """
    found: list[str] = []
    for source in SOURCES.values():
        known = {file.name for file in _files(landing, source)}
        folder = landing / source.name
        for path in folder.rglob("*") if folder.is_dir() and not folder.is_symlink() else ():
            name = path.relative_to(landing).as_posix()
            if not path.is_dir() and not _is_ignored(path) and name not in known:
                found.append(name)
    return sorted(found)


def require_landing(landing: Path) -> None:
    """Require that the landing zone holds at least one file of any source.

    Raises:
        MissingInputError: it holds none; the message says what to drop where.
    """
    if any(True for source in SOURCES.values() for _ in _files(landing, source)):
        return
    raise MissingInputError(
        f"the landing zone {landing} has nothing to read. "
        "Drop any of these tables there, as .parquet, .csv or .jsonl:\n"
        f"{describe()}\nor fill it with `recsys demo` or `recsys import`."
    )


def _files(landing: Path, source: Source, *, only: date | None = None) -> Iterator[LandingFile]:
    root = landing.resolve()
    if not source.is_dated:
        for path in sorted(root.glob(f"{source.name}.*")):
            match = _NAME.search(path.name)
            if match and path.name[: match.start()] == source.name and not _is_ignored(path):
                yield _found(root, path, _arrival(path), "")
    folder = root / source.name
    yield from _dated_files(root, folder, "", only)
    if not source.is_dated:
        for feed_folder in _folders(folder):
            match = _FEED_FOLDER.fullmatch(feed_folder.name)
            if match:
                yield from _dated_files(root, feed_folder, match.group(1), only)


def _dated_files(root: Path, folder: Path, feed: str, only: date | None) -> Iterator[LandingFile]:
    for day_folder in [folder / f"date={only}"] if only else _folders(folder):
        match = _DATE_FOLDER.fullmatch(day_folder.name)
        day = _day_or_none(match.group(1)) if match else None
        if day is None or not day_folder.is_dir():
            continue
        for path in sorted(day_folder.iterdir()):
            if _NAME.search(path.name) and not _is_ignored(path) and (path.is_symlink() or not path.is_dir()):
                yield _found(root, path, day, feed)


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _day_or_none(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _arrival(path: Path) -> date:
    return datetime.fromtimestamp(path.lstat().st_mtime, tz=UTC).date()


def _is_ignored(path: Path) -> bool:
    return path.name.startswith(IGNORED_PREFIXES) or path.name.lower().endswith(IGNORED_SUFFIXES)


def _found(root: Path, path: Path, day: date, feed: str) -> LandingFile:
    match = _NAME.search(path.name)
    assert match is not None
    kind, packing = match.group("kind").lower(), (match.group("packing") or "").lower()
    kind = kind.removesuffix(packing).lstrip(".")
    refusal = _refusal(root, path)
    return LandingFile(
        path=path,
        name=path.relative_to(root).as_posix(),
        day=day,
        feed=feed,
        kind="jsonl" if kind == "ndjson" else kind,
        packing=packing.lstrip("."),
        size_bytes=0 if refusal else path.stat().st_size,
        refusal=refusal,
    )


def _refusal(root: Path, path: Path) -> str | None:
    # Whoever may drop files may not make us read any other file of the machine through a link.
    if not path.exists():
        return "a link that leads nowhere"
    if not path.resolve().is_relative_to(root):
        return "a link that leads out of the landing zone"
    return None if path.is_file() else "not a regular file"
