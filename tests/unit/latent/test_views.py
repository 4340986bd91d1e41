"""Who is like whom, from one side and from all."""

import polars as pl
import pytest

from recsys_assets.latent.views import ID, LIKENESS, blend, by_terms, by_text, by_vectors, nobody


def ids(rows: pl.DataFrame) -> list[str]:
    return rows[ID].to_list()


def test_vectors_rank_by_cosine_and_leave_out_the_one_asked_for():
    vectors = pl.DataFrame({ID: ["a", "b", "c"], "vector": [[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]]})
    rows = by_vectors(vectors, "a")

    assert ids(rows) == ["c", "b"]
    assert rows[LIKENESS].to_list() == pytest.approx([0.7071, 0.0], abs=1e-4)


def test_several_vectors_of_one_are_its_mean_direction():
    vectors = pl.DataFrame({ID: ["a", "b", "b", "c"], "vector": [[1.0, 1.0], [9.0, 0.0], [0.0, 1.0], [1.0, 0.0]]})

    assert by_vectors(vectors, "a").row(0) == ("b", pytest.approx(1.0))


def test_terms_rank_by_what_is_shared():
    terms = pl.DataFrame(
        {ID: ["a", "a", "b", "c", "d"], "term": ["x", "y", "x", "y", "z"], "weight": [3.0, 1.0, 1.0, 1.0, 1.0]}
    )
    rows = by_terms(terms, "a")

    assert ids(rows) == ["b", "c"]
    assert rows[LIKENESS][0] == pytest.approx(3 / 10**0.5)


def test_text_does_without_the_parts_that_know_nothing():
    words = pl.DataFrame({ID: ["b", "c"], LIKENESS: [0.5, 0.25]})
    together = pl.DataFrame({ID: ["c"], "weight": [9.0]})

    assert by_text(nobody(), words, together.clear(), "a").rows() == [
        ("b", pytest.approx(1.0)),
        ("c", pytest.approx(0.5)),
    ]
    assert ids(by_text(nobody(), words, together, "a")) == ["b", "c"]
    assert by_text(nobody(), nobody(), together.clear(), "a").is_empty()


def test_the_blend_puts_first_who_is_near_in_all_views():
    one = pl.DataFrame({ID: ["b", "c", "d"], LIKENESS: [0.9, 0.8, 0.1]})
    other = pl.DataFrame({ID: ["c", "d", "b"], LIKENESS: [30.0, 20.0, 1.0]})
    rows = blend({"listeners": one, "text": other, "sound": nobody()})

    assert ids(rows) == ["c", "b", "d"]
    assert rows.columns == [ID, LIKENESS, "listeners", "text"]
    assert rows.row(0)[2:] == (2, 1)
    assert blend({"sound": nobody()}).is_empty()


def test_a_view_without_the_one_asked_for_is_empty():
    vectors = pl.DataFrame({ID: ["b"], "vector": [[1.0]]})
    terms = pl.DataFrame({ID: ["b"], "term": ["x"], "weight": [1.0]})

    assert by_vectors(vectors, "a").is_empty()
    assert by_vectors(vectors.clear(), "a").is_empty()
    assert by_terms(terms, "a").is_empty()
