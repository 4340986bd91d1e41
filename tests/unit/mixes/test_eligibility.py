from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mix_frames import listener_shares

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.ids import IdMap
from recsys_assets.core.schemas import IDS
from recsys_assets.mixes.catalogue import Catalogue, EligibilityParams, build_catalogue
from recsys_assets.mixes.eligibility import build_exclusions, excluded_tracks, may_be_offered
from recsys_assets.mixes.pairs import PairSet
from recsys_assets.mixes.popular import rank_popular

MONDAY = date(2026, 1, 5)
TRACKS = pl.DataFrame(
    {
        "track_id": ["fine", "gone", "today", "tomorrow", "rude", "blank", "fine-live"],
        "title": ["Fine", "Gone", "Today", "Tomorrow", "Rude", None, "Fine (Live)"],
        "artist_ids": [["a"], ["a"], ["b", "a", "b"], ["b"], ["c"], None, ["a"]],
        "released_on": [None, None, MONDAY, date(2026, 1, 6), None, None, None],
        "is_explicit": [False, None, None, None, True, None, None],
        "is_withdrawn": [None, True, False, False, False, None, None],
    },
    schema_overrides={"artist_ids": IDS},
)


def offerable(catalogue: Catalogue) -> set[str]:
    return set(catalogue.tracks.ids.filter(pl.Series(catalogue.is_offerable)))


def test_withdrawn_unreleased_and_by_setting_explicit_tracks_are_for_nobody():
    everything = build_catalogue(TRACKS, delivered_on=MONDAY)
    assert offerable(everything) == {"fine", "today", "rude", "blank", "fine-live"}
    clean = build_catalogue(TRACKS, delivered_on=MONDAY, params=EligibilityParams(allow_explicit=False))
    assert offerable(clean) == {"fine", "today", "blank", "fine-live"}


def test_plays_alone_make_a_catalogue():
    catalogue = build_catalogue(None, delivered_on=MONDAY, other_track_ids=pl.Series(["y", "x", "x"]))
    assert catalogue.tracks.ids.to_list() == ["x", "y"]
    assert catalogue.is_offerable.all()
    assert catalogue.track_label(np.array([1, 0, 1])).to_list() == ["y", "x", "y"]
    assert catalogue.first_artists.tolist() == [-1, -1]


def test_credits_are_read_in_order_each_once_and_names_are_harmless():
    artists = pl.DataFrame({"artist_id": ["a", "b"], "name": ["Aurora\u202e Vale", None]})
    catalogue = build_catalogue(TRACKS, delivered_on=MONDAY, artists=artists)
    rows = catalogue.tracks.rows(["today", "blank", "fine"])
    places, credited = catalogue.credits_of(rows)
    assert places.tolist() == [0, 0, 2]
    assert catalogue.artists.external(credited).to_list() == ["b", "a", "a"]
    assert catalogue.artist_label(credited).to_list() == ["b", "Aurora Vale", "Aurora Vale"]
    assert catalogue.track_label(rows).to_list() == ["Today", "blank", "Fine"]


def test_a_track_named_twice_is_refused():
    with pytest.raises(InvalidArgumentError, match="twice"):
        build_catalogue(pl.concat([TRACKS, TRACKS]), delivered_on=MONDAY)


def test_heard_and_hidden_stay_out_in_every_version_and_by_every_credit():
    catalogue = build_catalogue(TRACKS, delivered_on=MONDAY)
    listeners = IdMap.of(["u1", "u2", "u3"])
    exclusions = build_exclusions(
        catalogue,
        listeners,
        track_pairs=[pl.DataFrame({"user_id": ["u1", "stranger"], "track_id": ["fine", "rude"]}), None],
        artist_pairs=pl.DataFrame({"user_id": ["u2"], "artist_id": ["a"]}),
    )
    offered = {}
    for row, user in enumerate(listeners.ids):
        allowed = may_be_offered(np.full(7, row), np.arange(7), catalogue=catalogue, exclusions=exclusions)
        offered[user] = set(catalogue.tracks.ids.filter(pl.Series(allowed)))
    assert offered == {
        "u1": {"today", "rude", "blank"},
        "u2": {"rude", "blank"},
        "u3": {"fine", "today", "rude", "blank", "fine-live"},
    }
    assert not may_be_offered(np.array([2]), np.array([-1]), catalogue=catalogue, exclusions=exclusions).any()


PAIRS = st.lists(st.tuples(st.integers(-1, 5), st.integers(-1, 6)), max_size=30)


@given(PAIRS, PAIRS, PAIRS)
def test_pair_sets_are_sets(first, second, asked):
    def of(pairs: list[tuple[int, int]]) -> PairSet:
        return PairSet.of(np.array([u for u, _ in pairs]), np.array([t for _, t in pairs]), width=7)

    known = {pair for pair in first + second if min(pair) >= 0}
    both = of(first) | of(second)
    assert len(both) == len(known)
    found = both.contains(np.array([u for u, _ in asked], dtype=int), np.array([t for _, t in asked], dtype=int))
    assert found.tolist() == [pair in known for pair in asked]


def test_popular_counts_listeners_and_breaks_ties_by_id():
    catalogue = build_catalogue(TRACKS, delivered_on=MONDAY)
    pairs = pl.DataFrame(
        [
            ("u1", "rude"),
            ("u2", "rude"),
            ("u1", "today"),
            ("u3", "blank"),
            ("u1", "gone"),
            ("u2", "gone"),
            ("u1", "nowhere"),
        ],
        schema=["user_id", "track_id"],
        orient="row",
    )
    popular = rank_popular(listener_shares(pairs).clear(), pairs, catalogue)
    assert not popular.is_recent
    assert catalogue.tracks.external(popular.tracks).to_list() == ["rude", "blank", "today"]
    assert popular.share.tolist() == pytest.approx([2 / 3, 1 / 3, 1 / 3])


def test_what_the_last_weeks_play_is_popular_and_older_favourites_follow():
    catalogue = build_catalogue(TRACKS, delivered_on=MONDAY)
    old = pl.DataFrame(
        [(f"u{n}", t) for n, t in enumerate(["rude", "rude", "rude", "blank"])],
        schema=["user_id", "track_id"],
        orient="row",
    )
    new = pl.DataFrame([("u8", "today"), ("u9", "today"), ("u9", "gone")], schema=["user_id", "track_id"], orient="row")

    popular = rank_popular(listener_shares(new), old, catalogue)

    assert popular.is_recent
    assert catalogue.tracks.external(popular.tracks).to_list() == ["today", "rude", "blank"]
    assert popular.share.tolist() == pytest.approx([1, 3 / 4, 1 / 4])


def test_exclusions_spread_over_every_version_and_every_credit():
    tracks = pl.DataFrame(
        {
            "track_id": ["a1", "a2", "b1", "b2", "c1"],
            "title": ["Hurt", "Hurt - Live", "Sun", "Moon", "Sea"],
            "artist_ids": [["x"], ["x"], ["y"], ["z", "y"], ["z"]],
        }
    )
    catalogue = build_catalogue(tracks, delivered_on=MONDAY)
    listeners = IdMap.of(["ann", "bob", "cid"])
    exclusions = build_exclusions(
        catalogue,
        listeners,
        track_pairs=[pl.DataFrame({"user_id": ["ann", "cid"], "track_id": ["a1", "c1"]})],
        artist_pairs=pl.DataFrame({"user_id": ["bob", "ann"], "artist_id": ["y", "z"]}),
    )

    made = excluded_tracks(np.array([1, 0]), catalogue=catalogue, exclusions=exclusions)

    assert made.toarray().tolist() == [[0, 0, 1, 1, 0], [1, 1, 0, 1, 1]]
    assert excluded_tracks(np.zeros(0, np.int64), catalogue=catalogue, exclusions=exclusions).shape == (0, 5)
