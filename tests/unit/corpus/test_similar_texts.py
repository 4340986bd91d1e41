"""Who is alike by text, on texts whose answer anybody sees."""

import numpy as np
import pytest

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.corpus.similar_texts import TextDocument, TextSimilarityParams, find_text_neighbours, plain_text

GENRES = {
    "metal": "heavy riffs thunder drums growled vocals festival stage amplifier distortion",
    "jazz": "swing saxophone standards quartet improvised brushes ballroom bebop trumpet",
    "folk": "fiddle ballads acoustic village dances banjo harmonies field recordings",
}
PLAIN_WORDS = TextSimilarityParams(topics=0, together_weight=0, named_weight=0, expand_by=0)


def world(per_genre: int = 8) -> list[TextDocument]:
    """Artists of three genres; each text has six of the nine words of its genre and one word that all have."""
    rng = np.random.default_rng(5)
    return [
        TextDocument(f"{genre}{n}", "band " + " ".join(rng.choice(words.split(), 6, replace=False)), (f"{genre} {n}",))
        for genre, words in GENRES.items()
        for n in range(per_genre)
    ]


def test_the_nearest_are_of_the_same_genre():
    found = find_text_neighbours(world())

    for document in world():
        assert {other[:4] for other, _ in found.nearest(document.entity_id, 7)} == {document.entity_id[:4]}


def test_the_order_of_the_texts_changes_nothing():
    forward, backward = find_text_neighbours(world()), find_text_neighbours(world()[::-1])

    assert forward.entity_ids == backward.entity_ids
    assert np.array_equal(forward.scores.toarray(), backward.scores.toarray())


def test_scores_are_the_same_from_both_sides_and_nobody_is_near_itself():
    scores = find_text_neighbours(world()).scores.toarray()

    assert np.allclose(scores, scores.T, atol=1e-6)
    assert not scores.diagonal().any()


def test_an_artist_that_a_text_names_is_near_without_a_word_in_common():
    documents = [
        TextDocument("a", "alpha beta gamma; supported Zorn Quartet", ("Alpha Trio",)),
        TextDocument("z", "delta epsilon zeta", ("Zorn Quartet",)),
        TextDocument("q", "eta theta iota", ("Quiet",)),
    ]

    assert [other for other, _ in find_text_neighbours(documents).nearest("z", 5)] == ["a"]


def test_two_artists_of_one_name_are_not_named():
    documents = [
        TextDocument("a", "alpha; supported Zorn Quartet", ()),
        TextDocument("y", "beta", ("Zorn Quartet",)),
        TextDocument("z", "gamma", ("zorn quartet",)),
    ]

    assert find_text_neighbours(documents).nearest("a", 5) == []


def test_who_the_same_texts_name_is_near():
    press = [TextDocument(f"p{n}", f"word{n} praised Left Hand and Right Hand") for n in range(3)]
    pair = [TextDocument("l", "alpha", ("Left Hand",)), TextDocument("r", "beta", ("Right Hand",))]
    params = PLAIN_WORDS.model_copy(update={"together_weight": 1.0})

    assert find_text_neighbours([*press, *pair], params).nearest("l", 1)[0][0] == "r"


def test_neighbours_of_neighbours_come_near():
    # a and c share nothing, and both share words with b.
    texts = {"a": "alpha beta gamma", "b": "beta gamma delta epsilon", "c": "delta epsilon zeta"}
    chain = [TextDocument(name, text) for name, text in texts.items()]
    expanded = PLAIN_WORDS.model_copy(update={"expand_by": 2})

    assert [other for other, _ in find_text_neighbours(chain, PLAIN_WORDS).nearest("a", 5)] == ["b"]
    assert {other for other, _ in find_text_neighbours(chain, expanded).nearest("a", 5)} == {"b", "c"}


@pytest.mark.parametrize("texts", [(), ("one",), ("", ""), ("a lonely word", "another text"), ("\x00\ud800", "\u202e")])
def test_texts_that_say_nothing_give_nobody(texts: tuple[str, ...]):
    found = find_text_neighbours([TextDocument(str(n), text) for n, text in enumerate(texts)])

    assert found.scores.shape == (len(texts), len(texts))
    assert found.scores.nnz == 0
    assert found.ranked(3).tolist() == [[-1, -1, -1]] * len(texts)


def test_two_texts_of_one_artist_are_refused():
    with pytest.raises(InvalidArgumentError, match="two texts of a"):
        find_text_neighbours([TextDocument("a", "x"), TextDocument("a", "y")])


def test_an_unknown_artist_is_told_as_such():
    with pytest.raises(InvalidArgumentError, match="nothing was read about nobody"):
        find_text_neighbours(world()).nearest("nobody", 3)


def test_links_leave_their_words_and_no_address():
    assert plain_text("**Air** met [Beck](http://www.last.fm/music/Beck), see https://x.y/z").split() == [
        "Air",
        "met",
        "Beck,",
        "see",
    ]
