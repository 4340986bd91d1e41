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
AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".mp4", ".aac", ".aif", ".aiff")

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
        refused: why files were not looked at: links that lead out, pipes, too many, too deep.
        unfinished: files that are still being copied, by their names.
        changed_at: when the newest of all was last changed, by the clock of the file system; None without any.
    """

    submission_id: str
    path: Path
    files: tuple[FolderFile, ...] = ()
    refused: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    changed_at: datetime | None = None

    @property
    def signature(self) -> str:
        """What tells this content from another without reading it: 16 hexadecimal digits."""
        told = "\0".join([*(f"{f.name}|{f.size_bytes}|{f.changed_ns}" for f in self.files), "", *self.refused])
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


def list_submissions(landing: Path) -> tuple[list[str], list[str]]:
    """Return the names of the folders that are submissions and of those that can not be one, both ascending.

    A folder without any file yet is there all the same; hidden ones are still being written.
    """
    root = landing / FOLDER
    if not root.is_dir():
        return [], []
    names = sorted(entry.name for entry in os.scandir(root) if _is_offered(entry))
    good = [name for name in names if PARTITION_ID.fullmatch(name)]
    return good, [name for name in names if not PARTITION_ID.fullmatch(name)]


def _is_offered(entry: "os.DirEntry[str]") -> bool:
    return not _is_ignored(entry.name) and (entry.is_dir() or entry.is_symlink())


def look_at(landing: Path, submission_id: str, now: datetime) -> Folder | None:
    """Look at a submission's folder; None where there is none."""
    path = landing / FOLDER / submission_id
    if path.is_symlink():
        return Folder(submission_id, path, refused=("the folder is a link: copy the files themselves",))
    if not path.is_dir():
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
    )


def _walk(root: Path, refused: list[str]) -> Iterator[tuple[str, os.stat_result]]:
    """Yield regular files below ``root`` with what the system says of them; say in ``refused`` what is passed over."""
    waiting, seen = [(root, 1)], 0
    while waiting:
        folder, depth = waiting.pop()
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            seen += 1
            name = Path(entry.path).relative_to(root).as_posix()
            if seen > MAX_FILES:
                refused.append(f"more than {MAX_FILES} files: leave the metadata and one recording in the folder")
                return
            found = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(found.st_mode):
                yield name, found
            elif stat.S_ISDIR(found.st_mode) and depth < MAX_DEPTH:
                waiting.append((Path(entry.path), depth + 1))
            else:
                refused.append(f"{name} is {_kind(found.st_mode)}: copy the file itself")


def _kind(mode: int) -> str:
    if stat.S_ISLNK(mode):
        # A link could make us read, and publish the sound of, any file of this computer.
        return "a link"
    return "a folder too deep" if stat.S_ISDIR(mode) else "no regular file"


def digests(folder: Folder) -> dict[str, str]:
    """Return name to SHA-256 of the folder's files.

    Of a file larger than ``MAX_FILE_BYTES`` only the size is told, and of one that we may not read, that.

    Raises:
        FileNotFoundError: a file is gone since the folder was looked at.
    """
    found: dict[str, str] = {}
    for file in folder.files:
        try:
            is_small = file.size_bytes <= MAX_FILE_BYTES
            found[file.name] = file_sha256(folder.path / file.name) if is_small else f"{file.size_bytes} bytes"
        except PermissionError:
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
