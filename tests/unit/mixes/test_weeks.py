"""Weeks one after the other, from a lake by hand: no week offers again what one of the four before it did."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from factories import rows_of, stored

from recsys_assets.core import columns as c
from recsys_assets.core.errors import MissingInputError
from recsys_assets.core.lake import Lake
from recsys_assets.corpus.tables import PLAYLIST_QUALITY
from recsys_assets.mixes.inputs import MixSources
from recsys_assets.mixes.refusals import DiscoverParams
from recsys_assets.mixes.tables import DISCOVER_WEEKLY, RANKER
from recsys_assets.mixes.weeks import WeekParams, deliver_weeks
from recsys_assets.play_matrix.params import ConfidenceParams
from recsys_assets.raw.tables import RAW_PLAYLIST_TRACKS, RAW_PLAYLISTS, RAW_TRACKS
from recsys_assets.signals.tables import TRACK_SIGNALS

MONDAYS = [date(2026, 3, 2), date(2026, 3, 9)]
PAIR = [c.USER_ID, c.TRACK_ID]


@pytest.fixture
def played(lake: Lake) -> Lake:
    """Three listeners of ten tracks among thirty by as many artists; no ranker could be trained."""
    on = MONDAYS[0] - timedelta(days=2)
    tracks = [{"track_id": f"t{n:02d}", "title": f"Song {n}", "artist_ids": [f"a{n}"]} for n in range(30)]
    plays = [(user, 3 * start + n) for start, user in enumerate(["ann", "bob", "cid"]) for n in range(4)]
    signals = [{"user_id": user, "track_id": f"t{n:02d}", "plays": 2} for user, n in plays]
    later = [{"user_id": "dan", "track_id": "t00", "plays": 1, "date": MONDAYS[0]}]
    stored(lake, RAW_TRACKS, rows_of(RAW_TRACKS, tracks, arrived_on=on))
    stored(lake, TRACK_SIGNALS, rows_of(TRACK_SIGNALS, [*signals, *later], date=on))
    untrained = [{"model": "", "trained_on": "{}", "space_version": "v", "week": monday} for monday in MONDAYS]
    stored(lake, RANKER, rows_of(RANKER, untrained))
    return lake


def delivered(lake: Lake, weeks: list[date], folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    candidates, mix = deliver_weeks(
        weeks,
        MixSources.open(lake),
        lake.open(RANKER),
        lake.open(DISCOVER_WEEKLY),
        shape=DiscoverParams(length=2),
        params=WeekParams(),
        confidence=ConfidenceParams(),
        workdir=folder,
    )
    return candidates.collect(), mix


def test_a_later_week_knows_what_the_earlier_one_offers_and_a_listener_begins_when_they_begin(
    played: Lake, tmp_path: Path
):
    candidates, mix = delivered(played, MONDAYS[::-1], tmp_path)
    first, second = (mix.filter(pl.col(c.WEEK) == monday) for monday in MONDAYS)

    assert set(first[c.USER_ID]) == {"ann", "bob", "cid"}
    assert set(second[c.USER_ID]) == {"ann", "bob", "cid", "dan"}
    assert set(mix.group_by(c.WEEK, c.USER_ID).len()["len"]) == {2}
    assert first.join(second, on=PAIR).is_empty()
    of_second = candidates.filter(pl.col(c.WEEK) == MONDAYS[1])
    assert of_second.height
    assert of_second.join(first, on=PAIR).is_empty()


def test_a_week_made_again_gives_what_it_gave(played: Lake, tmp_path: Path):
    _, whole = delivered(played, MONDAYS, tmp_path)
    stored(played, DISCOVER_WEEKLY, whole)

    _, again = delivered(played, MONDAYS[1:], tmp_path)

    assert again.equals(whole.filter(pl.col(c.WEEK) == MONDAYS[1]))


def test_a_week_whose_ranker_is_not_there_says_what_to_make(played: Lake, tmp_path: Path):
    with pytest.raises(MissingInputError, match="materialise `ranker`"):
        delivered(played, [date(2026, 3, 16)], tmp_path)


def test_what_belongs_together_is_learnt_of_good_playlists_and_of_no_bought_place(played: Lake):
    monday, on = MONDAYS[0], MONDAYS[0] - timedelta(days=1)
    entries = [
        {"playlist_id": name, "track_id": f"t{n:02d}", "position": n} for name in ("good", "bad") for n in range(3)
    ]
    judged = [
        {"playlist_id": "good", "is_good": True, "bought_track_ids": ["t01"]},
        {"playlist_id": "bad", "is_good": False, "bought_track_ids": []},
    ]
    names = [{"playlist_id": name, "name": name} for name in ("good", "bad", "empty")]
    stored(played, RAW_PLAYLISTS, rows_of(RAW_PLAYLISTS, names, arrived_on=on))
    stored(played, RAW_PLAYLIST_TRACKS, rows_of(RAW_PLAYLIST_TRACKS, entries, arrived_on=on))
    stored(played, PLAYLIST_QUALITY, rows_of(PLAYLIST_QUALITY, judged, week=monday))

    def read(week: date) -> tuple[list[str], list[tuple[str, str]]]:
        known = MixSources.open(played).week(week, DISCOVER_WEEKLY.empty(), ConfidenceParams())
        return known.playlists["playlist_id"].to_list(), known.playlist_tracks.select("playlist_id", "track_id").rows()

    assert read(monday) == (["good"], [("good", "t00"), ("good", "t02")])
    with pytest.raises(MissingInputError, match=f"week of {MONDAYS[1]} were not judged"):
        read(MONDAYS[1])
