"""Words, sentences and excerpts of text in five scripts, and of text that was made to do harm."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_assets.corpus.tables import MAX_EXCERPT_CHARS
from recsys_assets.corpus.text import excerpt_around, find_sentences, find_words, fold, guess_language


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Radiohead\u2019s", "radioheads"),
        ("Bj\u00f6rk", "bjork"),
        ("Bjo\u0308rk", "bjork"),
        ("AC/DC", "ac dc"),
        ("R&B", "r & b"),
        ("Sig\u200bur R\u00f3s", "sigur ros"),
        ("\u202eAir\u202c", "air"),
        ("Кино", "кино"),
        ("فَيروز", "فيروز"),
        ("東京", "東 京"),
        ("हिन्दी।", "हिन्दी"),
        ("\x1b[31m", "31m"),
        ("...", ""),
    ],
)
def test_names_are_compared_without_what_readers_do_not_see(text: str, folded: str):
    assert fold(text) == folded


def test_sentences_end_where_readers_stop():
    text = "Dr. Dre met St. Vincent (feat. Beck). They played! ライブ。良い"
    found = [text[each.start : each.end].strip() for each in find_sentences(text)]
    assert found == ["Dr. Dre met St. Vincent (feat. Beck).", "They played!", "ライブ。", "良い"]


@given(st.text(max_size=400))
def test_places_are_those_of_the_text_as_given(text: str):
    words = find_words(text)
    assert [fold(text[start:end]) for start, end in zip(words.starts, words.ends, strict=True)] == words.folded
    sentences = list(find_sentences(text))
    assert [each for sentence in sentences for each in sentence.words.starts] == words.starts
    assert [sentence.number for sentence in sentences] == list(range(len(sentences)))


@pytest.mark.parametrize(
    "hostile", ["a" * 200_000, "'\u200b" * 100_000, "a.b" * 60_000, "\u0301" * 200_000, "(" * 200_000]
)
def test_text_made_to_be_slow_is_not(hostile: str):
    begun = time.perf_counter()
    assert all(sentence.end - sentence.start <= 1_000 for sentence in find_sentences(hostile))
    assert time.perf_counter() - begun < 10


@given(st.text(min_size=1, max_size=2_000), st.data())
def test_an_excerpt_is_short_and_harmless(text: str, data: st.DataObject):
    near = data.draw(st.integers(0, len(text) - 1))
    shown = excerpt_around(text, 0, len(text), near=near)
    assert len(shown) <= MAX_EXCERPT_CHARS
    assert not any(ch < " " or ch in "\u202e\u200f" for ch in shown)


def test_an_excerpt_of_a_long_sentence_shows_the_place():
    text = "word " * 100 + "HERE " + "word " * 100
    assert "HERE" in excerpt_around(text, 0, len(text), near=text.index("HERE"))


def test_a_language_is_guessed_from_enough_text():
    assert (
        guess_language("Das ist eine schöne neue Platte von einer Band, die aus Berlin kommt und leise singt.") == "de"
    )
    assert guess_language("ok") == "und"
