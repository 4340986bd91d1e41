import re
from datetime import date

import numpy as np
import polars as pl
import pytest
from mix_frames import listener_shares

from recsys_assets.core.ids import IdMap
from recsys_assets.mixes import reasons
from recsys_assets.mixes.candidates import SOURCES
from recsys_assets.mixes.catalogue import build_catalogue
from recsys_assets.mixes.discover_rows import discover_weekly_rows
from recsys_assets.mixes.discover_weekly import assemble, shortlist
from recsys_assets.mixes.eligibility import build_exclusions
from recsys_assets.mixes.hubs import hub_limit
from recsys_assets.mixes.popular import rank_popular
from recsys_assets.mixes.refusals import DiscoverParams
from recsys_assets.mixes.tables import DISCOVER_WEEKLY, MIX_SOURCES, SOURCE_TYPE

MONDAY = date(2026, 1, 5)
N_USERS, N_TRACKS = 90, 400
PARAMS = DiscoverParams(length=10, reserve=40, max_share=0.15, min_listeners=3)


class World:
    """Ninety listeners, the last five without a play; every tenth track is a live version of the one before; a few hubs
    that everybody's candidates begin with.
    """

    def __init__(self) -> None:
        rng = np.random.default_rng(7)
        self.track_ids = [f"t{n:03d}" for n in range(N_TRACKS)]
        live = np.arange(N_TRACKS) % 10 == 9
        song = np.where(live, np.arange(N_TRACKS) - 1, np.arange(N_TRACKS))
        self.song = song
        self.tracks = pl.DataFrame(
            {
                "track_id": self.track_ids,
                "title": [f"Song {n}" + (" (Live)" if is_live else "") for n, is_live in zip(song, live, strict=True)],
                "artist_ids": [[f"a{n // 4}"] + ([f"a{n % 7}"] if n % 5 == 0 else []) for n in song],
                "is_withdrawn": [n % 40 == 1 for n in range(N_TRACKS)],
            }
        )
        self.user_ids = [f"u{n:02d}" for n in range(N_USERS)]
        self.listeners = IdMap.of(self.user_ids)
        self.catalogue = build_catalogue(self.tracks, delivered_on=MONDAY)
        self.heard = self.pairs([(u, t) for u in range(85) for t in rng.choice(N_TRACKS, 2 + u % 9, replace=False)])
        self.hidden = self.pairs([(u, t) for u in range(0, 90, 4) for t in rng.choice(N_TRACKS, 5, replace=False)])
        self.earlier = self.pairs([(u, t) for u in range(90) for t in rng.choice(N_TRACKS, 12, replace=False)])
        self.hidden_artists = pl.DataFrame({"user_id": ["u03", "u88"], "artist_id": ["a0", "a1"]})
        self.exclusions = build_exclusions(
            self.catalogue,
            self.listeners,
            track_pairs=[self.heard, self.hidden, self.earlier],
            artist_pairs=self.hidden_artists,
        )
        self.popular = rank_popular(listener_shares(self.heard), self.heard, self.catalogue)
        hubs = rng.choice(N_TRACKS, 12, replace=False)
        rows = []
        for user in range(85):
            # The fourth part of the listeners has few candidates.
            liked = np.r_[hubs, rng.choice(N_TRACKS, 4 if user % 4 == 3 else 60, replace=False)]
            rows += [(user, t, 100.0 - place) for place, t in enumerate(dict.fromkeys(liked.tolist()))]
        self.ranked = pl.DataFrame(
            rows, schema={"user_row": pl.Int32, "track_row": pl.Int32, "score": pl.Float32}, orient="row"
        ).with_columns(source=pl.lit("neighbours", dtype=SOURCE_TYPE))

    def pairs(self, rows) -> pl.DataFrame:
        return pl.DataFrame(
            [(self.user_ids[u], self.track_ids[t]) for u, t in rows], schema=["user_id", "track_id"], orient="row"
        )

    def offers(self, ranked: pl.DataFrame | None = None, params: DiscoverParams = PARAMS) -> pl.DataFrame:
        lists = shortlist(
            self.ranked if ranked is None else ranked,
            catalogue=self.catalogue,
            exclusions=self.exclusions,
            params=params,
        )
        return assemble(
            lists,
            listeners=self.listeners,
            catalogue=self.catalogue,
            exclusions=self.exclusions,
            popular=self.popular,
            params=params,
            seed=3,
        )

    def rows(self, offers: pl.DataFrame, **known) -> pl.DataFrame:
        return discover_weekly_rows(
            offers, listeners=self.listeners, catalogue=self.catalogue, week=MONDAY, heard=self.heard, **known
        )


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def offers(world: World) -> pl.DataFrame:
    return world.offers()


def songs_of(world: World, frame: pl.DataFrame, user: int) -> set[int]:
    tracks = frame.filter(pl.col("user_id") == world.user_ids[user])["track_id"]
    return {int(world.song[world.track_ids.index(track)]) for track in tracks}


def test_everybody_gets_a_full_mix_with_ranks_from_one_and_falling_scores(world, offers):
    by_user = offers.group_by("user_row", maintain_order=True).agg("rank", "score")
    assert len(by_user) == N_USERS
    assert all(ranks == list(range(1, 11)) for ranks in by_user["rank"].to_list())
    assert all((np.diff(scores) <= 0).all() for scores in by_user["score"].to_list())


def test_nothing_forbidden_is_offered_in_any_version(world, offers):
    withdrawn = set(np.flatnonzero(world.tracks["is_withdrawn"].to_numpy()))
    for user in range(N_USERS):
        rows = offers.filter(pl.col("user_row") == user)["track_row"].to_list()
        songs = [int(world.song[t]) for t in rows]
        assert len(set(songs)) == len(songs), "two versions of one recording"
        for frame in (world.heard, world.hidden, world.earlier):
            assert not songs_of(world, frame, user) & set(songs)
        assert not withdrawn & set(rows)
    hidden = {"u03": "a0", "u88": "a1"}
    credited = dict(zip(world.track_ids, world.tracks["artist_ids"].to_list(), strict=True))
    for user, artist in hidden.items():
        mine = offers.filter(pl.col("user_row") == world.user_ids.index(user))["track_row"]
        assert all(artist not in credited[world.track_ids[t]] for t in mine)


def test_at_most_two_tracks_of_any_credited_artist(world, offers):
    credited = offers.with_columns(world.tracks["artist_ids"].gather(offers["track_row"].cast(pl.UInt32))).explode(
        "artist_ids"
    )
    assert credited.group_by("user_row", "artist_ids").len()["len"].max() == 2


def test_no_hub_is_in_everybodys_mix_and_the_places_go_to_those_who_want_them_most(world, offers):
    n_tracks = len(set(world.ranked["track_row"]) | set(world.popular.tracks.tolist()))
    limit = hub_limit(PARAMS, n_listeners=85, n_tracks=n_tracks, mix_length=10)
    known = offers.filter("has_own")
    counts = known.group_by("track_row").len()
    assert counts["len"].max() <= limit
    # The hubs stood first for everybody, so they are full and not gone.
    assert (counts["len"] == limit).sum() >= 5
    without_limit = world.offers(params=PARAMS.model_copy(update={"max_share": 1.0}))
    assert without_limit.filter("has_own").group_by("track_row").len()["len"].max() > 2 * limit


def test_who_has_too_few_candidates_gets_the_popular_after_their_own(world, offers):
    mine = offers.filter(pl.col("user_row") == 3)["source"].to_list()
    own = mine.count("neighbours")
    assert 0 < own < 10
    assert mine == ["neighbours"] * own + ["popular"] * (10 - own)


def test_who_played_nothing_gets_the_popular_list_marked_as_such(world, offers):
    rows = world.rows(offers).filter(pl.col("user_id") == "u87")
    assert set(rows["source"]) == {"popular"}
    assert set(rows["reason"]) == {reasons.POPULAR_FOR_NEWCOMERS}
    shares = dict(zip(world.popular.tracks.tolist(), world.popular.share.tolist(), strict=True))
    mine = offers.filter(pl.col("user_row") == 87)
    assert mine["score"].to_list() == pytest.approx([shares[t] for t in mine["track_row"]])


def test_order_of_rows_and_batches_changes_nothing(world, offers):
    assert world.offers(world.ranked.sample(fraction=1, shuffle=True, seed=1)).equals(offers)
    halves = [world.ranked.filter(pl.col("user_row") < 40), world.ranked.filter(pl.col("user_row") >= 40)]
    lists = [
        shortlist(half, catalogue=world.catalogue, exclusions=world.exclusions, params=PARAMS)
        for half in reversed(halves)
    ]
    again = assemble(
        pl.concat(lists),
        listeners=world.listeners,
        catalogue=world.catalogue,
        exclusions=world.exclusions,
        popular=world.popular,
        params=PARAMS,
        seed=3,
    )
    assert again.equals(offers)


def test_reasons_are_true(world, offers):
    first = offers.filter("has_own")
    user_ids = world.listeners.external(first["user_row"].to_numpy())
    played = dict(world.heard.group_by("user_id", maintain_order=True).agg("track_id").iter_rows())
    lies = ["t000", "nowhere"]
    evidence = pl.DataFrame(
        {
            "user_id": user_ids,
            "track_id": world.catalogue.tracks.external(first["track_row"].to_numpy()),
            # Every other row claims something that the listener may not have heard.
            "because_track_1": [played[u][0] if n % 2 else lies[n // 2 % 2] for n, u in enumerate(user_ids)],
            "because_track_2": [played[u][1] for u in user_ids],
            "shared_playlists": [n % 4 for n in range(len(first))],
        }
    )
    follows = pl.DataFrame({"user_id": ["u00", "u01"], "artist_id": [f"a{n}" for n in (3, 5)]})
    rows = world.rows(offers, evidence=evidence, follows=follows)
    title = dict(zip(world.track_ids, world.tracks["title"], strict=True))
    claimed = {(r["user_id"], r["track_id"]): r["shared_playlists"] for r in evidence.iter_rows(named=True)}
    song = r"Song \d+(?: \(Live\))?"
    because = re.compile(rf"because you played ({song})(?: and ({song}))?(?:; in (\d+|a) playlists? with (.*))?")
    kinds = set()
    for row in rows.iter_rows(named=True):
        told = because.fullmatch(row["reason"])
        if told is None:
            kinds.add(row["reason"])
            continue
        heard = {title[t] for t in played[row["user_id"]]}
        assert {name for name in told.group(1, 2) if name} <= heard
        if told[3]:
            kinds.add("shared")
            assert told[4] == told[1]
            assert claimed[row["user_id"], row["track_id"]] == (1 if told[3] == "a" else int(told[3]))
        if told[2]:
            kinds.add("two")
            assert told[1] != told[2]
    assert {"shared", "two", reasons.POPULAR, reasons.POPULAR_FOR_NEWCOMERS} <= kinds
    follows_shown = {"by a3, whom you follow", "by a5, whom you follow"}
    assert kinds <= {"shared", "two", reasons.POPULAR, reasons.POPULAR_FOR_NEWCOMERS} | follows_shown


def test_without_evidence_the_reason_claims_nothing(world, offers):
    rows = world.rows(offers).filter(pl.col("source") == "neighbours")
    assert set(rows["reason"]) == {reasons.NEAR}


def test_rows_are_those_of_the_table(world, offers):
    rows = world.rows(offers)
    assert dict(rows.schema) == DISCOVER_WEEKLY.dtypes
    assert rows.select(pl.struct(DISCOVER_WEEKLY.key).is_unique().all()).item()
    assert rows.null_count().sum_horizontal().item() == 0


def test_a_listener_whom_only_popularity_knows_is_a_newcomer(world):
    ranked = world.ranked.with_columns(
        source=pl.when(pl.col("user_row") == 2).then(pl.lit("popular")).otherwise(pl.lit("space")).cast(SOURCE_TYPE)
    )
    has_own = dict(world.offers(ranked).select("user_row", "has_own").iter_rows())
    assert not has_own[2]
    assert has_own[1]


def test_a_world_without_plays_gives_no_rows(world):
    empty = world.ranked.clear()
    offers = assemble(
        shortlist(empty, catalogue=world.catalogue, exclusions=world.exclusions, params=PARAMS),
        listeners=world.listeners,
        catalogue=world.catalogue,
        exclusions=world.exclusions,
        popular=rank_popular(listener_shares(world.heard).clear(), world.heard.clear(), world.catalogue),
        params=PARAMS,
        seed=3,
    )
    assert offers.is_empty()
    assert world.rows(offers).is_empty()


def test_every_source_of_candidates_can_be_published():
    assert set(SOURCES) < set(MIX_SOURCES)
