"""Mixes are judged on what came after them, by values worked by hand."""

from datetime import timedelta
from math import log2

import numpy as np
import polars as pl
import pytest
from factories import day, rows_of, stored

from recsys_assets.core.lake import Lake
from recsys_assets.core.schemas import TableSchema
from recsys_assets.evaluation.metrics_picture import MIX_LINES, draw_metrics
from recsys_assets.evaluation.mix_metrics import MixMetricsParams, measure_week
from recsys_assets.evaluation.tables import MIX_METRICS
from recsys_assets.mixes.tables import CANDIDATES, DISCOVER_WEEKLY
from recsys_assets.play_matrix.params import ConfidenceParams
from recsys_assets.raw.tables import RAW_TRACKS
from recsys_assets.signals.tables import TRACK_SIGNALS

# The mix is delivered on DELIVERED and judged for the Monday after it.
DELIVERED = day(7)
MONDAY = DELIVERED + timedelta(days=7)
TRACKS = [f"t{n}" for n in range(8)]


def heard(on: int, user: str, *tracks: str, **counts: int) -> list[dict]:
    return [{"user_id": user, "track_id": track, "date": day(on), **(counts or {"plays": 1})} for track in tracks]


def mix_rows(schema: TableSchema, **offers: list[str]) -> pl.DataFrame:
    rows = [
        {"user_id": user, "track_id": track, "rank": rank, "score": -float(rank)}
        for user, tracks in offers.items()
        for rank, track in enumerate(tracks, 1)
    ]
    frame = pl.DataFrame(rows).with_columns(
        source=pl.lit("latent"), mix=pl.lit("m"), mix_title=pl.lit("M"), reason=pl.lit("r"), week=pl.lit(DELIVERED)
    )
    return schema.arrange(frame).collect()


@pytest.fixture
def world(lake: Lake) -> Lake:
    """Ann and bob get mixes; t0 is by everybody's artist, t7 is withdrawn; cid gets none."""
    rows = [
        # Before: t0 is heard by three, t1 by two, t6 by one.
        *heard(0, "ann", "t0"), *heard(0, "bob", "t0", "t1"), *heard(1, "cid", "t0", "t1", "t6"),
        *heard(2, "ann", "t5", skips=1),
        # After: ann hears two new tracks and two that she knew, bob one new, and starts another; cid has no mix.
        *heard(7, "ann", "t1", "t2", "t0", "t5"), *heard(13, "bob", "t4"), *heard(8, "bob", "t3", partial_plays=1),
        *heard(9, "cid", "t2"),
        # Not yet.
        *heard(14, "bob", "t2"),
    ]  # fmt: skip
    stored(lake, TRACK_SIGNALS, rows_of(TRACK_SIGNALS, rows))
    tracks = [{"track_id": t, "artist_ids": [f"a{t}"], "is_withdrawn": t == "t7"} for t in TRACKS]
    stored(lake, RAW_TRACKS, rows_of(RAW_TRACKS, tracks, arrived_on=day(0)))
    stored(lake, DISCOVER_WEEKLY, mix_rows(DISCOVER_WEEKLY, ann=["t2", "t3"], bob=["t2", "t3"]))
    stored(lake, CANDIDATES, mix_rows(CANDIDATES, ann=["t2", "t1", "t3"], bob=["t4"]))
    return lake


def measure(lake: Lake) -> pl.DataFrame:
    return measure_week(MONDAY, lake, confidence=ConfidenceParams(), params=MixMetricsParams())


def value(found: pl.DataFrame, model: str, metric: str = "recall@30", column: str = "value") -> float:
    return found.filter(pl.col("model") == model, pl.col("metric") == metric)[column].item()


def test_first_completed_listens_of_the_week_are_what_counts(world):
    found = measure(world)

    # Ann's are t1 and t2, bob's t4: the mix knew one of ann's two.
    assert value(found, "ours", column="n_listeners") == 2
    assert value(found, "ours") == pytest.approx((1 / 2 + 0) / 2)
    assert value(found, "candidates") == pytest.approx(1)
    assert set(found["delivered_on"]) == {DELIVERED}


def test_popularity_keeps_the_rules_and_the_same_without_them(world):
    # Popular before: t0 (heard by both), t1, t6. Ann can get t1 and t6, bob t6; without rules the same here.
    found = measure(world)
    assert value(found, "popular") == value(found, "popular_no_rules") == pytest.approx((1 / 2 + 0) / 2)

    hides = rows_of(TRACK_SIGNALS, [*heard(3, "ann", "t1", hides=1)])
    stored(world, TRACK_SIGNALS, hides)
    found = measure(world)
    assert value(found, "popular") == 0, "nobody is offered what they hid"
    assert value(found, "popular_no_rules") == pytest.approx(0.25)


def test_figures_of_the_catalogue_by_hand(world):
    found = measure(world)

    # Two of the seven that may be offered are shown, twice each.
    assert value(found, "ours", "catalog_coverage") == pytest.approx(2 / 7)
    assert value(found, "ours", "gini") == pytest.approx(5 / 7)
    # t2 and t3 were known to nobody (counted as one), of three listeners.
    assert value(found, "ours", "novelty") == pytest.approx(log2(3))
    assert value(found, "popular", "novelty") == pytest.approx(np.mean([(-log2(2 / 3) + log2(3)) / 2, log2(3)]))


def test_what_happens_from_the_monday_on_changes_nothing(world):
    before = measure(world)
    stored(world, TRACK_SIGNALS, rows_of(TRACK_SIGNALS, heard(14, "ann", "t3", "t4")))

    assert measure(world).equals(before)


def test_the_week_after_changes_only_what_is_asked_for(world):
    before = measure(world)
    stored(world, TRACK_SIGNALS, rows_of(TRACK_SIGNALS, [*heard(7, "ann", "t3"), *heard(7, "bob", "t3")]))
    found = measure(world)

    for metric in ("catalog_coverage", "gini", "novelty"):
        for model in ("ours", "candidates", "popular"):
            assert value(found, model, metric) == value(before, model, metric)
    assert value(found, "ours") == pytest.approx((1 + 1 / 2) / 2)


def test_nothing_delivered_and_nothing_heard_give_no_rows(world):
    later = measure_week(MONDAY + timedelta(days=7), world, confidence=ConfidenceParams(), params=MixMetricsParams())
    quiet = rows_of(TRACK_SIGNALS, heard(13, "ann", "t0"))
    for n in range(7, 14):
        world.replace(TRACK_SIGNALS, quiet.filter(pl.col("date") == day(n)), partitions=[day(n)])
    nobody = measure(world)

    for found in (later, nobody):
        assert found.is_empty()
        assert MIX_METRICS.arrange(found.with_columns(week=pl.lit(MONDAY))).collect().is_empty()


def test_an_empty_lake_has_nothing_to_judge(lake):
    assert measure(lake).is_empty()


@pytest.mark.parametrize("weeks", [0, 1, 3])
def test_figures_are_drawn_over_the_weeks(world, weeks):
    found = measure(world)
    kept = [found.with_columns(week=pl.lit(MONDAY + timedelta(weeks=n))) for n in range(weeks)]
    figures = pl.concat([MIX_METRICS.empty(), *(MIX_METRICS.arrange(each).collect() for each in kept)])

    png = draw_metrics(figures, metric="recall@30", title="first listens", lines=MIX_LINES, by="week")

    assert png.startswith(b"\x89PNG")
