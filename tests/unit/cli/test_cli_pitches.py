"""Submitting at the command line: what is written, what is refused at once, and how far things have come."""

import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from factories import rows_of, stored

from recsys_assets.cold_start.place_tables import FIRST_LISTENERS, PLACEMENTS, SUBMISSION_PREVIEW
from recsys_assets.cold_start.tables import SUBMISSION_VERDICTS
from recsys_assets.core import columns as c
from recsys_assets.core.schemas import INSTANT
from recsys_assets.raw.receipts import read_receipt, write_receipt

SOON = (datetime.now(tz=UTC) + timedelta(days=40)).date().isoformat()
TOMORROW = (datetime.now(tz=UTC) + timedelta(days=1)).date().isoformat()


def submit(world: Any, song: Path, *more: str) -> Any:
    return world.run("submit", str(song), "--title", "Räin!", "--artist", "Ann", "--release-date", SOON, *more)


def only_folder(world: Any) -> Path:
    (folder,) = (world.home.landing / "submissions").iterdir()
    return folder


def test_a_submission_is_a_folder_with_a_receipt(world: Any, song: Path):
    result = submit(
        world, song, "--artist", "Bob", "--genre", "folk", "--mood", "calm", "--isrc", "QZ-ABC-26-00001", "--label", "L",
        "--key", "secret", "--text", "words", "--track-id", "t9", "--not-explicit",
    )  # fmt: skip

    folder = only_folder(world)
    receipt = read_receipt(world.home.state, folder)
    assert result.exit_code == 0, result.stderr
    assert folder.name.startswith("rain-")
    assert sorted(path.name for path in folder.iterdir()) == ["receipt.json", "recording.wav", "submission.json"]
    assert json.loads((folder / "submission.json").read_text()) == {
        "title": "Räin!", "artists": ["Ann", "Bob"], "release_date": SOON, "genres": ["folk"], "moods": ["calm"],
        "isrc": "QZ-ABC-26-00001", "label": "L", "submitter_key": "secret", "text": "words", "track_id": "t9",
        "is_explicit": False,
    }  # fmt: skip
    assert receipt is not None
    assert set(receipt.files) == {"recording.wav", "submission.json"}
    assert f"submitted as {folder.name}" in result.stdout
    assert "On time" in result.stdout
    assert "secret" not in result.stdout
    assert (folder / "recording.wav").read_bytes() == song.read_bytes()


def test_what_is_late_is_told_and_taken(world: Any, song: Path):
    result = submit(world, song, "--release-date", TOMORROW)

    assert result.exit_code == 0
    assert "Late:" in result.stdout


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--release-date", "2020-01-01"), "is in the past"),
        (("--release-date", "soon"), "expected a day as YYYY-MM-DD"),
        (("--release-date", "2099-01-01"), "more than five years"),
        (("--isrc", "x"), "isrc is 'x'"),
        (("--title", " "), "title is missing"),
        (("--title", "a\x07b"), "control characters"),
        (("--track-id", "../x"), "which is a path"),
        (("--replaces", "../x"), "no path"),
        (("--replaces", "nobody"), "there is no submission 'nobody'"),
        (("--artist-id", "a1", "--artist-id", "a2"), "2 --artist-id for 1 --artist"),
        (("--withdraw", "x"), "--withdraw takes an id and nothing else"),
    ],
)
def test_what_can_be_refused_at_once_is(world: Any, song: Path, more: tuple[str, ...], told: str):
    result = submit(world, song, *more)

    assert (result.exit_code, told in result.stderr) == (2, True), result.stderr
    assert result.stderr.count("\n") == 1
    assert not (world.home.landing / "submissions").exists()


def test_a_file_that_is_none_or_no_recording_is_refused(world: Any, tmp_path: Path):
    (tmp_path / "song.txt").write_text("x")

    assert "there is no file" in submit(world, tmp_path / "nowhere.wav").stderr
    assert "not called like a recording" in submit(world, tmp_path / "song.txt").stderr
    assert "is a folder" in submit(world, tmp_path).stderr
    assert world.run("submit").exit_code == 2


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "the file has no bytes"),
        (b"It was a dark and stormy night.", "expected wav, flac, ogg, mp3 or m4a"),
        (b"OggS", "can not be used"),
    ],
)
def test_what_its_first_bytes_say_is_no_recording_is_refused_at_once(
    world: Any, tmp_path: Path, data: bytes, told: str
):
    (tmp_path / "song.ogg").write_bytes(data)
    result = submit(world, tmp_path / "song.ogg")

    assert (result.exit_code, told in result.stderr) == (2, True), result.stderr
    assert not (world.home.landing / "submissions").exists()


def test_the_same_is_submitted_once(world: Any, song: Path):
    submit(world, song)
    again = submit(world, song)
    other = submit(world, song, "--genre", "folk")

    assert again.exit_code == 2
    assert f"submitted already: {sorted((world.home.landing / 'submissions').iterdir())[0].name[:4]}" in again.stderr
    assert other.exit_code == 0
    assert len(list((world.home.landing / "submissions").iterdir())) == 2


def test_taking_back_keeps_what_was_said_and_is_received_anew(world: Any, song: Path):
    submit(world, song)
    folder = only_folder(world)
    before = read_receipt(world.home.state, folder)
    result = world.run("submit", "--withdraw", folder.name)

    said = json.loads((folder / "submission.json").read_text())
    assert result.exit_code == 0
    assert (said["title"], said["is_withdrawn"]) == ("Räin!", True)
    assert read_receipt(world.home.state, folder).received_at > before.received_at  # type: ignore[union-attr]
    for nobody in ("nobody", "../x", ""):
        assert world.run("submit", "--withdraw", nobody).exit_code == 2


def verdict(world: Any, submission_id: str, kind: str, at: datetime, reason: str | None = None) -> None:
    row = dict.fromkeys(SUBMISSION_VERDICTS.dtypes) | {
        "submission_id": submission_id, "verdict": kind, "received_at": at, "reason": reason, "title": "Rain",
        "artist_names": ["Ann"], "released_on": datetime.fromisoformat(SOON).date(), "track_id": "t9",
        "is_claim_verified": False, "verified_artist_ids": [], "is_on_time": True, "claim_note": "sound alone",
    }  # fmt: skip
    frame = pl.DataFrame([row], schema=SUBMISSION_VERDICTS.dtypes, orient="row")
    world.lake.replace(SUBMISSION_VERDICTS, frame, partitions=[submission_id])
    assert frame.schema["received_at"] == INSTANT


def test_submissions_are_listed_newest_first_with_what_waits(world: Any, song: Path):
    now = datetime.now(tz=UTC)
    verdict(world, "older", "rejected", now - timedelta(days=2), "the recording is missing")
    verdict(world, "newer", "accepted", now - timedelta(days=1))
    submit(world, song)
    (world.home.landing / "submissions" / "two words").mkdir()

    rows = json.loads(world.run("submissions", "--json").stdout)["rows"]
    told = {row["submission_id"]: (row["state"], row["why"]) for row in rows}

    waiting = next(name for name in told if name.startswith("rain-"))
    assert [row["submission_id"] for row in rows] == ["two words", waiting, "newer", "older"]
    assert told["older"] == ("rejected", "the recording is missing")
    assert told["newer"] == ("accepted", None)
    assert told[waiting][0] == "received"
    assert told["two words"][0] == "rejected"
    assert rows[1]["title"] == "Räin!"
    assert "the recording is missing" in world.run("submissions").stdout
    assert "3 older ones" in world.run("submissions", "--limit", "1").stderr


def test_one_submission_shows_all_its_states(world: Any):
    verdict(world, "sub_1", "accepted", datetime.now(tz=UTC) - timedelta(days=1))

    found = json.loads(world.run("submissions", "sub_1", "--json").stdout)
    assert [state["state"] for state in found["states"]] == ["received", "accepted"]
    assert found["verdict"]["track_id"] == "t9"
    assert "sound alone" in world.run("submissions", "sub_1").stdout
    assert world.run("submissions", "nobody").exit_code == 2


def test_what_was_placed_and_scored_since_it_came_is_told(world: Any):
    came = datetime(2026, 1, 6, 9, tzinfo=UTC)
    verdict(world, "sub_1", "accepted", came)
    for table, days in ((PLACEMENTS, [5, 6, 7]), (FIRST_LISTENERS, [7])):
        rows = rows_of(table, [{c.SUBMISSION_ID: "sub_1", c.DATE: date(2026, 1, day)} for day in days])
        stored(world.lake, table, rows)

    states = json.loads(world.run("submissions", "sub_1", "--json").stdout)["states"]

    assert [(state["state"], state["since"][:10]) for state in states] == [
        ("received", "2026-01-06"), ("accepted", "2026-01-06"), ("placed", "2026-01-07"), ("scored", "2026-01-08"),
    ]  # fmt: skip


def test_folders_that_can_be_no_submission_are_listed_with_the_reason(world: Any):
    folder = world.home.landing / "submissions"
    (folder / os.fsdecode(b"\xff")).mkdir(parents=True)
    (folder / "evil").symlink_to("x")

    result = world.run("submissions")

    assert result.exit_code == 0, result.stderr
    assert "'\\udcff'" in result.stdout
    assert "is a link" in " ".join(result.stdout.split())


def test_what_was_refused_because_no_receipt_can_be_written_waits_for_nothing(world: Any):
    folder = world.home.landing / "submissions" / "sub_1"
    folder.mkdir(parents=True)
    (folder / "submission.json").write_text("{}")
    verdict(world, "sub_1", "rejected", datetime.now(tz=UTC), "no receipt can be written")

    shown = world.run("submissions").stdout
    (folder / "submission.json").write_text("[]")

    assert ("rejected" in shown, "waits" in shown) == (True, False)
    assert "waits" in world.run("submissions").stdout


@pytest.mark.parametrize(("of", "expected"), [(0, ["placed", "scored"]), (-1, [])])
def test_a_preview_of_what_lies_there_places_it_when_it_was_made_and_one_of_earlier_content_does_not(
    world: Any, of: int, expected: list[str]
):
    came, made = datetime(2026, 1, 6, 9, tzinfo=UTC), datetime(2026, 1, 6, 9, 5, tzinfo=UTC)
    verdict(world, "sub_1", "accepted", came)
    row = {c.SUBMISSION_ID: "sub_1", "received_at": came + timedelta(hours=of), "made_at": made}
    stored(world.lake, SUBMISSION_PREVIEW, rows_of(SUBMISSION_PREVIEW, [row]))

    states = json.loads(world.run("submissions", "sub_1", "--json").stdout)["states"][2:]

    assert [state["state"] for state in states] == expected
    assert {state["since"][:16] for state in states} == ({"2026-01-06T09:05"} if expected else set())


def test_nothing_submitted_says_how_to(world: Any):
    result = world.run("submissions")

    assert result.exit_code == 0
    assert "recsys submit --help" in result.stderr


@pytest.mark.parametrize("columns", ["80", "130"])
def test_ids_days_states_and_reasons_stay_whole_on_a_narrow_terminal(world: Any, columns: str):
    reason = "the recording is missing"
    verdict(world, "sub_0027", "rejected", datetime(2026, 1, 6, 9, 5, tzinfo=UTC), reason)

    lines = world.run("submissions", env={"COLUMNS": columns}).stdout.splitlines()

    assert any(all(part in line for part in ("sub_0027", "rejected", "2026-01-06 09:05 UTC", SOON)) for line in lines)
    assert any(reason in line for line in lines)
    states = world.run("submissions", "sub_0027", env={"COLUMNS": "40"}).stdout
    assert "2026-01-06 09:05 UTC" in states


def test_why_it_was_placed_so_is_said_once(world: Any):
    came = datetime(2026, 1, 6, 9, tzinfo=UTC)
    verdict(world, "sub_1", "accepted", came)
    row = {c.SUBMISSION_ID: "sub_1", "received_at": came, "made_at": came}
    stored(world.lake, SUBMISSION_PREVIEW, rows_of(SUBMISSION_PREVIEW, [row]))

    assert world.run("submissions", "sub_1").stdout.count("sound alone") == 1


def test_a_name_that_is_no_id_is_refused_since_the_folder_is_there(world: Any):
    folder = world.home.landing / "submissions" / "two words"
    folder.mkdir(parents=True)
    os.utime(folder, (1_700_000_000, 1_700_000_000))

    (row,) = json.loads(world.run("submissions", "--json").stdout)["rows"]

    assert row["since"].startswith("2023-11-14T22:13:20")


def test_what_waits_with_a_fault_is_shown_by_its_title_and_artist(world: Any, song: Path):
    submit(world, song)
    folder = only_folder(world)
    said = json.loads((folder / "submission.json").read_text()) | {"isrc": "no"}
    (folder / "submission.json").write_text(json.dumps(said))
    write_receipt(world.home.state, folder, datetime.now(tz=UTC))

    (row,) = json.loads(world.run("submissions", "--json").stdout)["rows"]

    assert (row["title"], row["artist"]) == ("Räin!", "Ann")


def test_what_is_taken_back_and_judged_so_waits_for_nothing(world: Any, song: Path):
    submit(world, song)
    name = only_folder(world).name
    verdict(world, name, "accepted", datetime.now(tz=UTC) - timedelta(days=1))
    stood = world.lake.open(SUBMISSION_VERDICTS).read()
    world.run("submit", "--withdraw", name)
    verdict(world, name, "withdrawn", datetime.now(tz=UTC), "withdrawn by its submitter")
    ended = world.lake.open(SUBMISSION_VERDICTS).read()
    world.lake.replace(SUBMISSION_VERDICTS, pl.concat([stood, ended]), partitions=[name])

    states = json.loads(world.run("submissions", name, "--json").stdout)["states"]

    assert [state["state"] for state in states] == ["received", "accepted", "withdrawn"]
