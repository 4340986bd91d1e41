"""A Friday through the graph: what landed is released, what was submitted in time finds listeners, and the gates see it."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from world import run, tables, tiny_world

from recsys_assets.cold_start.tables import SUBMISSION_VERDICTS
from recsys_assets.core import columns as c
from recsys_assets.core.lake import Lake

pytestmark = pytest.mark.integration

THURSDAY = date(2026, 1, 22)
FRIDAY = THURSDAY + timedelta(days=1)
PAIR = (c.USER_ID, c.TRACK_ID)


def plant_submissions(home: Path) -> dict[str, str]:
    """Three tracks of artists with others, submitted in time, too late and refused: submission to track."""
    tracks = tiny_world().tracks.filter(~pl.col(c.IS_WITHDRAWN), pl.col(c.RELEASED_ON) < THURSDAY)
    artists = tracks[c.ARTIST_IDS].list.first().value_counts().sort("count", "artist_ids", descending=True)
    artist = artists[c.ARTIST_IDS][0]
    rows = []
    for name, verdict, day in (("sub-ok", "accepted", 2), ("sub-late", "late", 18), ("sub-no", "rejected", 2)):
        row: dict[str, object] = dict.fromkeys(SUBMISSION_VERDICTS.dtypes)
        rows.append(
            row
            | {
                c.SUBMISSION_ID: name, "received_at": datetime(2026, 1, day, tzinfo=UTC), "verdict": verdict,
                c.TITLE: f"Title of {name}", "artist_names": ["A"], c.ARTIST_IDS: [artist], "is_claim_verified": True,
                "verified_artist_ids": [artist], c.RELEASED_ON: FRIDAY, c.TRACK_ID: f"submission:{name}",
                "is_on_time": verdict == "accepted",
            }
        )  # fmt: skip
    frame = pl.DataFrame(rows, schema=SUBMISSION_VERDICTS.dtypes)
    Lake(str(home / "lake")).replace(SUBMISSION_VERDICTS, frame, partitions=[str(row[c.SUBMISSION_ID]) for row in rows])
    return {str(row[c.SUBMISSION_ID]): str(row[c.TRACK_ID]) for row in rows}


def test_a_friday_holds_the_weeks_releases_and_every_accepted_submission(copy_of_finished: Callable[[], Path]):
    home = copy_of_finished()
    planted = plant_submissions(home)
    run(home, "daily", THURSDAY)
    run(home, "friday", FRIDAY)
    found = tables(home)
    radar = found["mixes.release_radar"].filter(pl.col(c.WEEK) == FRIDAY)

    placed = found["cold_start.placements"].drop_nulls(c.SUBMISSION_ID)
    assert sorted(placed[c.SUBMISSION_ID]) == ["sub-late", "sub-ok"]
    by_sound = radar.filter(pl.col(c.SOURCE) == "sound")
    assert set(by_sound[c.TRACK_ID]) == {planted["sub-ok"]}
    assert planted["sub-no"] not in set(radar[c.TRACK_ID])
    # No recording was heard: nobody says how it sounds.
    assert not by_sound[c.REASON].str.starts_with("sounds like").any()
    assert found["cold_start.first_listeners"].group_by(c.SUBMISSION_ID).len().height == 2
    assert found["cold_start.audiences"]["n_listeners_scored"].min() > 30

    known = radar.filter(~pl.col(c.TRACK_ID).is_in(list(planted.values()))).join(tiny_world().tracks, on=c.TRACK_ID)
    assert known.filter(~pl.col(c.RELEASED_ON).is_between(FRIDAY - timedelta(days=6), FRIDAY)).is_empty()
    midnight = datetime(FRIDAY.year, FRIDAY.month, FRIDAY.day, tzinfo=UTC)
    heard = tiny_world().plays.filter(pl.col(c.PLAYED_AT) < midnight).select(PAIR)
    assert radar.join(heard, on=PAIR).is_empty()
    assert (home / "exports" / f"date={THURSDAY}" / "manifest.json").is_file()
    exported = list((home / "exports" / f"date={THURSDAY}").glob("playlists/*/*/release_radar.jspf"))
    assert {json.loads(path.read_text())["playlist"]["date"][:10] for path in exported} == {str(FRIDAY)}
