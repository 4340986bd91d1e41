"""Submissions of the made-up world: who sends what and when, and the folders that come of it."""

import hashlib
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from recsys_assets.demo.catalogue import build_catalogue
from recsys_assets.demo.params import DemoParams
from recsys_assets.demo.sound_render import render
from recsys_assets.demo.sound_traits import plan_sound
from recsys_assets.demo.submission_files import FALSE_LABEL, remove_submissions, write_submissions
from recsys_assets.demo.submissions import PROBLEMS, draw_credentials, plan_submissions
from recsys_assets.demo.world import World, generate_world
from recsys_assets.raw.receipts import read_receipt

START = date(2026, 3, 2)
DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Path, pl.DataFrame]:
    home = tmp_path_factory.mktemp("submissions")
    params = DemoParams(n_listeners=20, n_tracks=150, n_artists=26, n_playlists=10, plays_per_listener_day=1)
    world = generate_world(params, seed=5, start=START, days=100)
    n = write_submissions(world, home / "landing", home / "truth", state=home / "state")
    truth = pl.read_parquet(home / "truth" / "submissions.parquet")
    assert n == truth.height
    return world, home, truth


def folder_of(landed: tuple[World, Path, pl.DataFrame], kind: str, problem: str | None = None) -> tuple[Path, dict]:
    _, home, truth = landed
    some = truth.filter(pl.col("kind") == kind)
    if problem:
        some = truth.filter(pl.col("problem") == problem)
    row = some.row(0, named=True)
    return home / "landing" / "submissions" / row["submission_id"], row


@pytest.mark.parametrize("seed", range(4))
def test_upcoming_tracks_are_mostly_on_time_and_every_fault_is_there(seed: int):
    params = DemoParams.for_size("small")
    catalogue = build_catalogue(params, seed=seed, start_weekday=0)
    plan = plan_submissions(catalogue, draw_credentials(params.n_artists, seed=seed), seed=seed)

    by_track = {it.track for it in plan if it.kind != "duplicate"}
    upcoming = set(np.flatnonzero((catalogue.released_day >= 0) & ~catalogue.track_withdrawn).tolist())
    assert by_track == upcoming
    good = [it for it in plan if it.kind == "on_time"]
    assert 0.6 < len(good) / len(plan) < 0.8
    assert {it.kind for it in plan} == {
        "on_time", "late", "broken", "corrected", "duplicate", "withdrawn", "false_claim"
    }  # fmt: skip
    assert {it.problem for it in plan if it.kind == "broken"} == set(PROBLEMS)
    for it in plan:
        ahead = it.released_day - it.received_ms / DAY_MS
        assert (0 < ahead < 7) if it.kind == "late" else (8 < ahead <= 28)
    # After sixty days some wait for their release, so that a preview has something to show.
    waiting = [it for it in good if it.received_ms < 60 * DAY_MS and 60 <= it.released_day < 81]
    assert len(waiting) >= 6
    # What is copied has to be known by then, or nobody could tell.
    assert min(it.received_ms for it in plan if it.kind == "duplicate") > 0
    assert len({it.submission_id for it in plan}) == len(plan)
    assert [it.received_ms for it in plan] == sorted(it.received_ms for it in plan)


def test_a_false_claim_is_false_and_a_true_one_true(landed):
    world, home, truth = landed
    records = {row["artist_id"]: row for row in world.artists.iter_rows(named=True)}
    artist_of = dict(world.tracks.select("track_id", pl.col("artist_ids").list.first()).iter_rows())
    claims = set()
    for row in truth.filter(pl.col("problem").is_null() | (pl.col("problem") != "broken_json")).iter_rows(named=True):
        said = json.loads((home / "landing" / "submissions" / row["submission_id"] / "submission.json").read_bytes())
        record = records[artist_of[row["track_id"]]]
        digest = hashlib.sha256(said.get("submitter_key", "").encode()).hexdigest()
        matches = digest in record["submitter_keys"] or said.get("label") in record["labels"]
        assert matches == row["is_claim_true"]
        claims.add((row["kind"] == "false_claim", "submitter_key" in said, "label" in said))
        if row["kind"] == "false_claim":
            assert said["label"] == FALSE_LABEL
    assert {(True, True, True), (False, True, False), (False, False, True)} <= claims
    assert (world.artists["labels"].list.len() > 0).mean() > 0.7
    assert world.artists["submitter_keys"].explode().drop_nulls().str.len_chars().unique().to_list() == [64]


def test_receipts_are_ours_and_say_when_each_came(landed):
    world, home, truth = landed
    end = datetime.combine(world.end, datetime.min.time(), UTC)
    for row in truth.iter_rows(named=True):
        receipt = read_receipt(home / "state", home / "landing" / "submissions" / row["submission_id"])
        assert receipt is not None
        assert receipt.received_at == row["received_at"] < end
        released = datetime.combine(row["released_on"], datetime.min.time(), UTC)
        assert row["is_on_time"] == (released - receipt.received_at >= timedelta(days=7))
        assert row["is_on_time"] == (row["kind"] != "late")
    assert not list((home / "landing").glob(".*"))


@pytest.mark.parametrize("problem", PROBLEMS)
def test_broken_ones_are_broken_in_one_way(landed, problem: str):
    soundfile = pytest.importorskip("soundfile")
    folder, row = folder_of(landed, "broken", problem)
    assert row["expected"] in {"rejected", "accepted"}
    names = {path.name for path in folder.iterdir()} - {"receipt.json"}
    if problem == "no_recording":
        assert names == {"submission.json"}
        return
    assert names == {"submission.json", "recording.ogg"}
    if problem == "broken_json":
        with pytest.raises(json.JSONDecodeError):
            json.loads((folder / "submission.json").read_text(encoding="utf-8"))
        return
    said = json.loads((folder / "submission.json").read_text(encoding="utf-8"))
    if problem == "impossible_date":
        with pytest.raises(ValueError, match="day"):
            date.fromisoformat(said["release_date"])
    else:
        with pytest.raises(soundfile.LibsndfileError):
            soundfile.read(io.BytesIO((folder / "recording.ogg").read_bytes()))


def test_a_duplicate_is_a_recording_of_the_catalogue_quieter_and_transcoded(landed):
    soundfile = pytest.importorskip("soundfile")
    world, _, _ = landed
    folder, row = folder_of(landed, "duplicate")
    said = json.loads((folder / "submission.json").read_text(encoding="utf-8"))
    assert "track_id" not in said
    assert "isrc" not in said
    y, rate = soundfile.read(folder / "recording.mp3")
    at = world.tracks["track_id"].to_list().index(row["track_id"])
    song = render(plan_sound(world.catalogue, seed=world.seed)[at], seed=world.seed)[rate // 5 :]
    assert world.tracks["released_on"][at] < START
    n = min(y.size, song.size) - rate
    # Encoders of MP3 begin with some silence: the best of all shifts counts.
    peak = max(np.corrcoef(y[shift : shift + n], song[:n])[0, 1] for shift in range(2_000))
    assert peak > 0.9
    assert np.std(y) < 0.6 * np.std(song)


def test_a_correction_names_what_it_replaces_and_comes_later(landed):
    _, _, truth = landed
    folder, row = folder_of(landed, "corrected")
    said = json.loads((folder / "submission.json").read_text(encoding="utf-8"))
    first = truth.row(by_predicate=pl.col("submission_id") == said["replaces"], named=True)
    assert first["replaced_by"] == row["submission_id"]
    assert first["received_at"] < row["received_at"]
    assert (first["kind"], first["expected"], row["expected"]) == ("broken", "rejected", "accepted")


def test_a_shorter_world_has_the_same_submissions_up_to_its_end(landed, tmp_path: Path):
    world, home, truth = landed
    short = replace(world, days=20)
    write_submissions(short, tmp_path / "landing", tmp_path / "truth", state=home / "state")
    found = pl.read_parquet(tmp_path / "truth" / "submissions.parquet")
    assert 0 < found.height < truth.height
    columns = [name for name in found.columns if name != "replaced_by"]
    assert found.select(columns).equals(truth.head(found.height).select(columns))
    one = found["submission_id"][0]
    for name in ("submission.json", "recording.ogg", "receipt.json"):
        path = Path("landing/submissions") / one / name
        assert (tmp_path / path).exists() == (home / path).exists()
        if (tmp_path / path).exists():
            assert (tmp_path / path).read_bytes() == (home / path).read_bytes()

    mine = tmp_path / "landing" / "submissions" / "mine"
    mine.mkdir()
    remove_submissions(tmp_path / "landing", tmp_path / "truth")
    assert list(mine.parent.iterdir()) == [mine]
