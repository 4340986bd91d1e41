"""Recordings as files of the landing zone: which, how old, and what becomes of those of an earlier world."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.demo.params import DemoParams
from recsys_assets.demo.recordings import file_name, recorded_rows, remove_recordings, write_recordings
from recsys_assets.demo.world import World, generate_world

START = date(2026, 3, 2)


def test_recordings_arrive_on_the_day_of_release_or_the_first(world: World, tmp_path: Path):
    told = []
    n = write_recordings(
        world, tmp_path / "landing", tmp_path / "truth", limit=3, n_workers=1, progress=lambda *it: told.append(it)
    )

    files = sorted((tmp_path / "landing" / "audio").iterdir())
    truth = pl.read_parquet(tmp_path / "truth" / "recordings.parquet")
    assert n == len(files) == truth.height == 3
    assert told[0] == (0, 3)
    assert told[-1] == (3, 3)
    assert [path.name for path in files] == [file_name(it) for it in truth["track_id"]]
    released = dict(world.tracks.select("track_id", "released_on").iter_rows())
    for path in files:
        assert datetime.fromtimestamp(path.stat().st_mtime, UTC).date() == max(released[path.stem], START)
        assert 20_000 < path.stat().st_size < 120_000
    assert truth["tempo_bpm"].is_between(60, 184).all()
    assert set(truth["mode"]) <= {"major", "minor"}
    assert (truth["chords"].list.len() >= 2).all()


def test_new_releases_come_first_and_nothing_is_out_before_its_day(world: World):
    everything = recorded_rows(world, 10_000)
    released = world.tracks["released_on"]
    assert (released.gather(everything) < world.end).all()
    assert len(everything) == (released < world.end).sum()
    new = world.tracks.filter(released.is_between(START, world.end, closed="left")).height
    some = recorded_rows(world, new + 5)
    assert (released.gather(some) >= START).sum() == new
    assert some == sorted(some)


def test_another_world_takes_its_own_recordings_away_and_no_other_file(tmp_path: Path):
    landing, truth = tmp_path / "landing", tmp_path / "truth"
    (landing / "audio").mkdir(parents=True)
    (landing / "audio" / "mine.ogg").write_bytes(b"kept")
    params = DemoParams(n_listeners=20, n_tracks=150, n_artists=26, n_playlists=10, plays_per_listener_day=2)
    for seed in (1, 2):
        world = generate_world(params, seed=seed, start=START, days=2)
        write_recordings(world, landing, truth, limit=2, n_workers=1)
        assert len(list((landing / "audio").iterdir())) == 3
    remove_recordings(landing, truth)
    assert [path.name for path in (landing / "audio").iterdir()] == ["mine.ogg"]
    assert not (truth / "recordings.parquet").exists()


def test_names_that_no_file_can_have_are_encoded():
    assert file_name("a/b:c?") == "a%2Fb%3Ac%3F.ogg"
    assert file_name("t_000001") == "t_000001.ogg"


def test_a_limit_below_one_is_refused(world: World, tmp_path: Path):
    with pytest.raises(InvalidArgumentError, match="found a limit of 0"):
        write_recordings(world, tmp_path, tmp_path, limit=0)
