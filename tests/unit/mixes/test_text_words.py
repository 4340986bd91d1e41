"""What articles say in a reason: only where text has carried the place, at least two say it, and the listener plays the rest."""

from datetime import date

import polars as pl
import pytest

from recsys_assets.core.schemas import IDS
from recsys_assets.corpus.tables import ENTITY_TERMS
from recsys_assets.mixes.catalogue import EligibilityParams, build_catalogue
from recsys_assets.mixes.pairs import PairSet
from recsys_assets.mixes.reasons import explain_discoveries
from recsys_assets.mixes.text_words import choose_words, no_words

TRACKS = pl.DataFrame(
    {"track_id": ["a", "b", "c", "d"], "artist_ids": [["x", "y"], ["x"], ["y"], []]}, schema_overrides={"artist_ids": IDS}
)  # fmt: skip


def placed(*rows: tuple[str, float | None, bool]) -> pl.DataFrame:
    schema = {"track_id": pl.String, "text_weight": pl.Float32, "inherits_artist": pl.Boolean}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def terms(*rows: tuple[str, str, int, int]) -> pl.DataFrame:
    made = [
        {"kind": "artist", "entity_id": who, "term": term, "rank": rank, "n_articles": n, "weight": 1.0}
        for who, term, rank, n in rows
    ]
    return pl.DataFrame(made, schema=ENTITY_TERMS.dtypes)


SAID = terms(("x", "once", 1, 1), ("x", "dream pop", 2, 3), ("x", "guitar", 3, 9), ("y", "loud", 1, 1))


def test_the_heaviest_term_that_two_articles_have_is_said():
    words = choose_words(placed(("a", 0.5, True), ("c", 0.9, True), ("d", 0.9, True)), SAID, TRACKS)
    assert words.rows() == [("a", '3 articles say "dream pop"')]


def test_what_is_said_of_most_artists_is_said_of_none():
    everybody = [(f"o{n}", "told", 1, 5) for n in range(30)]
    words = choose_words(
        placed(("a", 0.5, True)), terms(("x", "told", 1, 5), ("x", "reverb", 2, 2), *everybody), TRACKS
    )
    assert words.rows() == [("a", '2 articles say "reverb"')]


@pytest.mark.parametrize("row", [("a", 0.1, True), ("a", None, True), ("a", 0.9, False)])
def test_nothing_is_said_where_text_has_not_carried_the_place(row: tuple[str, float | None, bool]):
    assert choose_words(placed(row), SAID, TRACKS).is_empty()


def test_what_is_said_can_not_steer_a_terminal():
    hostile = terms(("x", "\x1b[31mred\x07", 1, 2))
    words = choose_words(placed(("a", 0.5, True)), hostile, TRACKS)["words"][0]
    assert "\x1b" not in words
    assert "\x07" not in words


def test_a_discovery_cites_it_beside_what_the_listener_plays():
    known = TRACKS.with_columns(
        title=pl.col("track_id").str.to_uppercase(), duration_ms=pl.lit(200_000), is_withdrawn=pl.lit(False),
        released_on=pl.lit(date(2020, 1, 1)), genres=pl.lit([], dtype=IDS), is_explicit=pl.lit(False),
    )  # fmt: skip
    artists = pl.DataFrame({"artist_id": ["x", "y"], "name": ["X", "Y"]})
    catalogue = build_catalogue(
        known, delivered_on=date(2026, 3, 2), params=EligibilityParams(), artists=artists,
        other_track_ids=pl.Series(["a"]),
    )  # fmt: skip
    rows = catalogue.tracks.rows(pl.Series(["a", "b", "c"]))
    offers = pl.DataFrame(
        {"user_row": [0, 0], "track_row": rows[:2], "source": ["space"] * 2, "is_known": [True] * 2, "because_1": rows[[2, 2]]}
    )  # fmt: skip
    heard = PairSet.of([0], [rows[2]], width=catalogue.tracks.size)
    nobody = PairSet.empty(catalogue.artists.size)
    written = pl.DataFrame({"track_id": ["a"], "words": ['3 articles say "dream pop"']})
    told = explain_discoveries(offers, catalogue=catalogue, heard=heard, follows=nobody, written=written)
    assert told[0].startswith('3 articles say "dream pop"; because you played ')
    assert told[1].startswith("because you played ")
    plain = explain_discoveries(offers, catalogue=catalogue, heard=heard, follows=nobody, written=no_words())
    assert plain[0].startswith("because you played ")
