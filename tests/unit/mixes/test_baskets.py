"""Baskets: what is kept, in which order, and what hiding does."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_assets.core.errors import InvalidArgumentError, SchemaMismatchError
from recsys_assets.core.ids import IdMap
from recsys_assets.mixes.baskets import (
    Baskets,
    build_baskets,
    concatenate,
    hide_one,
)

IDS = IdMap.of(["a", "b", "c", "d"])


def entries(*rows: tuple[str, int, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["playlist_id", "position", "track_id"], orient="row")


def of_lengths(lengths: list[int]) -> Baskets:
    tracks = np.concatenate([np.arange(n) for n in lengths] or [np.empty(0)]).astype(np.int32)
    return Baskets(
        ids=pl.Series([f"p{i}" for i in range(len(lengths))], dtype=pl.String),
        indptr=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        tracks=tracks,
        weights=np.ones(tracks.size, dtype=np.float32),
        titles=("",) * len(lengths),
        n_tracks=50,
    )


def test_a_repeated_track_counts_once_at_its_first_place_and_unknown_tracks_are_left_out():
    made = build_baskets(entries(("q", 0, "c"), ("q", 1, "a"), ("q", 2, "c"), ("q", 3, "zzz"), ("p", 5, "d")), IDS)
    assert made.ids.to_list() == ["p", "q"]
    assert made.tracks.tolist() == [3, 2, 0]
    assert made.indptr.tolist() == [0, 1, 3]
    assert made.titles == ("", "")


def test_weights_add_up_and_the_weighted_matrix_has_mean_one_in_every_basket():
    history = pl.DataFrame(
        {"user_id": ["u", "u", "u"], "track_id": ["a", "b", "a"], "at": [1, 2, 3], "w": [1.0, 2.0, 5.0]}
    )
    made = build_baskets(history, IDS, basket_column="user_id", order_by="at", weight="w")
    assert made.weights.tolist() == [6.0, 2.0]
    assert made.matrix(weighted=True).toarray()[0].tolist() == [1.5, 0.5, 0, 0]
    assert made.matrix().toarray()[0].tolist() == [1, 1, 0, 0]


def test_the_last_entries_of_a_long_history_are_kept():
    made = build_baskets(entries(("p", 0, "a"), ("p", 1, "b"), ("p", 2, "c")), IDS, max_entries=2)
    assert made.tracks.tolist() == [1, 2]


def test_titles_come_by_id_and_not_by_place():
    titles = pl.DataFrame({"playlist_id": ["q", "p"], "name": ["second", "first"]})
    made = build_baskets(entries(("p", 0, "a"), ("q", 0, "b")), IDS, titles=titles)
    assert made.titles == ("first", "second")


def test_entries_without_the_columns_are_refused():
    with pytest.raises(SchemaMismatchError):
        build_baskets(pl.DataFrame({"playlist_id": ["p"]}), IDS)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12), st.integers(0, 2**32 - 1))
def test_hiding_takes_exactly_one_of_each_basket_that_has_two(lengths: list[int], seed: int):
    whole = of_lengths(lengths)
    visible, hidden = hide_one(whole, rng=np.random.default_rng(seed))
    for row, n in enumerate(lengths):
        rest = visible.tracks[visible.indptr[row] : visible.indptr[row + 1]].tolist()
        if n < 2:
            assert hidden[row] == -1
            assert len(rest) == n
        else:
            assert sorted([*rest, int(hidden[row])]) == list(range(n))
            assert rest == sorted(rest), "the order of the others stays"


def test_hiding_is_uniform_over_the_places_of_a_basket():
    whole = of_lengths([4] * 4000)
    _, hidden = hide_one(whole, rng=np.random.default_rng(0))
    # Four standard deviations of a binomial of 4000 draws with p = 1/4.
    assert np.abs(np.bincount(hidden) - 1000).max() < 4 * np.sqrt(4000 * 0.25 * 0.75)


def test_rows_cut_a_batch_and_concatenate_puts_it_back():
    whole = of_lengths([3, 0, 2, 4])
    again = concatenate([whole.rows(0, 2), whole.rows(2, 4)])
    assert again.ids.to_list() == whole.ids.to_list()
    assert again.tracks.tolist() == whole.tracks.tolist()
    assert again.indptr.tolist() == whole.indptr.tolist()


def test_baskets_over_different_tracks_do_not_mix():
    other = Baskets(pl.Series(["x"]), np.array([0, 1]), np.array([0], np.int32), np.ones(1, np.float32), ("",), 7)
    with pytest.raises(InvalidArgumentError):
        concatenate([of_lengths([1]), other])
