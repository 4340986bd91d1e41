"""Each promise of sql/play_matrix/play_confidence.sql, by values worked by hand."""

from datetime import date
from math import log

import polars as pl
import pytest
from factories import DAY_1, day, rows_of, stored
from hypothesis import given
from hypothesis import strategies as st

from recsys_assets.core.lake import Lake
from recsys_assets.core.warehouse import run_sql
from recsys_assets.play_matrix.confidence import Evidence, weigh_evidence
from recsys_assets.play_matrix.params import ConfidenceParams
from recsys_assets.play_matrix.tables import PLAY_CONFIDENCE
from recsys_assets.raw.tables import RAW_PLAY_COUNTS, RAW_TRACKS
from recsys_assets.signals.tables import TRACK_SIGNALS

HALF_LIFE = 10.0
PARAMS = ConfidenceParams(half_life_days=HALF_LIFE, track_cap=5.0, artist_cap=8.0)


def weigh(signals: list[dict], totals: list[dict] | None = None, *, params: ConfidenceParams = PARAMS) -> pl.DataFrame:
    """The confidences at the end of DAY_1; rows are ann's, of track t on that day, unless they say otherwise."""
    tracks = [
        {"track_id": "t", "artist_ids": ["solo"]},
        *({"track_id": f"x{number}", "artist_ids": ["x", "guest"]} for number in range(4)),
        {"track_id": "y", "artist_ids": ["guest"]},
        {"track_id": "nobody", "artist_ids": []},
    ]
    frames = {
        "track_signals": rows_of(TRACK_SIGNALS, signals, user_id="ann", date=DAY_1).with_columns(
            pl.col("track_id").fill_null("t")
        ),
        "play_counts": rows_of(RAW_PLAY_COUNTS, totals or [], user_id="ann", arrived_on=DAY_1).with_columns(
            pl.col("track_id").fill_null("t")
        ),
        "tracks": rows_of(RAW_TRACKS, tracks, arrived_on=DAY_1),
    }
    parameters = {**params.model_dump(exclude={"window_days"}), "last_day": DAY_1}
    found = run_sql("play_matrix/play_confidence", inputs=frames, parameters=parameters)
    return found.with_columns(pl.lit(DAY_1).alias("date")).pipe(PLAY_CONFIDENCE.arrange).collect()


def confidence_of(signals: list[dict], totals: list[dict] | None = None, *, params: ConfidenceParams = PARAMS):
    """The only confidence there is, or None."""
    found = weigh(signals, totals, params=params)["confidence"].to_list()
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize(
    ("signals", "expected"),
    [
        ([{"plays": 1}], log(2)),
        ([{"plays": 3}], log(4)),
        ([{"plays": 1}, {"plays": 2, "date": day(0)}], log(4)),
        ([{"partial_plays": 1}], 0.25 * log(2)),
        ([{"plays": 3, "skips": 1}], log(4) - 0.4 * log(2)),
        ([{"likes": 1}], 2 * log(2)),
        ([{"saves": 1}], 1.5 * log(2)),
        ([{"playlist_adds": 1}], 1.5 * log(2)),
        ([{"presaves": 1}], 0.5 * log(2)),
        ([{"plays": 1, "likes": 1, "saves": 1}], 4.5 * log(2)),
        # A play or act counts half at the half-life, a quarter at twice it.
        ([{"plays": 2, "date": day(-10)}], log(2)),
        ([{"plays": 2, "date": day(-20)}], log(1.5)),
        ([{"plays": 1}, {"plays": 2, "date": day(-10)}], log(3)),
        ([{"likes": 1, "date": day(-10)}], 2 * log(1.5)),
        # What was taken back counts nothing, and takes nothing from the rest.
        ([{"likes": 1, "date": day(-10)}, {"likes": -1}, {"plays": 1}], log(2)),
        ([{"plays": 1, "likes": -1, "playlist_adds": -2}], log(2)),
        # Caps and refusals.
        ([{"plays": 1_000_000}], 5.0),
        ([{"skips": 3}], None),
        ([{"plays": 1, "skips": 30}], None),
        ([{"ms_played": 5}], None),
        ([{"plays": 9, "likes": 1, "hides": 1}], None),
        ([{"plays": 9}, {"hides": 1, "date": day(-100)}], None),
    ],
)
def test_evidence_by_hand(signals: list[dict], expected: float | None):
    assert confidence_of(signals) == (None if expected is None else pytest.approx(expected, rel=1e-6))


@pytest.mark.parametrize(
    ("signals", "totals", "expected"),
    [
        ([], [{"play_count": 3}], log(4)),
        ([], [{"play_count": 3, "as_of": day(0)}], log(4)),
        # Not known yet at the end of the day; and alone, an old total counts whole.
        ([], [{"play_count": 3, "as_of": day(1)}], None),
        ([], [{"play_count": 3, "as_of": day(-1000)}], log(4)),
        ([{"plays": 2, "date": day(-10)}], [{"play_count": 2}], log(4)),
        # Beside what is fresher it fades like a play of the day up to which it counts.
        ([{"plays": 1}], [{"play_count": 2, "as_of": day(-10)}], log(3)),
        ([{"plays": 1}], [{"play_count": 9, "as_of": day(-10_000)}], log(2)),
        ([{"hides": 1}], [{"play_count": 3}], None),
        ([], [{"play_count": 0}], None),
    ],
)
def test_undated_totals_count_among_the_plays(signals: list[dict], totals: list[dict], expected: float | None):
    assert confidence_of(signals, totals) == (None if expected is None else pytest.approx(expected, rel=1e-6))


def test_old_totals_are_small_beside_live_listening_and_keep_their_order():
    totals = [{"track_id": t, "play_count": n, "as_of": day(-40)} for t, n in (("x0", 160), ("y", 16))]

    alone = weigh([], totals)
    beside = weigh([{"user_id": "bob", "plays": 1}], totals).filter(pl.col("user_id") == "ann")

    assert alone["confidence"].to_list() == pytest.approx([5.0, log(17)])
    assert beside["confidence"].to_list() == pytest.approx([log(11), log(2)])


def test_play_count_is_the_faded_plays():
    found = weigh([{"plays": 2, "date": day(-10), "partial_plays": 7}, {"plays": 1}], [{"play_count": 4}])

    assert found["play_count"].to_list() == [pytest.approx(6.0)]


def test_an_artist_over_the_cap_is_scaled_down_together():
    # Half of the weight makes the two lighter tracks half of the heavy ones, before and after.
    signals = [{"track_id": f"x{number}", "plays": 10**9} for number in range(2)]
    signals += [{"track_id": "x2", "plays": 11}, {"track_id": "y", "plays": 1}, {"track_id": "nobody", "plays": 1}]
    signals += [{"track_id": "x0", "user_id": "bob", "plays": 1}]

    found = weigh(signals)

    scale = 8.0 / (5.0 + 5.0 + log(12))
    assert found.select("user_id", "track_id").rows() == [
        ("ann", "nobody"),
        ("ann", "x0"),
        ("ann", "x1"),
        ("ann", "x2"),
        ("ann", "y"),
        ("bob", "x0"),
    ]
    expected = [log(2), 5 * scale, 5 * scale, log(12) * scale, log(2), log(2)]
    assert found["confidence"].to_list() == pytest.approx(expected, rel=1e-6)


def test_what_is_hidden_weighs_nothing_on_its_artist():
    signals = [{"track_id": f"x{number}", "plays": 10**9} for number in range(2)]
    assert weigh([*signals, {"track_id": "x1", "hides": 1}])["confidence"].to_list() == [5.0]


def test_tracks_that_the_catalogue_does_not_know_stand_for_themselves():
    signals = [{"track_id": f"unknown{number}", "plays": 10**9} for number in range(4)]
    assert weigh(signals)["confidence"].to_list() == [5.0] * 4


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ann", "bob"]),
            st.sampled_from(["t", "x0", "x1", "x2", "x3", "y", "nobody", "unknown"]),
            st.integers(-400, 0),
            st.integers(0, 10**6),
            st.integers(0, 50),
            st.integers(-2, 5),
        ),
        max_size=25,
        unique_by=lambda row: row[:3],
    )
)
def test_caps_hold_and_keys_are_unique_for_any_signals(rows: list[tuple]):
    names = ("user_id", "track_id", "offset", "plays", "skips", "likes")
    signals = [dict(zip(names, row, strict=True)) for row in rows]
    for signal in signals:
        signal["date"] = day(signal.pop("offset"))

    found = weigh(signals)

    assert not found.select("user_id", "track_id").is_duplicated().any()
    assert found.select("user_id", "track_id").rows() == sorted(found.select("user_id", "track_id").rows())
    assert found["confidence"].is_between(0, 5.0 + 1e-5, closed="right").all()
    of_x = found.filter(pl.col("track_id").str.starts_with("x")).group_by("user_id").agg(pl.col("confidence").sum())
    assert (of_x["confidence"] <= 8.0 + 1e-4).all()


@pytest.mark.parametrize(
    ("window_days", "last_day", "expected"),
    [(1, day(0), 1), (3, day(0), 1), (4, day(0), 2), (4, day(-1), 1), (2, day(5), 0), (9, day(9), 0), (10, day(9), 1)],
)
def test_the_window_ends_with_the_day_and_reads_nothing_after_it(
    lake: Lake, window_days: int, last_day: date, expected: int
):
    signals = [{"track_id": "old", "plays": 1, "date": day(-3)}, {"track_id": "new", "plays": 1, "date": day(0)}]
    table = stored(lake, TRACK_SIGNALS, rows_of(TRACK_SIGNALS, signals, user_id="ann"))
    evidence = Evidence(table, lake.open(RAW_PLAY_COUNTS), lake.open(RAW_TRACKS))

    found = weigh_evidence(evidence, last_day, ConfidenceParams(window_days=window_days))

    assert found.height == expected


def test_totals_only_and_nothing_at_all(lake: Lake):
    nothing = Evidence(lake.open(TRACK_SIGNALS), lake.open(RAW_PLAY_COUNTS), lake.open(RAW_TRACKS))
    assert weigh_evidence(nothing, DAY_1, PARAMS).is_empty()

    total = rows_of(RAW_PLAY_COUNTS, [{"user_id": "ann", "track_id": "t", "play_count": 1}], arrived_on=DAY_1)
    totals = Evidence(nothing.track_signals, stored(lake, RAW_PLAY_COUNTS, total), nothing.tracks)
    assert weigh_evidence(totals, DAY_1, PARAMS)["confidence"].to_list() == [pytest.approx(log(2))]
