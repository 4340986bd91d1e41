"""The words of a question, and how much of a name they are.

Belongs here: what is asked for, before anything is looked up. Words in scripts with spaces are those of ``playlist_words``. Han,
kana, Thai and their like are written without: a stretch of one script is a word, and is found by pairs of characters that
touch, so that half a name is found and a name of other characters in another order is not.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from recsys_assets.corpus.playlist_words import MAX_CHARS, playlist_words, spellings
from recsys_assets.corpus.text import HIRAGANA, find_words, fold, is_unspaced, unspaced_script

# A question has few words; what is longer is a text.
MAX_WORDS = 12
_YEAR = re.compile(r"(?:19[4-9]|20[0-3])\d")
# Of a stretch without spaces so much has to be there.
_LEAST_PART = 0.5


@dataclass(frozen=True)
class Question:
    """What was asked.

    Attributes:
        text: as it was typed.
        words: different words in the order in which they were typed, ``MAX_WORDS`` at most.
        left_out: the words after them, which are not looked for.
        is_cut: whether there was text beyond the characters that are read.
    """

    text: str
    words: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    is_cut: bool = False


def read_question(text: str) -> Question:
    """Read a question; one without letters, digits and pictures has no words. Of a year only the year is a word."""
    words = tuple(dict.fromkeys(search_words(text)))
    decades = {decade_of(word) for word in words} - _decades_typed(text)
    words = tuple(word for word in words if word not in decades)
    return Question(text, words[:MAX_WORDS], words[MAX_WORDS:], len(text.strip()) > MAX_CHARS)


def _decades_typed(text: str) -> set[str]:
    without_years = " ".join(word for word in find_words(text[:MAX_CHARS]).folded if not _YEAR.fullmatch(word))
    return set(playlist_words(without_years)) if without_years else set()


def decade_of(word: str) -> str | None:
    """Return the decade of a year, such as ``90s`` of ``1994``; None of any other word."""
    return f"{word[2]}0s" if _YEAR.fullmatch(word) else None


def search_words(text: str) -> tuple[str, ...]:
    """Return the words of a question or a name, in order but for those without spaces, which come last.

    Stretches of hiragana are Japanese's endings and particles: they are words only where the text has no other.
    """
    text = text[:MAX_CHARS]
    folded = find_words(text).folded
    if not any(is_unspaced(word) for word in folded):
        return playlist_words(text)
    stretches = _stretches(text)
    told = [word for script, word in stretches if script != HIRAGANA] or [word for _, word in stretches]
    spaced = " ".join(word for word in folded if not is_unspaced(word))
    return (*playlist_words(spaced), *told) if spaced else tuple(told)


def _stretches(text: str) -> list[tuple[str, str]]:
    """Return script and characters of each stretch without spaces; anything between two characters parts them."""
    found = find_words(text)
    places = [
        (unspaced_script(word), place - n, word)
        for n, (word, place) in enumerate(zip(found.folded, found.starts, strict=True))
        if is_unspaced(word)
    ]
    grouped = groupby(places, key=lambda each: each[:2])
    return [(str(script), "".join(word for _, _, word in group)) for (script, _), group in grouped]


def is_stretch(word: str) -> bool:
    """Say whether a word is a stretch of a script that is written without spaces."""
    return bool(word) and is_unspaced(word[0])


def pairs_of(stretch: str) -> frozenset[str]:
    """Return the pairs of characters that touch; of a single character itself."""
    return frozenset(first + second for first, second in pairwise(stretch)) or frozenset({stretch})


def words_held(words: Iterable[str], name: str, *, least: float = 0.0) -> dict[str, float]:
    """Return which of the words a name holds, and how much each says of it: above 0, 1 where the name is these words.

    A word says more the larger the part of the name is that all of them are. Half a stretch without spaces says half.

    Args:
        words: what was asked for.
        name: a name, a genre, a term.
        least: what a word says of a long name, 0 to 1.
    """
    own = set(search_words(name))
    parts = {word: _part(word, own) for word in words}
    parts = {word: part for word, part in parts.items() if part > 0}
    if not parts:
        return {}
    stretched = frozenset().union(*(pairs_of(word) for word in parts if is_stretch(word)))
    asked = sum(
        len(pairs_of(word) & stretched) / len(pairs_of(word)) if is_stretch(word) else word in parts for word in own
    )
    whole = least + (1 - least) * min(asked / max(len(own), 1), 1.0)
    return {word: whole * part for word, part in parts.items()}


def _part(word: str, own: set[str]) -> float:
    if not is_stretch(word):
        return float(word in own)
    wanted = pairs_of(word)
    stretches = [each for each in own if is_stretch(each)]
    # A single character stands inside longer stretches too.
    inside = len(word) == 1 and any(word in each for each in stretches)
    known = frozenset().union(*(pairs_of(each) for each in stretches))
    part = 1.0 if inside else len(wanted & known) / len(wanted)
    # Of a sentence that was typed, a name is a small part, but all of it is there.
    is_within = any(len(each) > 1 and pairs_of(each) <= wanted for each in stretches)
    return part if part >= _LEAST_PART or is_within else 0.0


def pieces_of(words: Sequence[str]) -> list[str]:
    """Return pieces of text one of which stands in any name that ``words_held`` finds a word in; many hold one and are no match."""
    return sorted({piece for word in words for piece in (pairs_of(word) if is_stretch(word) else spellings(word))})


def is_called(name: str, text: str) -> bool:
    """Say whether a text is a name, but for case, accents and punctuation."""
    folded = fold(name)
    return bool(folded) and folded == fold(text)
