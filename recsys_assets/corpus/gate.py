"""Whether a name in a text means the artist or the track: learnt weights over clues, and one reading per place.

Belongs here: scores and the choice between names that overlap. The clues are ``clues``, learning is ``gate_training``.
"""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from recsys_assets.corpus.clues import (
    SECOND_CLUES,
    TELLING_RANK,
    Candidate,
    Place,
    Surroundings,
    find_clues,
    is_ambiguous,
    kinds_of,
)
from recsys_assets.corpus.gazetteer import Gazetteer
from recsys_assets.corpus.tables import ARTIST
from recsys_assets.corpus.text import find_sentences

# An article's names beyond this are a list, not reading: an article that names everybody takes bounded time (one of 600 words
# has a few hundred).
MAX_CANDIDATES = 5_000
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
        weights = self.weights[kind]
        score = sum(weights.get(clue, 0.0) for clue in clues)
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
    for sentence in find_sentences(text):
        place = Place.of(text, sentence, gazetteer.find(sentence.words), gazetteer)
        places.append(place)
        number = len(places) - 1
        candidates += [Candidate(number, match, kind) for match in place.matches for kind in kinds_of(match, gazetteer)]
        if len(candidates) > MAX_CANDIDATES:
            break
    del candidates[MAX_CANDIDATES:]
    return Scanned(places, candidates, _survey(text, candidates, gazetteer, links))


def _survey(text: str, candidates: Sequence[Candidate], gazetteer: Gazetteer, links: Collection[str]) -> Surroundings:
    named: set[str] = set()
    titled: set[str] = set()
    told = {(each.kind, each.match.name) for each in candidates if _is_telling(each.match.name, gazetteer)}
    for kind, name in told:
        own = {entry.entity_id for entry in gazetteer.artists[name]}
        if kind == ARTIST:
            named |= own
        else:
            titled |= gazetteer.credited[name] - own
    return Surroundings(_has_case(text), links, named, titled)


def _is_telling(name: int, gazetteer: Gazetteer) -> bool:
    return gazetteer.rarest_ranks[name] >= TELLING_RANK or gazetteer.names[name].count(" ") >= 2


def _has_case(text: str) -> bool:
    """Say whether capitals are used for more than beginnings, and not for everything."""
    sample = text[:20_000]
    capitals, smalls = sum(ch.isupper() for ch in sample), sum(ch.islower() for ch in sample)
    return smalls > 0 and 0.005 < capitals / (capitals + smalls) < 0.3


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
        probability = gate.probability(candidate.kind, clues)
        is_clear = not has_case or not is_ambiguous(candidate, gazetteer) or not SECOND_CLUES.isdisjoint(clues)
        if is_clear and probability >= gate.least[candidate.kind]:
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
    parsed = json.loads((files(__package__) / WEIGHTS_FILE).read_text(encoding="utf-8"))
    return Gate(parsed["weights"], parsed["least"])
