"""What is written pulls a place: planted vectors and words, what may not change without text, and what says nothing."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.latent.content import PlacedTracks, TrackContent
from recsys_assets.latent.content_prior import ContentPrior, ContentPriorParams, fit_content_prior
from recsys_assets.latent.prior_bytes import from_bytes, to_bytes
from recsys_assets.latent.sound_part import SoundParams
from recsys_assets.latent.text_part import TextMap, TextPart

IDS = pl.List(pl.String)
PARAMS = ContentPriorParams(sound=SoundParams(n_random_features=20))
N_ARTISTS, N_TRACKS, D = 120, 480, 4


def co_mentions(*rows: tuple[str, str, float]) -> pl.DataFrame:
    return pl.DataFrame(
        list(rows), schema={"artist_id": pl.String, "other_artist_id": pl.String, "weight": pl.Float32}, orient="row"
    )


def asked(artist: str, text: np.ndarray | None = None, amount: float = 1.0) -> TrackContent:
    """One new track."""
    vectors = None if text is None else text[None].astype(np.float32)
    amounts = None if text is None else np.array([amount], dtype=np.float32)
    return TrackContent(pl.Series(["new"]), pl.Series([[artist]], dtype=IDS), None, vectors, amounts)


@pytest.fixture(scope="module")
def world() -> PlacedTracks:
    """120 artists of four tracks; words are a linear function of the artist's place, and noise; likes are named together."""
    rng = np.random.default_rng(0)
    places = rng.normal(size=(N_ARTISTS, D))
    words = places @ rng.normal(size=(D, 12)) + 0.5 * rng.normal(size=(N_ARTISTS, 12))
    near = np.argsort(((places[:, None] - places) ** 2).sum(axis=2), axis=1)[:, 1:4]
    pairs = [(f"a{n:03}", f"a{other:03}", 3.0) for n in range(N_ARTISTS) for other in near[n]]
    text = np.repeat(words, 4, axis=0).astype(np.float32)
    text[: 4 * 20] = np.nan
    content = TrackContent(
        pl.Series([f"t{n:03}" for n in range(N_TRACKS)]),
        pl.Series([[f"a{n // 4:03}"] for n in range(N_TRACKS)], dtype=IDS),
        None,
        text,
        np.full(N_TRACKS, 5, dtype=np.float32),
    )
    vectors = np.repeat(places, 4, axis=0) + 0.3 * rng.normal(size=(N_TRACKS, D))
    return PlacedTracks(content, vectors.astype(np.float32), co_mentions(*pairs))


@pytest.fixture(scope="module")
def prior(world) -> ContentPrior:
    return fit_content_prior(world, PARAMS, seed=1)


def test_it_learns_that_words_and_names_tell_places(world, prior):
    assert prior.text is not None
    assert prior.text.vector_strength > 0
    assert prior.text.named_strength > 0
    assert 0.6 < prior.figures["text_explained"] <= 1
    assert prior.figures["n_text_artists"] >= 10


def test_words_put_an_unknown_artist_near_those_who_are_written_of_alike(world, prior):
    text = world.content.text
    assert text is not None
    for artist in (40, 77, 101):
        row, truth = 4 * artist, world.vectors[4 * artist : 4 * artist + 4].mean(axis=0)
        # The artist is new under this name: only the words are told.
        place = prior.means(asked("nobody", text[row], 5.0), world)
        assert np.linalg.norm(place.mean[0] - truth) < 0.7 * np.linalg.norm(prior.centre - truth)
        assert place.text_weight[0] > 0


def test_ten_articles_that_name_a_well_known_band_move_the_dot_towards_it_and_more_articles_further(world, prior):
    band = world.vectors[4 * 50 : 4 * 51].mean(axis=0)
    distances = []
    for n_articles in (0, 1, 10, 100):
        pairs = [("nobody", "a050", float(n_articles))] if n_articles else []
        named = replace(world, co_mentions=pl.concat([world.co_mentions, co_mentions(*pairs)]))
        means = prior.means(asked("nobody"), named)
        distances.append(float(np.linalg.norm(means.mean[0] - band)))
    assert distances[0] > distances[1] > distances[2] > distances[3]
    assert distances[2] < 0.7 * distances[0]


def test_without_text_the_result_is_the_same_to_the_bit(world, prior):
    silent = PlacedTracks(TrackContent(world.content.track_ids, world.content.artist_ids), world.vectors)
    plain = fit_content_prior(silent, PARAMS, seed=1)
    assert plain.text is None
    for nothing in (
        PlacedTracks(silent.content, world.vectors, co_mentions()),
        PlacedTracks(
            replace(silent.content, text=np.full_like(world.content.text, np.nan), text_amount=np.ones(N_TRACKS)),
            world.vectors,
        ),
    ):
        assert to_bytes(fit_content_prior(nothing, PARAMS, seed=1)) == to_bytes(plain)
    # A row of which nothing is written is not touched by what is written of others.
    base = replace(prior, text=None).means(asked("nobody"), world)
    means = prior.means(asked("nobody"), world)
    np.testing.assert_array_equal(means.mean, base.mean)
    np.testing.assert_array_equal(means.from_text, means.from_sound)
    assert means.text_weight.tolist() == [0]


def test_who_does_not_inherit_the_artist_does_not_inherit_what_is_written_either(world, prior):
    text = world.content.text
    assert text is not None
    claimed = asked("a050", text[4 * 50], 50.0)
    means = prior.means(claimed, world, inherits_artist=np.array([False]))
    np.testing.assert_array_equal(means.mean, means.from_sound)
    assert means.text_weight.tolist() == [0]


def test_words_that_say_nothing_get_no_weight(world):
    rng = np.random.default_rng(5)
    order = np.repeat(rng.permutation(N_ARTISTS), 4) * 4
    text = world.content.text
    assert text is not None
    wild = [(f"a{n:03}", f"a{rng.integers(N_ARTISTS):03}", 2.0) for n in range(N_ARTISTS) for _ in range(3)]
    shuffled = PlacedTracks(replace(world.content, text=text[order]), world.vectors, co_mentions(*wild))
    prior = fit_content_prior(shuffled, PARAMS, seed=1)
    assert prior.text is None or prior.figures["text_explained"] < 0.05


def test_more_text_counts_more_and_strange_text_counts_nothing():
    part = TextPart(
        TextMap(np.zeros(2, dtype=np.float32), np.eye(2, dtype=np.float32), np.zeros(2, dtype=np.float32)), 1.0, 3.0, 1.0, 1.0
    )  # fmt: skip
    amounts = np.array([1, 9, 0, np.nan, 9, -1], dtype=np.float32)
    text = np.tile(np.array([8, 0], dtype=np.float32), (6, 1))
    text[4, 1] = np.inf
    content = TrackContent(
        pl.Series([f"t{n}" for n in range(6)]), pl.Series([["x"]] * 6, dtype=IDS), None, text, amounts
    )
    known = PlacedTracks(
        TrackContent(pl.Series(["k"]), pl.Series([["y"]], dtype=IDS)), np.ones((1, 2), dtype=np.float32)
    )
    pulled = part.pull(np.zeros((6, 2), dtype=np.float32), content, known, None)
    np.testing.assert_allclose(pulled.places[:, 0], [1.6, 8 * 3 / 7, 0, 0, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(pulled.weight, [0.2, 3 / 7, 0, 0, 0, 0], rtol=1e-6)
    with pytest.raises(InvalidArgumentError, match="3 numbers, the prior was fitted on 2"):
        part.pull(np.zeros((1, 2), dtype=np.float32), asked("x", np.ones(3)), known, None)


def test_an_artist_is_not_named_near_themselves_and_strange_weights_are_left_out():
    part = TextPart(None, 0.0, 0.0, 1.0, 1.0)
    known = PlacedTracks(
        TrackContent(pl.Series(["k", "l"]), pl.Series([["x"], ["y"]], dtype=IDS)),
        np.array([[9, 9], [1, 1]], dtype=np.float32),
        co_mentions(("x", "x", 5.0), ("x", "y", np.nan), ("x", "y", -3.0), ("x", "nobody", 7.0), ("z", "y", 2.0)),
    )
    places = np.zeros((1, 2), dtype=np.float32)
    assert part.pull(places, asked("x"), known, None).weight.tolist() == [0]
    # y has one track: 2 * 1 / 2 = 1, half of all there could be: the strength is 1 / 2 and the share a third.
    np.testing.assert_allclose(part.pull(places, asked("z"), known, None).places, [[1 / 3, 1 / 3]], rtol=1e-6)


def test_it_survives_writing_and_reading(world, prior):
    again = from_bytes(to_bytes(prior))
    np.testing.assert_array_equal(again.means(world.content, world).mean, prior.means(world.content, world).mean)
    unseen, rows = again.unseen(world.content)
    assert 0 < rows.sum() < N_TRACKS
    assert unseen.text is not None
    assert unseen.text.map is not None
    # The blind map misses the held-out artists by more than the one that has seen them.
    places = np.tile(prior.centre, (N_TRACKS, 1))
    truth = world.vectors[rows]
    blind = unseen.text.pull(places, world.content, world, None).from_text[rows]
    assert prior.text is not None
    seen = prior.text.pull(places, world.content, world, None).from_text[rows]
    assert np.square(blind - truth).sum() > np.square(seen - truth).sum()


def test_text_comes_with_its_amount():
    with pytest.raises(InvalidArgumentError, match="how much"):
        TrackContent(pl.Series(["t"]), pl.Series([["x"]], dtype=IDS), None, np.ones((1, 2), dtype=np.float32))
