"""What a picture's font can write of names that strangers chose.

Belongs here: one string in, one that matplotlib draws without boxes out. What a page or a terminal shows is ``text``.
"""

import unicodedata
from functools import lru_cache

# matplotlib carries this font with it, so the picture is the same on every machine.
FONT = "DejaVu Sans"
MAX_LABEL_LENGTH = 26


def writable(text: str | None, *, max_length: int = MAX_LABEL_LENGTH * 4) -> str | None:
    """Return what of ``text`` the font can write, shortened; None where too little is left to know it by.

    Right-to-left text is left out whole: matplotlib sets it backwards where it was built without a shaping library.
    """
    if text is None:
        return None
    text = unicodedata.normalize("NFC", text[: max_length * 4])
    if any(unicodedata.bidirectional(character) in {"R", "AL"} for character in text):
        return None
    letters = [character for character in text if character.isalnum()]
    kept = "".join(character if _is_writable(character) else " " for character in text)
    kept = " ".join(kept.split())
    if not kept or sum(character.isalnum() for character in kept) * 2 < len(letters) or not any(map(str.isalnum, kept)):
        return None
    return kept if len(kept) <= max_length else kept[: max_length - 1].rstrip() + "…"


def _is_writable(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZ" and ord(character) in _glyphs()


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont(FONT)).get_charmap())
