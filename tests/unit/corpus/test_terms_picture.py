"""Top terms for looking: of whom, in which order, and names that no font can write."""

import polars as pl

from recsys_assets.corpus.tables import ENTITY_TERMS
from recsys_assets.corpus.terms_picture import MOST_ARTISTS, draw_top_terms, list_top_terms


def terms(*rows: tuple[str, str, str, float, int]) -> pl.DataFrame:
    made = [
        {"kind": kind, "entity_id": who, "term": term, "weight": weight, "rank": n, "n_articles": articles}
        for n, (kind, who, term, weight, articles) in enumerate(rows, start=1)
    ]
    return pl.DataFrame(made, schema=ENTITY_TERMS.dtypes)


SAID = terms(
    ("artist", "x", "dream pop", 2.0, 3),
    ("artist", "y", "loud", 3.0, 1),
    ("artist", "x", "$guitar$", 1.5, 9),
    ("track", "t", "song", 9.0, 9),
)


def test_artists_of_whom_most_is_said_come_first_with_their_heaviest_terms():
    assert list_top_terms(SAID, {"x": "The Xs"}).rows() == [("The Xs", 9, "dream pop, $guitar$"), ("y", 1, "loud")]


def test_a_dozen_are_shown_and_nobody_is_no_fault():
    many = terms(*(("artist", f"a{n:02}", "word", 1.0 + n, 1) for n in range(MOST_ARTISTS + 3)))

    assert list_top_terms(many, {}).height == MOST_ARTISTS
    for some in (many, SAID, ENTITY_TERMS.empty()):
        assert draw_top_terms(some, {"x": "星空メロディー"}, title="T").startswith(b"\x89PNG")
    assert list_top_terms(ENTITY_TERMS.empty(), {}).is_empty()
    assert draw_top_terms(SAID, {}, title="T") == draw_top_terms(SAID, {}, title="T")
