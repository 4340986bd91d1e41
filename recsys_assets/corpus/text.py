"""Text of strangers as words and sentences with their places, in any script.

Belongs here: what letters and spaces alone decide. Which words are a name is ``gazetteer`` and ``gate``, which are terms is
``terms``. Places are characters of the text as it was given, whatever is folded for comparison.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from recsys_assets.core.text import display
from recsys_assets.corpus.tables import MAX_EXCERPT_CHARS

# Han, kana, Thai, Lao, Burmese and Khmer are written without spaces: each character counts as a word there, in names
# and in texts alike, so that a name's borders are found without a dictionary.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
)
# Characters that are not seen: inside a word they part it for programs only.
_UNSEEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff"
_APOSTROPHES = "'\u2019\u02bc\uff07"
# A word: letters, digits and marks, held together by apostrophes and by what is not seen.
_LETTER = rf"[^\W_{_UNSPACED}]|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0d7f]"
_WORD = re.compile(rf"[{_UNSPACED}]|(?:{_LETTER})(?:[{_UNSEEN}{_APOSTROPHES}]*(?:{_LETTER}))*|[&+$]")
# The same among ASCII letters in lower case, which is most of what is written, in a third of the time.
_ASCII_WORD = re.compile(r"[a-z0-9]+(?:'+[a-z0-9]+)*|[&+$]")
_UNSPACED_CHARACTER = re.compile(rf"[{_UNSPACED}]")
_DROPPED = re.compile(rf"[{_UNSEEN}{_APOSTROPHES}\u0300-\u036f\u0591-\u05c7\u064b-\u065f]")
# The end of a sentence: closing punctuation with a space behind it, the full stops of other scripts, a line's end.
_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s)|[。！？｡]+[」』”]?|[؟۔।॥]+|\n+")  # noqa: RUF001  they are other full stops
_ABBREVIATION = re.compile(r"(?:\b(?:feat|ft|vs|mr|mrs|ms|dr|st|jr|sr|no|vol|pt|etc|e\.g|i\.e)|\b\w)\.$", re.IGNORECASE)
MAX_SENTENCE_CHARS = 1_000
# A language is guessed from this much; more changes no guess and takes longer.
_LANGUAGE_CHARS, _LEAST_LANGUAGE_CHARS = 2_000, 40
UNKNOWN_LANGUAGE = "und"


HIRAGANA = "hiragana"
# Of scripts without spaces: first character, name; up to the next one.
_SCRIPTS = (
    (0x0E00, "thai"), (0x1000, "burmese"), (0x1780, "khmer"), (0x3040, HIRAGANA), (0x30A0, "katakana"), (0x3400, "han"),
)  # fmt: skip


def is_unspaced(word: str) -> bool:
    """Say whether a word is a single character of a script that is written without spaces."""
    return len(word) == 1 and not word.isascii() and _UNSPACED_CHARACTER.match(word) is not None


def unspaced_script(word: str) -> str | None:
    """Return which script without spaces a word is a character of; None for others. Han includes the rarer planes."""
    if not is_unspaced(word):
        return None
    return [name for first, name in _SCRIPTS if first <= ord(word)][-1]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a stretch of text.

    Attributes:
        folded: each word as it is compared: lower case, without accents, apostrophes and unseen characters.
        starts: first character of each.
        ends: one after the last character of each.
    """

    folded: list[str]
    starts: list[int]
    ends: list[int]

    def __len__(self) -> int:
        """Count them."""
        return len(self.folded)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Characters ``start`` to ``end`` (excluded) of a text, and the words between them at places of the whole text."""

    number: int
    start: int
    end: int
    words: Words


def find_words(text: str, start: int = 0, end: int | None = None) -> Words:
    """Return the words between two places of a text. "Radiohead's" is ``radioheads``; "R&B" is ``r``, ``&``, ``b``."""
    end = len(text) if end is None else end
    stretch = text[start:end]
    if stretch.isascii():
        return _find_ascii_words(stretch.lower(), start)
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _WORD.finditer(text, start, end):
        word = _fold_word(match.group()[:_MAX_WORD_CHARS])
        if word:
            folded.append(word)
            starts.append(match.start())
            ends.append(match.end())
    return Words(folded, starts, ends)


def _find_ascii_words(lowered: str, offset: int) -> Words:
    spans = [match.span() for match in _ASCII_WORD.finditer(lowered)]
    folded = [lowered[start:end][:_MAX_WORD_CHARS] for start, end in spans]
    if "'" in lowered:
        folded = [word.replace("'", "") for word in folded]
    return Words(folded, [offset + start for start, _ in spans], [offset + end for _, end in spans])


def fold(name: str) -> str:
    """Return a name as it is compared: its words with one space between; empty where it has none."""
    return " ".join(find_words(name).folded)


# A text may be made of one word of any length: what is kept of each, and how many, is bounded.
_MAX_WORD_CHARS = 64


@lru_cache(maxsize=100_000)
def _fold_word(word: str) -> str:
    if word.isascii():
        return word.replace("'", "").lower()
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return unicodedata.normalize("NFC", _DROPPED.sub("", decomposed)).replace(" ", "")


def find_sentences(text: str) -> Iterator[Sentence]:
    """Yield the sentences that have words; one that is longer than 1,000 characters is cut at a space."""
    number = 0
    for start, end in _sentence_bounds(text):
        words = find_words(text, start, end)
        if len(words):
            yield Sentence(number, start, end, words)
            number += 1


def _sentence_bounds(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _END.finditer(text):
        is_stop = match.group() == "."
        if is_stop and _ABBREVIATION.search(text, max(start, match.end() - 6), match.end()):
            continue
        yield from _cut(text, start, match.end())
        start = match.end()
    yield from _cut(text, start, len(text))


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > MAX_SENTENCE_CHARS:
        space = text.rfind(" ", start + MAX_SENTENCE_CHARS // 2, start + MAX_SENTENCE_CHARS)
        middle = space if space > 0 else start + MAX_SENTENCE_CHARS
        yield start, middle
        start = middle
    if start < end:
        yield start, end


def sentence_at(sentences: Sequence[Sentence], place: int) -> Sentence:
    """Return the sentence that holds a character, or the last one before it."""
    return sentences[max(bisect_left(sentences, place + 1, key=lambda each: each.start) - 1, 0)]


def excerpt_around(text: str, start: int, end: int, *, near: int) -> str:
    """Return characters ``start`` to ``end`` as one harmless line of at most 300 characters that shows place ``near``."""
    # Right-to-left text is wrapped in two isolating characters.
    room = MAX_EXCERPT_CHARS - 2
    if end - start > room:
        start = max(start, min(near - room // 2, end - room))
        space = text.find(" ", start, near)
        start = space + 1 if start > 0 and space >= 0 else start
        end = min(end, start + 2 * room)
    return display(text[start:end], max_length=room)


def guess_language(text: str) -> str:
    """Guess the ISO 639-1 code of a text; "und" where there is too little of it."""
    sample = text[:_LANGUAGE_CHARS]
    if len(sample.strip()) < _LEAST_LANGUAGE_CHARS:
        return UNKNOWN_LANGUAGE
    import py3langid

    return str(py3langid.classify(sample)[0])
