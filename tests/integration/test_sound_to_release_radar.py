"""From recordings to mixes: what a submission sounds like decides who hears it first, and what comes too late decides nothing."""

import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from world import MODEL_DAYS, MONDAYS, recorded, tables, tiny_world

from recsys_assets.audio.sound_tables import SOUND_TABLES
from recsys_assets.cold_start.submitting import submit
from recsys_assets.cold_start.tables import SUBMISSION_VERDICTS
from recsys_assets.core import columns as c
from recsys_assets.core.lake import Lake
from recsys_assets.demo.recordings import FOLDER, file_name, recording
from recsys_assets.demo.sound_traits import plan_sound
from recsys_assets.latent.tables import CONTENT_PRIOR, SPACE_TABLES
from recsys_assets.mixes.fridays import make_fridays
from recsys_assets.mixes.release_radar import ReleaseRadarParams

# Whichever test comes first makes two homes.
pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

THURSDAY = date(2026, 1, 22)
FRIDAY = THURSDAY + timedelta(days=1)
MIDNIGHT = datetime(FRIDAY.year, FRIDAY.month, FRIDAY.day, tzinfo=UTC)
# After the newest day that the world has: a preview shows where it would land.
LATER = date(2026, 2, 6)
RECEIVED_AT = datetime(2026, 1, 9, 12, tzinfo=UTC)
TOO_LATE = MIDNIGHT - timedelta(days=7) + timedelta(seconds=1)
RECORDINGS = 20
A_LITTLE_TRAINING = {"sound": {"config": {"epochs": 1, "max_steps": 4, "n_folds": 2, "least_tracks": 10}}}


@dataclass(frozen=True)
class Heard:
    """A home in which recordings were analysed, and the ids of the submissions in it; three are of one Friday."""

    home: Path
    now: str
    later: str
    late: str
    broken: str

    @property
    def lake(self) -> Lake:
        return Lake(str(self.home / "lake"))


def render(track: int) -> bytes:
    """The recording of a track of the world, by its row."""
    return recording(plan_sound(tiny_world().catalogue, seed=3)[track], seed=3)


def write_recordings(folder: Path) -> None:
    """Write the recordings of the tracks with the most listeners before the first Monday, as they arrived long ago."""
    world = tiny_world()
    early = world.plays.filter(pl.col(c.PLAYED_AT) < datetime.combine(MONDAYS[0], time(), UTC))
    listeners = early.group_by(c.TRACK_ID).agg(pl.col(c.USER_ID).n_unique().alias("n"))
    ids = listeners.sort(["n", c.TRACK_ID], descending=[True, False])[c.TRACK_ID].head(RECORDINGS)
    rows = {track_id: row for row, track_id in enumerate(world.tracks[c.TRACK_ID])}
    folder.mkdir(parents=True)
    for track_id in ids:
        path = folder / file_name(track_id)
        path.write_bytes(render(rows[track_id]))
        os.utime(path, (RECEIVED_AT.timestamp(), RECEIVED_AT.timestamp()))


def submit_recording(home: Path, audio: bytes, title: str, released_on: date, received_at: datetime) -> str:
    """Submit a recording by somebody whom no record knows."""
    file = home / f"{title}.ogg"
    file.write_bytes(audio)
    said = {"title": title, "artists": ["Nobody Knows Them"], "release_date": released_on.isoformat()}
    return submit(home / "landing", home / "state", file, said, received_at).submission_id


def leave_broken_recording(home: Path, audio: bytes) -> str:
    """Leave a folder that nobody looked at before it came, as another program would."""
    folder = home / "landing" / "submissions" / "broken"
    folder.mkdir(parents=True)
    (folder / "recording.ogg").write_bytes(audio[: len(audio) // 2])
    said = {"title": "Broken", "artists": ["Nobody Knows Them"], "release_date": FRIDAY.isoformat()}
    (folder / "submission.json").write_text(json.dumps(said), encoding="utf-8")
    return folder.name


@pytest.fixture(scope="module")
def heard(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """The tiny world with the sound of its best known tracks, and four submissions whose artist nobody knows."""
    from scripts.graph import GraphRunner

    home = Path(shutil.copytree(finished, tmp_path_factory.mktemp("heard") / "home"))
    world = tiny_world()
    write_recordings(home / "landing" / FOLDER)
    upcoming = world.tracks.with_row_index().filter(pl.col(c.RELEASED_ON) >= LATER)["index"].to_list()
    of_now, of_later, of_late, of_broken = (render(track) for track in upcoming[:4])
    now = submit_recording(home, of_now, "Now", FRIDAY, RECEIVED_AT)
    later = submit_recording(home, of_later, "Later", LATER, RECEIVED_AT)
    late = submit_recording(home, of_late, "Late", FRIDAY, TOO_LATE)
    broken = leave_broken_recording(home, of_broken)
    places = {table.name for table in (*SPACE_TABLES,)} | {
        "play_confidence",
        "placements",
        "first_listeners",
        "audiences",
    }
    with pytest.MonkeyPatch.context() as patch, recorded(home) as instance:
        patch.setenv("RECSYS_HOME", str(home))
        runner = GraphRunner(home, instance)
        assert runner.run("catalogue", only={"track_analysis", "rejected_recordings"})
        learnt = {table.name for table in (*SOUND_TABLES, CONTENT_PRIOR)}
        assert runner.run("monday", days=MONDAYS, only=learnt, ops=A_LITTLE_TRAINING)
        (waiting,) = runner.waiting_submissions(datetime.now(tz=UTC) + timedelta(hours=1))
        runner.run("submission", keys=waiting)
        assert runner.run("daily", days=[THURSDAY], only=places)
        assert runner.run("friday", days=[FRIDAY], only={"release_radar"})
    return Heard(home, now, later, late, broken)


def test_a_submission_finds_its_first_listeners_by_its_sound_alone(heard: Heard):
    found = tables(heard.home)
    assert found["audio.track_analysis"].height == RECORDINGS
    assert found["audio.rejected_recordings"].is_empty()
    verdicts = found["cold_start.submission_verdicts"]
    assert dict(verdicts.select(c.SUBMISSION_ID, "verdict").iter_rows()) == {
        heard.now: "accepted",
        heard.later: "accepted",
        heard.late: "late",
        heard.broken: "rejected",
    }
    assert not verdicts["is_claim_verified"].any()

    placed = found["cold_start.placements"].filter(pl.col(c.SUBMISSION_ID) == heard.now)
    assert placed.select("artist_weight", "n_listeners").rows() == [(0.0, 0)]
    # Nobody has heard it and its artist has nothing else: its place is that of its sound.
    assert placed["sound_vector"].to_list() == placed[c.VECTOR].to_list()

    track = placed[c.TRACK_ID].item()
    radar = found["mixes.release_radar"].filter(pl.col(c.WEEK) == FRIDAY, pl.col(c.TRACK_ID) == track)
    assert set(radar[c.SOURCE]) == {"sound"}
    assert radar[c.REASON].str.contains("^sounds like .*, which you play$").any()
    first = found["cold_start.first_listeners"].filter(pl.col(c.SUBMISSION_ID) == heard.now)
    assert set(radar[c.USER_ID]) <= set(first.sort(c.RANK)[c.USER_ID])
    audience = found["cold_start.audiences"].filter(pl.col(c.SUBMISSION_ID) == heard.now)
    assert audience["n_calibrated_on"].item() > 0


def test_what_came_late_or_is_broken_is_in_no_release_radar_by_its_sound(heard: Heard):
    radar = tables(heard.home)["mixes.release_radar"].filter(pl.col(c.WEEK) == FRIDAY)
    by_sound = set(radar.filter(pl.col(c.SOURCE) == "sound")[c.TRACK_ID])
    assert f"submission:{heard.now}" in by_sound
    assert by_sound.isdisjoint({f"submission:{heard.late}", f"submission:{heard.broken}"})


def test_a_submission_of_another_week_is_previewed_in_the_newest_space(heard: Heard):
    found = tables(heard.home)
    preview = found["cold_start.submission_preview"].filter(pl.col(c.SUBMISSION_ID) == heard.later)
    assert preview.select("as_of", "n_listeners").rows() == [(MODEL_DAYS[-1], 0)]
    assert preview["sound_vector"].to_list() == preview[c.VECTOR].to_list()
    landed = found["mixes.release_radar_preview"]
    assert set(landed[c.SUBMISSION_ID]) == {heard.later}
    assert set(landed[c.WEEK]) == {LATER}
    assert set(landed[c.SOURCE]) == {"sound"}
    assert heard.later not in set(found["mixes.release_radar"][c.TRACK_ID].str.strip_prefix("submission:"))


def withdraw_at(lake: Lake, submission_id: str, instant: datetime) -> None:
    """Add the verdict that it was taken back at an instant."""
    rows = lake.open(SUBMISSION_VERDICTS).only([submission_id]).read()
    taken_back = rows.tail(1).with_columns(
        pl.lit(instant).cast(rows.schema["received_at"]).alias("received_at"), pl.lit("withdrawn").alias("verdict")
    )
    lake.replace(SUBMISSION_VERDICTS, pl.concat([rows, taken_back]), partitions=[submission_id])


@pytest.mark.parametrize(("instant", "stays"), [(MIDNIGHT, True), (MIDNIGHT - timedelta(microseconds=1), False)])
def test_what_is_said_from_friday_on_changes_nothing_of_that_friday(
    heard: Heard, tmp_path: Path, instant: datetime, *, stays: bool
):
    lake = Lake(str(shutil.copytree(heard.home / "lake", tmp_path / "lake")))
    before = make_fridays([FRIDAY], heard.lake, ReleaseRadarParams())
    withdraw_at(lake, heard.now, instant)
    after = make_fridays([FRIDAY], lake, ReleaseRadarParams())

    assert f"submission:{heard.now}" in set(before[c.TRACK_ID])
    assert (f"submission:{heard.now}" in set(after[c.TRACK_ID])) == stays
    if stays:
        assert_frame_equal(after, before, check_exact=True)
