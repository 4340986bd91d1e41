"""Lines out of files that somebody else wrote: plain, gzip or Zstandard, of any length, in bounded memory.

Splitting only; what a line means is for ``read`` and the importers. A line over the limit is skipped and reported, and
a packed file that unpacks to absurdly more than it is gets refused before it fills the disk or the day.
"""

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import zstandard

from recsys_assets.core.errors import DataFaultError

if TYPE_CHECKING:
    from typing_extensions import Buffer

# The largest row that the contract allows (a list of 1,000 ids of 500 characters) stays below two megabytes.
MAX_LINE_BYTES = 4 * 1024 * 1024
# Listening logs pack 10- to 30-fold, a file of equal lines some hundredfold, a bomb 1,000-fold and more.
MAX_UNPACKING = 500
# Small files may do as they like: a few equal lines reach any ratio.
FREE_UNPACKED_BYTES = 64 * 1024 * 1024
ZSTD_WINDOW_BYTES = 128 * 1024 * 1024

READ_ERRORS = (OSError, EOFError, gzip.BadGzipFile, zstandard.ZstdError)


@dataclass(frozen=True)
class Line:
    """One line: its number from 1, its bytes without the line end (None: over the limit), and where the next begins."""

    number: int
    content: bytes | None
    end: int


class _Guarded(io.RawIOBase):
    """A stream that stops when it has given more than the packed size can honestly hold."""

    def __init__(self, stream: BinaryIO, packed_bytes: int, name: str) -> None:
        self._stream = stream
        self._limit = max(FREE_UNPACKED_BYTES, packed_bytes * MAX_UNPACKING)
        self._given = 0
        self._name = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer") -> int:
        view = memoryview(buffer)
        piece = self._stream.read(len(view))
        self._given += len(piece)
        if self._given > self._limit:
            raise DataFaultError(
                f"{self._name} unpacks to more than {self._limit:,} bytes, over {MAX_UNPACKING} times its size: "
                "not read. Unpack it yourself if it is honest."
            )
        view[: len(piece)] = piece
        return len(piece)


@contextmanager
def opened(path: Path, packing: str | None = None) -> Iterator[BinaryIO]:
    """Open a file for reading bytes, unpacked by its ending (or by ``packing``: ``gz``, ``zst`` or empty).

    Raises:
        OSError: the file can not be opened.
    """
    packing = path.suffix.lower().lstrip(".") if packing is None else packing
    with path.open("rb") as file:
        if packing == "gz":
            inner: BinaryIO = gzip.GzipFile(fileobj=file)  # type: ignore[assignment]
        elif packing == "zst":
            decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES)
            inner = decompressor.stream_reader(file, read_across_frames=True)  # type: ignore[assignment]
        else:
            yield file
            return
        with io.BufferedReader(_Guarded(inner, path.stat().st_size, path.name), 1 << 20) as stream:
            yield stream  # type: ignore[misc]


def lines(stream: BinaryIO, *, limit: int = MAX_LINE_BYTES, start: int = 0, first_number: int = 1) -> Iterator[Line]:
    """Split ``stream`` at line feeds, holding at most one line.

    Args:
        stream: positioned at ``start``.
        limit: longer lines come without their content.
        start: position of the stream in the unpacked file.
        first_number: number of the first line.
    """
    position, number = start, first_number
    while True:
        content = stream.readline(limit + 1)
        if not content:
            return
        position += len(content)
        is_huge = len(content) > limit and not content.endswith(b"\n")
        while is_huge and content and not content.endswith(b"\n"):
            content = stream.readline(limit)
            position += len(content)
        yield Line(number, None if is_huge else content.rstrip(b"\r\n"), position)
        number += 1


def skip(stream: BinaryIO, count: int) -> None:
    """Move ``stream`` ahead by ``count`` bytes, by seeking where it can."""
    try:
        is_seekable = stream.seekable()
    except AttributeError:
        is_seekable = False
    if is_seekable:
        stream.seek(count, io.SEEK_CUR)
        return
    while count > 0:
        piece = stream.read(min(count, 1 << 20))
        if not piece:
            return
        count -= len(piece)
