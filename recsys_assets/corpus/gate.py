"""Whether a name in a text means the artist or the track: learnt weights over clues, and one reading per place.

Belongs here: scores and the choice between names that overlap. The clues are ``clues``, learning is ``gate_training``.
"""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import repeat

from recsys_assets.corpus.clues import (
    QUOTES,
    SECOND_CLUES,
    TELLING_RANK,
    Candidate,
    Place,
    Surroundings,
    find_clues,
    kinds_of,
)
from recsys_assets.corpus.gazetteer import Gazetteer, Match
from recsys_assets.corpus.tables import ARTIST
from recsys_assets.corpus.text import Sentence, find_sentences

# An article's names beyond this are a list, not reading: an article that names everybody takes bounded time (one of 600 words
# has a few hundred).
MAX_CANDIDATES = 5_000
# What tells whether a text uses capitals at all.
_SENTENCES_FOR_CASE, _LETTERS_FOR_CASE, _SHOUTED_SHARE = 50, 1_000, 0.5
WEIGHTS_FILE = "gate_weights.json"


@dataclass(frozen=True)
class Gate:
    """Weights of the clues by kind, in log-odds, and the least probability that links.

    Attributes:
        weights: kind to clue to weight.
        least: kind to least probability, 0 to 1.
    """

    weights: Mapping[str, Mapping[str, float]]
    least: Mapping[str, float]

    def probability(self, kind: str, clues: Sequence[str]) -> float:
        """Return how likely it is that an entity of the kind is meant, 0 to 1."""
        score = sum(map(self.weights[kind].get, clues, repeat(0.0)))
        return 1 / (1 + math.exp(-max(min(score, 30.0), -30.0)))


@dataclass(frozen=True, slots=True)
class Reading:
    """A candidate that was taken, with the probability that it is meant."""

    candidate: Candidate
    probability: float


@dataclass(frozen=True)
class Scanned:
    """An article with all names found in it, before any is chosen."""

    places: list[Place]
    candidates: list[Candidate]
    around: Surroundings


def scan(text: str, gazetteer: Gazetteer, *, links: Collection[str] = ()) -> Scanned:
    """Find all names in a text, and what the whole of it says about them; 5,000 candidates at most.

    Args:
        text: the text.
        gazetteer: the names.
        links: folded texts of links in it.
    """
    places: list[Place] = []
    candidates: list[Candidate] = []
    sentences = list(find_sentences(text))
    has_case = _has_case(text, sentences)
    for sentence in sentences:
        # A link may make any spelling a name.
        small = _small(text, sentence) if has_case and not links else None
        matches = gazetteer.find(sentence.words, small=small)
        if has_case:
            matches = [match for match in matches if _could_be_meant(text, sentence, match, gazetteer, links)]
        place = Place.of(text, sentence, matches, gazetteer)
        places.append(place)
        number = len(places) - 1
        candidates += [Candidate(number, match, kind) for match in place.matches for kind in kinds_of(match, gazetteer)]
        if len(candidates) > MAX_CANDIDATES:
            break
    del candidates[MAX_CANDIDATES:]
    return Scanned(places, candidates, _survey(candidates, gazetteer, links, has_case=has_case))


def _small(text: str, sentence: Sentence) -> list[bool]:
    """Say of each word whether it is written small and nothing quotes it: what ``_could_be_meant`` rules out, of many at once."""
    return [text[start].islower() and not (start > 0 and text[start - 1] in QUOTES) for start in sentence.words.starts]


def _could_be_meant(text: str, sentence: Sentence, match: Match, gazetteer: Gazetteer, links: Collection[str]) -> bool:
    """Rule out what needs no weighing, nine tenths of all: in prose an ambiguous name in small letters is a word."""
    if not gazetteer.ambiguous[match.name]:
        return True
    start, end = sentence.words.starts[match.first], sentence.words.ends[match.last - 1]
    is_quoted = start > 0 and text[start - 1] in QUOTES and text[end : end + 1] in QUOTES
    return not text[start].islower() or is_quoted or gazetteer.names[match.name] in links


def _survey(
    candidates: Sequence[Candidate], gazetteer: Gazetteer, links: Collection[str], *, has_case: bool
) -> Surroundings:
    named: set[str] = set()
    titled: set[str] = set()
    told = {(each.kind, each.match.name) for each in candidates if _is_telling(each.match.name, gazetteer)}
    for kind, name in told:
        own = {entry.entity_id for entry in gazetteer.artists[name]}
        if kind == ARTIST:
            named |= own
        else:
            titled |= gazetteer.credited[name] - own
    return Surroundings(has_case, links, named, titled)


def _is_telling(name: int, gazetteer: Gazetteer) -> bool:
    return gazetteer.rarest_ranks[name] >= TELLING_RANK or gazetteer.names[name].count(" ") >= 2


def _has_case(text: str, sentences: Sequence[Sentence]) -> bool:
    """Say whether a text uses capitals: most of its sentences begin with one, and most of its letters are none."""
    begun = [text[sentence.words.starts[0]] for sentence in sentences[:_SENTENCES_FOR_CASE]]
    capitals, smalls = sum(ch.isupper() for ch in begun), sum(ch.islower() for ch in begun)
    sample = text[:_LETTERS_FOR_CASE]
    is_shouted = sum(ch.isupper() for ch in sample) > _SHOUTED_SHARE * sum(ch.isalpha() for ch in sample)
    return capitals > smalls and not is_shouted


def read(scanned: Scanned, gazetteer: Gazetteer, gate: Gate) -> list[Reading]:
    """Choose what each name means, if anything: the likeliest first, none that overlaps one already taken.

    Returns:
        By place.
    """
    # Requests in small letters taught the gate what context alone tells; of prose they could not, so there an ambiguous name
    # needs a second clue besides.
    has_case = scanned.around.has_case
    likely: list[Reading] = []
    for candidate in scanned.candidates:
        clues = find_clues(scanned.places[candidate.sentence], candidate, gazetteer, scanned.around)
        if has_case and gazetteer.ambiguous[candidate.match.name] and SECOND_CLUES.isdisjoint(clues):
            continue
        probability = gate.probability(candidate.kind, clues)
        if probability >= gate.least[candidate.kind]:
            likely.append(Reading(candidate, probability))
    likely.sort(key=_preference)
    taken: list[Reading] = []
    occupied: set[tuple[int, int]] = set()
    for reading in likely:
        candidate = reading.candidate
        words = {(candidate.sentence, n) for n in range(candidate.match.first, candidate.match.last)}
        if occupied.isdisjoint(words):
            occupied |= words
            taken.append(reading)
    return sorted(taken, key=lambda each: (each.candidate.sentence, each.candidate.match.first))


def _preference(reading: Reading) -> tuple[float, int, int, int, str, int]:
    match = reading.candidate.match
    length = match.last - match.first
    return (-reading.probability, -length, reading.candidate.sentence, match.first, reading.candidate.kind, match.name)


@cache
def shipped_gate() -> Gate:
    """Return the gate whose weights stand beside this module; the file says what they were learnt from."""
    parsed = json.loads((files("recsys_assets.corpus") / WEIGHTS_FILE).read_text(encoding="utf-8"))
    return Gate(parsed["weights"], parsed["least"])
