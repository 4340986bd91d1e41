"""Ids to rows and back."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.ids import IdMap

IDS = st.lists(st.text(max_size=5), max_size=30)


@given(ids=IDS, asked=IDS)
def test_rows_are_positions_in_byte_order_and_unknown_ids_are_minus_one(ids: list[str], asked: list[str]):
    expected = {name: row for row, name in enumerate(sorted(set(ids), key=str.encode))}

    rows = IdMap.of(ids).rows(asked)

    assert rows.dtype == np.int32
    assert rows.tolist() == [expected.get(name, -1) for name in asked]


@given(ids=IDS.filter(len))
def test_there_and_back(ids: list[str]):
    mapped = IdMap.of(ids)

    assert mapped.external(mapped.rows(ids)).to_list() == ids
    assert mapped.size == len(mapped) == len(set(ids))


def test_one_id():
    mapped = IdMap.of(["b", "a"])

    assert (mapped.row("b"), mapped.row("c")) == (1, -1)


@pytest.mark.parametrize("ids", [["b", "a"], ["a", "a"], [None, "a"], [1, 2]])
def test_what_is_no_sorted_set_of_strings_is_refused(ids: list[object]):
    with pytest.raises(InvalidArgumentError, match="IdMap"):
        IdMap(pl.Series(ids))


@pytest.mark.parametrize("ids", [[None], [None, "a"], ["a", None]])
def test_null_is_no_id(ids: list[str | None]):
    with pytest.raises(InvalidArgumentError, match="nulls"):
        IdMap.of(pl.Series(ids, dtype=pl.String))


@pytest.mark.parametrize("rows", [[-1], [2]])
def test_rows_outside_are_refused(rows: list[int]):
    with pytest.raises(InvalidArgumentError, match="0…1"):
        IdMap.of(["a", "b"]).external(np.array(rows))
