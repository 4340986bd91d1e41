"""Names that strangers chose, made safe to show.

Belongs here: one string in, one harmless string out. Stored ids and titles are never changed: only what is shown goes
through here, a name in a line (``display``) or a whole message (``harmless``). Names of files are ``exports.names``.
"""

import unicodedata

ISOLATE_START, ISOLATE_END = "\u2068", "\u2069"

_ELLIPSIS = "…"
# Joiners are format characters that emoji and Indic scripts need.
_JOINERS = frozenset("\u200c\u200d")
# Thai and Vietnamese stack two marks, Tibetan three; more is decoration that bleeds over the lines around.
_MARKS_IN_A_ROW = 4
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_HARMFUL = frozenset({"Cc", "Cf", "Cs"})


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
    if not shown.isascii() and any(unicodedata.bidirectional(ch) in _RIGHT_TO_LEFT for ch in shown):
        return f"{ISOLATE_START}{shown}{ISOLATE_END}"
    return shown


def harmless(text: str) -> str:
    """Return a message without what commands a terminal or turns the words around it; its line ends and spaces stay.

    Control, format and unpaired surrogate characters go, but for joiners.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(ch for ch in text if ch == "\n" or not _is_harmful(ch))


def _is_harmful(ch: str) -> bool:
    return unicodedata.category(ch) in _HARMFUL and ch not in _JOINERS


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
        elif not _is_harmful(ch):
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
