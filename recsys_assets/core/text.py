"""Names that strangers chose, made safe to show in a line of text and to name a file after.

Belongs here: one string in, one harmless string out. Stored ids and titles are never changed: only what is shown
(``display``) or becomes part of a path (``safe_filename``) goes through here.
"""

import hashlib
import re
import unicodedata

ISOLATE_START, ISOLATE_END = "\u2068", "\u2069"

_ELLIPSIS = "…"
# Joiners are format characters that emoji and Indic scripts need.
_JOINERS = frozenset("\u200c\u200d")
# Thai and Vietnamese stack two marks, Tibetan three; more is decoration that bleeds over the lines around.
_MARKS_IN_A_ROW = 4
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_PLAIN_NAME = re.compile(r"[a-z0-9_-]{1,64}")
_UNSAFE = re.compile(r"[^a-z0-9_-]+")
# Windows opens a device for these, whatever the extension.
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})


def display(text: str | None, *, max_length: int = 60) -> str:
    """Make one harmless line of a name.

    Control, format and unpaired surrogate characters go, runs of white space become one space, stacks of combining
    marks are thinned. Text that is longer is cut between characters and ends in an ellipsis. Text with letters that run
    from right to left is wrapped in U+2068 … U+2069, so that it can not turn the words around it.

    Args:
        text: the name; None gives the empty string.
        max_length: most code points shown, at least 2; the isolating pair is not counted.
    """
    shown = _clean(text or "")
    if len(shown) > max_length:
        shown = _cut(shown, max_length - 1) + _ELLIPSIS
    if any(unicodedata.bidirectional(ch) in _RIGHT_TO_LEFT for ch in shown):
        return f"{ISOLATE_START}{shown}{ISOLATE_END}"
    return shown


def safe_filename(external_id: str) -> str:
    """Turn an id into a file name (without extension) that no file system refuses or confuses with another's.

    Short ids of lower-case ASCII letters, digits, ``_`` and ``-`` stay as they are. Any other gives
    ``<readable part>~<32 hexadecimal digits of its SHA-256>``, which no plain id can look like; so two ids never share
    a name, not even where case is ignored.
    """
    if _PLAIN_NAME.fullmatch(external_id) and external_id not in _DEVICES:
        return external_id
    digest = hashlib.sha256(external_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    readable = _UNSAFE.sub("-", external_id[:200].lower()).strip("-")[:32]
    return f"{readable}~{digest}"


def _clean(text: str) -> str:
    # Names of ten megabytes have been met; what is beyond a few thousand characters is never shown.
    if text[:4000].isascii() and text[:4000].isprintable():
        return " ".join(text[:4000].split())
    kept: list[str] = []
    marks = 0
    for ch in text[:4000]:
        category = unicodedata.category(ch)
        if category in {"Mn", "Me"}:
            marks += 1
            if marks <= _MARKS_IN_A_ROW:
                kept.append(ch)
            continue
        marks = 0
        if ch.isspace() or category in {"Zl", "Zp"}:
            kept.append(" ")
        elif category not in {"Cc", "Cf", "Cs"} or ch in _JOINERS:
            kept.append(ch)
    return " ".join("".join(kept).split())


def _cut(text: str, length: int) -> str:
    """Cut before ``length``, not inside a character that several code points make up together."""
    end = length
    while end > 0 and (_continues(text[end]) or text[end - 1] == "\u200d"):
        end -= 1
    return text[:end].rstrip()


def _continues(ch: str) -> bool:
    # Skin tones follow an emoji as modifiers.
    return unicodedata.category(ch) in {"Mn", "Me", "Mc"} or ch in _JOINERS or "\U0001f3fb" <= ch <= "\U0001f3ff"
