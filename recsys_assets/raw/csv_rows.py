"""Lines of a CSV file that a fast reader refuses to rows: whatever is broken costs the line that it stands on.

Quoting only; how many columns there should be is the caller's, what they mean is ``validate``. A quote that is never
closed would make one field of the rest of the file: here it costs its own line, and the next one is read for itself.
"""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from recsys_assets.raw.contract import Reason
from recsys_assets.raw.lines import MAX_LINE_BYTES, Line

# A quoted text of the longest kind that the contract takes (10,000 characters) has fewer lines.
MAX_LINES_OF_ROW = 500
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class BrokenRow:
    """A line that is no row: why, and its text, empty where it was not read."""

    reason: Reason
    text: str


def csv_rows(lines: Iterator[Line], width: int | None = None) -> Iterator[list[str] | BrokenRow]:
    """Split lines into fields; each line that is not blank is a row, a part of one, or broken.

    Args:
        lines: of the file. What is not UTF-8 comes out as lone surrogates, which no UTF-8 text can hold.
        width: fields that a row over several lines has to have; None for as many as the first row has.
    """
    ahead: deque[Line] = deque()
    while line := ahead.popleft() if ahead else next(lines, None):
        if line.content is None:
            yield BrokenRow(Reason.HUGE_LINE, "")
            continue
        text = _text(line)
        if not text:
            continue
        row = (
            (text.split(",") if '"' not in text else None)
            or _quoted(text, lines, ahead, width)
            or _carelessly_quoted(text, width)
            or BrokenRow(Reason.BROKEN_CSV, text)
        )
        if width is None and isinstance(row, list):
            width = len(row)
        yield row


def _text(line: Line) -> str:
    content = line.content or b""
    content = content.removeprefix(_BOM) if line.number == 1 else content
    return content.decode("utf-8", errors="surrogateescape")


def _quoted(first: str, lines: Iterator[Line], ahead: deque[Line], width: int | None) -> list[str] | None:
    """Read a row that may go on over the next lines; where it is broken, none of them is used up."""
    reader = csv.reader(_following(first, lines, ahead), strict=True)
    try:
        row = next(reader)
    except csv.Error:
        return None
    more = reader.line_num - 1
    if more and width is not None and len(row) != width:
        return None
    for _ in range(more):
        ahead.popleft()
    return row


def _following(first: str, lines: Iterator[Line], ahead: deque[Line]) -> Iterator[str]:
    size = len(first)
    yield f"{first}\n"
    for place in range(MAX_LINES_OF_ROW):
        if place == len(ahead):
            following = next(lines, None)
            if following is None:
                return
            ahead.append(following)
        size += len(ahead[place].content or b"")
        if ahead[place].content is None or size > MAX_LINE_BYTES:
            return
        yield f"{_text(ahead[place])}\n"


def _carelessly_quoted(text: str, width: int | None) -> list[str] | None:
    """Read a line as ``"Weird Al" Yankovic,…``, which is against the rules and can be meant in one way only."""
    try:
        row = next(csv.reader([text]))
    except csv.Error:
        return None
    return row if len(row) == width and text.count('"') % 2 == 0 else None
