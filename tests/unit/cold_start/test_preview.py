"""A submission at once: which content a preview shows, and since when."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from recsys_assets.cold_start.days import Day
from recsys_assets.cold_start.place_tables import SUBMISSION_PREVIEW
from recsys_assets.cold_start.placing import PlacingParams, build_known
from recsys_assets.cold_start.preview import preview_submissions, settled_previews
from recsys_assets.cold_start.tables import SUBMISSION_VERDICTS
from recsys_assets.core.ids import IdMap
from recsys_assets.core.lake import Lake
from recsys_assets.core.schemas import EMBEDDING, IDS
from recsys_assets.latent.content_prior import ContentPrior
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.latent.space import LatentSpace
from recsys_assets.mixes.tables import RELEASE_RADAR_PREVIEW
from recsys_assets.raw.tables import RAW_TRACKS
from tests.factories import rows_of, stored

DAY = date(2026, 3, 5)
CAME = datetime(2026, 3, 6, 9, tzinfo=UTC)
MADE = CAME + timedelta(minutes=1)


def day_of(**received: datetime) -> Day:
    """A day of two listeners and two tracks, and the submissions received by then."""
    space = LatentSpace(
        np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32), np.eye(1, 2, dtype=np.float32),
        IdMap.of(["u1", "u2"]), IdMap.of(["t1", "t2"]), IdMap.of(["a1"]), FactoriseParams(embedding_size=2), "v1",
    )  # fmt: skip
    tracks = pl.DataFrame(
        [("t1", "One", ["a1"], None, None, False), ("t2", "Two", ["a1"], None, None, False)],
        schema={"track_id": pl.String, "title": pl.String, "artist_ids": IDS, "released_on": pl.Date, "genres": IDS,
                "is_withdrawn": pl.Boolean},
        orient="row",
    )  # fmt: skip
    confidence = pl.DataFrame({"user_id": ["u1", "u2"], "track_id": ["t1", "t2"], "confidence": [2.0, 2.0]})
    sounds = pl.DataFrame(schema={"track_id": pl.String, "vector": EMBEDDING})
    rows = [
        dict.fromkeys(SUBMISSION_VERDICTS.dtypes)
        | {
            "submission_id": name, "received_at": at, "verdict": "accepted", "is_claim_verified": True,
            "verified_artist_ids": ["a1"], "is_on_time": True, "released_on": DAY + timedelta(days=20),
            "track_id": f"submission:{name}",
        }
        for name, at in received.items()
    ]  # fmt: skip
    prior = ContentPrior(np.zeros(2, dtype=np.float32), None, 1.0, 0.0, {})
    return Day(
        day=DAY,
        known=build_known(space, confidence, prior, tracks, sounds),
        tracks=tracks,
        sounds=sounds,
        verdicts=pl.DataFrame(rows, schema=SUBMISSION_VERDICTS.dtypes, orient="row"),
        submitted_sounds=pl.DataFrame(schema={"submission_id": pl.String, "vector": EMBEDDING}),
    )


def preview(lake: Lake, day: Day | None, now: datetime) -> list[tuple[str, datetime, datetime]]:
    """Make previews and keep them; return which content each shows, and since when."""
    rows = preview_submissions(["s1", "s2"], day, lake, PlacingParams(), now=now)
    lake.replace(SUBMISSION_PREVIEW, rows, partitions=["s1", "s2"])
    return rows.select("submission_id", "received_at", "made_at").rows()


def test_a_preview_tells_which_content_it_shows_and_since_when(lake: Lake):
    once = preview(lake, day_of(s1=CAME, s2=CAME, other=CAME), MADE)
    corrected = CAME + timedelta(hours=1)
    again = preview(lake, day_of(s1=CAME, s2=corrected), MADE + timedelta(hours=2))

    assert once == [("s1", CAME, MADE), ("s2", CAME, MADE)]
    # Made again, in a newer space say, it has stood since it was first there; what was corrected has not.
    assert again == [("s1", CAME, MADE), ("s2", corrected, MADE + timedelta(hours=2))]


@pytest.mark.parametrize("day", [None, day_of()])
def test_without_a_space_or_a_submission_there_is_nothing_to_show(lake: Lake, day: Day | None):
    assert preview(lake, day, MADE) == []


def test_what_is_out_and_was_shown_stays_and_what_was_withdrawn_does_not(tmp_path: Path):
    lake, came = Lake(str(tmp_path / "lake")), CAME
    known = [
        ("open", "accepted", came, DAY + timedelta(days=20), None),
        ("out", "accepted", came, DAY, None),
        ("late_and_out", "late", came, DAY, None),
        ("out_missed", "accepted", came - timedelta(days=9), DAY, None),
        ("out_when_it_came", "late", came, DAY, None),
        ("out_sent_anew", "accepted", came + timedelta(hours=1), DAY, None),
        ("out_replaced", "accepted", came, DAY, "other"),
        ("withdrawn", "withdrawn", came, DAY, None),
    ]
    verdicts = [
        {"submission_id": name, "verdict": verdict, "received_at": at, "released_on": out, "replaced_by": by}
        for name, verdict, at, out, by in known
    ]
    stored(lake, SUBMISSION_VERDICTS, rows_of(SUBMISSION_VERDICTS, verdicts))
    seen = [
        {"submission_id": name, "received_at": came}
        for name, *_ in known
        if name not in ("out_missed", "out_when_it_came")
    ]
    stored(lake, SUBMISSION_PREVIEW, rows_of(SUBMISSION_PREVIEW, seen))

    asked = [name for name, *_ in known]
    now = datetime(2026, 3, 8, tzinfo=UTC)
    assert settled_previews(asked, lake, now) == {"out", "late_and_out", "out_missed"}
    assert settled_previews(["open", "out"], lake, now) == {"out"}
    assert settled_previews([], lake, now) == set()


@pytest.mark.parametrize(("catalogued", "is_settled"), [(DAY, True), (DAY + timedelta(days=30), False), (None, True)])
def test_a_track_is_out_when_the_catalogue_says_so(tmp_path: Path, catalogued: date | None, is_settled: bool):
    lake = Lake(str(tmp_path / "lake"))
    row = {"submission_id": "s", "verdict": "accepted", "received_at": CAME, "track_id": "t", "released_on": DAY}
    stored(lake, SUBMISSION_VERDICTS, rows_of(SUBMISSION_VERDICTS, [row]))
    stored(lake, SUBMISSION_PREVIEW, rows_of(SUBMISSION_PREVIEW, [{"submission_id": "s", "received_at": CAME}]))
    track = {"arrived_on": DAY, "track_id": "t", "released_on": catalogued}
    lake.replace(RAW_TRACKS, rows_of(RAW_TRACKS, [track]), partitions=[DAY])

    assert settled_previews(["s"], lake, CAME + timedelta(days=2)) == ({"s"} if is_settled else set())


def test_where_a_late_one_lands_is_told_though_its_place_was_stored_by_the_same_run(tmp_path: Path):
    lake = Lake(str(tmp_path / "lake"))
    row = {"submission_id": "late", "verdict": "late", "received_at": CAME, "released_on": DAY}
    stored(lake, SUBMISSION_VERDICTS, rows_of(SUBMISSION_VERDICTS, [row]))
    stored(lake, SUBMISSION_PREVIEW, rows_of(SUBMISSION_PREVIEW, [{"submission_id": "late", "received_at": CAME}]))
    now = CAME + timedelta(hours=1)

    assert settled_previews(["late"], lake, now) == {"late"}
    assert settled_previews(["late"], lake, now, shown_in=RELEASE_RADAR_PREVIEW) == set()

    lands = [{"submission_id": "late", "user_id": each} for each in ("u1", "u2")]
    stored(lake, RELEASE_RADAR_PREVIEW, rows_of(RELEASE_RADAR_PREVIEW, lands, week=DAY, as_of=DAY))
    assert settled_previews(["late"], lake, now, shown_in=RELEASE_RADAR_PREVIEW) == {"late"}
