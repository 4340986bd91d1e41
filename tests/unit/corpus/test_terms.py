"""Terms near a mention: by nearness, without function words and names."""

import pytest

from recsys_assets.corpus.gate import shipped_gate
from recsys_assets.corpus.gazetteer import build_gazetteer, catalogue_entries
from recsys_assets.corpus.mentions import Article, read_article
from recsys_assets.corpus.stop_words import is_stop_word
from recsys_assets.corpus.terms import find_terms
from tests.unit.corpus.press import ARTISTS, TRACKS, gazetteer, read_text


def terms_of(body: str, entity: tuple[str, str]) -> dict[str, float]:
    return {term: weight for term, weight, _ in find_terms(read_text(body)).get(entity, [])}


BODY = (
    "The hazy dream pop of Slowdive is a marvel of washed-out guitars, and nobody in Reading was ever more gently loud."
)


def test_phrases_end_at_function_words_and_names():
    found = terms_of(BODY, ("artist", "slowdive"))
    assert {"hazy", "dream pop", "hazy dream pop", "guitars", "washed"} <= found.keys()
    assert not [term for term in found if {"the", "of", "slowdive", "is"} & set(term.split())]


def test_what_is_nearer_weighs_more():
    found = terms_of(BODY, ("artist", "slowdive"))
    assert found["dream pop"] > found["guitars"] > found["loud"]


def test_weight_is_confidence_by_half_lives():
    read = read_text(BODY)
    confidence = read.mentions[0].confidence
    # One function word ("of") stands between.
    assert terms_of(BODY, ("artist", "slowdive"))["dream pop"] == pytest.approx(confidence * 0.5 ** (1 / 8))


def test_the_sentence_before_and_after_count_less_and_others_not():
    body = "Shimmering. They toured with Radiohead for long. Brooding. Unrelated."
    found = terms_of(body, ("artist", "radiohead"))
    assert 0 < found["brooding"] < found["toured"]
    assert "unrelated" not in found


def test_scripts_without_spaces_give_stretches():
    assert "新宿系" in terms_of("新宿系の東京事変はとても良いアルバムを出した。", ("artist", "incidents"))


def test_nobody_named_is_no_term():
    assert find_terms(read_text("Nothing to see here.")) == {}


def test_words_of_another_name_are_no_term_though_nobody_is_linked():
    # The gate links neither: it would need a second clue.
    found = terms_of("Slowdive beside AIR and a Love of hazy guitars, and love is all.", ("artist", "slowdive"))
    assert "hazy guitars" in found
    assert not [term for term in found if "air" in term.split()]


def test_a_name_of_three_words_is_no_term_wherever_it_stands():
    hostile = build_gazetteer(catalogue_entries([*ARTISTS, ("robert", "Robert'); DROP TABLE tracks;--", [])], TRACKS))
    body = "Robert'); DROP TABLE tracks;-- and Slowdive share a love of hazy guitars, and it shows on every song."
    read = read_article(Article("u", "press", "News", body), hostile, shipped_gate())
    assert [mention.entity_id for mention in read.mentions] == ["slowdive"]
    found = {term for term, _, _ in find_terms(read)["artist", "slowdive"]}
    assert "hazy guitars" in found
    assert not [term for term in found if {"robert", "drop", "table", "tracks"} & set(term.split())]


def test_a_name_in_small_letters_is_a_word():
    assert "creep" in terms_of("Slowdive make guitars creep along.", ("artist", "slowdive"))


@pytest.mark.parametrize(
    ("word", "language"), [("entre", "fr"), ("groupe", "fr"), ("zwischen", "de"), ("sedan", "sv"), ("kuten", "fi")]
)
def test_other_languages_have_the_lists_that_are_kept_for_them(word: str, language: str):
    # Finnish has a list of 6,813 words, "rock" among them: none is taken.
    assert is_stop_word(word, language) is (language != "fi")


@pytest.mark.parametrize(("word", "language"), [("piano", "it"), ("banda", "es"), ("rock", "ru"), ("guitare", "fr")])
def test_words_of_music_are_terms_in_any_language(word: str, language: str):
    assert not is_stop_word(word, language)


def test_function_words_are_those_of_the_language():
    assert is_stop_word("nicht", "de")
    assert not is_stop_word("nicht", "en")
    # "war" is German for "was", and a word of English to write songs about.
    assert is_stop_word("war", "de")
    assert not is_stop_word("war", "en")
    assert is_stop_word("nicht")
    assert not is_stop_word("because", "fi")


@pytest.mark.parametrize(("said", "language"), [("pt-BR", "pt"), ("DE", "de"), ("German", "en"), (None, "en")])
def test_the_language_is_what_the_article_says_if_it_is_a_code(said: str | None, language: str):
    body = "They toured with Radiohead for years and nobody in the whole of the country was louder than they were."
    article = Article("u", "press", "News", body, language=said)
    assert read_article(article, gazetteer(), shipped_gate()).language == language
