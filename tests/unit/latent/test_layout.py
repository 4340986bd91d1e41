from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_assets.core import columns as c
from recsys_assets.core.errors import InvalidArgumentError, SchemaMismatchError
from recsys_assets.core.schemas import EMBEDDING
from recsys_assets.latent.layout import MapParams, build_space_map, lay_out
from recsys_assets.latent.tables import SPACE_MAP

QUICK = MapParams(iterations=300, perplexity=10)


def clusters(sizes: list[int], *, d: int = 16, noise: float = 0.25, seed: int = 0):
    """Vectors around one direction per size, of very different lengths; and which direction each belongs to."""
    rng = np.random.default_rng(seed)
    which = np.repeat(np.arange(len(sizes)), sizes)
    vectors = np.eye(d)[which] + noise * rng.standard_normal((len(which), d))
    return (vectors * rng.uniform(0.1, 30, (len(which), 1))).astype(np.float32), which


def vector_frame(id_column: str, ids: list[str], vectors: np.ndarray):
    return pl.DataFrame(
        {id_column: ids, c.VECTOR: np.asarray(vectors, dtype=np.float32).tolist()},
        schema_overrides={c.VECTOR: EMBEDDING},
    )


def play_counts(counts: dict[str, int]):
    return pl.DataFrame({c.TRACK_ID: list(counts), c.PLAY_COUNT: [float(n) for n in counts.values()]})


NO_TRACKS = pl.DataFrame(schema={c.TRACK_ID: pl.String})
NO_ARTISTS = pl.DataFrame(schema={c.ARTIST_ID: pl.String})
NO_ARTIST_VECTORS = pl.DataFrame(schema={c.ARTIST_ID: pl.String, c.VECTOR: EMBEDDING})


def test_what_lies_together_in_the_space_lies_together_on_the_map():
    vectors, which = clusters([30, 20, 12])
    places = lay_out(vectors, QUICK, seed=0)
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    assert (which[distance.argmin(axis=1)] == which).mean() > 0.95


def test_the_same_arguments_give_the_same_places():
    vectors, _ = clusters([30, 20])
    np.testing.assert_array_equal(lay_out(vectors, QUICK, seed=3), lay_out(vectors, QUICK, seed=3))


def test_only_directions_count():
    vectors, _ = clusters([20, 11])
    powers_of_two = 2.0 ** np.arange(len(vectors)).reshape(-1, 1)
    np.testing.assert_array_equal(
        lay_out(vectors, QUICK, seed=0), lay_out(vectors.astype(np.float64) * powers_of_two, QUICK, seed=0)
    )


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 6])
def test_few_points_have_places(n: int):
    vectors, _ = clusters([n], seed=n)
    places = lay_out(vectors, QUICK, seed=0)
    assert places.shape == (n, 2)
    assert places.dtype == np.float32
    assert len(np.unique(places, axis=0)) == n


@pytest.mark.parametrize("vector", [np.ones(8), np.zeros(8), np.ones(1)], ids=["ones", "zeros", "one dimension"])
def test_points_that_coincide_are_parted(vector: np.ndarray):
    places = lay_out(np.tile(vector, (12, 1)), QUICK, seed=0)
    assert len(np.unique(places, axis=0)) == 12


@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 4), d=st.integers(1, 5), seed=st.integers(0, 1000))
def test_places_are_finite_and_touch_the_unit_square(n: int, d: int, seed: int):
    places = lay_out(np.random.default_rng(seed).standard_normal((n, d)), QUICK, seed=seed)
    assert np.isfinite(places).all()
    assert np.abs(places).max() in {0.0, 1.0}


# One map can not lie near all three by chance: only one that follows its predecessor does.
@pytest.mark.parametrize(
    "turn", [[[1, 0], [0, 1]], [[-1, 0], [0, -1]], [[0, 1], [1, 0]]], ids=["as it was", "half a turn", "mirrored"]
)
def test_a_map_looks_like_the_one_before_it(turn: list):
    vectors, _ = clusters([40, 30, 20, 10])
    expected = lay_out(vectors, QUICK, seed=0) @ np.array(turn, dtype=np.float32)
    unknown = np.arange(len(vectors)) % 5 == 0
    previous = np.where(unknown[:, None], np.nan, expected)
    moved = vectors * (1 + 0.02 * np.random.default_rng(1).standard_normal(vectors.shape))
    distance = np.linalg.norm(lay_out(moved, QUICK, seed=9, previous=previous) - expected, axis=1)
    assert np.median(distance) < 0.2
    assert np.median(distance[unknown]) < 0.3


def test_a_stray_point_does_not_shrink_the_rest():
    # Four points have no t-SNE: places are the main axes, of which one is far out.
    vectors = np.array([[1.0, 0.01, 0.0], [1.0, 0.0, 0.012], [1.0, -0.01, 0.0], [-1.0, 0.3, 0.0]])
    plain = lay_out(vectors, MapParams(tidy_quantile=1.0), seed=0)
    tidy = lay_out(vectors, MapParams(tidy_quantile=0.6), seed=0)
    assert np.ptp(tidy[:3], axis=0).max() > 1.2 * np.ptp(plain[:3], axis=0).max()


@pytest.mark.parametrize(
    ("vectors", "previous"),
    [
        (np.array([[1.0, np.nan]]), None),
        (np.array([1.0, 2.0]), None),
        (np.ones((3, 2)), np.ones((2, 2))),
    ],
    ids=["not finite", "not a table", "previous of another shape"],
)
def test_nonsense_is_refused(vectors: np.ndarray, previous: np.ndarray | None):
    with pytest.raises(InvalidArgumentError):
        lay_out(vectors, QUICK, seed=0, previous=previous)


def test_a_world_of_plays_alone_has_a_map():
    vectors, _ = clusters([8])
    ids = [f"t{i}" for i in range(8)]
    space_map = build_space_map(
        vector_frame(c.TRACK_ID, ids, vectors),
        NO_ARTIST_VECTORS,
        NO_TRACKS,
        NO_ARTISTS,
        play_counts({"t3": 5}),
        QUICK,
        seed=0,
    )
    assert dict(space_map.schema) == {column.name: column.dtype for column in SPACE_MAP.columns}
    assert space_map["id"].to_list() == ids
    assert space_map[c.PLAY_COUNT].to_list() == [0, 0, 0, 5, 0, 0, 0, 0]
    assert space_map.select(c.NAME, "genre", c.ARTIST_IDS).null_count().row(0) == (8, 8, 8)


def described_world(**options: Any):
    vectors, _ = clusters([9])
    tracks = pl.DataFrame(
        {
            c.TRACK_ID: ["t1", "t2", "t3", "t4"],
            c.TITLE: ["One", None, "Three", "Four"],
            c.ARTIST_IDS: [["a1", "a2"], ["a2", "a1"], ["a3", "a3"], None],
            c.GENRES: [["Jazz", "Soul"], [], ["", "Folk"], None],
        }
    )
    artists = pl.DataFrame({c.ARTIST_ID: ["a1", "a2"], c.NAME: ["Ann", "Bo"], c.GENRES: [None, ["Pop"]]})
    return build_space_map(
        vector_frame(c.TRACK_ID, ["t4", "t3", "t2", "t1", "t5"], [*vectors[:4], np.zeros(16)]),
        vector_frame(c.ARTIST_ID, ["a1", "a2", "a3"], vectors[4:7]),
        tracks,
        artists,
        play_counts({"t1": 7, "t2": 2, "t3": 4, "t5": 100}),
        options.get("params", QUICK.model_copy(update={"artist_share": 0.5})),
        seed=0,
        previous=options.get("previous"),
    )


def test_names_genres_and_streams_of_a_described_world():
    rows = described_world().select("kind", "id", c.NAME, "genre", c.PLAY_COUNT).rows()
    assert rows == [
        # Two tracks credit a1; no genre of their own, so that of their most streamed track.
        ("artist", "a1", "Ann", "Jazz", 9.0),
        ("artist", "a2", "Bo", "Pop", 9.0),
        # Credited twice on one track: its plays count once.
        ("artist", "a3", None, "Folk", 4.0),
        ("track", "t1", "One", "Jazz", 7.0),
        # No genre: that of the first credited artist.
        ("track", "t2", None, "Pop", 2.0),
        ("track", "t3", "Three", "Folk", 4.0),
        ("track", "t4", "Four", None, 0.0),
        # t5 is the most streamed, and has no place: its vector was never observed.
    ]


@pytest.mark.parametrize(
    ("max_points", "artist_share", "expected"),
    [
        (3, 0.4, ["a1", "t1", "t3"]),
        (2, 0.0, ["t1", "t3"]),
        (5, 0.8, ["a1", "a2", "a3", "t1", "t3"]),
        (1, 0.2, ["t1"]),
    ],
)
def test_the_most_streamed_are_on_the_map(max_points: int, artist_share: float, expected: list[str]):
    params = MapParams(max_points=max_points, artist_share=artist_share)
    assert described_world(params=params)["id"].to_list() == expected


def test_an_earlier_map_may_know_other_points():
    before = described_world()
    stranger = before.head(1).with_columns(id=pl.lit("gone"))
    after = described_world(previous=pl.concat([before.filter(pl.col("id") != "t1"), stranger]))
    assert after["id"].to_list() == before["id"].to_list()


def test_vectors_without_their_column_are_refused():
    with pytest.raises(SchemaMismatchError, match="track_id"):
        build_space_map(
            pl.DataFrame({"id": ["t"]}), NO_ARTIST_VECTORS, NO_TRACKS, NO_ARTISTS, play_counts({}), QUICK, seed=0
        )
