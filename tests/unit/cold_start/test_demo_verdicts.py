"""Every submission of the made-up world gets the verdict that it was planned to get."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from factories import rows_of, stored

from recsys_assets.audio.refusal import UnusableRecordingError
from recsys_assets.audio.tables import TRACK_ANALYSIS
from recsys_assets.cold_start.intake import Sources, take_in
from recsys_assets.cold_start.params import SubmissionParams
from recsys_assets.cold_start.tables import SUBMISSION_ANALYSIS, SUBMISSION_VERDICTS, verdicts_known
from recsys_assets.core import columns as c
from recsys_assets.core.lake import Lake
from recsys_assets.demo.params import DemoParams
from recsys_assets.demo.submission_files import TRUNCATED_BYTES, write_submissions
from recsys_assets.demo.world import generate_world
from recsys_assets.raw.submission_files import file_sha256
from recsys_assets.raw.tables import RAW_ARTISTS, RAW_TRACKS

START = date(2026, 3, 2)
FOREVER = datetime(2030, 1, 1, tzinfo=UTC)


def hear(paths: Sequence[Path]) -> Sequence[Mapping[str, Any] | UnusableRecordingError]:
    """Whoever is no longer than a head can not be decoded, anybody else sounds like nobody."""
    rows = rows_of(SUBMISSION_ANALYSIS, [{"content_sha256": file_sha256(path)} for path in paths])
    return [
        UnusableRecordingError("truncated", "cut off") if path.stat().st_size <= TRUNCATED_BYTES else row
        for path, row in zip(paths, rows.drop(c.SUBMISSION_ID).iter_rows(named=True), strict=True)
    ]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """The truth of each submission beside its verdict."""
    home = tmp_path_factory.mktemp("planned")
    params = DemoParams(n_listeners=20, n_tracks=150, n_artists=26, n_playlists=10, plays_per_listener_day=1)
    world = generate_world(params, seed=5, start=START, days=100)
    write_submissions(world, home / "landing", home / "truth", state=home / "state")
    truth = pl.read_parquet(home / "truth" / "submissions.parquet")
    lake = Lake(str(home / "lake"))
    for table, rows in ((RAW_ARTISTS, world.artists), (RAW_TRACKS, world.tracks)):
        stored(lake, table, rows_of(table, [row | {c.ARRIVED_ON: START} for row in rows.iter_rows(named=True)]))
    sources = Sources(
        *(lake.open(t) for t in (RAW_ARTISTS, RAW_TRACKS, SUBMISSION_VERDICTS, SUBMISSION_ANALYSIS, TRACK_ANALYSIS))
    )
    taken = take_in(
        home / "landing", home / "state", truth["submission_id"].to_list(), sources, now=FOREVER,
        params=SubmissionParams(), listener=hear,
    )  # fmt: skip
    lake.replace(SUBMISSION_VERDICTS, taken.verdicts, partitions=taken.submission_ids)
    verdicts = verdicts_known(lake.open(SUBMISSION_VERDICTS), FOREVER)
    said = verdicts.select(
        c.SUBMISSION_ID, "verdict", "reason", "is_claim_verified", own="track_id", in_time="is_on_time"
    )
    return truth.join(said, on=c.SUBMISSION_ID, how="left")


def test_every_submission_ends_as_planned(judged: pl.DataFrame):
    wrong = judged.filter(pl.col("expected").ne_missing(pl.col("verdict")))

    assert wrong.select(c.SUBMISSION_ID, "kind", "expected", "verdict", "reason").rows() == []
    accepted = judged.filter(pl.col("verdict") == "accepted")
    assert accepted["in_time"].all()
    assert set(accepted["kind"]) == {"on_time", "corrected", "duplicate", "false_claim"}


def test_only_who_can_prove_it_submits_a_track_of_the_catalogue(judged: pl.DataFrame):
    standing = judged.filter(pl.col("verdict").is_in(["accepted", "late"]))
    is_the_catalogues = standing["own"] == standing["track_id"]

    assert is_the_catalogues.sum() > 20
    assert standing.filter(is_the_catalogues)["is_claim_true"].all()
    assert not is_the_catalogues.filter(~standing["is_claim_true"]).any()
    assert (~standing["is_claim_true"]).sum() >= 3
    assert standing.filter(~pl.col("is_claim_true"))["own"].str.starts_with("submission:").all()
