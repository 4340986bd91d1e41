"""Each promise of sql/corpus/playlist_facts: what is counted of a playlist, once."""

from datetime import UTC, datetime

import polars as pl
from factories import DAY_1, rows_of

from recsys_assets.core.warehouse import run_sql
from recsys_assets.raw.tables import RAW_PLAYLIST_TRACKS, RAW_PLAYLISTS, RAW_TRACKS


def facts(entries: list[tuple[str, str, datetime | None]], credit: dict[str, list[str] | None]) -> dict[str, dict]:
    rows = [
        {"playlist_id": playlist, "position": n, "track_id": track, "added_at": at}
        for n, (playlist, track, at) in enumerate(entries)
    ]
    frames = {
        "playlists": rows_of(RAW_PLAYLISTS, [{"playlist_id": "p", "followers": 3}, {"playlist_id": "empty"}], name="x"),
        "playlist_tracks": rows_of(RAW_PLAYLIST_TRACKS, rows, arrived_on=DAY_1),
        "tracks": rows_of(
            RAW_TRACKS, [{"track_id": track, "artist_ids": of} for track, of in credit.items()], title="x"
        ),
    }
    found = run_sql("corpus/playlist_facts", inputs=frames)
    assert found.schema["n_tracks"] == pl.Int32
    return {row["playlist_id"]: row for row in found.to_dicts()}


def test_repeats_count_once_and_the_first_credited_artist_counts():
    entries = [("p", track, None) for track in ("t1", "t1", "t1", "t2", "t3", "t4")]
    row = facts(entries, {"t1": ["a", "b"], "t2": ["a"], "t3": ["b", "a"]})["p"]

    assert (row["n_tracks"], row["largest_artist_share"], row["followers"]) == (4, 0.5, 3)


def test_tracks_without_an_artist_dominate_nothing():
    row = facts([("p", "t1", None), ("p", "t2", None), ("p", "t3", None)], {"t1": None, "t2": [], "t3": ["a"]})["p"]

    assert round(row["largest_artist_share"], 3) == 0.333


def test_days_of_additions_are_counted_where_they_are_known():
    first, later = datetime(2026, 1, 1, 8, tzinfo=UTC), datetime(2026, 1, 1, 23, tzinfo=UTC)
    next_day = datetime(2026, 1, 2, 1, tzinfo=UTC)
    row = facts([("p", "t1", first), ("p", "t2", later), ("p", "t3", next_day), ("p", "t4", None)], {})["p"]

    assert row["n_edit_days"] == 2
    assert facts([("p", "t1", None)], {})["p"]["n_edit_days"] is None


def test_a_playlist_without_entries_has_a_row():
    row = facts([("p", "t1", None)], {})["empty"]

    assert (row["n_tracks"], row["largest_artist_share"], row["n_edit_days"], row["followers"]) == (0, 0.0, None, None)
