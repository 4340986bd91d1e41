"""Each promise of sql/signals: what completes a play, what a day counts, and that rows are never multiplied."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from factories import DAY_1, day, rows_of, stored

from recsys_assets.core.lake import Lake
from recsys_assets.core.warehouse import run_sql
from recsys_assets.raw.tables import RAW_FEEDBACK, RAW_PLAYS, RAW_TRACKS
from recsys_assets.signals.daily import count_artist_signals, count_track_signals
from recsys_assets.signals.params import CompletionParams
from recsys_assets.signals.tables import ARTIST_SIGNALS, TRACK_SIGNALS

COUNTS = ["plays", "partial_plays", "skips"]
TRACKS = [
    {"track_id": "short", "duration_ms": 100_000},
    {"track_id": "long", "duration_ms": 1_000_000},
    {"track_id": "unsaid", "duration_ms": None},
]


def signals(plays: list[dict], acts: list[dict] | None = None, params: CompletionParams | None = None) -> pl.DataFrame:
    """The counts of ``plays`` and ``acts``, of ann on DAY_1 unless they say otherwise."""
    frames = {
        "plays": rows_of(RAW_PLAYS, plays, user_id="ann", date=DAY_1),
        "feedback": rows_of(RAW_FEEDBACK, acts or [], user_id="ann", date=DAY_1),
        "tracks": rows_of(RAW_TRACKS, TRACKS, arrived_on=DAY_1),
        "readings": pl.DataFrame({"date": [DAY_1, day(1)], "arrived_on": [DAY_1, DAY_1]}),
    }
    parameters = (params or CompletionParams()).model_dump()
    found = run_sql("signals/track_signals", inputs=frames, parameters=parameters)
    return TRACK_SIGNALS.arrange(found).collect()


@pytest.mark.parametrize(
    ("track", "ms_played", "reason_end", "expected"),
    [
        # Half of a track is the line, and the line itself is over it.
        ("short", 50_000, "done", "plays"),
        ("short", 49_999, None, "partial_plays"),
        ("short", 49_999, "done", "partial_plays"),
        ("short", 49_999, "skip", "skips"),
        ("short", 99_000, "skip", "plays"),
        ("short", 0, "skip", "skips"),
        # Four minutes of a long one.
        ("long", 240_000, None, "plays"),
        ("long", 239_999, None, "partial_plays"),
        # Length unknown, to the catalogue or because the catalogue does not know the track.
        ("unsaid", 120_000, None, "plays"),
        ("unsaid", 119_999, None, "partial_plays"),
        ("unsaid", 119_999, "done", "plays"),
        ("unsaid", 119_999, "skip", "skips"),
        ("stranger", 120_000, "skip", "plays"),
        ("stranger", 1, "done", "plays"),
        # A scrobble says no milliseconds: the player sent it because the line was passed.
        ("short", None, None, "plays"),
        ("unsaid", None, "done", "plays"),
        ("short", None, "skip", "skips"),
    ],
)
def test_the_completion_line(track: str, ms_played: int | None, reason_end: str | None, expected: str):
    found = signals([{"track_id": track, "ms_played": ms_played, "reason_end": reason_end}])

    assert found.select(COUNTS).row(0, named=True) == {name: int(name == expected) for name in COUNTS}
    assert found["ms_played"].to_list() == [ms_played or 0]


def test_the_line_is_a_parameter():
    params = CompletionParams(completion_share=0.9, completion_ms=95_000, unknown_length_ms=10)
    plays = [
        {"track_id": track, "ms_played": ms} for track, ms in (("short", 89_999), ("long", 95_000), ("unsaid", 10))
    ]

    assert signals(plays, params=params).select("track_id", "plays").rows() == [
        ("long", 1),
        ("short", 0),
        ("unsaid", 1),
    ]


def test_days_listeners_and_tracks_are_counted_apart_and_in_order():
    plays = [
        {"track_id": "short"},
        {"track_id": "short", "ms_played": 10, "reason_end": "skip"},
        {"track_id": "short", "ms_played": 60_000},
        {"track_id": "long", "date": day(1)},
        {"track_id": "long", "user_id": "bob"},
    ]

    assert signals(plays).select("date", "user_id", "track_id", *COUNTS, "ms_played").rows() == [
        (day(0), "ann", "short", 2, 0, 1, 60_010),
        (day(0), "bob", "long", 1, 0, 0, 0),
        (day(1), "ann", "long", 1, 0, 0, 0),
    ]


def test_a_day_keeps_the_instant_of_its_last_play_and_an_act_has_none():
    at = datetime(2026, 1, 5, 7, tzinfo=UTC)
    plays = [{"track_id": "short", "played_at": at + timedelta(hours=h), "reason_end": "skip"} for h in (1, 3, 2)]

    found = signals(plays, [{"track_id": "long", "action": "like"}])

    assert found.select("track_id", "last_heard_at").rows() == [("long", None), ("short", at + timedelta(hours=3))]


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (["like"], {"likes": 1}),
        (["like", "unlike"], {"likes": 0}),
        (["unlike"], {"likes": -1}),
        (["save", "save"], {"saves": 2}),
        (["playlist_add", "playlist_remove", "playlist_remove"], {"playlist_adds": -1}),
        (["hide"], {"hides": 1}),
        (["presave"], {"presaves": 1}),
        (["follow"], {}),
    ],
)
def test_acts(actions: list[str], expected: dict[str, int]):
    found = signals([], [{"track_id": "short", "action": action} for action in actions]).row(0, named=True)

    kinds = ("likes", "saves", "playlist_adds", "hides", "presaves")
    assert {kind: found[kind] for kind in kinds} == dict.fromkeys(kinds, 0) | expected


def test_plays_and_acts_on_one_track_share_a_row_and_neither_needs_the_other():
    found = signals(
        [{"track_id": "short"}, {"track_id": "long"}],
        [{"track_id": "short", "action": "like"}, {"track_id": "unsaid", "action": "save"}],
    )

    assert found.select("track_id", "plays", "likes", "saves").rows() == [
        ("long", 1, 0, 0),
        ("short", 1, 1, 0),
        ("unsaid", 0, 0, 1),
    ]


def test_acts_on_artists_are_counted_for_artists_only(lake: Lake):
    acts = [
        {"artist_id": "a1", "action": "follow"},
        {"artist_id": "a1", "action": "like"},
        {"artist_id": "a2", "action": "unlike"},
        {"artist_id": "a2", "action": "hide"},
        {"artist_id": "a3", "track_id": "short", "action": "like"},
    ]
    feedback = stored(lake, RAW_FEEDBACK, rows_of(RAW_FEEDBACK, acts, user_id="ann", date=DAY_1))

    found = ARTIST_SIGNALS.arrange(count_artist_signals(feedback)).collect()

    assert found.rows() == [("ann", "a1", 2, 0, DAY_1), ("ann", "a2", -1, 1, DAY_1)]
    assert signals([], acts)["track_id"].to_list() == ["short"]


def test_any_source_may_be_missing(lake: Lake):
    empty = [lake.open(schema) for schema in (RAW_PLAYS, RAW_FEEDBACK, RAW_TRACKS)]
    assert TRACK_SIGNALS.arrange(count_track_signals(*empty, CompletionParams(), days=[DAY_1])).collect().is_empty()

    plays = stored(lake, RAW_PLAYS, rows_of(RAW_PLAYS, [{"track_id": "t", "user_id": "ann", "date": date(2026, 1, 5)}]))
    found = TRACK_SIGNALS.arrange(
        count_track_signals(plays, empty[1], empty[2], CompletionParams(), days=[DAY_1])
    ).collect()
    assert found.select("user_id", "track_id", "plays").rows() == [("ann", "t", 1)]


def test_each_day_asks_the_catalogue_that_it_knew(lake: Lake):
    lengths = [{"track_id": "t", "duration_ms": 60_000 + 60_000 * n, "arrived_on": day(n)} for n in (1, 3)]
    tracks = stored(lake, RAW_TRACKS, rows_of(RAW_TRACKS, lengths, title="T", artist_ids=["a"]))
    rows = [{"date": day(n), "ms_played": 61_000} for n in range(5)]
    plays = stored(lake, RAW_PLAYS, rows_of(RAW_PLAYS, rows, user_id="ann", track_id="t"))
    acts = lake.open(RAW_FEEDBACK)

    def count(*days: date) -> pl.DataFrame:
        found = count_track_signals(plays.only(days), acts, tracks, CompletionParams(), days=days)
        return TRACK_SIGNALS.arrange(found).collect()

    together = count(*(day(n) for n in range(5)))

    # Half of two minutes is heard, half of four is not; before the first snapshot there is only the first.
    assert together["plays"].to_list() == [1, 1, 1, 0, 0]
    assert together.equals(pl.concat(count(day(n)) for n in range(5)))
