"""How far an import has come, kept on disk after each chunk so that an interrupted one goes on where it was.

A bookmark belongs to an input (names, sizes, first and last bytes of its files, and the options), not to a path: a
moved file is the same input, a file that grew is another one.
"""

import contextlib
import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from recsys_assets.core.errors import InvalidArgumentError, SourceUnavailableError
from recsys_assets.core.files import written_aside
from recsys_assets.core.locks import locked
from recsys_assets.raw.contract import SOURCES

# Enough to tell two exports apart without reading gigabytes twice.
SAMPLE_BYTES = 64 * 1024


@dataclass(frozen=True)
class Position:
    """Where the next chunk begins: which input file, how far in it (bytes, rows, entries), after how many lines."""

    file: int = 0
    offset: int = 0
    number: int = 0


@dataclass(frozen=True)
class Progress:
    """The state of one import.

    Attributes:
        arrived_on: the day that its snapshot is dated, fixed when it began: a night must not split it.
        chunks: how many chunks are done.
        published: of how many chunks the events are in the landing zone; those of later ones wait beside the bookmark.
        position: where the next one begins.
        taken: rows taken, by table.
        left: entries left out, by reason.
        first_day: earliest day of happening.
        last_day: latest day of happening.
        outputs: landing files written, relative to the landing zone.
        is_repetition: whether the same input was imported before, and what that wrote is being replaced.
        is_complete: whether everything is in place.
    """

    arrived_on: date
    chunks: int = 0
    published: int = 0
    position: Position = field(default_factory=Position)
    taken: Mapping[str, int] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)
    first_day: date | None = None
    last_day: date | None = None
    outputs: tuple[str, ...] = ()
    is_repetition: bool = False
    is_complete: bool = False

    def after(
        self,
        *,
        position: Position,
        taken: Mapping[str, int],
        left: Mapping[str, int],
        days: Sequence[date],
    ) -> "Progress":
        """Return the state after one more chunk."""
        known = [day for day in (self.first_day, self.last_day, *days) if day is not None]
        return replace(
            self,
            chunks=self.chunks + 1,
            position=position,
            taken=_sum(self.taken, taken),
            left=_sum(self.left, left),
            first_day=min(known, default=None),
            last_day=max(known, default=None),
        )


def _sum(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {name: first.get(name, 0) + second.get(name, 0) for name in sorted({*first, *second})}


def identity_of(inputs: Sequence[Path], options: Mapping[str, str]) -> str:
    """Digest what makes two imports the same: 12 hexadecimal digits.

    Raises:
        InvalidArgumentError: an input is not a file that can be read.
    """
    digest = hashlib.sha256()
    for path in inputs:
        try:
            size = path.stat().st_size
            with path.open("rb") as file:
                head = file.read(SAMPLE_BYTES)
                file.seek(max(0, size - SAMPLE_BYTES))
                tail = file.read(SAMPLE_BYTES)
        except OSError as error:
            raise InvalidArgumentError(f"{path} can not be read: {error.strerror or error}") from error
        for part in (path.name.encode(errors="surrogateescape"), str(size).encode(), head, tail):
            digest.update(hashlib.sha256(part).digest())
    digest.update(orjson.dumps(dict(options), option=orjson.OPT_SORT_KEYS))
    return digest.hexdigest()[:12]


@dataclass(frozen=True)
class Bookmark:
    """The place on disk of one import's state: a JSON file, and a folder for the parts that wait for the end."""

    folder: Path

    @property
    def parts(self) -> Path:
        """Where parts wait: a folder for each table, a file for each chunk that has rows of it."""
        return self.folder / "parts"

    def part(self, table: str, chunk: int) -> Path:
        """Return the place of one chunk's rows of a table."""
        return self.parts / table / f"{chunk:06d}.parquet"

    def waiting(self, table: str, progress: Progress) -> list[Path]:
        """Return the parts of a table that are still to be published, in the order of the chunks.

        A part whose chunk the bookmark does not count yet is not among them: the chunk will be read again.
        """
        first = progress.published if SOURCES[table].is_dated else 0
        found = {int(path.stem): path for path in (self.parts / table).glob("*.parquet")}
        return [found[chunk] for chunk in sorted(found) if first <= chunk < progress.chunks]

    def clear(self) -> None:
        """Remove the parts: everything is in place."""
        shutil.rmtree(self.parts, ignore_errors=True)

    @property
    def _file(self) -> Path:
        return self.folder / "bookmark.json"

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes from doing the same import at the same time.

        Raises:
            SourceUnavailableError: one is under way.
        """
        with contextlib.ExitStack() as lock:
            try:
                lock.enter_context(locked(self.folder / "lock", alone=True, wait=False))
            except BlockingIOError as error:
                raise SourceUnavailableError(
                    "another process is importing the same files: wait for it to end"
                ) from error
            yield

    def read(self) -> Progress | None:
        """Return the state, None for an import that has not begun or whose state is torn."""
        try:
            kept = orjson.loads(self._file.read_bytes())
            return _progress(kept)
        except (FileNotFoundError, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            return None

    def write(self, progress: Progress) -> None:
        """Keep the state; a crash leaves the one before or this one, whole."""
        with written_aside(self._file, durable=True) as fresh:
            fresh.write_bytes(orjson.dumps(progress))

    def begin(self, arrived_on: date, *, is_repetition: bool = False) -> Progress:
        """Forget what was, and return the state of an import that begins."""
        self.clear()
        progress = Progress(arrived_on, is_repetition=is_repetition)
        self.write(progress)
        return progress


def _progress(kept: Mapping[str, Any]) -> Progress:
    return Progress(
        arrived_on=date.fromisoformat(kept["arrived_on"]),
        chunks=int(kept["chunks"]),
        # Bookmarks of before spilled nothing: each chunk went to its days at once.
        published=int(kept.get("published", kept["chunks"])),
        position=Position(**kept["position"]),
        taken=dict(kept["taken"]),
        left=dict(kept["left"]),
        first_day=date.fromisoformat(kept["first_day"]) if kept["first_day"] else None,
        last_day=date.fromisoformat(kept["last_day"]) if kept["last_day"] else None,
        outputs=tuple(kept["outputs"]),
        is_repetition=bool(kept.get("is_repetition", False)),
        is_complete=bool(kept["is_complete"]),
    )
