"""The words and noun phrases that stand near a mention, by how near: one article at a time.

Belongs here: chunking without a tagger, and nearness. How rare a term is and what a source is worth is known over many
articles only: ``entity_terms``. A phrase is what stands between function words, punctuation and names: whoever is named.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from recsys_assets.corpus.gazetteer import Match
from recsys_assets.corpus.mentions import Mention, ReadArticle
from recsys_assets.corpus.stop_words import is_stop_word
from recsys_assets.corpus.tables import MAX_EXCERPT_CHARS
from recsys_assets.corpus.text import HIRAGANA, excerpt_around, is_unspaced, unspaced_script

# Words after which nearness has halved, and the farthest that counts.
HALF_WORDS, FARTHEST_WORDS = 8.0, 40
# What another sentence is farther away, in words.
SENTENCE_WORDS = 10
MAX_PHRASE_WORDS = 3
# A name of so many words stands nowhere by chance.
_SURELY_NAME_WORDS = 3
MAX_TERM_CHARS = 80
# Of a stretch without spaces; a longer one is a sentence.
MAX_UNSPACED_CHARS = 10
# Of an article that names hundreds each counts little; what is read of it is bounded too.
MAX_MENTIONS, MAX_TERMS = 400, 80


# What a term counts by the words between; powers of two hundred thousand times an article take longer than looking them up.
_NEARNESS = tuple(0.5 ** (distance / HALF_WORDS) for distance in range(FARTHEST_WORDS + 1))


class Phrase(NamedTuple):
    """A term at a place: sentence, first and last (excluded) word of it."""

    term: str
    sentence: int
    first: int
    last: int


@dataclass(slots=True)
class NearTerm:
    """A term of an entity in an article: its weight, and where it stands nearest."""

    weight: float = 0.0
    nearest: float = 0.0
    phrase: Phrase | None = None


def find_phrases(read: ReadArticle) -> dict[int, list[Phrase]]:
    """Return the terms of each sentence that is near a mention: words, and phrases of two and three that touch."""
    named: dict[int, set[int]] = defaultdict(set)
    near: set[int] = set()
    for mention in read.mentions:
        named[mention.sentence].update(range(mention.first, mention.last))
        near.update((mention.sentence - 1, mention.sentence, mention.sentence + 1))
    # A name that the gate would not link to anybody is still no description.
    for candidate in read.scanned.candidates:
        if candidate.sentence in near and _is_written_as_name(read, candidate.sentence, candidate.match):
            named[candidate.sentence].update(range(candidate.match.first, candidate.match.last))
    n_sentences = len(read.scanned.places)
    return {
        number: list(_phrases_of(read, number, named[number])) for number in sorted(near) if 0 <= number < n_sentences
    }


def _is_written_as_name(read: ReadArticle, number: int, match: Match) -> bool:
    """Say whether the words of a catalogue name stand there as a name, and not as the words that it may be made of.

    Three words are no chance. Fewer are a name by a capital that the sentence does not ask for: "a song called Feedback" and
    "CON", not "Feedback is all over it".
    """
    if match.last - match.first >= _SURELY_NAME_WORDS:
        return True
    words, text = read.scanned.places[number].sentence.words, read.article.text
    surface = text[words.starts[match.first] : words.ends[match.last - 1]]
    begins = match.first > 0 and surface[0].isupper()
    return read.scanned.around.has_case and (begins or any(ch.isupper() for ch in surface[1:]))


def _phrases_of(read: ReadArticle, number: int, named: set[int]) -> Iterator[Phrase]:
    place = read.scanned.places[number]
    words = place.sentence.words.folded
    run = 0
    for n, word in enumerate(words):
        if n in named or is_unspaced(word) or is_stop_word(word, read.language) or not any(ch.isalpha() for ch in word):
            run = 0
            continue
        run = run + 1 if run and not place.gap(n).strip(" -") else 1
        for length in range(1, min(run, MAX_PHRASE_WORDS) + 1):
            term = " ".join(words[n + 1 - length : n + 1])
            if len(term) <= MAX_TERM_CHARS:
                yield Phrase(term, number, n + 1 - length, n + 1)
    yield from _unspaced_phrases(words, number, named)


def _unspaced_phrases(words: list[str], number: int, named: set[int]) -> Iterator[Phrase]:
    """Yield stretches of one script that is written without spaces; hiragana is Japanese's function words and endings."""
    for script, group in groupby(range(len(words)), key=lambda n: None if n in named else unspaced_script(words[n])):
        places = list(group)
        if script not in {None, HIRAGANA} and 1 < len(places) <= MAX_UNSPACED_CHARS:
            first, last = places[0], places[-1] + 1
            yield Phrase("".join(words[first:last]), number, first, last)


def find_terms(read: ReadArticle) -> dict[tuple[str, str], list[tuple[str, float, str]]]:
    """Weigh the terms near each entity of an article.

    The weight is the sum, over an entity's mentions, of confidence times 0.5 ** (distance / 8 words), the nearest place of
    the term to each mention; a sentence's border counts as ten words, two sentences away nothing counts.

    Returns:
        (kind, entity_id) to (term, weight, excerpt), heaviest first, 80 at most.
    """
    phrases = find_phrases(read)
    found: dict[tuple[str, str], dict[str, NearTerm]] = defaultdict(lambda: defaultdict(NearTerm))
    for mention in read.mentions[:MAX_MENTIONS]:
        terms = found[mention.kind, mention.entity_id]
        for phrase, nearness in _nearest(read, mention, phrases):
            near = terms[phrase.term]
            near.weight += mention.confidence * nearness
            if nearness > near.nearest:
                near.nearest, near.phrase = nearness, phrase
    excerpts: dict[tuple[int, int], str] = {}
    return {entity: _heaviest(read, terms, excerpts) for entity, terms in sorted(found.items())}


def _nearest(read: ReadArticle, mention: Mention, phrases: dict[int, list[Phrase]]) -> list[tuple[Phrase, float]]:
    """Return the nearest place of each term, and how near it is.

    Distances are the words between; across one sentence's border those up to its end, those from the other's start, and ten.
    """
    best: dict[str, tuple[int, Phrase]] = {}

    def offer(phrase: Phrase, distance: int) -> None:
        if distance <= FARTHEST_WORDS and (phrase.term not in best or distance < best[phrase.term][0]):
            best[phrase.term] = (distance, phrase)

    number, first, last = mention.sentence, mention.first, mention.last
    if number > 0 and number - 1 in phrases:
        since = len(read.scanned.places[number - 1].sentence.words) + first + SENTENCE_WORDS
        for phrase in phrases[number - 1]:
            offer(phrase, since - phrase.last)
    for phrase in phrases.get(number, ()):
        offer(phrase, max(phrase.first - last, first - phrase.last, 0))
    rest = len(read.scanned.places[number].sentence.words) - last + SENTENCE_WORDS
    for phrase in phrases.get(number + 1, ()) if rest <= FARTHEST_WORDS else ():
        offer(phrase, rest + phrase.first)
    return [(phrase, _NEARNESS[distance]) for distance, phrase in best.values()]


def _heaviest(
    read: ReadArticle, terms: dict[str, NearTerm], excerpts: dict[tuple[int, int], str]
) -> list[tuple[str, float, str]]:
    ordered = sorted(terms.items(), key=lambda item: (-item[1].weight, item[0]))[:MAX_TERMS]
    return [(term, near.weight, _excerpt(read, near.phrase, excerpts)) for term, near in ordered if near.phrase]


def _excerpt(read: ReadArticle, phrase: Phrase, excerpts: dict[tuple[int, int], str]) -> str:
    sentence = read.scanned.places[phrase.sentence].sentence
    # A sentence that fits is the same excerpt for all of its terms.
    fits = sentence.end - sentence.start < MAX_EXCERPT_CHARS - 2
    at = sentence.start if fits else sentence.words.starts[phrase.first]
    key = (phrase.sentence, at)
    if key not in excerpts:
        excerpts[key] = excerpt_around(read.article.text, sentence.start, sentence.end, near=at)
    return excerpts[key]
