"""Alignment, anchors and days, and the promise that vectors of two spaces never mix."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from recsys_assets.core.errors import InvalidArgumentError, VersionMismatchError
from recsys_assets.core.ids import IdMap
from recsys_assets.latent.align import fit_rotation
from recsys_assets.latent.space import credit_matrix, digest_matrix, fit_anchor, fit_day, name_version
from recsys_assets.latent.space_tables import SpaceTables, from_tables, to_tables
from recsys_assets.play_matrix.matrix import build_matrix


def widen(vectors: np.ndarray, size: int) -> np.ndarray:
    return np.pad(vectors, ((0, 0), (0, size - vectors.shape[1])))


def random_rotation(size: int, seed: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(size, size)))[0].astype(np.float32)


def test_a_rotation_is_found_from_common_ids_only():
    rng = np.random.default_rng(0)
    reference = rng.normal(size=(30, 5)).astype(np.float32)
    ids = IdMap.of([f"i{n:02}" for n in range(30)])
    turned = reference[5:] @ random_rotation(5, 1)
    strangers = rng.normal(size=(4, 5)).astype(np.float32)
    own_ids = IdMap.of([*ids.ids[5:], "x1", "x2", "x3", "x4"])
    rotation = fit_rotation(np.concatenate([turned, strangers]), own_ids, reference, ids)
    assert rotation.mean_cosine == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(rotation.turn(turned), reference[5:], atol=1e-5)
    np.testing.assert_allclose(rotation.matrix @ rotation.matrix.T, np.eye(5), atol=1e-5)


def test_spaces_of_other_sizes_meet_in_the_larger():
    reference = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    ids = IdMap.of([f"i{n:02}" for n in range(20)])
    larger = widen(reference, 5) @ random_rotation(5, 2)
    rotation = fit_rotation(larger, ids, reference, ids)
    np.testing.assert_allclose(rotation.turn(larger), widen(reference, 5), atol=1e-5)
    smaller = fit_rotation(reference, ids, larger, ids)
    np.testing.assert_allclose(smaller.turn(reference), larger, atol=1e-4)


def test_nothing_in_common_turns_nothing():
    rotation = fit_rotation(np.ones((1, 2), np.float32), IdMap.of(["a"]), np.ones((1, 2), np.float32), IdMap.of(["b"]))
    assert (rotation.matrix == np.eye(2)).all()
    assert rotation.mean_cosine is None


def test_two_anchors_agree_after_the_turn_and_no_list_changes(world, credited, params, space):
    raw = fit_anchor(world, credited, params, space_version="w2", seed=99, num_threads=1)
    turned = fit_anchor(world, credited, params, space_version="w2", seed=99, previous=space, num_threads=1)
    assert raw.rotation is None
    assert turned.rotation.mean_cosine > 0.9
    before = raw.space.user_vectors @ raw.space.track_vectors.T
    after = turned.space.user_vectors @ turned.space.track_vectors.T
    np.testing.assert_allclose(after, before, atol=1e-4)
    np.testing.assert_allclose(
        turned.space.artist_vectors @ turned.space.user_vectors.T,
        raw.space.artist_vectors @ raw.space.user_vectors.T,
        atol=1e-4,
    )
    far = np.abs(raw.space.track_vectors - space.track_vectors).mean()
    assert np.abs(turned.space.track_vectors - space.track_vectors).mean() < 0.5 * far


def test_a_day_stays_near_its_anchor_and_takes_newcomers_in(world, credited, space):
    entries = pl.DataFrame(
        {
            "user_id": world.users.external(world.matrix.tocoo().row),
            "track_id": world.tracks.external(world.matrix.tocoo().col),
            "confidence": world.matrix.data,
        }
    )
    new = pl.DataFrame(
        {"user_id": ["new"] * 6, "track_id": [f"t{n:02}" for n in range(41, 47)], "confidence": [1.0] * 6}
    )
    day = fit_day(
        build_matrix(pl.concat([entries, new.cast({"confidence": pl.Float32})])),
        credited,
        anchor=space,
        space_version="d",
        num_threads=1,
    )
    assert day.rotation.mean_cosine > 0.98
    scores = day.space.track_vectors @ day.space.user_vectors[day.space.users.row("new")]
    assert 40 <= int(day.space.tracks.external(np.array([scores.argmax()]))[0][1:]) < 64
    again = fit_day(
        build_matrix(pl.concat([new.cast({"confidence": pl.Float32}), entries])),
        credited,
        anchor=space,
        space_version="d",
        num_threads=2,
    )
    assert again.space.track_vectors.tobytes() == day.space.track_vectors.tobytes()


def test_artists_lie_with_their_listeners(space):
    # Artists a00…a09 have only tracks of the first genre, a10…a15 of the second.
    taste = space.user_vectors[:30].mean(axis=0)
    scores = space.artist_vectors @ taste
    assert space.artists.size == 20
    assert scores[:10].min() > scores[10:16].max()


def test_credits_count_each_artist_once(world):
    credited = pl.DataFrame(
        {"track_id": ["t00", "t01", "zz", "t02"], "artist_ids": [["b", "a", "b"], None, ["c"], []]},
        schema={"track_id": pl.String, "artist_ids": pl.List(pl.String)},
    )
    matrix, artists = credit_matrix(credited, world.tracks)
    assert artists.ids.to_list() == ["a", "b"]
    assert matrix.toarray()[:3].tolist() == [[1, 1], [0, 0], [0, 0]]


def test_tables_there_and_back(space, params):
    tables = to_tables(space)
    assert tables.tracks.schema == {"track_id": pl.String, "vector": pl.List(pl.Float32), "space_version": pl.String}
    assert "t79" not in tables.tracks["track_id"], "a track without a place is not in the table"
    back = from_tables(SpaceTables(tables.users.reverse(), tables.tracks, tables.artists), params)
    assert back.space_version == space.space_version
    rows = back.tracks.rows(tables.tracks["track_id"])
    assert (back.track_vectors[rows] == space.track_vectors[:79]).all()
    assert (back.user_vectors == space.user_vectors[:59]).all()


def test_a_mixture_is_refused(space, params):
    tables = to_tables(space)
    other = tables.tracks.with_columns(space_version=pl.lit("2026-01-06-b"))
    with pytest.raises(VersionMismatchError, match="2026-01-06-b"):
        from_tables(SpaceTables(tables.users, other, tables.artists), params)
    torn = pl.concat([tables.users.head(1), tables.users.tail(-1).with_columns(space_version=pl.lit("x"))])
    with pytest.raises(VersionMismatchError):
        from_tables(SpaceTables(torn, tables.tracks, tables.artists), params)
    with pytest.raises(InvalidArgumentError, match="empty"):
        from_tables(SpaceTables(tables.users.clear(), tables.tracks.clear(), tables.artists.clear()), params)


def test_no_artists_is_a_space_too(world, credited, params):
    space = fit_anchor(world, credited.clear(), params, space_version="v", seed=0, num_threads=1).space
    assert space.artist_vectors.shape == (0, 8)
    assert from_tables(to_tables(space), params).artists.size == 0


def test_versions_name_their_inputs(world):
    day = date(2026, 1, 5)
    one = name_version(day, digest_matrix(world), "params")
    assert one.startswith("2026-01-05-")
    assert one == name_version(day, digest_matrix(world), "params")
    changed = world.matrix.copy()
    changed.data[0] += 1
    other = type(world)(changed, world.users, world.tracks)
    assert (
        len(
            {
                one,
                name_version(day, digest_matrix(other), "params"),
                name_version(day, digest_matrix(world), "param", "s"),
            }
        )
        == 3
    )
