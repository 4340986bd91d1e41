"""What words a playlist's name has."""

import pytest

from recsys_assets.corpus.playlist_words import playlist_terms, playlist_words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("90's Rock", ("90s", "rock")),
        ("The Nineties", ("90s",)),
        ("1990s rock songs", ("90s", "rock")),
        ("JUNE 2015", ("june", "2015", "10s")),
        ("R&B Jams", ("rnb", "jam")),
        ("Hip-Hop / hiphop", ("hiphop", "hiphop")),
        ("🎄 Xmas songs", ("christmas", "🎄")),
        ("Rock en Español", ("rock", "en", "espanol")),
        ("Blues", ("blues",)),
        ("The Best", ("the", "best")),
        ("<b>x</b> doesn&#x27;t http://a.example/x", ("x", "doesnt")),
        ("\x1b[31mred\x07", ("31mred",)),
        ("...", ()),
        ("", ()),
    ],
)
def test_words_of_a_name(name: str, words: tuple[str, ...]):
    assert playlist_words(name) == words


def test_a_long_text_is_read_to_its_limit_only():
    assert len(playlist_words("word " * 100_000)) < 200


def test_terms_are_words_and_pairs_of_the_name_and_words_of_the_description():
    assert playlist_terms("indie road trip", "guitars <i>loud</i>") == (
        "guitar", "indie", "indie roadtrip", "loud", "roadtrip",
    )  # fmt: skip
