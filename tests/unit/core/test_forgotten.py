"""The list of the forgotten: digests only, whole after every change, applied to any frame."""

from pathlib import Path

import polars as pl
import pytest

from recsys_assets.core.forgotten import Forgotten, digest_of, forget_id, readmit_id


def test_the_list_holds_digests_and_no_ids(tmp_path: Path):
    path = tmp_path / "state" / "forgotten"

    assert forget_id(path, "annabelle")
    assert forget_id(path, "../../x\nnewline")
    assert not forget_id(path, "annabelle")

    assert path.read_text().splitlines() == sorted([digest_of("annabelle"), digest_of("../../x\nnewline")])
    assert "annabelle" not in path.read_text()
    known = Forgotten.load(path)
    assert "annabelle" in known
    assert "../../x\nnewline" in known
    assert "annabell" not in known


def test_readmitting(tmp_path: Path):
    path = tmp_path / "forgotten"
    forget_id(path, "a")
    forget_id(path, "b")

    assert readmit_id(path, "a")
    assert not readmit_id(path, "a")

    assert Forgotten.load(path) == Forgotten(frozenset({digest_of("b")}))


def test_no_list_forgets_nobody(tmp_path: Path):
    assert Forgotten.load(tmp_path / "nothing") == Forgotten(frozenset())


@pytest.mark.parametrize(
    ("forgotten", "expected"),
    [
        ([], ["a", None, "b", "a", "c"]),
        (["a"], [None, "b", "c"]),
        (["a", "c"], [None, "b"]),
        (["x"], ["a", None, "b", "a", "c"]),
        (["a", "b", "c"], [None]),
    ],
)
def test_rows_of_the_forgotten_are_dropped_and_null_is_nobody(forgotten: list[str], expected: list[str | None]):
    known = Forgotten(frozenset(map(digest_of, forgotten)))
    frame = pl.LazyFrame({"owner_id": ["a", None, "b", "a", "c"]})

    assert known.drop_from(frame, "owner_id").collect()["owner_id"].to_list() == expected
