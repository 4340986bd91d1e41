"""What a place lies among, by hand: two genres on two axes."""

import numpy as np
import polars as pl
import pytest

from recsys_assets.cold_start.surroundings import build_surroundings, describe_places, find_nearest, find_terms
from recsys_assets.core.ids import IdMap
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.latent.space import LatentSpace


def space() -> LatentSpace:
    # t0 … t9 along x, t10 … t19 along y, each a little farther off; t20 has no place.
    rows = [[1, 0.02 * n] for n in range(10)] + [[0.02 * n, 1] for n in range(10)] + [[0, 0]]
    artists = np.array([[1, 0], [0, 1]], dtype=np.float32)
    ids = IdMap.of([f"t{n:02d}" for n in range(21)])
    return LatentSpace(
        np.ones((1, 2), np.float32), np.array(rows, np.float32), artists,
        IdMap.of(["u"]), ids, IdMap.of(["ax", "ay"]), FactoriseParams(embedding_size=2), "v",
    )  # fmt: skip


TRACKS = pl.DataFrame(
    {
        "track_id": [f"t{n:02d}" for n in range(20)],
        "genres": [
            ["house", "techno"] if n == 0 else ["house"] if n < 10 else None if n == 10 else ["folk"] for n in range(20)
        ],
    }
)
PLAYLISTS = pl.DataFrame(
    {
        "playlist_id": [f"p{n}" for n in range(8)],
        "name": [
            "Night drive",
            "NIGHT drive vol. 2",
            "Drive",
            "Campfire songs",
            "Campfire",
            "The best mix",
            None,
            "Night of folk",
        ],
    }
)
ENTRIES = pl.DataFrame(
    [
        ("p0", "t01"),
        ("p1", "t02"),
        ("p2", "t03"),
        ("p3", "t11"),
        ("p4", "t12"),
        ("p5", "t01"),
        ("p6", "t01"),
        ("p7", "t13"),
    ],
    schema=["playlist_id", "track_id"],
    orient="row",
)


@pytest.fixture
def around():
    return build_surroundings(space(), TRACKS, PLAYLISTS, ENTRIES)


def test_the_nearest_come_first_and_the_track_itself_is_not_among_them(around):
    found = describe_places(np.array([[1, 0]], np.float32), pl.Series(["t01"]), around)[0]

    assert found["near_track_ids"][:3] == ["t00", "t02", "t03"]
    assert len(found["near_track_ids"]) == 10
    assert found["near_artist_ids"] == ["ax", "ay"]
    assert np.all(np.diff(found["near_track_cosines"]) <= 0)
    assert "t20" not in found["near_track_ids"]


def test_genres_are_shares_of_the_neighbourhood(around):
    found = describe_places(np.array([[1, 0]], np.float32), pl.Series(["new"]), around)[0]

    assert found["genres"] == ["house", "techno"]
    assert found["genre_shares"][1] == pytest.approx(0.05, abs=0.001)
    assert sum(found["genre_shares"]) == pytest.approx(1, abs=1e-5)


def test_words_are_those_that_near_playlists_have_more_often(around):
    near = pl.Series([f"t{n:02d}" for n in range(10)])

    # "night" is in two of three of them and one other, "drive" in three and no other; what is plain is no term.
    assert find_terms(near, around) == ["drive", "night"]
    assert find_terms(pl.Series(["t11", "t12"]), around) == ["campfire"]
    assert find_terms(pl.Series(["nothing"]), around) == []


def test_the_nearest_of_a_place_are_found_by_cosine(around):
    (rows, cosines), (nowhere, _) = find_nearest([[1.0, 0.0], [0.0, 0.0]], around.space.track_vectors, 3)

    assert [around.space.tracks.ids[int(row)] for row in rows] == ["t00", "t01", "t02"]
    assert cosines[0] == pytest.approx(1)
    assert nowhere.size == 0


def test_a_track_without_a_place_lies_among_nothing(around):
    found = describe_places(np.zeros((1, 2), np.float32), pl.Series(["new"]), around)[0]

    assert all(value == [] for value in found.values())


def test_without_playlists_and_genres_there_are_neighbours_alone():
    empty = build_surroundings(space(), TRACKS.clear(), PLAYLISTS.clear(), ENTRIES.clear())

    found = describe_places(np.array([[1, 0]], np.float32), pl.Series(["new"]), empty)[0]

    assert len(found["near_track_ids"]) == 10
    assert (found["genres"], found["terms"]) == ([], [])


def test_words_that_hardly_stand_apart_are_one_and_plain_ones_none():
    names = [
        "Hip Hop only",
        "hip-hop",
        "Only HIP HOP",
        "hip hop nights",
        "deep house",
        "house",
        "house",
        "deep house",
        "x deep house",
    ]
    playlists = pl.DataFrame({"playlist_id": [f"p{n}" for n in range(len(names))], "name": names})
    words = build_surroundings(space(), TRACKS, playlists, ENTRIES).words

    assert set(words["word"]) == {"hip hop", "hip-hop", "nights", "deep", "house"}
    assert words.filter(pl.col("word") == "hip hop")["playlist_id"].sort().to_list() == ["p0", "p2", "p3"]
