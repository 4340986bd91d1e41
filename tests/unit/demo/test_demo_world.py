import re
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.demo.affinity import true_affinity
from recsys_assets.demo.genres import GENRES
from recsys_assets.demo.params import DemoParams
from recsys_assets.demo.words import HOSTILE_ARTISTS, HOSTILE_PLAYLISTS, HOSTILE_TITLES
from recsys_assets.demo.world import World, generate_world, playlists_on

START = date(2026, 3, 2)

FRAMES = ("artists", "albums", "tracks", "plays", "feedback", "playlists", "playlist_tracks")


def frames(world: World) -> dict[str, pl.DataFrame]:
    return {**{name: getattr(world, name) for name in FRAMES}, **world.truth.tables()}


def test_the_same_seed_gives_the_same_values_and_another_seed_others(world: World):
    again = generate_world(world.params, seed=world.seed, start=START, days=world.days)
    for name, frame in frames(world).items():
        assert frame.equals(frames(again)[name], null_equal=True), name
    other = generate_world(world.params, seed=12, start=START, days=2)
    assert not other.tracks["title"].equals(world.tracks["title"])


def test_a_longer_world_begins_with_the_shorter(world: World):
    short = generate_world(world.params, seed=world.seed, start=START, days=9)
    end = datetime(2026, 3, 11, tzinfo=UTC)
    for name in ("artists", "albums", "tracks"):
        assert getattr(short, name).equals(getattr(world, name)), name
    for name, column in (("plays", "played_at"), ("feedback", "at"), ("playlist_tracks", "added_at")):
        assert getattr(short, name).equals(getattr(world, name).filter(pl.col(column) < end)), name


@pytest.mark.parametrize(
    ("table", "column", "target", "key"),
    [
        ("plays", "track_id", "tracks", "track_id"),
        ("feedback", "track_id", "tracks", "track_id"),
        ("feedback", "artist_id", "artists", "artist_id"),
        ("tracks", "album_id", "albums", "album_id"),
        ("playlist_tracks", "track_id", "tracks", "track_id"),
        ("playlist_tracks", "playlist_id", "playlists", "playlist_id"),
    ],
)
def test_every_reference_leads_somewhere(world: World, table: str, column: str, target: str, key: str):
    used = getattr(world, table)[column].drop_nulls()
    assert used.len() > 0
    assert used.is_in(getattr(world, target)[key].implode()).all()


def test_ids_are_unique_and_the_catalogue_has_its_size(world: World):
    assert world.tracks["track_id"].n_unique() == world.tracks.height == world.params.n_tracks
    assert world.artists["artist_id"].n_unique() == world.artists.height == world.params.n_artists
    assert world.truth.listeners["user_id"].n_unique() == world.params.n_listeners
    assert world.artists["name"].n_unique() == world.artists.height
    credited = world.tracks["artist_ids"]
    assert set(credited.list.len().unique()) == {1, 2}
    assert credited.explode().is_in(world.artists["artist_id"].implode()).all()
    assert (credited.list.len() == credited.list.n_unique()).all()


def test_plays_lie_in_the_period_in_order_and_within_the_length_of_the_track(world: World):
    plays = world.plays.join(world.tracks, on="track_id")
    start = datetime(2026, 3, 2, tzinfo=UTC)
    assert world.plays["played_at"].is_sorted()
    assert plays["played_at"].min() >= start  # pyright: ignore[reportOptionalOperand, reportOperatorIssue]
    assert plays["played_at"].max() < start + timedelta(days=28)  # pyright: ignore[reportOptionalOperand, reportOperatorIssue]
    assert plays.filter(pl.col("ms_played") > pl.col("duration_ms")).is_empty()
    assert plays["ms_played"].min() >= 0  # pyright: ignore[reportOptionalOperand, reportOperatorIssue]
    done = plays.filter(reason_end="done")
    assert (done["ms_played"] == done["duration_ms"]).all()


def test_nothing_is_played_added_or_liked_before_its_release_but_presaved(world: World):
    released = world.tracks.select("track_id", "released_on")
    assert (released["released_on"] > START).mean() > 0.08  # pyright: ignore[reportOptionalOperand, reportOperatorIssue]
    plays = world.plays.join(released, on="track_id")
    assert plays.filter(pl.col("played_at").dt.date() < pl.col("released_on")).is_empty()
    # Releases within the period are heard.
    assert plays.filter(pl.col("released_on") > START).height > 100
    acts = world.feedback.join(released, on="track_id")
    early = acts.filter(pl.col("at").dt.date() < pl.col("released_on"))
    assert set(early["action"]) == {"presave"}
    assert early.height == world.feedback.filter(action="presave").height > 0
    entries = world.playlist_tracks.join(released, on="track_id")
    assert entries.filter(pl.col("added_at").dt.date() < pl.col("released_on")).is_empty()


def test_honest_listeners_play_one_track_at_a_time(world: World):
    honest = world.truth.listeners.filter("is_honest")["user_id"].implode()
    plays = world.plays.filter(pl.col("user_id").is_in(honest)).sort("user_id", "played_at")
    ends = pl.col("played_at") + pl.duration(milliseconds=pl.col("ms_played"))
    overlap = plays.filter(ends > pl.col("played_at").shift(-1).over("user_id"))
    assert overlap.is_empty()


def test_nobody_plays_what_they_hid_and_no_act_is_done_twice(world: World):
    hidden = world.feedback.filter(action="hide").select("user_id", "track_id", "at")
    again = world.plays.join(hidden, on=["user_id", "track_id"]).filter(pl.col("played_at") > pl.col("at"))
    assert hidden.height > 10
    assert again.is_empty()
    assert not world.feedback.select("user_id", "track_id", "artist_id", "action").is_duplicated().any()
    assert world.feedback.filter(pl.col("track_id").is_null() == pl.col("artist_id").is_null()).is_empty()


def test_versions_are_their_songs_moved_by_one_vector(world: World):
    truth = world.truth.tracks
    vectors = dict(zip(truth["track_id"], truth["vector"], strict=True))
    titles = dict(zip(world.tracks["track_id"], world.tracks["title"], strict=True))
    days = dict(zip(world.tracks["track_id"], world.tracks["released_on"], strict=True))
    directions = world.truth.directions.filter(kind="version")
    for kind, word in (("live", " (Live at "), ("acoustic", " (Acoustic)")):
        versions = truth.filter(version_kind=kind)
        assert versions.height >= 15
        direction = np.array(directions.filter(name=kind)["vector"][0])
        for row in versions.iter_rows(named=True):
            moved = np.array(row["vector"]) - np.array(vectors[row["version_of"]])
            np.testing.assert_allclose(moved, np.linalg.norm(moved) * direction, atol=1e-6)
            assert titles[row["track_id"]].startswith(titles[row["version_of"]] + word)
            assert days[row["track_id"]] >= days[row["version_of"]]


def test_listeners_play_what_they_are_planted_to_like(world: World):
    vectors = np.array(world.truth.tracks["vector"].to_list())
    rows = {track: row for row, track in enumerate(world.truth.tracks["track_id"])}
    honest = world.truth.listeners.filter(pl.col("is_honest") & (pl.col("habit") == "deliberate"))["user_id"]
    gains = []
    for user in honest.head(40):
        taste = world.truth.tastes.filter(user_id=user)
        weights, points = taste["weight_start"].to_numpy(), np.array(taste["vector"].to_list())
        affinity = true_affinity(weights, points, vectors, sharpness=world.params.sharpness)
        heard = [rows[track] for track in world.plays.filter(user_id=user)["track_id"].unique()]
        if heard:
            gains.append(np.median(affinity[heard]) - np.median(affinity))
    assert len(gains) > 25
    assert np.mean(np.array(gains) > 0) > 0.95


def test_habits_show_in_the_plays(world: World):
    plays = world.plays.join(world.truth.listeners.filter("is_honest"), on="user_id")
    skips = dict(plays.group_by("habit").agg((pl.col("reason_end") == "skip").mean()).iter_rows())
    assert skips["always_skips"] > 0.6
    assert 0.15 < skips["deliberate"] < 0.4
    assert skips["passive"] < 0.1
    radio = dict(plays.group_by("habit").agg((pl.col("source") == "radio").mean()).iter_rows())
    assert radio["passive"] > 4 * radio["deliberate"]
    fans = plays.filter(habit="superfan").join(world.tracks, on="track_id")
    own = fans.select((pl.col("artist_ids").list.first() == pl.col("favourite_artist_id")).mean()).item()
    assert own > 0.4


def test_most_plays_return_to_known_tracks_and_first_listens_go_on(world: World):
    first = world.plays.unique(["user_id", "track_id"], keep="first", maintain_order=True)
    assert 0.1 < first.height / world.plays.height < 0.4
    late = first.filter(pl.col("played_at") >= datetime(2026, 3, 23, tzinfo=UTC))
    assert late.height > 800


def test_click_farms_play_few_tracks_for_half_a_minute_and_look_like_others_by_id(world: World):
    farmers = world.truth.listeners.filter(kind="click_farm")["user_id"]
    targets = world.truth.schemes.filter(kind="click_farm")["track_id"]
    assert farmers.len() >= 3
    paid = world.plays.filter(
        pl.col("user_id").is_in(farmers.implode()) & pl.col("track_id").is_in(targets.implode())
    ).filter(pl.col("ms_played").is_between(31_000, 41_000))
    assert paid.height > 20 * farmers.len()
    assert 0.005 < paid.height / world.plays.height < 0.08
    assert world.truth.listeners["user_id"].str.contains(r"^u[a-z0-9]{8}$").all()
    # Of 300 listeners the dishonest are no block of rows.
    rows = np.flatnonzero(~world.truth.listeners["is_honest"].to_numpy())
    assert np.ptp(rows) > 100


def test_pods_play_each_other_and_nobody_plays_their_own(world: World):
    schemes = world.truth.schemes.filter(kind="listening_pod")
    members = world.truth.listeners.filter(kind="listening_pod").select("user_id", "group")
    assert schemes.height == members.height >= 3
    plays = world.plays.join(members, on="user_id").join(schemes.drop("kind"), on=["track_id", "group"])
    assert plays.height > 5 * members.height
    assert plays.filter(pl.col("user_id") == pl.col("owner_user_id")).height < 0.1 * plays.height


def test_playlists_grow_and_never_know_the_future(world: World):
    days = [START + timedelta(days=n) for n in (0, 7, 14, 21, 28)]
    sizes = []
    for day in days:
        playlists, entries = playlists_on(world, day)
        instant = datetime(day.year, day.month, day.day, tzinfo=UTC)
        assert entries.filter(pl.col("added_at") >= instant).is_empty()
        assert playlists.filter(pl.col("modified_at") >= instant).is_empty()
        assert set(playlists["playlist_id"]) == set(entries["playlist_id"])
        positions = entries.group_by("playlist_id").agg((pl.col("position") == pl.int_range(pl.len())).all())
        assert positions["position"].all()
        sizes.append(entries.height)
    assert sizes == sorted(set(sizes))
    assert not world.playlist_tracks.select("playlist_id", "track_id").is_duplicated().any()


def test_good_playlists_keep_to_their_theme_and_bad_ones_do_not(world: World):
    track = world.truth.tracks.select("track_id", genre_of_track="genre")
    entries = world.playlist_tracks.join(track, on="track_id").join(world.truth.playlists, on="playlist_id")
    share = dict(entries.group_by("quality").agg((pl.col("genre") == pl.col("genre_of_track")).mean()).iter_rows())
    assert share["good"] > 3 * share["random"]
    assert set(world.truth.playlists["quality"]) == {"good", "random", "gibberish_title", "too_short", "promo"}
    named = world.playlists.join(world.truth.playlists.filter(quality="good"), on="playlist_id")
    tells = named.select(pl.col("name").str.to_lowercase().str.contains(pl.col("genre").str.to_lowercase())).to_series()
    assert tells.mean() > 0.9  # pyright: ignore[reportOptionalOperand, reportOperatorIssue]
    assert world.truth.bought_slots.height >= 3


def test_codes_and_names_have_their_forms(world: World):
    isrc = world.tracks["isrc"].drop_nulls()
    assert isrc.n_unique() == isrc.len() > 0.85 * world.tracks.height
    assert isrc.str.contains(r"^[A-Z]{2}[A-Z0-9]{3}\d{7}$").all()
    mbid = world.tracks["mbid"].drop_nulls()
    assert mbid.n_unique() == mbid.len() > 0.8 * world.tracks.height
    assert mbid.str.contains(r"^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$").all()
    assert not any(re.search(r"[{}]", name) for name in world.tracks["title"].to_list())
    assert set(HOSTILE_ARTISTS) <= set(world.artists["name"])
    assert set(HOSTILE_TITLES) <= {title.removesuffix("").split(" (feat. ")[0] for title in world.tracks["title"]} | {
        *world.tracks["title"]
    }
    made = set(world.truth.playlists["playlist_id"]) - set(world.playlists["playlist_id"])
    assert len(set(HOSTILE_PLAYLISTS) & set(world.playlists["name"])) >= len(HOSTILE_PLAYLISTS) - len(made)
    assert world.tracks["is_withdrawn"].sum() >= 2
    assert world.tracks["duration_ms"].is_between(40_000, 1_200_000).all()


def test_shares_of_genres_sum_to_one():
    assert sum(genre.share for genre in GENRES) == pytest.approx(1.0)


@pytest.mark.parametrize(("fraction", "listeners"), [(1.0, 100_000), (0.1, 10_000)])
def test_fractions_scale_listeners_and_not_the_catalogue(fraction: float, listeners: int):
    params = DemoParams.for_size("large", fraction)
    assert (params.n_listeners, params.n_tracks) == (listeners, 50_000)


@pytest.mark.parametrize(
    "call",
    [
        lambda: DemoParams.for_size("huge"),  # pyright: ignore[reportArgumentType]
        lambda: DemoParams.for_size("small", 0.0),
        lambda: DemoParams.for_size("small", 1.5),
        lambda: DemoParams.for_size("small", 0.01),
        lambda: generate_world(DemoParams.for_size("small"), seed=1, start=date(2026, 1, 1), days=0),
        lambda: generate_world(
            DemoParams(n_listeners=20, n_tracks=150, n_artists=60, n_playlists=10, plays_per_listener_day=1),
            seed=1,
            start=date(2026, 1, 1),
            days=1,
        ),
    ],
)
def test_wrong_arguments_are_refused(call):
    with pytest.raises(InvalidArgumentError):
        call()


def test_parameters_are_bounded():
    with pytest.raises(ValidationError):
        DemoParams.for_size("small").model_validate({**DemoParams.for_size("small").model_dump(), "farm_share": 0.9})


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_smallest_world_and_one_without_fraud_are_whole(seed: int):
    params = DemoParams(
        n_listeners=20,
        n_tracks=150,
        n_artists=26,
        n_playlists=10,
        plays_per_listener_day=0.5,
        farm_share=0,
        pod_share=0,
        upcoming_share=0,
        version_share=0,
        bought_slot_share=0,
    )
    tiny = generate_world(params, seed=seed, start=START, days=3)
    assert tiny.truth.listeners["is_honest"].all()
    assert tiny.truth.schemes.is_empty()
    assert tiny.feedback.filter(action="presave").is_empty()
    assert set(tiny.truth.tracks["version_kind"]) == {"studio"}
