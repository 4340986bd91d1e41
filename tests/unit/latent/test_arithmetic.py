"""Neighbours, expressions, names typed by people, and analogies on planted versions."""

import numpy as np
import polars as pl
import pytest

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.ids import IdMap
from recsys_assets.latent.arithmetic import NameIndex, Term, analogy_hits, evaluate_expression, fold, parse_expression
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.latent.neighbours import artist_neighbours, nearest, track_neighbours
from recsys_assets.latent.space import LatentSpace


def small_space(tracks: dict[str, list[float]], artists: dict[str, list[float]]) -> LatentSpace:
    track_ids, artist_ids = IdMap.of(tracks), IdMap.of(artists)
    width = len(next(iter(tracks.values())))
    return LatentSpace(
        np.ones((1, width), np.float32),
        np.array([tracks[each] for each in track_ids.ids], np.float32).reshape(-1, width),
        np.array([artists[each] for each in artist_ids.ids], np.float32).reshape(-1, width),
        IdMap.of(["u"]), track_ids, artist_ids, FactoriseParams(embedding_size=width), "v",
    )  # fmt: skip


SPACE = small_space(
    # Dimensions: rock, jazz, live.
    {"rock": [9, 0, 0], "rock_live": [1, 0, 1], "jazz": [0, 2, 0], "jazz_live": [0, 1, 1.1], "nowhere": [0, 0, 0]},
    {"bjork": [1, 1, 0], "stones": [3, 0, 0.1], "live_band": [0, 0, 1]},
)
NAMES = pl.DataFrame(
    [
        ("track", "rock", "Angie", "The Stones", 50.0),
        ("track", "rock_live", "Angie - Live", "The Stones", 5.0),
        ("track", "jazz", "Jóga", "Björk", 40.0),
        ("track", "jazz_live", "Jóga (Live)", "Björk", 4.0),
        ("track", "nowhere", "Nowhere Man", "Nobody", 99.0),
        ("artist", "bjork", "Björk", None, 44.0),
        ("artist", "stones", "The Stones", None, 55.0),
        ("artist", "live_band", "Live", None, 1.0),
        ("artist", "absent", "Angie", None, 999.0),
    ],
    schema={"kind": pl.String, "id": pl.String, "name": pl.String, "artist_name": pl.String, "play_count": pl.Float64},
    orient="row",
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A", [(1, "A")]),
        ("A + B - C", [(1, "A"), (1, "B"), (-1, "C")]),
        ("  Sigur Rós  -  Jay-Z ", [(1, "Sigur Rós"), (-1, "Jay-Z")]),
        ("Florence+The Machine", [(1, "Florence+The Machine")]),
        ('"Angie - Live" + B', [(1, "Angie - Live"), (1, "B")]),
        ('"+" - "-"', [(1, "+"), (-1, "-")]),
        ("- A + B", [(-1, "A"), (1, "B")]),
        ("A \u2212 B", [(1, "A"), (-1, "B")]),
    ],
)
def test_expressions(text, expected):
    assert parse_expression(text) == tuple(Term(*each) for each in expected)


@pytest.mark.parametrize("text", ["", "   ", "A +", "+", "A + - B", "A + + B", '"A', 'A - ""', '"" + A'])
def test_what_is_not_an_expression(text):
    with pytest.raises(InvalidArgumentError):
        parse_expression(text)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Angie", "rock"),
        ("joga", "jazz"),
        ("JÓGA (LIVE)", "jazz_live"),
        ("Jóga live", "jazz_live"),
        ("bjork", "bjork"),
        ("Bjrok", "bjork"),
        ("angie the stones", "rock"),
        ("the rolling stones", "stones"),
    ],
)
def test_names_are_found_as_people_type_them(typed, found):
    resolved, _ = NameIndex(SPACE, NAMES).find(Term(1, typed))
    assert resolved.place.id == found


def test_an_ambiguous_name_is_the_most_streamed_and_says_what_else():
    names = NAMES.with_columns(name=pl.when(pl.col("id") == "jazz").then(pl.lit("Angie")).otherwise("name"))
    resolved, _ = NameIndex(SPACE, names).find(Term(1, "angie"))
    assert resolved.place.id == "rock"
    assert "jazz" in [other.id for other in resolved.others]


def test_an_unknown_name_is_refused_and_what_has_no_place_is_not_offered():
    with pytest.raises(InvalidArgumentError, match="nothing is called 'Zyxwvut'"):
        evaluate_expression(SPACE, NAMES, "Zyxwvut")
    with pytest.raises(InvalidArgumentError) as refused:
        evaluate_expression(SPACE, NAMES, "Nowhere Man")
    assert "Nowhere Man (Nobody)" not in str(refused.value)


def test_the_live_version_is_found_by_arithmetic():
    answer = evaluate_expression(SPACE, NAMES, '"Joga" + "Angie - Live" - Angie', n=10)
    assert [each.place.id for each in answer.resolved] == ["jazz", "rock_live", "rock"]
    assert [near.place.id for near in answer.nearest] == ["jazz_live"], "inputs and what has no place are left out"
    assert answer.nearest[0].place.label == "Jóga (Live) (Björk)"
    assert answer.nearest[0].cosine == pytest.approx((0.673 + 0.707 * 0.740) / 1.259, abs=2e-3)


def test_tracks_and_artists_mix_and_the_kind_can_be_asked():
    answer = evaluate_expression(SPACE, NAMES, "The Stones + Björk", kind="track", n=2)
    assert [near.place.id for near in answer.nearest] == ["rock", "rock_live"]
    assert [near.place.id for near in evaluate_expression(SPACE, NAMES, "The Stones").nearest] == ["bjork", "live_band"]


def test_terms_that_cancel_are_refused():
    with pytest.raises(InvalidArgumentError, match="cancel"):
        evaluate_expression(SPACE, NAMES, "Angie - Angie")


@pytest.mark.parametrize(
    ("name", "folded"), [("  Beyoncé! ", "beyonce"), ("AC/DC", "ac dc"), ("ШУМ", "шум"), ("!!!", "")]
)
def test_folding(name, folded):
    assert fold(name) == folded


def test_analogies_beat_asking_what_is_near():
    rng = np.random.default_rng(0)
    styles, live = rng.normal(size=(12, 16)) * 3, rng.normal(size=16) * 4
    tracks = {f"s{n:02}": style for n, style in enumerate(styles)} | {
        f"l{n:02}": style + live for n, style in enumerate(styles)
    }
    noise = {f"n{n:03}": styles[n % 12] + rng.normal(size=16) for n in range(240)}
    space = small_space({key: list(value) for key, value in (tracks | noise).items()}, {"a": [1] * 16})
    versions = pl.DataFrame(
        {"studio_id": [f"s{n:02}" for n in range(12)] + ["gone"], "live_id": [f"l{n:02}" for n in range(12)] + ["l00"]}
    )
    figures = analogy_hits(space, versions)
    assert figures.n_questions == 12 * 11
    assert figures.hit_at_10 > 0.9
    assert figures.nearest_hit_at_10 < 0.3
    assert np.isnan(analogy_hits(space, versions.head(1)).hit_at_10)


def test_a_sample_of_many_songs_is_asked():
    rng = np.random.default_rng(0)
    n_songs = 230
    vectors = {f"{kind}{n:03}": list(rng.normal(size=4)) for kind in "sl" for n in range(n_songs)}
    space = small_space(vectors, {"a": [1] * 4})
    names = [f"{n:03}" for n in range(n_songs)]
    versions = pl.DataFrame({"studio_id": [f"s{n}" for n in names], "live_id": [f"l{n}" for n in names]})
    one, same, other = (analogy_hits(space, versions, seed=seed) for seed in (0, 0, 1))

    assert one.n_questions == 200 * 199
    assert one == same != other


def test_neighbours_leave_oneself_out_even_among_twins():
    rows, cosines = nearest(np.array([[1, 0], [2, 0], [3, 0], [0, 1], [0, 0]], np.float32), k=2)
    assert rows.tolist() == [[1, 2], [0, 2], [0, 1], [0, 1], [-1, -1]]
    assert cosines[:4].tolist() == [[1, 1], [1, 1], [1, 1], [0, 0]]


def test_neighbour_tables(space):
    tracks = track_neighbours(space, k=5, num_threads=1)
    assert tracks.schema == {"track_id": pl.String, "neighbour_id": pl.String, "rank": pl.Int32, "cosine": pl.Float32}
    assert tracks.filter(track_id="t79").is_empty()
    assert tracks.filter(track_id="t00")["rank"].to_list() == [1, 2, 3, 4, 5]
    assert (tracks["track_id"] != tracks["neighbour_id"]).all()
    same = tracks.select(
        (
            (pl.col("track_id").str.slice(1).cast(int) < 40) == (pl.col("neighbour_id").str.slice(1).cast(int) < 40)
        ).mean()
    ).item()
    assert same > 0.95
    assert artist_neighbours(space, k=50, num_threads=1).group_by("artist_id").len()["len"].unique().to_list() == [19]
