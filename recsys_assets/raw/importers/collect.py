"""Entries of line and array formats into chunks: what was taken by table, what was left by reason, where to go on.

How one entry is understood belongs to the format's own module; files and bookmarks are ``engine``.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from recsys_assets.core.errors import DataFaultError
from recsys_assets.raw.contract import Reason
from recsys_assets.raw.importers.bookmark import Position
from recsys_assets.raw.importers.engine import Chunk, conform
from recsys_assets.raw.lines import READ_ERRORS, Line, lines, opened, skip

# Entries between two bookmarks: some 60 MB of Python objects, and a second or two that a crash costs.
CHUNK_ENTRIES = 50_000
PACKED = (".gz", ".zst")


class Collector:
    """Rows and reasons of one chunk under way."""

    def __init__(self) -> None:
        self._rows: dict[str, list[dict[str, object]]] = defaultdict(list)
        # A catalogue entry is kept once per chunk: the engine merges chunks.
        self._known: dict[str, dict[str, dict[str, object]]] = defaultdict(dict)
        self._left: Counter[str] = Counter()

    def add(self, table: str, row: dict[str, object]) -> None:
        """Take a row."""
        self._rows[table].append(row)

    def add_once(self, table: str, key: str, row: dict[str, object]) -> None:
        """Take a row of a catalogue, unless ``key`` was taken before."""
        self._known[table].setdefault(key, row)

    def leave(self, reason: str) -> None:
        """Leave an entry out."""
        self._left[reason] += 1

    def chunk(self, position: Position, done: int) -> Chunk:
        """Close the chunk."""
        rows = {**self._rows, **{table: list(known.values()) for table, known in self._known.items()}}
        return Chunk({table: conform(table, found) for table, found in rows.items()}, dict(self._left), position, done)


def line_chunks(
    inputs: Sequence[Path],
    take: Callable[[Line, Path, Collector], None],
    position: Position,
    *,
    chunk_lines: int = CHUNK_ENTRIES,
) -> Iterator[Chunk]:
    """Read files line by line and close a chunk every ``chunk_lines`` lines and at each file's end.

    Args:
        inputs: the files, packed or not.
        take: understands one line; not called for lines over the limit.
        position: where to begin.
        chunk_lines: lines between two bookmarks.

    Raises:
        DataFaultError: a file can not be read on; what was taken before stays.
    """
    before = sum(path.stat().st_size for path in inputs[: position.file])
    for index in range(position.file, len(inputs)):
        path = inputs[index]
        begin = position if index == position.file else Position(index)
        end = begin
        collector, count = Collector(), 0
        try:
            with opened(path) as stream:
                skip(stream, begin.offset)
                for line in lines(stream, start=begin.offset, first_number=begin.number + 1):
                    if line.content is None:
                        collector.leave(Reason.HUGE_LINE.value)
                    elif line.content.strip():
                        take(line, path, collector)
                    count += 1
                    end = Position(index, line.end, line.number)
                    if count == chunk_lines:
                        yield collector.chunk(end, before + line.end)
                        collector, count = Collector(), 0
        except READ_ERRORS as error:
            raise DataFaultError(
                f"{path} can not be read beyond line {end.number} ({error}). What came before is kept: "
                "replace the file by a whole one and import again"
            ) from error
        before += path.stat().st_size
        yield collector.chunk(Position(index + 1), before)


def total_bytes(inputs: Sequence[Path]) -> int:
    """Return the size of the inputs, 0 when some are packed and the end is not known."""
    if any(path.suffix.lower() in PACKED for path in inputs):
        return 0
    return sum(path.stat().st_size for path in inputs if path.is_file())
