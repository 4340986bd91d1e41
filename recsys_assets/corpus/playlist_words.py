"""The words of a playlist's name and description: what people call music when they collect it.

Belongs here: text to words. How much a word says of a track is ``title_terms``. Names are short, decorated and misspelt, so
little is thrown away: a lone emoji is a word, "The 90's", "1990s" and "nineties" are one decade, plurals are their singular.
"""

import html
import re
from functools import lru_cache
from itertools import pairwise

from recsys_assets.corpus.text import find_words

# A name is short; of a description that is a page long the beginning tells.
MAX_CHARS = 500
_MARKUP = re.compile(r"<[^<>]{0,300}>|https?://\S+|www\.\S+")
_DECADE = re.compile(r"(?:19|20)?(\d0)(?:s|er|ies)?")
_DECADE_SIGN = re.compile(r"(?:(?:19|20)\d0|\d0)(?:s|er)")
_YEAR = re.compile(r"(19[4-9]|20[0-3])\d")
_SPELT_DECADES = {
    "fifties": "50s", "sixties": "60s", "seventies": "70s", "eighties": "80s", "nineties": "90s", "noughties": "00s",
}  # fmt: skip
# One thing that is written in several ways.
_JOINED = {
    ("r", "&", "b"): "rnb", ("r", "n", "b"): "rnb", ("r", "b"): "rnb", ("d", "&", "b"): "dnb", ("d", "n", "b"): "dnb",
    ("hip", "hop"): "hiphop", ("k", "pop"): "kpop", ("j", "pop"): "jpop", ("lo", "fi"): "lofi", ("x", "mas"): "christmas",
    ("work", "out"): "workout", ("sing", "along"): "singalong", ("road", "trip"): "roadtrip",
}  # fmt: skip
_SAME = {
    "xmas": "christmas", "rb": "rnb", "fav": "favorite", "fave": "favorite", "favourite": "favorite", "movy": "movie",
    "oldy": "oldie", "indy": "indie", "zomby": "zombie", "cooky": "cookie", "smoothy": "smoothie",
}  # fmt: skip
# "jamz" is a plural too, "jazz" is none.
_PLURAL = re.compile(r"[^aeioutz]z$|(?<![sui])s$")
_NO_PLURALS = frozenset(
    {"blues", "xmas", "news", "series", "always", "yes", "texas", "kansas", "paris", "james", "chris"}
)
# Signs that are pictures: emoji and symbols, without the marks that only colour or join them.
_EMOJI = re.compile("[\u2190-\u2bff\u3030\u303d\U0001f000-\U0001f3fa\U0001f400-\U0001faff]")
_STOP = frozenset(
    """a about after all also am an and any are as at be been best but by can do don dont each every everything for from
    get go good got great has have here how i if im in into is it its just know let like list ll lot make me
    mix more most music my new no not now of off on one only or other our out over own playlist really s
    so some song stuff t than that the their them then there these they thing this those time to too track tune up us
    ve very want was we were what when where which who why will with would you your youre vol volume various
    favorite de la el los las les le y et und der die das mi tu""".split()  # noqa: SIM905  a text is easier to read
)


def playlist_words(text: str) -> tuple[str, ...]:
    """Return the words of a name or a description, in order and with repeats; all of them where all are common.

    Lower case, without accents; plurals as singulars; decades as "90s"; of a year the decade comes too; emoji stay.
    """
    plain = _MARKUP.sub(" ", html.unescape(text[: 2 * MAX_CHARS]))[:MAX_CHARS]
    words = _joined([word for word in find_words(plain).folded if word != "+"])
    kept = [each for word in words for each in _said(word)]
    kept += _EMOJI.findall(plain)
    return tuple(word for word in kept if word not in _STOP) or tuple(kept)


def playlist_terms(name: str, description: str = "") -> tuple[str, ...]:
    """Return the different terms of a playlist, sorted: its words, and pairs of words that touch in the name."""
    named = playlist_words(name)
    pairs = {f"{first} {second}" for first, second in pairwise(named) if first != second}
    return tuple(sorted({*named, *pairs, *(playlist_words(description) if description else ())}))


def is_filler(word: str) -> bool:
    """Tell whether a word says nothing of music, so that it counts only where nothing else is said."""
    return word in _STOP


def spellings(word: str) -> tuple[str, ...]:
    """Return pieces of text, in lower case, one of which stands in any text that ``playlist_words`` finds the word in.

    It is for looking where the word may be, quickly: not every text that holds a piece has the word.
    """
    pieces = {word, *(spelt for spelt, same in _SAME.items() if same == word)}
    pieces |= {parts[0] if len(parts[0]) > 1 else parts[-1] for parts, one in _JOINED.items() if one == word}
    pieces |= {spelt for spelt, decade in _SPELT_DECADES.items() if decade == word}
    if _DECADE_SIGN.fullmatch(word):
        # "1994" is of the nineties too.
        pieces.add(word[:1])
    if word.endswith("y"):
        pieces.add(word[:-1] + "ie")
    return tuple(sorted(pieces | {piece[:-1] + "ie" for piece in pieces if piece.endswith("y")}))


def _joined(words: list[str]) -> list[str]:
    joined: list[str] = []
    n = 0
    while n < len(words):
        for length in (3, 2):
            one = _JOINED.get(tuple(_singular(word) for word in words[n : n + length]))
            if one:
                joined.append(one)
                n += length
                break
        else:
            joined.append(words[n])
            n += 1
    return [word for word in joined if word not in {"&", "$"}]


def _said(word: str) -> tuple[str, ...]:
    if word in _SPELT_DECADES:
        return (_SPELT_DECADES[word],)
    if _DECADE_SIGN.fullmatch(word):
        found = _DECADE.fullmatch(word)
        return (f"{found[1]}s",) if found else (word,)
    if _YEAR.fullmatch(word):
        return (word, f"{word[2]}0s")
    return (_singular(word),)


@lru_cache(maxsize=50_000)
def _singular(word: str) -> str:
    if not word.isascii() or len(word) < 4 or word in _NO_PLURALS:
        return _SAME.get(word, word)
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif _PLURAL.search(word):
        word = word[:-1]
    return _SAME.get(word, word)
