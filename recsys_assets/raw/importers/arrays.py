"""The entries of one JSON array of any length, one at a time: what Spotify's exports and the playlist set's slices are.

Holds one entry and one read-ahead. An entry that never ends is indistinguishable from one that is half-written: past
the limit, or at the end of the file, the rest of the file is given up and reported.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from recsys_assets.core.errors import DataFaultError, InvalidArgumentError

READ_CHARS = 1 << 20
# A playlist of the longest kind (10,000 entries, pretty-printed) is some four megabytes.
MAX_ENTRY_CHARS = 16 * READ_CHARS
_BLANK = re.compile(r"[\s,]*")


class BrokenArrayError(DataFaultError):
    """The array can not be read on: half-written, nested too deep, or an entry over the limit."""


def array_entries(stream: BinaryIO, *, key: str | None = None, limit: int = MAX_ENTRY_CHARS) -> Iterator[object]:
    """Yield the entries of the array that the file is, or that lies under ``key`` of the object that it is.

    Args:
        stream: JSON text in UTF-8; what is not UTF-8 comes as lone surrogates, which nothing else holds.
        key: name of the array inside an object; None for a file that is an array.
        limit: longest entry in characters.

    Raises:
        BrokenArrayError: the text ends inside the array, or an entry is over the limit or nested too deep.
        InvalidArgumentError: there is no such array: it is another file that was meant.
    """
    decode = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape").decode
    parser = json.JSONDecoder()
    buffer, place, wanted, is_end = _open_array(stream, decode, key, limit)
    while True:
        place = _BLANK.match(buffer, place).end()  # type: ignore[union-attr]
        if place < len(buffer) and buffer[place] == "]":
            return
        try:
            entry, end = _decode_one(parser, buffer, place, is_end=is_end)
        except RecursionError as error:
            raise BrokenArrayError("an entry is nested too deep") from error
        except (json.JSONDecodeError, ValueError) as error:
            if is_end or len(buffer) - place > limit:
                raise BrokenArrayError(f"the text breaks off or an entry has over {limit:,} characters") from error
            piece = stream.read(wanted)
            is_end = not piece
            buffer, place = buffer[place:] + decode(piece, is_end), 0
            # Each failed try reads twice as much, so that a long entry costs no more than twice its parse.
            wanted = min(2 * wanted, limit)
            continue
        yield entry
        wanted, place = READ_CHARS, end


def _decode_one(parser: json.JSONDecoder, buffer: str, place: int, *, is_end: bool) -> tuple[object, int]:
    entry, end = parser.raw_decode(buffer, place)
    # A number or word at the very end of what was read may go on.
    if end == len(buffer) and not is_end and not isinstance(entry, dict | list | str):
        raise json.JSONDecodeError("unfinished", buffer, end)
    return entry, end


def _open_array(stream: BinaryIO, decode: object, key: str | None, limit: int) -> tuple[str, int, int, bool]:
    opening = re.compile(r"\s*\[" if key is None else rf"(?<!\\){re.escape(json.dumps(key))}\s*:\s*\[")
    buffer = ""
    while len(buffer) <= limit:
        piece = stream.read(READ_CHARS)
        buffer += decode(piece, not piece)  # type: ignore[operator]
        buffer = buffer.removeprefix("\ufeff")
        found = opening.match(buffer) if key is None else opening.search(buffer)
        if found:
            return buffer, found.end(), READ_CHARS, not piece
        if not piece or (key is None and buffer.strip()):
            break
    what = "a JSON array" if key is None else f"a JSON object with an array {key!r}"
    found_instead = repr(buffer[:40]) if buffer.strip() else "nothing"
    raise InvalidArgumentError(f"expected {what}, found {found_instead}")
