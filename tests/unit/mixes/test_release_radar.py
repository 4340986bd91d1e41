"""Release Radar of a Friday made by hand: who gets which release, and why."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from mix_frames import history_of
from radar_world import FRIDAY, LISTENERS_EACH, RadarWorld

from recsys_assets.core import columns as c
from recsys_assets.mixes.catalogue import EligibilityParams, build_catalogue
from recsys_assets.mixes.release_radar import ReleaseRadarParams
from recsys_assets.mixes.release_radar_batch import FirstBatchParams, batch_size, share_out
from recsys_assets.mixes.release_radar_days import make_friday

NO_NEAR = ReleaseRadarParams(near_share=0.0)


@pytest.fixture
def world() -> RadarWorld:
    return RadarWorld()


def who_gets(rows: pl.DataFrame, track: str, source: str | None = None) -> set[str]:
    mine = rows.filter(pl.col(c.TRACK_ID) == track)
    return set((mine if source is None else mine.filter(pl.col(c.SOURCE) == source))[c.USER_ID])


@pytest.mark.parametrize(("days", "is_new"), [(-8, False), (-7, False), (-6, True), (0, True), (1, False)])
def test_releases_of_the_seven_days_up_to_the_friday_are_in_it(world: RadarWorld, days: int, is_new: bool):
    world.release("new", "a00", days=days)

    rows = make_friday(world.tables(follows=[("u1_00", "a00")]), NO_NEAR)

    assert ("u1_00" in who_gets(rows, "new")) == is_new


def test_a_followed_artist_comes_before_one_that_is_played_and_that_before_one_that_is_near(world: RadarWorld):
    world.release("by_followed", "a20")
    world.release("by_played", "a00")
    world.release("by_near", "a03")
    heard = [("u0_00", f"t00{k}", 2, None) for k in range(3)]

    mine = make_friday(
        world.tables(history_of(heard, followed_artists=[("u0_00", "a20")])), ReleaseRadarParams(near_share=0.5)
    )

    assert mine[c.TRACK_ID].to_list() == ["by_followed", "by_played", "by_near"]
    assert mine[c.REASON].to_list() == [
        "by A20, whom you follow",
        "by A00, whom you play",
        "by A03, near A00, whom you play",
    ]
    assert mine[c.SOURCE].to_list() == ["followed_artist", "same_artist", "similar_artist"]
    assert mine[c.SCORE].is_sorted(descending=True)
    assert mine[c.RANK].to_list() == [1, 2, 3]


def test_one_play_of_an_artist_cut_short_or_not_makes_nobody_theirs(world: RadarWorld):
    world.release("new", "a20")
    heard = [
        ("u0_00", "t200", 1, None),
        ("u0_01", "t200", 0, None),
        ("u0_01", "t201", 0, None),
        ("u0_02", "t200", 2, None),
    ]

    assert who_gets(make_friday(world.tables(history_of(heard)), NO_NEAR), "new") == {"u0_02"}


def test_a_cold_track_goes_to_its_nearest_listeners_and_says_what_it_sounds_like(world: RadarWorld):
    world.release("cold", "newcomer")
    world.place("cold", 1)

    rows = make_friday(world.tables(), NO_NEAR)

    # A fifth of sixty listeners.
    assert len(who_gets(rows, "cold", "sound")) == 12
    assert all(user.startswith("u1_") for user in who_gets(rows, "cold"))
    heard = {(user, track) for user, track, *_ in world.heard}
    for user, reason in rows.select(c.USER_ID, c.REASON).iter_rows():
        title = reason.removeprefix("sounds like ").removesuffix(", which you play")
        assert (user, "t" + title.removeprefix("Old ")) in heard


def test_a_cold_track_goes_first_to_those_who_play_what_is_written_of_in_like_words(world: RadarWorld):
    world.release("cold", "new")
    world.place("cold", 0)
    # Of all artists of the genre something is written: of two in one way, of the others and the newcomer in another.
    words = {"a00": [1.0, 0.0], "a01": [1.0, 0.0], "a02": [0.0, 1.0], "a03": [0.0, 1.0], "new": [0.1, 1.0]}
    n_alike = {
        user: sum(track[2] in "23" for mine, track, *_ in world.heard if mine == user)
        for user in {f"u0_{n:02d}" for n in range(LISTENERS_EACH)}
    }
    few = ReleaseRadarParams(first_batch=6)

    def alike(**inherited: list[str]) -> float:
        beside = world.beside(words, inherited)
        got = who_gets(make_friday(world.tables(beside=beside), few), "cold", "sound")
        assert len(got) == 6
        return sum(n_alike[user] for user in got) / 6

    plain = who_gets(make_friday(world.tables(), few), "cold", "sound")
    assert alike(cold=["new"]) > np.mean([n_alike[user] for user in plain]) + 0.5
    # Who inherits from nobody goes to the same listeners as without text.
    beside = world.beside(words, {"cold": []})
    assert make_friday(world.tables(beside=beside), few).equals(make_friday(world.tables(), few))


def test_the_named_track_is_the_nearest_of_those_played(world: RadarWorld):
    world.release("cold", "newcomer")
    world.place("cold", 1)
    vectors = world.space.track_vectors / np.linalg.norm(world.space.track_vectors, axis=1, keepdims=True)
    target = np.array(world.placements[0][2])

    rows = make_friday(world.tables(), NO_NEAR)

    for user, reason in rows.select(c.USER_ID, c.REASON).iter_rows():
        played = [world.space.tracks.row(track) for who, track, *_ in world.heard if who == user]
        best = max(played, key=lambda row: float(vectors[row] @ target))
        assert f"Old {world.space.tracks.ids[best][1:]}" in reason


def test_of_a_track_placed_without_a_recording_nobody_says_how_it_sounds(world: RadarWorld):
    world.release("cold", "newcomer")
    world.place("cold", 1, has_sound=False)

    reasons = make_friday(world.tables(), NO_NEAR)[c.REASON]

    assert reasons.str.starts_with("close to Old ").all()


@pytest.mark.parametrize("is_on_time", [False, None])
def test_a_late_or_unsubmitted_track_never_comes_by_its_sound_but_by_who_made_it(
    world: RadarWorld, is_on_time: bool | None
):
    world.release("late", "a10")
    world.place("late", 1, is_on_time=is_on_time)

    rows = make_friday(world.tables(follows=[("u0_00", "a10")]), NO_NEAR)

    assert who_gets(rows, "late", "sound") == set()
    assert who_gets(rows, "late", "followed_artist") == {"u0_00"}


def test_a_submission_that_the_catalogue_does_not_know_is_a_release(world: RadarWorld):
    world.place("submission:x", 2)
    submitted = [("submission:x", "Brand New", [], FRIDAY - timedelta(days=2))]

    assert len(who_gets(make_friday(world.tables(submitted=submitted), NO_NEAR), "submission:x")) == 12


def test_the_catalogue_decides_when_a_submitted_track_is_released(world: RadarWorld):
    world.release("cold", "a10", days=3)
    world.place("cold", 1)
    submitted = [("cold", "Cold", ["a10"], FRIDAY)]

    assert make_friday(world.tables(submitted=submitted), NO_NEAR).is_empty()


def test_nothing_hidden_withdrawn_explicit_or_heard_in_any_version(world: RadarWorld):
    for track, flags in {
        "plain": {"title": "Plain"},
        "gone": {"is_withdrawn": True},
        "rude": {"is_explicit": True},
        "again": {"title": "Old 100 (2026 Remaster)"},
        "other": {"title": "Other"},
    }.items():
        world.release(track, "a10", **flags)  # pyright: ignore[reportArgumentType]
        world.place(track, 1)
    world.release("unwanted", "a11")
    heard = [("u1_00", "t100", 2, None), ("u1_00", "t111", 2, None)]
    history = history_of(heard, hidden=[("u1_00", "other")], hidden_artists=[("u1_00", "a11")])

    rows = make_friday(
        world.tables(history), ReleaseRadarParams(near_share=0.5), eligibility=EligibilityParams(allow_explicit=False)
    )

    assert rows[c.TRACK_ID].to_list() == ["plain"]


def test_an_artist_has_two_places_and_a_recording_one_however_many_are_promised(world: RadarWorld):
    for n in range(6):
        world.release(f"cold{n}", ["a10"] if n < 4 else ["guest", "a10"], title="Same" if n in {0, 1} else f"T{n}")
        world.place(f"cold{n}", 1)

    rows = make_friday(world.tables(follows=[(f"u1_{n:02d}", "a10") for n in range(20)]), ReleaseRadarParams())

    assert rows.group_by(c.USER_ID).len()["len"].max() == 2
    assert rows.filter(pl.col(c.TRACK_ID).is_in(["cold0", "cold1"])).group_by(c.USER_ID).len()["len"].max() == 1
    # And still every one of them is somewhere.
    assert rows[c.TRACK_ID].n_unique() == 6


def test_every_cold_track_is_somewhere_and_no_mix_is_flooded(world: RadarWorld):
    for n in range(120):
        world.release(f"cold{n:03d}", f"n{n}")
        world.place(f"cold{n:03d}", n % 3)

    rows = make_friday(world.tables(), NO_NEAR)

    assert rows[c.TRACK_ID].n_unique() == 120
    assert rows.group_by(c.USER_ID).len()["len"].max() <= ReleaseRadarParams().cold_places


def test_a_promise_stands_even_where_followed_artists_fill_the_mix(world: RadarWorld):
    artists = [f"f{n}" for n in range(40)]
    for artist in artists:
        world.release(f"by_{artist}", artist)
    world.release("cold", "newcomer")
    world.place("cold", 1)
    follows = [(f"u1_{n:02d}", artist) for n in range(LISTENERS_EACH) for artist in artists]

    rows = make_friday(world.tables(follows=follows), NO_NEAR)

    assert rows.group_by(c.USER_ID).len()["len"].max() == 30
    assert len(who_gets(rows, "cold", "sound")) == 12
    assert rows.group_by(c.USER_ID, maintain_order=True).agg(pl.col(c.SCORE).is_sorted(descending=True))[c.SCORE].all()


def test_without_a_space_there_are_the_artists_one_follows_and_plays(world: RadarWorld):
    world.release("by_followed", "a20")
    world.release("cold", "newcomer")
    world.place("cold", 1)

    rows = make_friday(world.tables(follows=[("u0_00", "a20")], has_space=False), ReleaseRadarParams())

    assert who_gets(rows, "by_followed") > {"u0_00", "u2_00"}
    assert set(rows[c.SOURCE]) == {"followed_artist", "same_artist"}


def test_without_listeners_or_releases_there_is_nothing(world: RadarWorld):
    assert make_friday(world.tables(), NO_NEAR).is_empty()
    world.release("new", "a00")
    assert make_friday(world.tables(history_of()), NO_NEAR).is_empty()


def test_the_order_of_rows_changes_nothing(world: RadarWorld):
    for n in range(12):
        world.release(f"cold{n}", f"a{n % 3}{n % 4}")
        world.place(f"cold{n}", n % 3)
    once = make_friday(world.tables(follows=[("u0_00", "a20")]), ReleaseRadarParams())
    world.rows.reverse()
    world.heard.reverse()
    world.placements.reverse()

    assert once.equals(make_friday(world.tables(follows=[("u0_00", "a20")]), ReleaseRadarParams()))


@pytest.mark.parametrize(
    ("n_tracks", "n_listeners", "expected"),
    [
        (0, 10, (0, 0)),
        (5, 0, (0, 0)),
        (10, 100_000, (100, 10)),
        (10, 300, (60, 10)),
        (1, 3, (1, 10)),
        # Places run out: a half of the ten that each listener has.
        (2_000, 1_000, (2, 10)),
        (30_000, 1_000, (1, 30)),
    ],
)
def test_how_many_are_promised(n_tracks: int, n_listeners: int, expected: tuple[int, int]):
    assert batch_size(FirstBatchParams(), n_tracks=n_tracks, n_listeners=n_listeners) == expected


def test_a_contested_listener_goes_to_the_track_that_ranks_them_higher_and_who_may_not_gets_nothing():
    tracks = pl.DataFrame({"track_id": ["a", "b"], "title": ["A", "B"], "artist_ids": [["x"], ["y"]]})
    catalogue = build_catalogue(tracks, delivered_on=date(2026, 3, 6))
    # Both like listener 0 best but one, and a may not go to 2.
    scores = np.array([[3.0, 4.0, -np.inf], [8.0, 7.0, 9.0]], dtype=np.float32)

    given = share_out(
        scores, np.array([0, 1]), catalogue, FirstBatchParams(first_batch_share=1, first_batch=2, cold_places=1)
    )

    assert [of.tolist() for of in given] == [[1], [2]]
