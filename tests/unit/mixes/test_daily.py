"""A day's mixes by hand, from tables to rows: who gets which, and what they are told."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from mix_frames import CONFIDENCE, frame, history_of

from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.core.schemas import IDS
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.latent.space import LatentSpace
from recsys_assets.mixes import reasons
from recsys_assets.mixes.daily import DayTables, make_day
from recsys_assets.mixes.daily_inputs import DailyMixParams

DAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG_AGO = datetime(2024, 3, 1, 12, tzinfo=UTC)
PARAMS = DailyMixParams(length=4, min_length=2)
TRACKS = [f"t{n:02d}" for n in range(16)]
PLAYED = [("ann", track) for track in TRACKS[:4]] + [("bob", track) for track in TRACKS[2:6]]


def space() -> LatentSpace:
    """Tracks on a circle; only Ann and Bob have a place, as only they played within the window."""
    angles = np.linspace(0, 1, len(TRACKS))
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    users = IdMap.of(["ann", "bob"])
    return LatentSpace(
        vectors[:2],
        vectors,
        np.zeros((0, 2), np.float32),
        users,
        IdMap.of(TRACKS),
        IdMap.of([]),
        FactoriseParams(),
        "v",
    )


def made(*, with_space: bool = True, **known: Any) -> pl.DataFrame:
    heard = [(*pair, 3, NOON) for pair in PLAYED] + known.pop("heard", [])
    sound = known.pop("sound", None)
    tracks = [(track, f"Song {track}", [f"artist-{track}"]) for track in TRACKS]
    tables = DayTables(
        day=DAY,
        tracks=frame(tracks, {c.TRACK_ID: pl.String, c.TITLE: pl.String, c.ARTIST_IDS: IDS}),
        artists=frame([], {c.ARTIST_ID: pl.String, c.NAME: pl.String}),
        confidence=frame([(*pair, 1.0) for pair in PLAYED], CONFIDENCE),
        history=history_of(heard, recent=PLAYED, **known),
        neighbours=frame([], {c.TRACK_ID: pl.String, "neighbour_id": pl.String, c.RANK: pl.Int32}),
        sound=sound,
    )
    return make_day(tables, space() if with_space else None, PARAMS, seed=1, num_threads=1)


def of(mixes: pl.DataFrame, user: str) -> pl.DataFrame:
    return mixes.filter(pl.col(c.USER_ID) == user)


def test_a_mix_holds_what_is_played_and_what_is_near_and_new():
    mine = of(made(), "ann")
    known = {track for user, track in PLAYED if user == "ann"}

    assert set(mine.filter(pl.col(c.SOURCE) == "familiar")[c.TRACK_ID]) <= known
    assert set(mine.filter(pl.col(c.SOURCE) == "space")[c.TRACK_ID])
    assert not set(mine.filter(pl.col(c.SOURCE) != "familiar")[c.TRACK_ID]) & known
    assert mine.filter(pl.col(c.SOURCE) == "familiar")[c.REASON].unique().to_list() == ["you have played it 3 times"]


def test_who_comes_back_after_years_finds_their_own_again():
    mine = of(made(heard=[("back", track, 2, LONG_AGO) for track in TRACKS[8:12]]), "back")

    assert "familiar" in set(mine[c.SOURCE])
    assert "you have played it 2 times" in set(mine[c.REASON])


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ({"followed_artists": [("she", "artist-t09")]}, reasons.POPULAR_FOR_NEWCOMERS),
        ({"heard": [("she", "t09", 0, NOON)]}, reasons.POPULAR),
    ],
    ids=["only follows", "only ever skipped"],
)
def test_who_brings_nothing_to_build_on_gets_the_popular_list(known: dict[str, Any], says: str):
    mine = of(made(**known), "she")

    assert mine[c.SOURCE].to_list() == ["popular"] * 4
    assert set(mine[c.REASON]) == {says}
    assert {"t02", "t03"} < set(mine[c.TRACK_ID])


def test_a_hidden_track_or_artist_is_in_no_mix():
    mine = of(made(hidden=[("ann", "t00")], hidden_artists=[("ann", "artist-t01"), ("ann", "artist-t04")]), "ann")

    assert not {"t00", "t01", "t04"} & set(mine[c.TRACK_ID])


def test_without_a_space_everybody_gets_what_is_popular_and_they_have_not_heard():
    mixes = made(with_space=False)

    assert set(mixes[c.SOURCE]) == {"popular"}
    assert mixes.join(
        frame(PLAYED, {c.USER_ID: pl.String, c.TRACK_ID: pl.String}), on=[c.USER_ID, c.TRACK_ID]
    ).is_empty()


def test_popular_fills_do_not_depend_on_how_many_are_looked_at_together(monkeypatch: pytest.MonkeyPatch):
    fans = [(f"fan-{n}", "artist-t09") for n in range(9)]
    whole = made(followed_artists=fans)
    monkeypatch.setattr("recsys_assets.mixes.daily_popular.ROWS_AT_ONCE", 1)

    assert made(followed_artists=fans).equals(whole)


def test_where_recordings_were_analysed_the_most_energetic_track_does_not_end_the_mix():
    def sound_with(wild: str) -> pl.DataFrame:
        # All but one are equally calm; keys and tempos are unknown.
        return pl.DataFrame(
            {
                c.TRACK_ID: TRACKS,
                "energy": [0.9 if track == wild else 0.1 for track in TRACKS],
                "tempo_bpm": pl.Series([None] * len(TRACKS), dtype=pl.Float32),
                "key_pitch_class": pl.Series([None] * len(TRACKS), dtype=pl.Int32),
                "is_major": pl.Series([None] * len(TRACKS), dtype=pl.Boolean),
                "key_confidence": 0.0,
            }
        )

    plain = of(made(), "ann")
    last = plain.filter(pl.col(c.MIX) == "daily_mix_1").sort(c.RANK)[c.TRACK_ID][-1]
    moved = of(made(sound=sound_with(last)), "ann").filter(pl.col(c.MIX) == "daily_mix_1").sort(c.RANK)

    assert set(moved[c.TRACK_ID]) == set(plain.filter(pl.col(c.MIX) == "daily_mix_1")[c.TRACK_ID])
    assert moved[c.TRACK_ID].to_list().index(last) == 2
    unknown = sound_with(last).with_columns(pl.lit(None, pl.Float64).alias("energy"))
    assert made(sound=unknown).equals(made())
