"""Filling the landing zone: the demo world and the importers, seen from the command line."""

import json
from pathlib import Path
from typing import Any

import pytest


def test_demo_writes_a_landing_zone(empty: Any):
    args = (
        "--size", "small", "--fraction", "0.1", "--days", "2", "--start", "2026-01-05", "--seed", "3", "--recordings", "2"
    )  # fmt: skip

    result = empty.run("demo", *args, "--json")

    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["start"] == "2026-01-05"
    assert answer["rows"]["days"] == 2
    days = sorted(path.name for path in (empty.home.landing / "plays").iterdir())
    assert days == ["date=2026-01-05", "date=2026-01-06"]
    assert (empty.home.demo_truth / "tracks.parquet").exists()
    assert answer["rows"]["recordings"] == len(list((empty.home.landing / "audio").glob("*.ogg"))) == 2
    assert answer["rows"]["submissions"] == len(list((empty.home.landing / "submissions").iterdir())) > 2
    assert answer["rows"]["press"] > 150
    assert (empty.home.press / "sources.yaml").exists()
    assert (empty.home.demo_truth / "press_pages.parquet").exists()
    assert "2026-01-05 to 2026-01-06" in empty.run("demo", *args, "--no-sound", "--no-press").stdout
    assert not [path for path in empty.home.press.rglob("*") if path.is_file()]
    assert not [*(empty.home.landing / "audio").iterdir(), *(empty.home.landing / "submissions").iterdir()]


def test_demo_stays_away_from_real_listening(empty: Any):
    (empty.home.landing / "plays").mkdir(parents=True)

    result = empty.run("demo")

    assert result.exit_code == 2
    assert "another RECSYS_HOME" in result.stderr


def test_a_size_that_is_none_is_told_in_plain_words(empty: Any):
    result = empty.run("demo", "--size", "tiny")

    assert result.exit_code == 2
    assert "'--size': 'tiny' is not one of 'small', 'medium', 'large'" in result.stderr


LINE = {
    "user_name": "ann",
    "listened_at": 1_767_600_000,
    "track_metadata": {"track_name": "Gold", "artist_name": "Spandau Ballet", "release_name": "True"},
}


def test_import_says_what_was_taken_and_what_was_left(empty: Any, tmp_path: Path):
    file = tmp_path / "listens.jsonl"
    file.write_text(json.dumps(LINE) + "\n{half", encoding="utf-8")

    first = json.loads(empty.run("import", "listenbrainz", str(file), "--json").stdout)
    again = empty.run("import", "listenbrainz", str(file))

    assert first["taken"]["plays"] == 1
    assert sum(first["left"].values()) == 1
    assert first["first_day"] == "2026-01-05"
    assert again.exit_code == 0
    assert "imported before" in again.stderr
    assert len(list((empty.home.landing / "plays" / "date=2026-01-05").glob("*.parquet"))) == 1


def test_an_import_stays_away_from_a_made_up_world(empty: Any, tmp_path: Path):
    # Its gates on quality only warn: real listening would never be judged.
    empty.home.demo_truth.mkdir(parents=True)
    file = tmp_path / "listens.jsonl"
    file.write_text(json.dumps(LINE), encoding="utf-8")

    result = empty.run("import", "listenbrainz", str(file))

    assert result.exit_code == 2
    assert "another RECSYS_HOME" in result.stderr
    assert not empty.home.landing.exists()


@pytest.mark.parametrize(
    "args",
    [
        ("demo", "--size", "tiny"),
        ("demo", "--days", "0"),
        ("demo", "--start", "soon"),
        ("demo", "--fraction", "0"),
        ("demo", "--fraction", "2"),
        ("demo", "--seed", "-1"),
        ("import", "lastfm-2k"),
        ("import", "lastfm-2k", "/nowhere"),
        ("import", "lastfm-2k", ".", "--as-of", "then"),
        ("import", "mpd", "/nowhere"),
        ("import", "listenbrainz"),
        ("import", "listenbrainz", "/nowhere"),
        ("import", "spotify-history", "."),
        ("import", "scrobbler-log", "."),
        ("import", "tape"),
    ],
)
def test_wrong_arguments(empty: Any, args: tuple[str, ...]):
    result = empty.run(*args)

    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert not empty.home.landing.exists()
