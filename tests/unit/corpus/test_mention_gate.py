"""Learning the gate: context that people marked is found again; weights hold no names."""

from recsys_assets.corpus.clues import find_clues
from recsys_assets.corpus.commonness import RARE, rank_of
from recsys_assets.corpus.gate import read, scan, shipped_gate
from recsys_assets.corpus.gate_training import GateParams, MarkedText, fit_gate
from recsys_assets.corpus.gazetteer import Entry, build_gazetteer
from recsys_assets.corpus.tables import ARTIST, TRACK

NAMES = ("oasis", "blur", "genesis", "rush", "cream")


def planted() -> list[MarkedText]:
    """In "songs by X" X is an artist, in "the song X tonight" a title, in "a X of colour" a word."""
    texts = []
    for name in NAMES:
        texts += [
            MarkedText(f"songs by {name} please", frozenset({(9, 9 + len(name), ARTIST)})),
            MarkedText(f"the song {name} tonight", frozenset({(9, 9 + len(name), TRACK)})),
            MarkedText(f"a {name} of colour", frozenset()),
        ]
    return texts * 3


def test_context_tells_artist_title_and_word_apart():
    gazetteer = build_gazetteer(
        [Entry(kind, f"{kind}-{name}", name, ("x",)) for kind in (ARTIST, TRACK) for name in (*NAMES, "suede")]
    )
    gate = fit_gate(planted(), gazetteer, GateParams(min_count=2, folds=4, strength=10))

    def kinds(text: str) -> list[str]:
        return [each.candidate.kind for each in read(scan(text, gazetteer), gazetteer, gate)]

    assert kinds("songs by suede please") == [ARTIST]
    assert kinds("the song suede tonight") == [TRACK]
    assert kinds("a suede of colour") == []


def test_fitting_twice_gives_the_same():
    gazetteer = build_gazetteer([Entry(kind, f"{kind}-{n}", n) for kind in (ARTIST, TRACK) for n in NAMES])
    params = GateParams(min_count=2, folds=4)
    assert fit_gate(planted(), gazetteer, params) == fit_gate(planted(), gazetteer, params)


def test_a_rare_word_beside_a_name_is_no_clue_by_itself():
    gazetteer = build_gazetteer([Entry(ARTIST, "1", "oasis")])
    scanned = scan("gallagher oasis zyzzogeton", gazetteer)
    clues = find_clues(scanned.places[0], scanned.candidates[0], gazetteer, scanned.around)
    assert not [clue for clue in clues if "gallagher" in clue or "zyzzogeton" in clue]


def test_the_shipped_weights_know_no_rare_word():
    words = {
        word
        for weights in shipped_gate().weights.values()
        for clue in weights
        for part in clue.split(",")
        if part[:3] in {"-1=", "-2=", "+1=", "+2="}
        for word in [part[3:]]
        if word.isalpha()
    }
    assert words
    assert max(rank_of(word) for word in words) < 3_000 < RARE
