"""What a table promises, and how a frame that breaks the promise is told so."""

from pathlib import Path

import polars as pl
import pytest
from factories import NUMBERS, day, numbers

from recsys_assets.core.errors import InvalidArgumentError, SchemaMismatchError
from recsys_assets.core.home import Home
from recsys_assets.core.schemas import require


def test_the_partition_is_the_last_column():
    assert list(NUMBERS.dtypes) == list(NUMBERS.descriptions) == ["user_id", "n", "date"]
    assert NUMBERS.full_name == "group.numbers"


def test_a_frame_that_keeps_its_promise_passes_unchanged():
    frame = numbers(day(0), {"ann": 1}).with_columns(more=pl.lit(1))

    assert require(frame, NUMBERS.dtypes, what="the frame") is frame


def test_all_faults_are_told_at_once():
    frame = pl.DataFrame({"n": ["1"], "date": [day(0)]})

    with pytest.raises(
        SchemaMismatchError, match=r"the frame .*missing user_id: String; n: found String, expected Int64"
    ):
        require(frame, NUMBERS.dtypes, what="the frame")


@pytest.mark.parametrize("setting", [None, ""])
def test_an_unset_home_is_data_here(setting: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    home = Home.from_setting(setting, setting)

    assert home.root == tmp_path / "data"
    assert home.lake == str(tmp_path / "data" / "lake")
    assert Home.from_setting("x", "y").lake == str(tmp_path / "y")


def test_a_lake_in_an_object_store_is_refused():
    with pytest.raises(InvalidArgumentError, match=r"RECSYS_LAKE is s3://bucket/lake: .* name a folder"):
        Home.from_setting("x", "s3://bucket/lake")
