"""The queries of ``sql/raw``: given, expected."""

from datetime import date

import polars as pl

from recsys_assets.core.warehouse import run_sql

D1, D2 = date(2026, 1, 1), date(2026, 1, 2)


def test_repeated_rows_are_all_but_the_first_of_a_day() -> None:
    staged = pl.DataFrame(
        [(1, D1, 7, 8), (2, D1, 7, 8), (3, D2, 7, 8), (4, D1, 7, 9), (5, D1, 7, 8)],
        schema={"lineage": pl.Int64, "staged_day": pl.Date, "row_hash_a": pl.UInt64, "row_hash_b": pl.UInt64},
        orient="row",
    )
    assert run_sql("raw/repeated_rows", inputs={"staged": staged})["lineage"].to_list() == [2, 5]


def test_repeated_keys_name_the_first_use_among_standing_rows() -> None:
    staged = pl.DataFrame(
        [(1, D1, 7, 8), (2, D1, 7, 8), (3, D1, 7, 8), (4, D1, 9, 8), (5, D2, 7, 8), (6, D1, 9, 8)],
        schema={"lineage": pl.Int64, "staged_day": pl.Date, "key_hash_a": pl.UInt64, "key_hash_b": pl.UInt64},
        orient="row",
    )
    left_out = pl.DataFrame({"lineage": [1]})
    found = run_sql("raw/repeated_keys", inputs={"staged": staged, "left_out": left_out})
    assert found.select("lineage", "first_lineage").rows() == [(3, 2), (6, 4)]


def test_unknown_ids_are_those_that_no_state_of_a_catalogue_has() -> None:
    ids = ["track_id", "artist_id", "playlist_id"]
    staged = pl.DataFrame(
        [(1, "t1", "a9", None), (2, "t2", None, None), (3, "t9", None, "p1"), (4, None, None, "p1")],
        schema={"lineage": pl.Int64, **dict.fromkeys(ids, pl.String)},
        orient="row",
    )
    inputs = {
        "staged": staged,
        "known_tracks": pl.DataFrame({"track_id": ["t1", "t1", "t2"], "arrived_on": [D1, D2, D2]}),
        # An empty catalogue knows nothing and is not asked.
        "known_artists": pl.DataFrame(schema={"artist_id": pl.String}),
        "known_playlists": pl.DataFrame({"playlist_id": ["p2"]}),
    }
    found = run_sql("raw/unknown_ids", inputs=inputs)
    assert found.rows() == [(3, "playlist_id"), (3, "track_id"), (4, "playlist_id")]
