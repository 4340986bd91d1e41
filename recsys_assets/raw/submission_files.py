"""What lies in ``landing/submissions/``: which folders, which files, and whether anybody is still writing to them.

Names, sizes, times and digests only. What the files mean is the room ``cold_start``, when they came is ``receipts``.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recsys_assets.core.schemas import PARTITION_ID
from recsys_assets.raw.discover import IGNORED_PREFIXES, IGNORED_SUFFIXES

FOLDER = "submissions"
METADATA = "submission.json"
RECEIPT = "receipt.json"
# Those that ``audio`` decodes: what is called otherwise could only be refused, later and less clearly.
AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".mp4")

# A folder counts as complete when none of its files has changed for so long: copies over a network stall for a second or two.
QUIET = timedelta(seconds=5)
# What is being copied is called `.part` and the like. One that has not moved for an hour was given up.
ABANDONED = timedelta(hours=1)
MAX_FILES = 100
MAX_DEPTH = 3
# Ten minutes at 192 kHz with eight channels of 16 bits are 1.8 GB.
MAX_FILE_BYTES = 2 * 1024**3
_HASH_BYTES = 1 << 20
UNREADABLE = "unreadable"
NO_ID = "its folder's name is no id: use letters, digits and . _ -, at most 100"
LINK = "its folder is a link: copy the files themselves"
_LONGEST_NAME = 120


@dataclass(frozen=True)
class FolderFile:
    """One file of a submission; ``name`` is relative to its folder, with ``/`` between the parts."""

    name: str
    size_bytes: int
    changed_ns: int


@dataclass(frozen=True)
class Folder:
    """One look at a submission's folder.

    Attributes:
        submission_id: its name.
        path: where it is.
        files: the files that make up the submission, by name; the receipt and what is ignored are not among them.
        refused: why files were not looked at: links, pipes, too many, too deep, not readable.
        unfinished: files that are still being copied, by their names.
        changed_at: when the newest of all was last changed, by the clock of the file system; None without any.
        is_writable: whether a receipt can be put there.
    """

    submission_id: str
    path: Path
    files: tuple[FolderFile, ...] = ()
    refused: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    changed_at: datetime | None = None
    is_writable: bool = True

    @property
    def signature(self) -> str:
        """What tells this content from another without reading it: 16 hexadecimal digits."""
        told = "\0".join([*(f"{f.name}|{f.size_bytes}|{f.changed_ns}" for f in self.files), "", *self.refused])
        # Who gives the permission changes no file, and is to be received all the same.
        told += "" if self.is_writable else "\0"
        return hashlib.sha256(told.encode(errors="surrogateescape")).hexdigest()[:16]

    def is_quiet(self, now: datetime) -> bool:
        """Whether nobody seems to be writing to it."""
        return not self.unfinished and (self.changed_at is None or now - self.changed_at >= QUIET)

    @property
    def recordings(self) -> list[str]:
        """The files whose names say that they are audio."""
        return [file.name for file in self.files if file.name.lower().endswith(AUDIO_SUFFIXES)]

    @property
    def messages(self) -> list[str]:
        """The DDEX messages: XML at the top of the folder."""
        return [file.name for file in self.files if "/" not in file.name and file.name.lower().endswith(".xml")]

    def has(self, name: str) -> bool:
        """Whether there is a file of that name."""
        return any(file.name == name for file in self.files)


def list_submissions(landing: Path) -> tuple[list[str], dict[str, str]]:
    """Return the names of the folders that are submissions, and of those that can not be one with the reason; ascending.

    A folder without any file yet is there all the same; hidden ones are still being written. A link to a folder is no
    submission: a receipt written into it would lie wherever it leads, perhaps in the place of somebody else's.
    """
    root = landing / FOLDER
    if not root.is_dir():
        return [], {}
    good: list[str] = []
    unusable: dict[str, str] = {}
    for entry in sorted(os.scandir(root), key=lambda entry: entry.name):
        if _is_ignored(entry.name) or not (entry.is_symlink() or entry.is_dir(follow_symlinks=False)):
            continue
        if not PARTITION_ID.fullmatch(entry.name):
            unusable[printable(entry.name)] = NO_ID
        elif entry.is_symlink():
            unusable[entry.name] = LINK
        else:
            good.append(entry.name)
    return good, unusable


def printable(name: str) -> str:
    """Return a file's name as messages and tables can hold it: bytes that are no text, and what commands a terminal, escaped."""
    short = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    return short if short.isprintable() else ascii(short)


def look_at(landing: Path, submission_id: str, now: datetime) -> Folder | None:
    """Look at a submission's folder; None where there is none, or a link. What can not be looked at is told in ``refused``."""
    path = landing / FOLDER / submission_id
    if path.is_symlink() or not path.is_dir():
        return None
    files: list[FolderFile] = []
    refused: list[str] = []
    unfinished: list[str] = []
    newest = 0
    for name, found in _walk(path, refused):
        if _is_ignored(Path(name).name):
            if _is_being_copied(Path(name).name) and now - _instant(found.st_ctime_ns) < ABANDONED:
                unfinished.append(name)
            continue
        if name == RECEIPT:
            continue
        newest = max(newest, found.st_ctime_ns)
        files.append(FolderFile(name, found.st_size, found.st_mtime_ns))
    return Folder(
        submission_id=submission_id,
        path=path,
        files=tuple(sorted(files, key=lambda file: file.name)),
        refused=tuple(sorted(refused)),
        unfinished=tuple(sorted(unfinished)),
        changed_at=_instant(newest) if newest else None,
        is_writable=os.access(path, os.W_OK | os.X_OK),
    )


def _walk(root: Path, refused: list[str]) -> Iterator[tuple[str, os.stat_result]]:
    """Yield regular files below ``root`` with what the system says of them; say in ``refused`` what is passed over."""
    waiting, seen = [(root, 1)], 0
    while waiting:
        folder, depth = waiting.pop()
        for path in _inside(folder, root, refused):
            seen += 1
            if seen > MAX_FILES:
                refused.append(f"more than {MAX_FILES} files: leave the metadata and one recording in the folder")
                return
            name = path.relative_to(root).as_posix()
            found = _stat(path, name, refused)
            if found is None:
                continue
            if stat.S_ISREG(found.st_mode):
                yield name, found
            elif stat.S_ISDIR(found.st_mode) and depth < MAX_DEPTH:
                waiting.append((path, depth + 1))
            else:
                refused.append(f"{printable(name)} is {_kind(found.st_mode)}: copy the file itself")


def _inside(folder: Path, root: Path, refused: list[str]) -> list[Path]:
    try:
        return sorted(Path(entry.path) for entry in os.scandir(folder))
    except FileNotFoundError:
        return []
    except OSError:
        refused.append(_unreadable("the folder" if folder == root else folder.relative_to(root).as_posix()))
        return []


def _stat(path: Path, name: str, refused: list[str]) -> os.stat_result | None:
    """What the system says of a file; None of one that went away, or may not be looked at."""
    try:
        return path.lstat()
    except FileNotFoundError:
        return None
    except OSError:
        refused.append(_unreadable(name))
        return None


def _unreadable(name: str) -> str:
    return f"{printable(name)} can not be read by us: give read permission"


def _kind(mode: int) -> str:
    if stat.S_ISLNK(mode):
        # A link could make us read, and publish the sound of, any file of this computer.
        return "a link"
    return "a folder too deep" if stat.S_ISDIR(mode) else "no regular file"


def digests(folder: Folder) -> dict[str, str]:
    """Return name to SHA-256 of the folder's files.

    Of a file larger than ``MAX_FILE_BYTES`` only the size is told, and of one that we can not read, that.

    Raises:
        FileNotFoundError: a file is gone since the folder was looked at.
    """
    found: dict[str, str] = {}
    for file in folder.files:
        try:
            is_small = file.size_bytes <= MAX_FILE_BYTES
            found[file.name] = file_sha256(folder.path / file.name) if is_small else f"{file.size_bytes} bytes"
        except FileNotFoundError:
            raise
        except OSError:
            found[file.name] = UNREADABLE
    return found


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, 64 hexadecimal digits; a link is not followed."""
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        while block := file.read(_HASH_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _is_ignored(name: str) -> bool:
    return name.startswith(IGNORED_PREFIXES) or name.lower().endswith(IGNORED_SUFFIXES)


def _is_being_copied(name: str) -> bool:
    return name.lower().endswith(IGNORED_SUFFIXES)


def _instant(nanoseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanoseconds // 1000)
