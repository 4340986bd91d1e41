"""Only what is new or changed is analysed, and a bad file costs itself."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from audio_files import tune, write

from recsys_assets.audio.analyse import AnalysisParams
from recsys_assets.audio.batch import Batch, analyse_landing
from recsys_assets.audio.landing import list_recordings, recording_name, recordings_signature
from recsys_assets.audio.tables import REJECTED_RECORDINGS, TRACK_ANALYSIS, recordings_known
from recsys_assets.core.lake import Lake

MONDAY, TUESDAY, TODAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 9)


def drop(landing: Path, name: str, *, day: date = MONDAY, seed: int = 0, content: bytes | None = None) -> Path:
    path = landing / "audio" / name
    if content is None:
        write(path, tune(1.5, seed=seed))
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return arrive(path, day)


def arrive(path: Path, day: date, *, second: int = 0) -> Path:
    at = datetime(day.year, day.month, day.day, 12, 0, second, tzinfo=UTC).timestamp()
    os.utime(path, (at, at))
    return path


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return tmp_path / "landing"


def run(lake: Lake, landing: Path, workdir: Path, *, params: AnalysisParams | None = None) -> Batch:
    workdir.mkdir(exist_ok=True)
    known, rejected = lake.open(TRACK_ANALYSIS), lake.open(REJECTED_RECORDINGS)
    batch = analyse_landing(
        landing, known, rejected, params or AnalysisParams(), workdir=workdir, today=TODAY, workers=1
    )
    if batch.days:
        lake.replace(TRACK_ANALYSIS, batch.rows, partitions=batch.days)
    if batch.rejected_days:
        lake.replace(REJECTED_RECORDINGS, batch.rejected, partitions=batch.rejected_days)
    return batch


def heard(lake: Lake) -> list[tuple]:
    return lake.open(TRACK_ANALYSIS).read().select("arrived_on", "track_id", "file").rows()


def refused(lake: Lake) -> list[tuple]:
    return lake.open(REJECTED_RECORDINGS).read().select("file", "reason").rows()


def test_a_bad_file_costs_itself(lake: Lake, landing: Path, tmp_path: Path):
    drop(landing, "good.wav")
    drop(landing, "empty.mp3", content=b"")
    drop(landing, "text.ogg", content=b"hello")
    drop(landing, "noending")
    drop(landing, ".hidden.wav")
    drop(landing, "half.wav.part")
    batch = run(lake, landing, tmp_path / "w")

    assert heard(lake) == [(MONDAY, "good", "audio/good.wav")]
    assert refused(lake) == [
        ("audio/empty.mp3", "empty_file"),
        ("audio/noending", "bad_name"),
        ("audio/text.ogg", "not_audio"),
    ]
    assert (batch.n_files, batch.n_rejected) == (4, 3)


def test_nothing_is_analysed_twice(lake: Lake, landing: Path, tmp_path: Path):
    drop(landing, "a.wav")
    drop(landing, "bad.wav", content=b"bad")
    first, second = run(lake, landing, tmp_path / "w"), run(lake, landing, tmp_path / "w")

    assert (first.n_analysed, second.n_analysed) == (2, 0)
    assert (second.days, second.rejected_days) == ([], [])
    assert len(refused(lake)) == 1


def test_a_new_recording_of_a_track_leaves_its_days_to_the_old_one(lake: Lake, landing: Path, tmp_path: Path):
    drop(landing, "a.wav")
    drop(landing, "b.wav", seed=1)
    run(lake, landing, tmp_path / "w")
    drop(landing, "a.wav", day=TUESDAY, seed=2)
    batch = run(lake, landing, tmp_path / "w")
    known = lake.open(TRACK_ANALYSIS)
    contents = [recordings_known(known, day).sort("track_id").collect() for day in (MONDAY, TUESDAY)]

    assert (batch.n_analysed, batch.days) == (1, [TUESDAY])
    assert [frame["track_id"].to_list() for frame in contents] == [["a", "b"], ["a", "b"]]
    assert contents[0]["content_sha256"][0] != contents[1]["content_sha256"][0]
    assert contents[0]["content_sha256"][1] == contents[1]["content_sha256"][1]
    assert recordings_known(known, date(2026, 3, 1)).collect().is_empty()


def test_a_copy_that_is_older_than_what_it_replaces_came_today(lake: Lake, landing: Path, tmp_path: Path):
    drop(landing, "a.wav", day=TUESDAY)
    run(lake, landing, tmp_path / "w")
    drop(landing, "a.wav", day=MONDAY, seed=5)
    run(lake, landing, tmp_path / "w")

    assert [row[0] for row in heard(lake)] == [TUESDAY, TODAY]


def test_what_was_only_touched_or_copied_is_not_analysed_again(lake: Lake, landing: Path, tmp_path: Path):
    path = drop(landing, "a.wav")
    run(lake, landing, tmp_path / "w")
    arrive(path, TUESDAY)
    drop(landing, "b.wav", day=TUESDAY)
    batch = run(lake, landing, tmp_path / "w")
    again = run(lake, landing, tmp_path / "w")

    assert batch.n_analysed == 0
    assert heard(lake) == [(MONDAY, "a", "audio/a.wav"), (TUESDAY, "b", "audio/b.wav")]
    assert lake.open(TRACK_ANALYSIS).read()["content_sha256"].n_unique() == 1
    assert again.days == []


def test_other_parameters_make_everything_again_under_its_day(lake: Lake, landing: Path, tmp_path: Path):
    drop(landing, "a.wav")
    run(lake, landing, tmp_path / "w")
    batch = run(lake, landing, tmp_path / "w", params=AnalysisParams(excerpt_s=1))

    assert (batch.n_analysed, heard(lake)) == (1, [(MONDAY, "a", "audio/a.wav")])
    assert lake.open(TRACK_ANALYSIS).read()["excerpt_s"].to_list() == [1]


def test_a_corrected_file_is_no_longer_refused(lake: Lake, landing: Path, tmp_path: Path):
    path = drop(landing, "a.wav", content=b"bad")
    drop(landing, "b.wav", content=b"bad")
    run(lake, landing, tmp_path / "w")
    path.unlink()
    drop(landing, "b.wav", day=TUESDAY)
    run(lake, landing, tmp_path / "w")

    assert refused(lake) == []
    assert heard(lake) == [(TUESDAY, "b", "audio/b.wav")]


def test_a_recording_that_is_taken_away_is_still_known(lake: Lake, landing: Path, tmp_path: Path):
    drop(landing, "a.wav").rename(tmp_path / "away")
    drop(landing, "b.wav")
    (tmp_path / "away").rename(landing / "audio" / "a.wav")
    run(lake, landing, tmp_path / "w")
    (landing / "audio" / "a.wav").unlink()

    assert run(lake, landing, tmp_path / "w").days == []
    assert [row[1] for row in heard(lake)] == ["a", "b"]


def test_ids_are_decoded_from_names_and_the_newest_of_two_files_is_heard(landing: Path):
    drop(landing, recording_name("spotify:track/1 ü", ".wav"))
    drop(landing, "x.wav")
    arrive(drop(landing, "x.mp3", content=b"newer"), MONDAY, second=9)
    drop(landing, "%FF.wav", content=b"")
    drop(landing, "%00.wav", content=b"")
    found = {file.name: (file.track_id, file.refusal and file.refusal[0]) for file in list_recordings(landing)}

    assert found == {
        "audio/spotify%3Atrack%2F1%20%C3%BC.wav": ("spotify:track/1 ü", None),
        "audio/x.mp3": ("x", None),
        "audio/x.wav": ("x", "second_recording"),
        "audio/%FF.wav": (None, "bad_name"),
        "audio/%00.wav": (None, "bad_name"),
    }
    assert recording_name(".x", ".ogg") == "%2Ex.ogg"


def test_links_that_lead_out_are_not_followed(landing: Path, tmp_path: Path):
    secret = write(tmp_path / "secret.wav", tune(1.5))
    inside = drop(landing, "a.wav")
    (landing / "audio" / "b.wav").symlink_to(secret)
    (landing / "audio" / "c.wav").symlink_to(inside)
    refusals = {file.track_id: file.refusal and file.refusal[0] for file in list_recordings(landing)}

    assert refusals == {"a": None, "b": "bad_link", "c": None}


def test_the_signature_changes_with_any_file(landing: Path):
    assert recordings_signature(landing) is None
    path = drop(landing, "a.wav")
    first = recordings_signature(landing)
    arrive(path, TUESDAY)
    second = recordings_signature(landing)
    drop(landing, "b.wav")

    assert len({first, second, recordings_signature(landing)}) == 3


def test_rows_hold_what_the_table_promises(lake: Lake, landing: Path, tmp_path: Path):
    write(landing / "audio" / "silent.wav", tune(1.5) * 0)
    drop(landing, "loud.wav")
    run(lake, landing, tmp_path / "w")
    rows = lake.open(TRACK_ANALYSIS).read().sort("track_id")
    required = [column.name for column in TRACK_ANALYSIS.columns if not column.is_nullable]

    assert rows.select(pl.col(required).null_count()).row(0) == (0,) * len(required)
    assert rows["silence_share"].to_list() == [0, 1]
    assert rows["loudness_lufs"].to_list()[1] is None
    assert rows["descriptors"].list.len().n_unique() == 1
    assert rows["descriptors"].explode().is_finite().all()
