"""Which files of the landing zone belong to which source and day. Looks at names, sizes and times; opens nothing.

A dated source is ``plays/date=D/*``. A snapshot is ``tracks.*`` (arrived on the UTC day of its modification time) or
``tracks/date=D/*``. Several suppliers of one snapshot live side by side as feeds, ``tracks/feed=NAME/date=D/*``; what
lies outside of a feed's folder is the feed with the empty name. **The snapshot of day D is, for each feed, all files
of that feed's newest day not after D**: a feed replaces itself and never another.
Where two feeds know the same key, the one whose name sorts first is heard, the default one before all others.
"""

import logging
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from recsys_assets.core.errors import MissingInputError
from recsys_assets.raw.contract import SOURCES, Source, describe, source_named

logger = logging.getLogger(__name__)

SUFFIXES = (".parquet", ".csv", ".jsonl", ".ndjson")
# Folders of the landing zone that other programs and later stages fill.
LATER_STAGES = ("audio", "submissions")
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
        changed_at: when it was last changed, to the microsecond; None where it must not be opened.
        refusal: why it must not be opened, or None.
    """

    path: Path
    name: str
    day: date
    feed: str
    kind: str
    packing: str
    size_bytes: int
    changed_at: datetime | None = None
    refusal: str | None = None


@dataclass(frozen=True)
class Listing:
    """The files of one source: one look at the folders answers for every day.

    Attributes:
        states: files by feed (the default one first) and day (ascending), those of a day by name.
        is_dated: whether a day is one of happening; otherwise it is one of arrival.
    """

    states: Mapping[str, Mapping[date, tuple[LandingFile, ...]]]
    is_dated: bool

    @property
    def days(self) -> list[date]:
        """The days that have files, ascending."""
        return sorted({day for states in self.states.values() for day in states})

    @property
    def files(self) -> list[LandingFile]:
        """All files."""
        return [file for states in self.states.values() for files in states.values() for file in files]

    def of(self, day: date) -> list[LandingFile]:
        """Return the files that make up the source on ``day``: of a snapshot, the newest of each feed by its end."""
        if self.is_dated:
            return [file for states in self.states.values() for file in states.get(day, ())]
        return [file for feed in self.states for file in self._newest(feed, day, bisect_right)]

    def before(self, feed: str, day: date) -> tuple[LandingFile, ...]:
        """Return the newest files of a feed that arrived before ``day``; none where it had not begun."""
        return self._newest(feed, day, bisect_left)

    def _newest(self, feed: str, day: date, place: Callable[[list[date], date], int]) -> tuple[LandingFile, ...]:
        arrivals = list(self.states[feed])
        found = place(arrivals, day)
        return self.states[feed][arrivals[found - 1]] if found else ()


def list_files(
    landing: Path, source: str, *, days: Collection[date] | None = None, arrivals: Mapping[str, date] | None = None
) -> Listing:
    """Look up the files of a source.

    Args:
        landing: the landing zone.
        source: such as ``plays``.
        days: of a dated source, look at these days alone; of a snapshot, all states are needed to know any.
        arrivals: when flat files arrived, by name, for those of which more is known than their own time says.
    """
    declared = source_named(source)
    grouped: dict[str, dict[date, list[LandingFile]]] = defaultdict(lambda: defaultdict(list))
    for file in _files(landing, declared, only=days if declared.is_dated else None):
        day = (arrivals or {}).get(file.name, file.day)
        grouped[file.feed][day].append(file if day == file.day else replace(file, day=day))
    return Listing(
        {
            feed: {day: tuple(sorted(grouped[feed][day], key=lambda file: file.name)) for day in sorted(grouped[feed])}
            for feed in sorted(grouped)
        },
        declared.is_dated,
    )


def landing_days(landing: Path, source: str) -> list[date]:
    """Return the days on which a source happened, or of a snapshot arrived, ascending."""
    return list_files(landing, source).days


def strays(landing: Path) -> list[str]:
    """Return the files below the sources' folders that nobody will read, relative to the landing zone, sorted.

    They lie in a folder that is not ``date=YYYY-MM-DD``, end in something else than the contract's formats, or have at the
    top a name that is no table's: data under ``weird/`` or in ``playz.csv``.
    """
    found = _unknown_names(landing)
    for source in SOURCES.values():
        known = {file.name for file in _files(landing, source)}
        folder = landing / source.name
        for path in folder.rglob("*") if folder.is_dir() and not folder.is_symlink() else ():
            name = path.relative_to(landing).as_posix()
            if not path.is_dir() and not _is_ignored(path) and name not in known:
                found.append(name)
    return sorted(found)


def _unknown_names(landing: Path) -> list[str]:
    """Return data at the top of the landing zone, or in a folder there, whose name is no table's nor of a later stage."""
    found: list[str] = []
    for path in landing.iterdir() if landing.is_dir() else ():
        if _is_ignored(path) or path.is_symlink() or path.name in {*SOURCES, *LATER_STAGES}:
            continue
        inside = path.rglob("*") if path.is_dir() else (path,)
        for file in inside:
            match = _NAME.search(file.name)
            is_read = file == path and match and _is_flat_snapshot(file.name[: match.start()])
            if match and file.is_file() and not _is_ignored(file) and not is_read:
                found.append(file.relative_to(landing).as_posix())
    return found


def _is_flat_snapshot(stem: str) -> bool:
    return stem in SOURCES and not SOURCES[stem].is_dated


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


def _files(landing: Path, source: Source, *, only: Collection[date] | None = None) -> Iterator[LandingFile]:
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


def _dated_files(root: Path, folder: Path, feed: str, only: Collection[date] | None) -> Iterator[LandingFile]:
    for day_folder in _folders(folder) if only is None else [folder / f"date={day}" for day in sorted(set(only))]:
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
    return _instant(path.lstat().st_mtime_ns).date()


def _instant(nanoseconds: int) -> datetime:
    # By whole microseconds: a float of seconds rounds them.
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanoseconds // 1000)


def _is_ignored(path: Path) -> bool:
    return path.name.startswith(IGNORED_PREFIXES) or path.name.lower().endswith(IGNORED_SUFFIXES)


def _found(root: Path, path: Path, day: date, feed: str) -> LandingFile:
    match = _NAME.search(path.name)
    assert match is not None
    kind, packing = match.group("kind").lower(), (match.group("packing") or "").lower()
    kind = kind.removesuffix(packing).lstrip(".")
    refusal = _refusal(root, path)
    found = None if refusal else path.stat()
    return LandingFile(
        path=path,
        name=path.relative_to(root).as_posix(),
        day=day,
        feed=feed,
        kind="jsonl" if kind == "ndjson" else kind,
        packing=packing.lstrip("."),
        size_bytes=found.st_size if found else 0,
        changed_at=_instant(found.st_mtime_ns) if found else None,
        refusal=refusal,
    )


def _refusal(root: Path, path: Path) -> str | None:
    # Whoever may drop files may not make us read any other file of the machine through a link.
    if not path.exists():
        return "a link that leads nowhere"
    if not path.resolve().is_relative_to(root):
        return "a link that leads out of the landing zone"
    return None if path.is_file() else "not a regular file"
