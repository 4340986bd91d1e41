"""Learning the gate's weights from texts in which people marked what is meant.

Belongs here: from marked texts to a ``Gate``. Reading marked files is ``evaluation.mentions``; nothing of the texts is kept
but how much each clue counts.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from recsys_assets.corpus.clues import find_clues
from recsys_assets.corpus.gate import Gate, scan
from recsys_assets.corpus.gazetteer import Gazetteer
from recsys_assets.corpus.tables import ARTIST, TRACK

# Requests are written small, without marks and links: what these count can not be learnt from them. In log-odds. A capital
# inside a sentence that uses them for names lifts an ambiguous name just over the least probability, not a rare word's alone.
UNSEEN_CLUES = {"case=capital": 3.5, "case=small": -3.0, "quoted": 2.0, "link": 3.0, "its_genre": 1.5}


class GateParams(BaseModel, frozen=True):
    """How the gate learns."""

    strength: float = Field(default=0.3, gt=0, le=100, description="Inverse of the L2 penalty of logistic regression.")
    min_count: int = Field(default=5, ge=1, le=1000, description="Texts' places at which a clue has to stand to count.")
    folds: int = Field(default=5, ge=2, le=20, description="Folds by which the least probability is chosen.")


@dataclass(frozen=True)
class MarkedText:
    """A text and what is meant in it: (first character, one after the last, kind)."""

    text: str
    spans: frozenset[tuple[int, int, str]]


@dataclass(frozen=True)
class _Examples:
    clues: list[list[str]]
    is_meant: NDArray[np.bool_]
    text: NDArray[np.int64]


def fit_gate(texts: Sequence[MarkedText], gazetteer: Gazetteer, params: GateParams | None = None) -> Gate:
    """Fit one logistic regression per kind over the clues of all places where a name of the gazetteer stands.

    Texts need places of each kind that are meant and places that are not, also without those of any fold.
    """
    params = params or GateParams()
    weights: dict[str, dict[str, float]] = {}
    least: dict[str, float] = {}
    for kind in (ARTIST, TRACK):
        examples = _examples(texts, gazetteer, kind)
        least[kind] = _choose_least(examples, params)
        weights[kind] = {**_fit(examples.clues, examples.is_meant, params), **UNSEEN_CLUES}
    return Gate(weights, least)


def _examples(texts: Sequence[MarkedText], gazetteer: Gazetteer, kind: str) -> _Examples:
    clues, meant, numbers = [], [], []
    for number, marked in enumerate(texts):
        scanned = scan(marked.text, gazetteer)
        for candidate in scanned.candidates:
            if candidate.kind != kind:
                continue
            place = scanned.places[candidate.sentence]
            words = place.sentence.words
            span = (words.starts[candidate.match.first], words.ends[candidate.match.last - 1], kind)
            clues.append(find_clues(place, candidate, gazetteer, scanned.around))
            meant.append(span in marked.spans)
            numbers.append(number)
    return _Examples(clues, np.array(meant), np.array(numbers))


def _fit(clues: Sequence[Sequence[str]], is_meant: NDArray[np.bool_], params: GateParams) -> dict[str, float]:
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    counts = Counter(clue for each in clues for clue in each)
    kept = sorted(clue for clue, count in counts.items() if count >= params.min_count)
    columns = {clue: n for n, clue in enumerate(kept)}
    rows = [(n, columns[clue]) for n, each in enumerate(clues) for clue in each if clue in columns]
    places = np.array(rows).T
    matrix = sparse.csr_matrix((np.ones(len(rows)), (places[0], places[1])), shape=(len(clues), len(kept)))
    model = LogisticRegression(C=params.strength, fit_intercept=False, max_iter=500).fit(matrix, is_meant)
    return {clue: round(float(weight), 3) for clue, weight in zip(kept, model.coef_[0], strict=True)}


def _choose_least(examples: _Examples, params: GateParams) -> float:
    """Choose the least probability by F1 on folds of texts that the weights did not see."""
    fold = examples.text % params.folds
    probabilities = np.zeros(len(examples.clues))
    for held_out in range(params.folds):
        seen = np.flatnonzero(fold != held_out)
        weights = _fit([examples.clues[n] for n in seen], examples.is_meant[seen], params)
        gate = Gate({ARTIST: weights}, {})
        for n in np.flatnonzero(fold == held_out):
            probabilities[n] = gate.probability(ARTIST, examples.clues[n])
    steps = np.arange(0.2, 0.61, 0.02)
    n_meant = examples.is_meant.sum()
    f1 = [
        2 * examples.is_meant[probabilities >= step].sum() / ((probabilities >= step).sum() + n_meant) for step in steps
    ]
    return round(float(steps[int(np.argmax(f1))]), 2)
