"""A week's delivery by hand: who gets a mix, of what, and what they are told."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from mix_frames import history_of, week_of

from recsys_assets.core import columns as c
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.mixes import reasons
from recsys_assets.mixes.arrange import WeekTables, arrange_week
from recsys_assets.mixes.ranker import RankerParams
from recsys_assets.mixes.refusals import DiscoverParams
from recsys_assets.mixes.sources import SourceParams
from recsys_assets.mixes.weekly import Delivery, deliver, train_ranker

PARAMS = RankerParams(sources=SourceParams(space=FactoriseParams(embedding_size=4, epochs=2)))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG_AGO = datetime(2024, 3, 1, 12, tzinfo=UTC)
N_TRACKS = 12
TRACKS = [(f"t{n:02d}", f"Song {n}", f"artist-{n % 6}") for n in range(N_TRACKS)] + [
    ("live", "Song 0 (Live)", "artist-0")
]
PLAYS = [(user, f"t{(start + n) % 8:02d}") for start, user in enumerate(["ann", "bob", "cid"]) for n in range(4)]


def delivered(tables: WeekTables, folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    made: Delivery = deliver(
        arrange_week(tables), None, ranker_params=PARAMS, params=DiscoverParams(length=4), seed=1, folder=folder,
        num_threads=1,
    )  # fmt: skip
    return made.candidates.collect(), made.mix


def tables(**more) -> WeekTables:
    heard = [(*pair, 2, NOON) for pair in PLAYS] + more.pop("heard", [])
    history = history_of(heard, recent=PLAYS, **more)
    return week_of(TRACKS, history, confidence=[(*pair, 1.0) for pair in PLAYS])


def of(mix: pl.DataFrame, user: str) -> pl.DataFrame:
    return mix.filter(pl.col(c.USER_ID) == user)


def test_who_only_follows_an_artist_gets_the_popular_list_and_is_asked_to_play(tmp_path: Path):
    candidates, mix = delivered(tables(followed_artists=[("fan", "artist-1")]), tmp_path)

    assert set(candidates[c.USER_ID]) == {"ann", "bob", "cid"}
    assert of(mix, "fan")[c.SOURCE].to_list() == ["popular"] * 4
    assert set(of(mix, "fan")[c.REASON]) == {reasons.POPULAR_FOR_NEWCOMERS}
    # Three listeners have t02 and t03; only who hears them is counted.
    assert of(mix, "fan")[c.TRACK_ID].to_list()[:2] == ["t02", "t03"]


def test_who_comes_back_after_years_gets_their_own(tmp_path: Path):
    _, mix = delivered(tables(heard=[("back", "t01", 5, LONG_AGO), ("back", "t02", 1, LONG_AGO)]), tmp_path)

    assert set(of(mix, "back")[c.SOURCE]) != {"popular"}
    assert not set(of(mix, "back")[c.TRACK_ID]) & {"t01", "t02"}
    assert of(mix, "back")[c.REASON].str.contains("because you played Song [12]").any()


def test_who_only_ever_skipped_is_not_told_that_they_never_played(tmp_path: Path):
    _, mix = delivered(tables(heard=[("skipper", "t01", 0, NOON)]), tmp_path)

    assert set(of(mix, "skipper")[c.REASON]) == {reasons.POPULAR}


def test_candidates_are_what_may_be_offered(tmp_path: Path):
    candidates, mix = delivered(
        tables(hidden=[("ann", "t09")], hidden_artists=[("ann", "artist-4"), ("bob", "artist-5")]), tmp_path
    )
    mine = set(of(candidates, "ann")[c.TRACK_ID])

    assert mine
    # Heard t00 to t03 and so the live version of t00; t04 and t10 are the hidden artist's.
    assert mine <= {"t05", "t06", "t07", "t08", "t11"}
    assert not set(of(candidates, "bob")[c.TRACK_ID]) & {"t05", "t11"}
    own = mix.filter(pl.col(c.SOURCE) != "popular")
    assert own.join(candidates, on=[c.USER_ID, c.TRACK_ID], how="anti").is_empty()


def test_without_plays_in_the_last_weeks_nothing_is_popular_right_now(tmp_path: Path):
    known = tables(liked=["fan"])
    old = history_of([(*pair, 2, LONG_AGO) for pair in PLAYS], liked=["fan"])
    _, mix = delivered(WeekTables(**{**known.__dict__, "history": old}), tmp_path)

    assert set(of(mix, "fan")[c.REASON]) == {reasons.POPULAR_EVER + reasons.FOR_NEWCOMERS}


@pytest.mark.parametrize("followed", [[], [("fan", "artist-1")]])
def test_a_week_in_which_nobody_has_played_anything(followed: list[tuple[str, str]], tmp_path: Path):
    _, mix = delivered(week_of(TRACKS, history_of(followed_artists=followed)), tmp_path)

    assert mix.is_empty()


def test_a_week_with_nothing_before_it_has_no_ranker_and_delivers_nothing(tmp_path: Path):
    empty = week_of([], history_of([]), confidence=[])

    assert train_ranker(arrange_week(empty), PARAMS, seed=1) is None
    candidates, mix = delivered(empty, tmp_path)
    assert (candidates.height, mix.height) == (0, 0)


def test_a_few_histories_train_no_ranker_and_are_served(tmp_path: Path):
    assert train_ranker(arrange_week(tables()), PARAMS, seed=1) is None
    assert delivered(tables(), tmp_path)[1].height > 0
