"""Keys that stand twice are found whatever the number of passes."""

import polars as pl
import pytest

from recsys_assets.core.gates import count_repeated_keys

KEY = ["user_id", "track_id"]


@pytest.mark.parametrize("rows_at_once", [1, 7, 100, 1_000_000])
def test_repeated_keys_are_counted_once_each_in_any_number_of_passes(rows_at_once: int):
    whole = pl.DataFrame(
        {"user_id": [f"u{n % 20}" for n in range(200)], "track_id": [f"t{n // 20}" for n in range(200)]}
    )
    repeated = pl.concat(
        [whole, whole.head(3), whole.head(1), pl.DataFrame({"user_id": ["u", "u"], "track_id": ["", ""]})]
    )

    def count(frame: pl.DataFrame) -> int:
        return count_repeated_keys(frame.lazy(), KEY, n_rows=frame.height, rows_at_once=rows_at_once)

    assert count(whole) == 0
    assert count(repeated) == 4
    assert count(whole.clear()) == 0
    # The parts of a key are told apart.
    assert count(pl.DataFrame({"user_id": ["ab", "a"], "track_id": ["c", "bc"]})) == 0
