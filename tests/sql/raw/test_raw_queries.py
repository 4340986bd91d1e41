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


def test_unknown_ids_are_those_the_days_snapshot_lacks() -> None:
    staged = pl.DataFrame(
        [(1, D1, "t1", "a9", None), (2, D1, "t2", None, None), (3, D2, "t2", None, "p1"), (4, D2, None, None, None)],
        schema={
            "lineage": pl.Int64,
            "staged_day": pl.Date,
            "track_id": pl.String,
            "artist_id": pl.String,
            "playlist_id": pl.String,
        },
        orient="row",
    )
    tracks = pl.DataFrame([(D1, "t1"), (D2, "t1"), (D2, "t2")], schema=["arrived_on", "track_id"], orient="row")
    nobody = {"arrived_on": pl.Date, "artist_id": pl.String}
    nothing = {"arrived_on": pl.Date, "playlist_id": pl.String}
    readings = pl.DataFrame(
        [("track_id", D1, D1), ("track_id", D2, D2), ("playlist_id", D2, D2)],
        schema=["id_column", "staged_day", "arrived_on"],
        orient="row",
    )
    inputs = {
        "staged": staged,
        "known_tracks": tracks,
        "known_artists": pl.DataFrame(schema=nobody),
        "readings": readings,
    }
    found = run_sql("raw/unknown_ids", inputs={**inputs, "known_playlists": pl.DataFrame(schema=nothing)})
    assert found.rows() == [(2, "track_id"), (3, "playlist_id")]
