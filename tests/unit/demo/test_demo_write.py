from datetime import date, timedelta
from pathlib import Path

import polars as pl

from recsys_assets.demo.params import DemoParams
from recsys_assets.demo.world import World, generate_world
from recsys_assets.demo.write import write_world

START = date(2026, 3, 2)


def test_a_landing_zone_by_days_and_snapshots_with_the_truth_apart(world: World, tmp_path: Path):
    summary = write_world(world, tmp_path / "landing", tmp_path / "truth")
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    days = [(START + timedelta(days=n)).isoformat() for n in range(28)]
    expected = {f"landing/{table}/date={day}/part.parquet" for table in ("plays", "feedback") for day in days}
    expected |= {f"landing/{table}/date=2026-03-02/part.parquet" for table in ("artists", "albums", "tracks")}
    expected |= {
        f"landing/{table}/date={day}/part.parquet" for table in ("playlists", "playlist_tracks") for day in days[::7]
    }
    expected |= {f"truth/{name}.parquet" for name in world.truth.tables()}
    assert files == expected
    assert summary["files"] == len(files)
    assert summary["plays"] == world.plays.height
    back = pl.concat([pl.read_parquet(tmp_path / f"landing/plays/date={day}/part.parquet") for day in days])
    assert back.equals(world.plays)
    day = pl.read_parquet(tmp_path / "landing/plays/date=2026-03-05/part.parquet")
    assert set(day["played_at"].dt.date().cast(pl.String)) == {"2026-03-05"}
    assert "date" not in day.columns


def test_columns_are_those_of_the_contract(world: World):
    assert world.tracks.columns == [
        "track_id", "title", "artist_ids", "album_id", "released_on", "duration_ms", "isrc", "mbid", "is_explicit",
        "is_withdrawn", "genres",
    ]  # fmt: skip
    assert world.artists.columns == ["artist_id", "name", "mbid", "genres", "labels", "submitter_keys"]
    assert world.albums.columns == ["album_id", "title", "artist_ids", "released_on", "mbid"]
    assert world.plays.columns == [
        "user_id", "track_id", "played_at", "ms_played", "reason_end", "source", "is_shuffle",
    ]  # fmt: skip
    assert world.feedback.columns == ["user_id", "track_id", "artist_id", "at", "action"]
    assert world.playlists.columns == ["playlist_id", "name", "owner_id", "description", "followers", "modified_at"]
    assert world.playlist_tracks.columns == ["playlist_id", "position", "track_id", "added_at"]
    assert world.plays.schema["played_at"] == world.feedback.schema["at"] == pl.Datetime("us", "UTC")
    assert world.tracks.schema["released_on"] == pl.Date


def test_writing_again_replaces_and_touches_nothing_else(tmp_path: Path):
    landing, truth = tmp_path / "landing", tmp_path / "truth"
    other = landing / "audio" / "t_1.wav"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"kept")
    params = DemoParams(n_listeners=20, n_tracks=150, n_artists=26, n_playlists=10, plays_per_listener_day=2)
    for seed in (1, 2):
        world = generate_world(params, seed=seed, start=START, days=2)
        write_world(world, landing, truth)
        tracks = pl.read_parquet(landing / "tracks/date=2026-03-02/part.parquet")
        assert tracks.equals(world.tracks, null_equal=True)
    assert other.read_bytes() == b"kept"
    assert not list(tmp_path.rglob("*.tmp"))
