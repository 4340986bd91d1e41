"""The graph does with what there is, says what it did without, and says what to make first."""

import json
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from world import LAST, recorded, run, run_failing, tables, tiny_world

from recsys_assets.core import columns as c

pytestmark = pytest.mark.integration

MONDAY = date(2026, 1, 19)
SUNDAY = MONDAY - timedelta(days=1)


def drop_plays(landing: Path) -> None:
    plays = tiny_world().plays.with_columns(pl.col(c.PLAYED_AT).dt.date().alias("day")).filter(pl.col("day") < MONDAY)
    for (day,), rows in plays.group_by("day"):
        write(rows.drop("day"), landing / "plays" / f"date={day}" / "part.parquet")


def drop_totals(landing: Path) -> None:
    totals = tiny_world().plays.group_by(c.USER_ID, c.TRACK_ID).agg(pl.len().alias(c.PLAY_COUNT))
    write(
        totals.with_columns(pl.lit("2026-01-10").alias(c.AS_OF)),
        landing / "play_counts" / "date=2026-01-10" / "a.parquet",
    )


def drop_playlists(landing: Path) -> None:
    for name in ("playlists", "playlist_tracks"):
        # As they stand at the end of the world; a day before the first snapshot reads the first.
        write(getattr(tiny_world(), name), landing / name / f"date={LAST}" / "a.parquet")


def write(frame: pl.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path)


def run_all(home: Path, first: date = SUNDAY) -> dict[str, pl.DataFrame]:
    """Catalogue, the days before the Monday from ``first`` on, the Monday's delivery and its own day."""
    run(home, "catalogue")
    run(home, "ingest", first, SUNDAY)
    run(home, "monday", MONDAY)
    run(home, "daily", MONDAY)
    return dict(tables(home))


def notes(home: Path) -> str:
    """Everything that the runs said on the pages of their assets."""
    with recorded(home) as instance:
        return " ".join(
            str(event.asset_materialization.metadata.get("note"))
            for run in instance.get_runs()
            for event in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
            if event.asset_materialization
        )


def test_plays_alone_give_every_listener_both_mixes(tmp_path: Path):
    drop_plays(tmp_path / "landing")

    made = run_all(tmp_path, MONDAY - timedelta(days=14))

    listeners = set(made["signals.track_signals"][c.USER_ID])
    assert len(listeners) > 30
    assert set(made["mixes.discover_weekly"][c.USER_ID]) == listeners
    assert made["mixes.discover_weekly"].height == 30 * len(listeners)
    assert set(made["mixes.daily_mix"][c.USER_ID]) == listeners
    assert "nothing of tracks has landed" in notes(tmp_path)
    assert "nothing of playlists has landed" in notes(tmp_path)


def test_totals_alone_give_every_listener_both_mixes(tmp_path: Path):
    drop_totals(tmp_path / "landing")

    made = run_all(tmp_path)

    listeners = set(made["raw.raw_play_counts"][c.USER_ID])
    heard = made["raw.raw_play_counts"].select(c.USER_ID, c.TRACK_ID)
    assert made["signals.track_signals"].is_empty()
    assert set(made["mixes.discover_weekly"][c.USER_ID]) == listeners
    assert made["mixes.discover_weekly"].join(heard, on=[c.USER_ID, c.TRACK_ID]).is_empty()
    assert set(made["mixes.daily_mix"][c.USER_ID]) == listeners
    assert "nothing of plays has landed" in notes(tmp_path)


def test_playlists_alone_train_a_ranker_and_wait_for_listeners(tmp_path: Path):
    drop_playlists(tmp_path / "landing")

    made = run_all(tmp_path)

    assert made["mixes.ranker"].height == 1
    assert json.loads(made["mixes.ranker"]["trained_on"][0] or "{}") is not None
    assert made["latent.user_vectors"].is_empty()
    assert "nothing of plays has landed" in notes(tmp_path)


@pytest.mark.parametrize(("job", "days"), [("catalogue", []), ("daily", [MONDAY])])
def test_an_empty_landing_zone_says_what_to_drop_where(tmp_path: Path, job: str, days: list[date]):
    said = run_failing(tmp_path, job, *days)

    assert str(tmp_path / "landing") in said
    assert "plays/date=YYYY-MM-DD/*: user_id, track_id, played_at" in said
    assert "recsys demo" in said


def test_a_missing_anchor_says_which_to_make(tmp_path: Path):
    drop_plays(tmp_path / "landing")

    said = run_failing(tmp_path, "daily", SUNDAY)

    assert "Monday 2026-01-12" in said
    assert "dagster job backfill -j monday --partitions 2026-01-12" in said
