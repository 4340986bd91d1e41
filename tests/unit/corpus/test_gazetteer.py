"""Names in words: whole words only, nested names too, other spellings of artists."""

import pytest

from recsys_assets.corpus.gazetteer import MAX_MATCHES, Entry, build_gazetteer, catalogue_entries, plain_title
from recsys_assets.corpus.tables import ARTIST, TRACK
from recsys_assets.corpus.text import find_words


def found(text: str, *names: str, tracks: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
    entries = [Entry(ARTIST, name, name) for name in names] + [Entry(TRACK, name, name) for name in tracks]
    gazetteer = build_gazetteer(entries)
    words = find_words(text)
    return [
        (text[words.starts[each.first] : words.ends[each.last - 1]], gazetteer.names[each.name], each.variant)
        for each in gazetteer.find(words)
    ]


def test_only_whole_words_are_names():
    assert found("airport Air repair", "Air") == [("Air", "air", "exact")]


def test_a_name_inside_a_name_and_two_in_a_row_are_found():
    assert [name for _, name, _ in found("Yes Yes Yeah", "Yes", "Yes Yes Yeah")] == ["yes yes yeah", "yes", "yes"]


@pytest.mark.parametrize(
    ("text", "name", "variant"),
    [
        ("Radiohead's", "radiohead", "possessive"),
        ("radioheads", "radiohead", "possessive"),
        ("Beatles", "the beatles", "article"),
        ("the Radiohead", "radiohead", "article"),
    ],
)
def test_artists_are_found_as_they_are_written(text: str, name: str, variant: str):
    assert (name, variant) in [each[1:] for each in found(text, "Radiohead", "The Beatles")]


def test_another_spelling_is_left_to_the_artist_of_that_name():
    assert found("airs", "Air", "Airs") == [("airs", "airs", "exact")]


def test_a_title_takes_no_spelling_away_from_an_artist():
    assert {each[1:] for each in found("beatles", "The Beatles", tracks=("Beatles",))} == {
        ("the beatles", "article"),
        ("beatles", "exact"),
    }


def test_names_without_a_letter_or_without_end_are_none():
    assert build_gazetteer([Entry(ARTIST, "1", "!!!"), Entry(ARTIST, "2", "na " * 21)]).names == ()
    assert build_gazetteer([]).find(find_words("anything")) == []


def test_matches_of_a_sentence_are_bounded():
    names = [Entry(TRACK, str(n), "la " * n) for n in range(1, 20)]
    assert len(build_gazetteer(names).find(find_words("la " * 3_000))) <= MAX_MATCHES


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("Roundabout - 2008 Remaster", "Roundabout"),
        ("Stay (feat. Mikky Ekko)", "Stay"),
        ("(I Can't Get No) Satisfaction", "(I Can't Get No) Satisfaction"),
        ("- x", "- x"),
    ],
)
def test_titles_are_also_known_without_their_notes(title: str, plain: str):
    assert plain_title(title) == plain
    assert {each.name for each in catalogue_entries([], [("t", title, ["a"])])} == {title, plain}


def test_fame_is_the_share_of_artists_with_less():
    entries = catalogue_entries([(each, each, []) for each in "abc"], [("t1", "x", ["a"]), ("t2", "y", ["a"])])
    assert build_gazetteer(entries).fame_shares == {"a": 2.5 / 3, "b": 1 / 3, "c": 1 / 3}
