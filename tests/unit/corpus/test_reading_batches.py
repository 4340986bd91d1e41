"""Articles in batches: the same rows whatever the number of processes, and of a text whatever its letters."""

import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_assets.corpus import text as words_of
from recsys_assets.corpus.gate import shipped_gate
from recsys_assets.corpus.mentions import Article
from recsys_assets.corpus.reading_batches import ARTICLES_AT_ONCE, Reader, read_batches
from recsys_assets.corpus.tables import ARTICLE_MENTIONS, ARTICLE_TERMS
from tests.unit.corpus.press import gazetteer

BODIES = (
    "The French duo Air recorded “Sexy Boy” at home. We all need air, they said.",
    "They toured with Radiohead and Slowdive, all shimmering, and yes, it was Low on sugar.",
    "There is a new album by Yes, and it is long. Fans of My Bloody Valentine will like it.",
    "私は東京事変の新しいアルバムが好きです。",
    "Nothing to see here.",
)


def articles() -> list[Article]:
    return [
        Article(f"https://press.example/{n}", "press", "News", BODIES[n % len(BODIES)])
        for n in range(2 * ARTICLES_AT_ONCE + 7)
    ]


def test_processes_change_no_row():
    reader = Reader(gazetteer(), shipped_gate())
    alone, together = (list(read_batches(articles(), len(articles()), reader, workers=workers)) for workers in (0, 2))
    assert [batch.n_articles for batch in together] == [ARTICLES_AT_ONCE, ARTICLES_AT_ONCE, 7]
    for one, other in zip(alone, together, strict=True):
        assert one.mentions.equals(other.mentions)
        assert one.terms.equals(other.terms)
    assert len(pl.concat([batch.mentions for batch in alone])) > 100


def test_rows_have_the_columns_of_their_tables_but_for_the_date():
    (batch,) = read_batches([Article("u", "s", "", "")], 1, Reader(gazetteer(), shipped_gate()))
    assert batch.mentions.is_empty()
    assert dict(batch.mentions.schema) | {"date": pl.Date} == ARTICLE_MENTIONS.dtypes
    assert dict(batch.terms.schema) | {"date": pl.Date} == ARTICLE_TERMS.dtypes


@given(st.text(st.characters(codec="ascii"), max_size=200), st.integers(0, 20))
def test_words_of_plain_letters_are_those_of_any(text: str, start: int):
    found = words_of.find_words(text, start, max(len(text) - 3, start))
    # One character of another alphabet, outside of what is asked for, or in it: there every word takes the long way.
    other = words_of.find_words(text[start : max(len(text) - 3, start)] + " ж")
    assert other.folded[:-1] == found.folded
    assert [place + start for place in other.starts[:-1]] == found.starts
    assert [place + start for place in other.ends[:-1]] == found.ends


@pytest.mark.parametrize("word", ["a" * 100, "a'" * 60 + "a", "rock'n'roll", "_x_y_", "AC/DC's", "''''x'"])
def test_long_and_odd_words_of_plain_letters(word: str):
    found, other = words_of.find_words(word), words_of.find_words(word + " ж")
    assert (found.folded, found.starts, found.ends) == (other.folded[:-1], other.starts[:-1], other.ends[:-1])
    assert all(re.fullmatch(r"[a-z0-9]+|[&+$]", each) for each in found.folded)
