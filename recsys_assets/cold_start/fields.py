"""Typed values out of an object that a stranger wrote, gathering what is wrong with them instead of stopping at the first.

Which fields a submission has is ``submission``.
"""

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

from recsys_assets.core.errors import SourceRejectedError
from recsys_assets.raw.contract import MAX_WORD_CHARS

MAX_WORDS = 50
FAULTS_TOLD = 3


class Faults:
    """Reads typed values out of an object and gathers what is wrong with them."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def about(self, name: str) -> bool:
        """Whether something is wrong with the value of that name."""
        return any(line.startswith(name) for line in self.lines)

    def require_none(self) -> None:
        """Require that nothing is wrong.

        Raises:
            SourceRejectedError: the first faults, told together.
        """
        if self.lines:
            more = len(self.lines) - FAULTS_TOLD
            told = "; ".join(self.lines[:FAULTS_TOLD]) + (f"; and {more} more faults" if more > 0 else "")
            raise SourceRejectedError(told)

    def words(self, found: Mapping[str, Any], name: str, longest: int, *, is_prose: bool = False) -> str | None:
        """Read text; None where there is none, it is blank, or it is wrong."""
        value = found.get(name)
        return None if value is None else self.text(value, name, longest, is_prose=is_prose)

    def text(self, value: Any, name: str, longest: int, *, is_prose: bool = False) -> str | None:
        """Check one text: in composed Unicode (NFC), without spaces around it; prose may have several lines."""
        if not isinstance(value, str):
            self.lines.append(f"{name} is {kind(value)}, expected text")
        elif len(value) > longest:
            self.lines.append(f"{name} has {len(value):,} characters, at most {longest:,} are read")
        elif any(unicodedata.category(ch) in {"Cc", "Cs"} and not (is_prose and ch in "\n\r\t") for ch in value):
            self.lines.append(f"{name} holds control characters: {shown(value)}")
        else:
            return unicodedata.normalize("NFC", value.strip()) or None
        return None

    def list_of_words(self, found: Mapping[str, Any], name: str) -> tuple[str, ...]:
        """Read a list of short texts, each once; empty where it is wrong."""
        value = found.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > MAX_WORDS:
            what = f"has {len(value):,} entries" if isinstance(value, list) else f"is {kind(value)}"
            self.lines.append(f"{name} {what}, expected a list of at most {MAX_WORDS} words")
            return ()
        words = [self.text(word, name, MAX_WORD_CHARS) for word in value]
        return tuple(dict.fromkeys(word for word in words if word))

    def flag(self, found: Mapping[str, Any], name: str) -> bool | None:
        """Read true or false; None where neither is said."""
        value = found.get(name)
        if value is None or isinstance(value, bool):
            return value
        self.lines.append(f"{name} is {kind(value)}, expected true or false")
        return None


def shown(value: object) -> str:
    """Show a value from outside in a message: ASCII, quoted, not long."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return ascii(text if len(text) <= 60 else f"{text[:59]}…")


def kind(value: object) -> str:
    """Name the type of a JSON value."""
    names = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), "nothing")
