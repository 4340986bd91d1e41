"""Weeks of the sound model, from a lake by hand."""

import json
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from factories import rows_of, stored
from matplotlib.figure import Figure
from unit.audio.sound_world import sound_world

from recsys_assets.audio.sound_gates import sound_says_where
from recsys_assets.audio.sound_picture import describe_training, draw_agreement, draw_training
from recsys_assets.audio.sound_tables import AUDIO_VECTORS, SOUND_MODEL, SOUND_MODEL_TRIALS, SOUND_TABLES
from recsys_assets.audio.sound_weeks import (
    SoundSources,
    SoundWeek,
    SoundWeekParams,
    count_listeners,
    find_warm,
    make_sound_week,
    read_sound_model,
    stack_weeks,
)
from recsys_assets.audio.tables import TRACK_ANALYSIS, recordings_known
from recsys_assets.core import columns as c
from recsys_assets.core.errors import DataFaultError
from recsys_assets.core.lake import Lake
from recsys_assets.core.schemas import TableSchema
from recsys_assets.raw.tables import RAW_PLAY_COUNTS, RAW_TRACKS
from recsys_assets.signals.tables import TRACK_SIGNALS

MONDAY = date(2026, 3, 2)
BEFORE = MONDAY - timedelta(days=1)
QUICK = SoundWeekParams(epochs=12, n_folds=2, least_listeners=2)
ANCHOR = TableSchema(
    "latent", "anchor_track_vectors", "One row per track.", (*AUDIO_VECTORS.columns[:3],), (c.TRACK_ID,), c.WEEK
)
N = 80
STORED, DESCRIPTORS, PLACES, CREDITS = sound_world(n_tracks=N, n_artists=20)
IDS = [f"t{n:03d}" for n in range(N)]
# The last five tracks are heard by nobody: t079 is by an artist of its own, the others by artists who are known.
COLD = IDS[-5:]
CREDITS[-1] = ["stranger"]


def analysed(rows: range, *, on: date = BEFORE, version: int = 1) -> pl.DataFrame:
    found = [
        {
            c.TRACK_ID: IDS[n],
            "descriptors": DESCRIPTORS[n].tolist(),
            "log_mel": STORED[n],
            "analysis_version": version,
            c.ARRIVED_ON: on,
        }
        for n in rows
    ]
    return rows_of(TRACK_ANALYSIS, found)


def sources_of(lake: Lake, analysis: pl.DataFrame) -> SoundSources:
    tracks = [{c.TRACK_ID: IDS[n], "title": IDS[n], c.ARTIST_IDS: CREDITS[n]} for n in range(N)]
    anchor = [{c.TRACK_ID: IDS[n], c.VECTOR: PLACES[n].tolist(), c.SPACE_VERSION: "v1"} for n in range(N - 5)]
    plays = [{c.USER_ID: f"u{n}", c.TRACK_ID: track, "plays": 1} for track in IDS[:-5] for n in range(3)]
    return SoundSources(
        analysis=stored(lake, TRACK_ANALYSIS, analysis) if len(analysis) else lake.open(TRACK_ANALYSIS),
        anchor_tracks=stored(lake, ANCHOR, rows_of(ANCHOR, anchor, week=MONDAY)),
        tracks=stored(lake, RAW_TRACKS, rows_of(RAW_TRACKS, tracks, arrived_on=BEFORE)),
        track_signals=stored(lake, TRACK_SIGNALS, rows_of(TRACK_SIGNALS, plays, date=BEFORE)),
        play_counts=lake.open(RAW_PLAY_COUNTS),
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SoundWeek:
    return make_sound_week(MONDAY, sources_of(Lake(str(tmp_path_factory.mktemp("lake"))), analysed(range(N))), QUICK)


def test_rows_keep_what_the_tables_promise(made: SoundWeek):
    for table, rows in zip(SOUND_TABLES, stack_weeks([(MONDAY, made)]), strict=True):
        arranged = table.arrange(rows).collect()

        assert arranged.schema == table.dtypes
        assert not any(arranged[column.name].null_count() for column in table.columns)
        assert arranged.n_unique([*table.key, c.WEEK]) == len(arranged)


def test_every_recording_is_placed_and_the_model_read_again_places_the_cold_ones_alike(made: SoundWeek):
    vectors = made.vectors.sort(c.TRACK_ID)
    model = read_sound_model(made.model.with_columns(week=pl.lit(MONDAY)), MONDAY)
    again = model.predict(STORED[-5:], DESCRIPTORS[-5:])

    assert vectors[c.TRACK_ID].to_list() == IDS
    assert vectors["is_warm"].to_list() == [True] * (N - 5) + [False] * 5
    np.testing.assert_allclose(np.array(vectors[c.VECTOR].to_list())[-5:], again, atol=1e-4)
    assert set(vectors[c.SPACE_VERSION]) == set(made.model[c.SPACE_VERSION]) == {"v1"}


def test_a_place_is_honest_unless_the_artist_was_met_in_training(made: SoundWeek):
    honest = dict(made.vectors.select(c.TRACK_ID, "is_held_out").iter_rows())

    assert all(honest[track] for track in IDS[:-5])
    assert honest["t079"]
    assert not honest["t078"]


def test_trials_name_one_winner_and_what_it_beat(made: SoundWeek):
    trials = made.trials
    trained_on = json.loads(made.model["trained_on"].item())

    assert trials["model"].to_list() == ["mean", "ridge", "network", "both"]
    assert trials.filter("is_chosen")["model"].to_list() == made.model["winner"].to_list()
    assert trained_on["tracks"] == N - 5
    assert [fold["stopped"].split(" at ")[0] for fold in trained_on["folds"]]
    assert sound_says_where(trials).passed
    assert "held-out" in sound_says_where(trials).notes


def test_the_gate_warns_of_a_model_that_says_nothing():
    row = {"recall": 0.1, "cosine": 0.0, "explained": 0.0, "k": 20, "n_tracks": 9, "verdict": ""}
    rows = [{**row, "model": "mean", "is_chosen": True}, {**row, "model": "ridge", "is_chosen": False}]
    verdict = sound_says_where(rows_of(SOUND_MODEL_TRIALS, rows))

    assert not verdict.passed
    assert not verdict.blocking
    assert sound_says_where(SOUND_MODEL_TRIALS.empty()).passed


def test_the_page_shows_curves_and_why_it_stopped(made: SoundWeek):
    text = describe_training(made.training)

    assert draw_training(made.training, title="week").startswith(b"\x89PNG")
    assert text.count("network of fold") == 2
    assert text.index("| variance explained |") < text.index("below 0 a place lies farther off")
    assert f"{N - 5} tracks held out" in text


def test_the_curve_is_of_what_decides_and_the_circle_at_its_top(made: SoundWeek):
    axes = Figure().subplots()
    draw_agreement(axes, made.training)

    drawn = axes.get_lines()
    for curve, kept in zip(drawn[:-1:2], drawn[1:-1:2], strict=True):
        assert kept.get_ydata()[0] == max(curve.get_ydata())
    assert len(drawn) == 2 * len(made.training.fits) + 1


def test_without_recordings_the_week_is_empty_and_says_so(lake: Lake, caplog: pytest.LogCaptureFixture):
    week = make_sound_week(MONDAY, sources_of(lake, analysed(range(0))), QUICK)
    rows = stack_weeks([(MONDAY, week)])

    assert [len(frame) for frame in rows] == [0, 0, 0]
    assert [frame.schema for frame in rows] == [table.dtypes for table in SOUND_TABLES]
    assert "0 warm tracks" in week.note
    assert week.note in caplog.text
    assert read_sound_model(rows[0], MONDAY) is None


def test_a_recording_that_arrives_on_the_monday_is_not_known(lake: Lake):
    analysis = pl.concat([analysed(range(N - 10)), analysed(range(N - 10, N), on=MONDAY)])
    sources = sources_of(lake, analysis)
    warm = find_warm(recordings_known(sources.analysis, BEFORE), MONDAY, sources, QUICK)

    assert warm[c.TRACK_ID].to_list() == IDS[: N - 10]


def test_only_the_most_listened_to_of_one_analysis_are_learned_from(lake: Lake):
    analysis = pl.concat([analysed(range(50)), analysed(range(50, N), version=2)])
    sources = sources_of(lake, analysis)
    known = recordings_known(sources.analysis, BEFORE)
    few = QUICK.model_copy(update={"most_tracks": 7})

    assert find_warm(known, MONDAY, sources, QUICK)["analysis_version"].unique().to_list() == [1]
    assert find_warm(known, MONDAY, sources, few)[c.TRACK_ID].to_list() == IDS[:7]
    assert find_warm(known, MONDAY, sources, QUICK.model_copy(update={"least_listeners": 4})).is_empty()


def test_listeners_are_counted_once_by_days_and_totals():
    days = [
        {c.USER_ID: "ann", c.TRACK_ID: "t1", "plays": 2},
        {c.USER_ID: "ann", c.TRACK_ID: "t1", "likes": 1},
        {c.USER_ID: "bob", c.TRACK_ID: "t1", "skips": 3},
        {c.USER_ID: "cid", c.TRACK_ID: "t2", "saves": 1},
    ]
    totals = [{c.USER_ID: "ann", c.TRACK_ID: "t1", "play_count": 9}, {c.USER_ID: "dan", c.TRACK_ID: "t1"}]
    counted = count_listeners(
        rows_of(TRACK_SIGNALS, days, date=BEFORE).lazy(), rows_of(RAW_PLAY_COUNTS, totals, arrived_on=BEFORE).lazy()
    ).collect()

    assert dict(counted.iter_rows()) == {"t1": 2, "t2": 1}


def test_a_damaged_model_is_told(made: SoundWeek):
    damaged = made.model.with_columns(model=pl.lit(made.model["model"].item()[:-100]), week=pl.lit(MONDAY))

    with pytest.raises(DataFaultError, match="train the week's sound model again"):
        read_sound_model(SOUND_MODEL.arrange(damaged).collect(), MONDAY)
