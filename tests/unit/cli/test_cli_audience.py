"""What `recsys audience` says of a submission, on a planted lake."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from factories import rows_of, stored
from PIL import Image

from recsys_assets.cold_start.place_tables import AUDIENCES, SUBMISSION_PREVIEW
from recsys_assets.cold_start.tables import SUBMISSION_VERDICTS
from recsys_assets.core.schemas import TableSchema
from recsys_assets.latent.tables import TRACK_VECTORS
from recsys_assets.mixes.tables import RELEASE_RADAR, RELEASE_RADAR_PREVIEW

DAY = date(2026, 1, 6)
REACH = {
    "n_listeners_scored": 120, "n_within_reach": 24, "n_reach_low": 13, "n_reach_high": 41, "n_calibrated_on": 90,
    "threshold": 1.1, "histogram": [3] * 48, "near_track_ids": ["t1"], "near_track_cosines": [0.9], "near_artist_ids": [],
    "near_artist_cosines": [], "genres": ["deep house"], "genre_shares": [1.0], "terms": ["night"],
}  # fmt: skip


def fill(schema: TableSchema, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Complete rows with nulls to the columns of a table."""
    whole = [{name: row.get(name) for name in schema.dtypes} for row in rows]
    return pl.DataFrame(whole, schema=schema.dtypes, orient="row")


@pytest.fixture
def submitted(world: Any) -> Any:
    def verdict(name: str, **changes: object) -> dict[str, object]:
        row = {
            "submission_id": name, "received_at": datetime(2026, 1, 4, tzinfo=UTC), "verdict": "accepted", "title": "Neon Hour",
            "artist_names": ["Marta \x1b[31m"], "is_claim_verified": True, "released_on": date(2026, 1, 20),
            "track_id": f"submission:{name}", "is_on_time": True,
        }  # fmt: skip
        return row | changes

    rows = [
        verdict("sub1"),
        verdict("sub2"),
        verdict("slow", verdict="late", is_on_time=False),
        verdict("bad", verdict="rejected", reason="two recordings in the folder"),
        verdict("later", received_at=datetime(2026, 1, 8, tzinfo=UTC)),
        verdict("corrected", received_at=datetime(2026, 1, 8, tzinfo=UTC)),
    ]
    ids = [str(row["submission_id"]) for row in rows]
    world.lake.replace(SUBMISSION_VERDICTS, fill(SUBMISSION_VERDICTS, rows), partitions=ids)
    days = [{"date": DAY, "submission_id": name, **REACH} for name in ("sub1", "later")]
    world.lake.replace(AUDIENCES, fill(AUDIENCES, days), partitions=[DAY])
    place: dict[str, object] = {"vector": [1.0], "space_version": "v", "n_listeners": 0, "artist_weight": 0.0}
    seen = {"received_at": datetime(2026, 1, 4, tzinfo=UTC), "made_at": datetime(2026, 1, 4, 0, 1, tzinfo=UTC)}
    place |= {**REACH, **seen, "as_of": DAY, "inherits_artist": False, "n_within_reach": 7}
    previewed = ["sub2", "corrected", "slow"]
    at_once = [place | {"submission_id": name, "track_id": f"submission:{name}"} for name in previewed]
    world.lake.replace(SUBMISSION_PREVIEW, fill(SUBMISSION_PREVIEW, at_once), partitions=previewed)
    landed = {
        "submission_id": "sub2", "week": date(2026, 1, 23), "track_id": "submission:sub2", "score": 0.9, "source": "sound",
        "as_of": DAY,
    }  # fmt: skip
    whom = [
        {"user_id": f"u{n}", "rank": 1, "reason": f"sounds like X{n % 7}, which you play", **landed} for n in range(9)
    ]
    world.lake.replace(RELEASE_RADAR_PREVIEW, fill(RELEASE_RADAR_PREVIEW, whom), partitions=["sub2"])
    return world


def test_for_people_it_says_how_many_how_sure_and_what_is_near(submitted: Any, tmp_path: Path):
    result = submitted.run("audience", "sub1", "--picture", str(tmp_path / "a.png"))

    assert result.exit_code == 0, result.output
    for said in (
        "Neon Hour by Marta",
        "accepted on 2026-01-04, scored in the space of 2026-01-06",
        "Of 120 listeners about",
        "expect 24 within reach (13 to 41 for nine of ten such tracks).",
        "Plain Song",
        "deep house 100%",
        "night",
    ):
        assert said in result.output
    assert "\x1b" not in result.output
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (1100, 470)


def test_for_programs_it_is_json_and_the_picture_has_a_place_of_its_own(submitted: Any):
    told = json.loads(submitted.run("audience", "sub2", "--json").stdout)

    assert (told["n_within_reach"], told["as_of"], told["verdict"]) == (7, "2026-01-06", "accepted")
    assert told["lands_with"]["listeners"] == 9
    assert told["lands_with"]["on"] == "2026-01-23"
    numbers = {0: 2, 1: 2} | dict.fromkeys(range(2, 7), 1)
    assert told["lands_with"]["reasons"] == {f"sounds like X{n}, which you play": m for n, m in numbers.items()}
    assert (told["landed_with"], told["lands_why_not"]) == (None, None)
    assert Path(told["picture"]) == submitted.home.exports / "audiences" / "sub2.png"
    assert Path(told["picture"]).is_file()


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("nobody", 2, "recsys submissions"),
        ("../x", 2, "recsys submissions"),
        ("bad", 2, "two recordings in the folder"),
        # Scored on a day before this content came: that was about another recording.
        ("later", 1, "no audience yet"),
        # Its preview shows what lay there before it was corrected.
        ("corrected", 1, "no audience yet"),
    ],
)
def test_what_has_no_audience_says_why(submitted: Any, name: str, code: int, said: str):
    result = submitted.run("audience", name)

    assert result.exit_code == code
    assert said in result.output


def test_what_waits_for_its_run_is_said_to_wait(submitted: Any, song: Path):
    soon = (datetime.now(tz=UTC) + timedelta(days=40)).date().isoformat()
    said = ("--title", "Rain", "--artist", "Ann", "--release-date", soon, "--json")
    name = json.loads(submitted.run("submit", str(song), *said).stdout)["submission_id"]
    shutil.copytree(submitted.home.landing / "submissions" / name, submitted.home.landing / "submissions" / "sub1")
    (submitted.home.landing / "submissions" / "two words").mkdir()

    for waits, what in ((name, "yet: it waits for its run"), ("sub1", "yet: its correction waits for its run")):
        result = submitted.run("audience", waits)
        assert (result.exit_code, what in result.stderr) == (1, True), result.stderr
    assert submitted.run("audience", "sub2").exit_code == 0
    no_id = submitted.run("audience", "two words")
    assert (no_id.exit_code, "name is no id" in no_id.stderr) == (2, True), no_id.stderr


def test_a_cut_table_of_reasons_says_so(submitted: Any):
    result = submitted.run("audience", "sub2")

    assert (
        "On 2026-01-23 it would stand in the Release Radar of 9 listeners: 9 as the nearest to where it is placed (near enough"
        in result.stdout
    )
    assert "and 2 more reasons of 2 listeners" in result.stderr


def test_whom_it_went_to_is_told_once_it_was_delivered(submitted: Any):
    row = {"mix": "release_radar", "rank": 1, "score": 0.9, "reason": "new", "mix_title": "x"}
    friday, sources = date(2026, 1, 23), ("sound", "sound", "same_artist")
    rows = [
        {"user_id": f"u{n}", "track_id": "submission:sub2", "week": friday, "source": source, **row}
        for n, source in enumerate(sources)
    ]
    submitted.lake.replace(RELEASE_RADAR, fill(RELEASE_RADAR, rows), partitions=[friday])
    told = json.loads(submitted.run("audience", "sub2", "--json").stdout)

    assert told["landed_with"] == {
        "on": "2026-01-23", "listeners": 3, "sources": {"same_artist": 1, "sound": 2}, "reasons": {"new": 3}
    }  # fmt: skip
    said = submitted.run("audience", "sub2").stdout
    assert "On 2026-01-23 it stood in the Release Radar of 3 listeners: 1 by its artists" in said
    assert "and 2 as the nearest to where it is placed" in said


@pytest.mark.parametrize(
    ("name", "said"),
    [("sub1", "not known yet: the `submission` job tells it"), ("slow", "late, it lands by its artist alone")],
)
def test_why_it_lands_nowhere_is_told(submitted: Any, name: str, said: str):
    assert said in submitted.run("audience", name).stdout


def test_what_came_out_long_before_any_day_was_made_is_not_told_to_wait(submitted: Any):
    far = date(2026, 2, 10)
    stored(submitted.lake, TRACK_VECTORS, rows_of(TRACK_VECTORS, [{"track_id": "t1", "vector": [1.0], "date": far}]))
    result = submitted.run("audience", "later")

    assert result.exit_code == 1
    assert "it is out since 2026-01-20" in result.stderr
    assert "make run" not in result.stderr
    assert "no Release Radar has it" in submitted.run("audience", "sub1").stdout
