"""What is read of an entity, and what comes of it, with an encoder whose vectors anybody sees."""

import numpy as np
import polars as pl
import pytest

from recsys_assets.corpus.entity_text import EntityTextParams, choose_contexts, make_entity_text
from recsys_assets.corpus.tables import ARTICLE_MENTIONS, ENTITY_TEXT, SOURCE_WEIGHTS

LOUD, QUIET = "a loud band of the loudest kind", "a quiet band of the quietest kind"


class TwoWords:
    """Loud is (1, 0), quiet is (0, 1)."""

    name = "two words"

    def encode(self, sentences, *, progress):
        progress(len(sentences), len(sentences))
        return np.array([[float("loud" in each.lower()), float("quiet" in each)] for each in sentences], np.float32)


class Unasked:
    name = "unasked"

    def encode(self, *_sentences: object, **_progress: object):
        pytest.fail("there was nothing to read")


def mentions(*rows: tuple[str, str, str, float]) -> pl.DataFrame:
    """Rows of (artist, site, sentence, confidence), each in an article of its own."""
    whole = [
        {
            "url": f"u{n}",
            "site": site,
            "kind": "artist",
            "entity_id": who,
            "start": n,
            "confidence": sure,
            "excerpt": text,
        }
        for n, (who, site, text, sure) in enumerate(rows)
    ]
    schema = {column.name: column.dtype for column in ARTICLE_MENTIONS.columns}
    return pl.DataFrame(whole, schema={name: schema[name] for name in whole[0]}) if whole else empty(ARTICLE_MENTIONS)


def empty(table) -> pl.DataFrame:
    return table.empty()


def weights(**of: float) -> pl.DataFrame:
    return pl.DataFrame(
        {"site": list(of), "weight": list(of.values())}, schema={"site": pl.String, "weight": pl.Float32}
    )


def test_the_vector_is_the_mean_by_confidence_and_source_and_has_length_one():
    made = make_entity_text(
        mentions(("a", "good", LOUD, 0.8), ("a", "poor", QUIET, 0.6)), weights(good=1.5, poor=0.5), TwoWords()
    )

    vector = np.array(made["vector"][0])
    assert vector == pytest.approx(np.array([1.2, 0.3]) / np.hypot(1.2, 0.3), abs=1e-6)
    assert made.select("n_contexts", "n_articles", "n_sites", "encoder").row(0) == (
        pytest.approx(1.5),
        2,
        2,
        "two words",
    )


def test_what_was_read_has_the_types_of_the_table():
    made = make_entity_text(mentions(("a", "x", LOUD, 1.0), ("b", "x", QUIET, 1.0)), weights(), TwoWords())

    assert dict(made.schema) == {name: dtype for name, dtype in ENTITY_TEXT.dtypes.items() if name != "week"}


def test_copies_of_a_sentence_count_once():
    copies = [("a", site, text, 1.0) for site, text in (("x", LOUD), ("y", LOUD.upper()), ("z", f"{LOUD}!"))]

    made = make_entity_text(mentions(*copies, ("a", "x", QUIET, 1.0)), weights(), TwoWords())

    assert made["n_contexts"][0] == 2
    assert made["vector"][0].to_list() == pytest.approx([0.5**0.5] * 2)


def test_only_the_surest_contexts_are_read():
    many = [("a", "x", f"{LOUD} number {n}", 0.4 + n / 100) for n in range(20)]

    chosen = choose_contexts(mentions(*many), weights(), EntityTextParams(most_contexts=3))

    assert chosen["excerpt"].to_list() == [f"{LOUD} number {n}" for n in (19, 18, 17)]


def test_the_order_of_the_mentions_changes_nothing():
    rows = mentions(*[(f"e{n % 3}", "x", f"{(LOUD, QUIET)[n % 2]} {n}", 0.5) for n in range(12)])

    made, again = (make_entity_text(some, weights(), TwoWords()) for some in (rows, rows.reverse()))

    assert made.equals(again)


def test_unsure_mentions_worthless_sources_and_scraps_are_not_read():
    rows = mentions(("a", "x", LOUD, 0.1), ("b", "worthless", LOUD, 1.0), ("c", "x", "loud", 1.0))

    assert make_entity_text(rows, weights(worthless=0.0), Unasked()).is_empty()


def test_nothing_read_gives_an_empty_table_of_the_contract():
    made = make_entity_text(empty(ARTICLE_MENTIONS), empty(SOURCE_WEIGHTS), Unasked())

    assert made.is_empty()
    assert set(made.columns) == {column.name for column in ENTITY_TEXT.columns}
