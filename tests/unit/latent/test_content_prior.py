"""Where content puts a track: the formula by hand, what may not change it, and what it learns from a planted world."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from recsys_assets.core.errors import DataFaultError, InvalidArgumentError
from recsys_assets.latent.content import PlacedTracks, TrackContent
from recsys_assets.latent.content_prior import (
    ContentPrior,
    ContentPriorParams,
    fit_content_prior,
)
from recsys_assets.latent.prior_bytes import from_bytes, to_bytes
from recsys_assets.latent.sound_part import SoundParams

IDS = pl.List(pl.String)
PARAMS = ContentPriorParams(sound=SoundParams(n_random_features=100))


def content(ids: list[str], artists: list[list[str] | None], sound: np.ndarray | None = None) -> TrackContent:
    return TrackContent(pl.Series(ids, dtype=pl.String), pl.Series(artists, dtype=IDS), sound)


def flat(values: list[list[float]]) -> np.ndarray:
    return np.array(values, dtype=np.float32)


@pytest.fixture
def known() -> PlacedTracks:
    """Two tracks of a, one of b, one of both."""
    return PlacedTracks(
        content(["t1", "t2", "t3", "t4"], [["a"], ["a"], ["b"], ["a", "b"]]), flat([[2, 0], [4, 0], [0, 6], [3, 3]])
    )


@pytest.fixture
def prior() -> ContentPrior:
    return ContentPrior(centre=flat([[1, 1]])[0], sound=None, shrinkage=2.0, residual_share=0.5, figures={})


@pytest.fixture(scope="module")
def planted() -> PlacedTracks:
    """120 artists of four tracks: a place is a bent function of three descriptors, the artist's own habit, and noise."""
    rng = np.random.default_rng(0)
    sound = rng.normal(size=(480, 3)).astype(np.float32)
    habit = np.repeat(rng.normal(size=(120, 2)), 4, axis=0)
    bent = np.stack([np.sin(2 * sound[:, 0]), sound[:, 1] * sound[:, 2]], axis=1)
    vectors = (bent + habit + 0.2 * rng.normal(size=(480, 2))).astype(np.float32)
    described = sound.copy()
    described[::7] = np.nan
    return PlacedTracks(
        content([f"t{n:03}" for n in range(480)], [[f"a{n // 4:03}"] for n in range(480)], described), vectors
    )


def test_the_artist_is_shrunk_by_how_many_other_tracks_there_are(known, prior):
    means = prior.means(content(["n1", "n2", "n3", "n4"], [["a"], ["b"], ["c"], None]), known)
    # a: (2,0), (4,0), (3,3) -> mean (3,1), 3 / (3 + 2) of the way from (1,1); b: (0,6), (3,3), 2 / 4 of the way.
    np.testing.assert_allclose(means.mean, [[2.2, 1], [1.25, 2.75], [1, 1], [1, 1]], rtol=1e-6)
    np.testing.assert_allclose(means.artist_weight, [0.6, 0.5, 0, 0])
    assert means.has_artist.tolist() == [True, True, False, False]
    assert not means.has_sound.any()


def test_a_track_does_not_speak_for_itself(known, prior):
    means = prior.means(content(["t3", "t4"], [["b"], ["a", "b"]]), known)
    # t3 has t4 beside it; t4 has t1, t2 and t3.
    np.testing.assert_allclose(means.n_artist_tracks, [1, 3])
    np.testing.assert_allclose(means.from_artist, [[1 + 2 / 3, 1 + 2 / 3], [1.6, 1.6]], rtol=1e-6)


def test_who_does_not_inherit_the_artist_is_placed_by_sound_alone(planted):
    prior = fit_content_prior(planted, PARAMS, seed=1)
    asked = planted.content.filter(np.arange(480) < 6)
    means = prior.means(asked, planted, inherits_artist=np.array([True, False] * 3))
    np.testing.assert_array_equal(means.mean[1::2], means.from_sound[1::2])
    assert means.artist_weight[1::2].tolist() == [0, 0, 0]
    assert (means.mean[0::2] != means.from_sound[0::2]).any(axis=1).all()


def test_it_learns_bent_sound_and_habits_from_a_planted_world(planted):
    train = np.arange(480) % 4 != 3
    known = PlacedTracks(planted.content.filter(train), planted.vectors[train])
    prior = fit_content_prior(known, PARAMS, seed=1)
    means = prior.means(planted.content.filter(~train), known)
    truth, has = planted.vectors[~train], means.has_sound

    def missed(found: np.ndarray) -> float:
        return float(np.square(found - truth)[has].sum() / np.square(prior.centre - truth)[has].sum())

    assert missed(means.mean) < 0.35 < missed(means.from_artist)
    assert missed(means.from_sound) < 0.8
    assert prior.residual_share > 0
    assert 0.15 < prior.figures["sound_explained"] < 1
    assert prior.figures["explained"] > prior.figures["sound_explained"]


def test_a_recording_that_says_nothing_and_strange_values_do_no_harm(planted):
    prior = fit_content_prior(planted, PARAMS, seed=1)
    strange = flat([[np.nan, 0, 0], [np.inf, 0, 0], [1e30, -1e30, 0], [0, 0, 0]])
    means = prior.means(content(["a", "b", "c", "d"], [None] * 4, strange), planted)
    assert means.has_sound.tolist() == [False, False, True, True]
    np.testing.assert_array_equal(means.mean[:2], np.tile(prior.centre, (2, 1)))
    assert np.linalg.norm(means.mean, axis=1).max() < 3 * np.linalg.norm(planted.vectors, axis=1).max()


def test_neither_order_nor_unit_changes_a_place(planted):
    prior = fit_content_prior(planted, PARAMS, seed=1)
    means = prior.means(planted.content, planted)
    order = np.random.default_rng(3).permutation(480)
    sound = planted.content.sound
    assert sound is not None
    turned = TrackContent(
        planted.content.track_ids.gather(order), planted.content.artist_ids.gather(order), sound[order]
    )
    again = prior.means(turned, PlacedTracks(turned, planted.vectors[order]))
    np.testing.assert_allclose(again.mean, means.mean[order], atol=1e-4)
    louder = TrackContent(planted.content.track_ids, planted.content.artist_ids, sound * 1000 + 5)
    scaled = PlacedTracks(louder, planted.vectors)
    np.testing.assert_allclose(
        fit_content_prior(scaled, PARAMS, seed=1).means(louder, scaled).mean, means.mean, atol=0.02
    )


def test_only_honest_predictions_teach(planted):
    is_held_out = np.arange(480) % 2 == 0
    sound = np.array(planted.content.sound)
    sound[~is_held_out] = planted.vectors[~is_held_out, :1]
    spoilt = PlacedTracks(replace(planted.content, sound=sound), planted.vectors)
    prior = fit_content_prior(spoilt, PARAMS, seed=1, is_held_out=is_held_out)
    shuffled = sound.copy()
    shuffled[~is_held_out] = np.roll(sound[~is_held_out], 5, axis=0)
    other = PlacedTracks(replace(planted.content, sound=shuffled), planted.vectors)
    again = fit_content_prior(other, PARAMS, seed=1, is_held_out=is_held_out)
    assert prior.sound is not None
    assert again.sound is not None
    np.testing.assert_array_equal(prior.sound.coefficients, again.sound.coefficients)


def test_without_any_recording_it_is_the_artist_alone(planted):
    silent = PlacedTracks(replace(planted.content, sound=None), planted.vectors)
    prior = fit_content_prior(silent, PARAMS, seed=1)
    means = prior.means(silent.content, silent)
    assert prior.sound is None
    assert not means.has_sound.any()
    np.testing.assert_allclose(means.mean, means.from_artist, atol=1e-6)
    assert prior.figures["explained"] > 0.2


def test_it_is_read_as_it_was_written(planted):
    for prior in (
        fit_content_prior(planted, PARAMS, seed=1),
        ContentPrior(np.ones(2, dtype=np.float32), None, 1.0, 0.0, {"n_tracks": 2.0}),
    ):
        again = from_bytes(to_bytes(prior))
        assert again.figures == prior.figures
        np.testing.assert_array_equal(
            again.means(planted.content, planted).mean, prior.means(planted.content, planted).mean
        )
        (unseen, rows), (found, found_rows) = prior.unseen(planted.content), again.unseen(planted.content)
        np.testing.assert_array_equal(found_rows, rows)
        np.testing.assert_array_equal(
            found.means(planted.content, planted).mean, unseen.means(planted.content, planted).mean
        )
    with pytest.raises(DataFaultError, match="not a content prior"):
        from_bytes(b"PK\x03\x04 something else")


def test_of_artists_that_were_held_out_it_says_what_it_would_say_of_new_ones(planted):
    prior = fit_content_prior(planted, PARAMS, seed=1)
    unseen, is_unseen = prior.unseen(planted.content)
    described = planted.content.has_sound
    artist = np.arange(480) // 4
    of_unseen = np.isin(artist, artist[is_unseen])
    np.testing.assert_array_equal(is_unseen, of_unseen & described)
    assert 0.15 < is_unseen.sum() / described.sum() < 0.25

    def missed(of: ContentPrior) -> float:
        found = of.means(planted.content, planted).from_sound
        return float(np.square(found - planted.vectors)[is_unseen].mean())

    # The whole regression has learnt these tracks by heart, as far as it can.
    assert missed(unseen) > 1.05 * missed(prior)
    silent = PlacedTracks(replace(planted.content, sound=None), planted.vectors)
    assert fit_content_prior(silent, PARAMS, seed=1).unseen(silent.content)[1].all()
    one = PlacedTracks(replace(planted.content, artist_ids=pl.Series([["a"]] * 480, dtype=IDS)), planted.vectors)
    assert not fit_content_prior(one, PARAMS, seed=1).unseen(one.content)[1].any()


def test_what_does_not_fit_together_is_refused(planted):
    with pytest.raises(InvalidArgumentError, match="there is none"):
        fit_content_prior(
            PlacedTracks(planted.content.filter(np.zeros(480, dtype=bool)), planted.vectors[:0]), PARAMS, seed=1
        )
    with pytest.raises(InvalidArgumentError, match="names a track twice"):
        content(["t", "t"], [None, None])
    prior = fit_content_prior(planted, PARAMS, seed=1)
    with pytest.raises(InvalidArgumentError, match="5 descriptors, the prior was fitted on 3"):
        prior.means(content(["n"], [None], np.zeros((1, 5), dtype=np.float32)), planted)
