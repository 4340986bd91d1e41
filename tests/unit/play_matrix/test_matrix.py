"""Rows to a sparse matrix."""

from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.ids import IdMap
from recsys_assets.play_matrix.matrix import InteractionMatrix, build_matrix

PAIRS = st.dictionaries(
    st.tuples(st.text("ABC", max_size=3), st.text("xyz", max_size=2)), st.floats(0.5, 9.0, width=32), max_size=30
)


def entries(pairs: dict[tuple[str, str], float]) -> pl.DataFrame:
    rows = [(*pair, value) for pair, value in pairs.items()]
    schema = {"user_id": pl.String, "track_id": pl.String, "confidence": pl.Float32}
    return pl.DataFrame(rows, schema=schema, orient="row")


@given(PAIRS)
def test_every_entry_is_where_its_ids_say_and_nothing_else_is(pairs: dict[tuple[str, str], float]):
    built = build_matrix(entries(pairs))
    dense = built.matrix.toarray()

    assert built.matrix.dtype == np.float32
    assert built.matrix.has_canonical_format
    assert built.matrix.shape == (built.users.size, built.tracks.size)
    for row, user in enumerate(built.users.ids):
        for column, track in enumerate(built.tracks.ids):
            assert dense[row, column] == pairs.get((user, track), 0)
    assert built.matrix.nnz == len(pairs)


@given(PAIRS, st.randoms(use_true_random=False))
def test_the_order_of_the_entries_means_nothing(pairs: dict[tuple[str, str], float], random: Random):
    shuffled = list(pairs.items())
    random.shuffle(shuffled)
    left, right = build_matrix(entries(pairs)).matrix, build_matrix(entries(dict(shuffled))).matrix

    for name in ("data", "indices", "indptr"):
        assert np.array_equal(getattr(left, name), getattr(right, name))


def test_ids_that_are_given_decide_the_shape_and_drop_the_others():
    built = build_matrix(
        entries({("A", "x"): 1.0, ("B", "x"): 2.0, ("B", "y"): 3.0}),
        users=IdMap.of(["B", "C", "D"]),
        tracks=IdMap.of(["w", "x"]),
    )

    assert built.matrix.toarray().tolist() == [[0, 2], [0, 0], [0, 0]]


def test_an_empty_set_of_ids_is_a_set_of_ids():
    built = build_matrix(entries({("A", "x"): 1.0}), users=IdMap.of([]))

    assert built.matrix.shape == (0, 1)
    assert build_matrix(entries({})).matrix.shape == (0, 0)


def test_another_column_of_values():
    frame = entries({("A", "x"): 1.0}).with_columns(play_count=pl.lit(7, dtype=pl.Int64))

    assert build_matrix(frame, value="play_count").matrix.toarray().tolist() == [[7.0]]


def test_a_pair_that_comes_twice_is_refused():
    twice = pl.concat([entries({("A", "x"): 1.0})] * 2)

    with pytest.raises(InvalidArgumentError, match="1 pairs"):
        build_matrix(twice)


def test_the_input_is_not_changed():
    frame = entries({("B", "x"): 1.0, ("A", "x"): 2.0})
    before = frame.clone()
    build_matrix(frame).matrix.data[:] = 0

    assert frame.equals(before)


def test_a_matrix_of_another_shape_than_its_ids_is_a_mistake_of_ours():
    built = build_matrix(entries({("A", "x"): 1.0, ("A", "y"): 1.0}))

    with pytest.raises(AssertionError, match=r"\(1, 2\)"):
        InteractionMatrix(built.matrix, built.tracks, built.users)
