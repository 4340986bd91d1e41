import itertools
import re
from datetime import date

import numpy as np
import polars as pl
import pytest
from mix_frames import listener_shares

from recsys_assets.core.ids import IdMap
from recsys_assets.mixes import reasons
from recsys_assets.mixes.catalogue import build_catalogue
from recsys_assets.mixes.daily_inputs import DailyMixParams, DailyRules, read_listening, read_proposed, read_space
from recsys_assets.mixes.daily_rows import make_daily_mixes
from recsys_assets.mixes.discover_rows import followed_pairs
from recsys_assets.mixes.eligibility import build_exclusions
from recsys_assets.mixes.popular import rank_popular
from recsys_assets.mixes.tables import DAILY_MIX

DAY = date(2026, 1, 7)
GENRES = ("calm", "loud", "odd")
PER_GENRE = 120
PARAMS = DailyMixParams(length=25)


class World:
    """Three genres of 120 tracks, four tracks an artist. ``two`` plays much calm and some loud, ``one`` plays odd,
    ``worn`` repeats one calm track all week, ``few`` played two loud tracks, ``none`` nothing.
    """

    def __init__(self) -> None:
        rng = np.random.default_rng(3)
        n = len(GENRES) * PER_GENRE
        self.genre = np.arange(n) // PER_GENRE
        self.ids = [f"{GENRES[g]}{n % PER_GENRE:03d}" for n, g in enumerate(self.genre)]
        centres = rng.normal(size=(3, 48))
        self.vectors = (centres[self.genre] + 0.7 * rng.normal(size=(n, 48))).astype(np.float32)
        self.tracks = pl.DataFrame(
            {
                "track_id": self.ids,
                "title": [f"Title {track}" for track in self.ids],
                "artist_ids": [[f"{GENRES[g]}-{n // 4}"] for n, g in enumerate(self.genre)],
                "is_withdrawn": [n % 30 == 5 for n in range(n)],
            }
        )
        artists = pl.DataFrame({"artist_id": sorted({a[0] for a in self.tracks["artist_ids"]})}).with_columns(
            name=pl.lit("Artist ") + pl.col("artist_id")
        )
        played = [("two", t, 9, 3.0) for t in range(0, 100, 2)] + [("two", t, 4, 1.0) for t in range(120, 180, 2)]
        played += [("one", t, 1, 1.0) for t in range(240, 290)]
        played += [("worn", t, 30 if t == 8 else 2, 20.0 if t == 8 else 1.0) for t in range(0, 60, 2)]
        played += [("few", t, 2, 1.0) for t in (130, 140)]
        self.played = pl.DataFrame(
            [(user, self.ids[t], count, confidence) for user, t, count, confidence in played],
            schema=["user_id", "track_id", "play_count", "confidence"],
            orient="row",
        )
        self.recent = pl.DataFrame(
            {"user_id": ["worn", "two"], "track_id": [self.ids[8], self.ids[0]], "play_count": [30, 2]}
        )
        self.hidden = pl.DataFrame({"user_id": ["two", "two"], "track_id": [self.ids[2], self.ids[3]]})
        self.listeners = IdMap.of(["two", "one", "worn", "few", "none"])
        self.catalogue = build_catalogue(self.tracks, delivered_on=DAY, artists=artists)
        space = read_space(
            pl.DataFrame({"track_id": self.ids, "vector": self.vectors.tolist()}).cast({"vector": pl.List(pl.Float32)}),
            self.catalogue,
            neighbours=self._neighbours(),
        )
        self.follows = pl.DataFrame({"user_id": ["two"], "artist_id": [self.tracks["artist_ids"][1][0]]})
        everything = [self.played, self.hidden]
        self.rules = DailyRules(
            catalogue=self.catalogue,
            space=space,
            popular=rank_popular(listener_shares(self.played), self.played, self.catalogue),
            not_new=build_exclusions(self.catalogue, self.listeners, track_pairs=everything),
            unwanted=build_exclusions(self.catalogue, self.listeners, track_pairs=[self.hidden]),
            has_heard=np.isin(np.arange(5), self.listeners.rows(self.played["user_id"])),
            params=PARAMS,
            day=DAY,
            seed=1,
        )

    def _neighbours(self) -> pl.DataFrame:
        unit = self.vectors / np.linalg.norm(self.vectors, axis=1, keepdims=True)
        near = np.argsort(-(unit @ unit.T), axis=1)[:, 1:31]
        return pl.DataFrame(
            {
                "track_id": np.repeat(self.ids, 30),
                "neighbour_id": np.array(self.ids)[near.ravel()],
                "rank": np.tile(np.arange(1, 31), len(self.ids)),
            }
        )

    def mixes(self, *, listeners_at_once: int = 1000, proposed: pl.DataFrame | None = None, **changes) -> pl.DataFrame:
        rules = DailyRules(**{**{f: getattr(self.rules, f) for f in self.rules.__dataclass_fields__}, **changes})
        frames = make_daily_mixes(
            self.listeners,
            read_listening(
                self.played, listeners=self.listeners, catalogue=self.catalogue, recent=self.recent, heard=self.played
            ),
            read_proposed(proposed, listeners=self.listeners, catalogue=self.catalogue),
            rules,
            follows=followed_pairs(self.follows, listeners=self.listeners, catalogue=self.catalogue),
            listeners_at_once=listeners_at_once,
        )
        return pl.concat(frames)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def mixes(world: World) -> pl.DataFrame:
    return world.mixes()


def of(mixes: pl.DataFrame, user: str, number: int = 1) -> pl.DataFrame:
    return mixes.filter((pl.col("user_id") == user) & (pl.col("mix") == f"daily_mix_{number}")).sort("rank")


def genres(rows: pl.DataFrame) -> set[str]:
    return {track[:-3] for track in rows["track_id"]}


def test_each_taste_is_a_mix_and_the_heaviest_comes_first(mixes):
    assert sorted(mixes.filter(pl.col("user_id") == "two")["mix"].unique()) == ["daily_mix_1", "daily_mix_2"]
    assert genres(of(mixes, "two", 1)) == {"calm"}
    assert genres(of(mixes, "two", 2)) == {"loud"}
    assert set(mixes.filter(pl.col("user_id") == "few")["mix"]) == {"daily_mix_1"}


def test_known_and_new_are_together_by_their_shares(world, mixes):
    mine = of(mixes, "two", 1)
    assert len(mine) == 25
    played = set(world.played.filter(pl.col("user_id") == "two")["track_id"])
    is_known = mine["track_id"].is_in(list(played))
    assert is_known.sum() == 15
    assert (mine["source"] == "familiar").to_list() == is_known.to_list()


def test_no_track_is_in_two_mixes_and_no_artist_more_than_three_times_in_one(world, mixes):
    assert mixes.select(pl.struct("user_id", "track_id").is_unique().all()).item()
    credited = mixes.join(world.tracks, on="track_id").with_columns(pl.col("artist_ids").list.first())
    assert credited.group_by("user_id", "mix", "artist_ids").len()["len"].max() == 3
    runs = credited.sort("user_id", "mix", "rank").filter(
        (pl.col("artist_ids") == pl.col("artist_ids").shift()) & (pl.col("rank") > 1)
    )
    assert runs.is_empty()


def test_worn_out_hidden_and_withdrawn_tracks_rest(world, mixes):
    assert world.ids[8] not in of(mixes, "worn")["track_id"].to_list()
    assert not {world.ids[2], world.ids[3]} & set(mixes.filter(pl.col("user_id") == "two")["track_id"])
    withdrawn = world.tracks.filter("is_withdrawn")["track_id"].to_list()
    assert not mixes["track_id"].is_in(withdrawn).any()


def test_a_mix_begins_with_something_known_and_flows(world, mixes):
    mine = of(mixes, "two", 1)
    assert mine["source"][0] == "familiar"
    unit = world.rules.space.vectors[world.catalogue.tracks.rows(mine["track_id"])]
    cosine = unit @ unit.T
    flow = np.mean(np.diag(cosine, 1))
    rng = np.random.default_rng(0)
    shuffled = [np.mean([cosine[a, b] for a, b in itertools.pairwise(rng.permutation(25))]) for _ in range(200)]
    assert flow > max(shuffled) + 0.01


def test_mixes_are_named_by_an_artist_in_their_middle(world, mixes):
    for number, genre in ((1, "calm"), (2, "loud")):
        (title,) = of(mixes, "two", number)["mix_title"].unique()
        told = re.fullmatch(rf"Daily Mix {number}: (Artist {genre}-\d+) and more", title)
        assert told is not None
        played = set(world.played.filter(pl.col("user_id") == "two")["track_id"])
        artist = told[1].removeprefix("Artist ")
        assert played & set(world.tracks.filter(pl.col("artist_ids").list.contains(artist))["track_id"])
    assert mixes.select("user_id", "mix", "mix_title").unique().select("user_id", "mix_title").is_unique().all()


def test_reasons_are_true(world, mixes):
    counts = {(u, t): n for u, t, n in world.played.select("user_id", "track_id", "play_count").iter_rows()}
    kinds = set()
    for row in mixes.iter_rows(named=True):
        times = re.fullmatch(r"you have played it (?:(\d+) times|once)", row["reason"])
        near = re.fullmatch(r"near (.*), the middle of this mix", row["reason"])
        if times:
            kinds.add("times")
            assert counts[row["user_id"], row["track_id"]] == int(times[1] or 1)
        elif near:
            kinds.add("near")
            assert row["mix_title"].endswith(f": {near[1]} and more")
        else:
            kinds.add(row["reason"])
    followed = f"by Artist {world.follows['artist_id'][0]}, whom you follow"
    assert {"times", "near", reasons.POPULAR_FOR_NEWCOMERS} <= kinds
    assert kinds <= {"times", "near", followed, reasons.POPULAR, reasons.POPULAR_FOR_NEWCOMERS}


def test_who_plays_nothing_gets_one_popular_mix_marked_as_such(mixes):
    mine = mixes.filter(pl.col("user_id") == "none")
    assert set(mine["mix"]) == {"daily_mix_1"}
    assert set(mine["mix_title"]) == {"Daily Mix 1: popular right now"}
    assert set(mine["source"]) == {"popular"}
    assert set(mine["reason"]) == {reasons.POPULAR_FOR_NEWCOMERS}
    assert len(mine) == 25


def test_two_plays_make_one_full_mix_near_them(mixes):
    mine = of(mixes, "few")
    assert len(mine) == 25
    assert mine["source"].to_list().count("familiar") == 2
    assert genres(mine.filter(pl.col("source") == "space")) == {"loud"}


def test_the_day_moves_the_choice_and_nothing_else_does(world, mixes):
    assert world.mixes(listeners_at_once=2).equals(mixes)
    tomorrow = world.mixes(day=date(2026, 1, 8))
    assert set(of(tomorrow, "two")["track_id"]) != set(of(mixes, "two")["track_id"])


def test_proposals_of_the_day_are_taken_with_their_source(world):
    proposed = pl.DataFrame({"user_id": ["one"] * 8, "track_id": world.ids[300:340:5], "source": ["same_artist"] * 8})
    space = world.rules.space
    alone = type(space)(space.vectors, space.neighbours[:, :0])
    mine = of(world.mixes(proposed=proposed, space=alone), "one")
    new = mine.filter(pl.col("source") == "same_artist")["track_id"].to_list()
    # Withdrawn 305 and 335 are left out, and what is not proposed is not new.
    assert sorted(new) == sorted(set(world.ids[300:340:5]) - {world.ids[305], world.ids[335]})
    assert set(mine["source"]) == {"familiar", "same_artist"}


def test_rows_are_those_of_the_table(mixes):
    assert dict(mixes.schema) == DAILY_MIX.dtypes
    assert mixes.select(pl.struct(DAILY_MIX.key).is_unique().all()).item()
    assert mixes.null_count().sum_horizontal().item() == 0
    ranks = mixes.sort("rank").group_by("user_id", "mix").agg("rank")["rank"].to_list()
    assert all(row == list(range(1, len(row) + 1)) for row in ranks)


def test_names_are_not_needed(world):
    bare = build_catalogue(world.tracks.select("track_id"), delivered_on=DAY)
    nothing = build_exclusions(bare, world.listeners)
    heard = build_exclusions(bare, world.listeners, track_pairs=[world.played])
    made = world.mixes(
        catalogue=bare,
        not_new=heard,
        unwanted=nothing,
        popular=rank_popular(listener_shares(world.played), world.played, bare),
    )
    titles = set(made["mix_title"])
    assert any(re.fullmatch(r"Daily Mix 1: calm\d+ and more", title) for title in titles)
