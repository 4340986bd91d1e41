import numpy as np
import pytest

from recsys_assets.demo.affinity import PROPOSALS, ChoiceModel, match, true_affinity


def model(**changes: object) -> ChoiceModel:
    """Two artists on two axes; the first has tracks 0 and 1, the second 2, 3 and 4, of which 4 comes out on day 10."""
    values: dict[str, object] = {
        "artist_vectors": np.array([[1, 0], [0, 1]], dtype=np.float32),
        "artist_log_weight": np.zeros(2, dtype=np.float32),
        "first": np.array([0, 2, 5]),
        "track_vectors": np.array([[1, 0], [1, 0.5], [0, 1], [0.5, 1], [0, 1]], dtype=np.float32),
        "track_cumulative": np.array([0.0, 1, 2, 3, 4, 5]),
        "released_day": np.array([-5, -5, -90, -90, 10], dtype=np.int32),
        "newest": np.array([0, 4]),
        "newest_size": np.array([2, 1]),
        "sharpness": 2.0,
    }
    return ChoiceModel(**{**values, **changes})  # pyright: ignore[reportArgumentType]


def test_artists_are_drawn_with_the_odds_of_taste_and_popularity():
    rng = np.random.default_rng(0)
    points = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    rows = np.repeat([2, 0, 1], 20_000)
    drawn = model(artist_log_weight=np.log(np.array([3, 1], dtype=np.float32))).draw_artists(
        points, rows, rng.random(rows.size)
    )
    share_of_first = [np.mean(drawn[rows == row] == 0) for row in range(3)]
    # Odds 3 e^2 : 1, 3 : 1 and 3 : e^2.
    expected = [3 * np.e**2 / (3 * np.e**2 + 1), 0.75, 3 / (3 + np.e**2)]
    np.testing.assert_allclose(share_of_first, expected, atol=0.012)


def test_artists_of_many_blocks_are_drawn_by_weight_alone_when_taste_says_nothing():
    n = 150
    weights = np.arange(1, n + 1, dtype=np.float32)
    wide = model(artist_vectors=np.zeros((n, 2), dtype=np.float32), artist_log_weight=np.log(weights))
    uniforms = (np.arange(100_000) + 0.5) / 100_000
    drawn = wide.draw_artists(np.ones((1, 2), dtype=np.float32), np.zeros(100_000, dtype=int), uniforms)
    # Evenly spaced uniforms give each artist its share, up to one request at each of its two borders.
    np.testing.assert_allclose(np.bincount(drawn, minlength=n), 100_000 * weights / weights.sum(), atol=3)


@pytest.mark.parametrize("uniform", [0.0, 1 - 2**-53])
def test_the_ends_of_the_unit_interval_draw_an_artist(uniform: float):
    drawn = model().draw_artists(np.ones((1, 2), dtype=np.float32), np.array([0]), np.array([uniform]))
    assert drawn.tolist() == [0 if uniform == 0 else 1]


def test_no_track_is_drawn_before_its_release_and_a_new_one_often_after_it():
    rng = np.random.default_rng(1)
    n = 4000
    day = np.repeat([9, 10, 40], n)
    chances = rng.random((3 * n, 1 + 2 * PROPOSALS))
    chosen = model().draw_tracks(np.zeros((1, 2), np.float32), np.zeros(3 * n, int), np.ones(3 * n, int), day, chances)
    share = [np.mean(chosen[day == d] == 4) for d in (9, 10, 40)]
    assert share[0] == 0
    # Once in 3^8 all proposals are the unreleased track, and nothing is drawn.
    assert set(chosen[day == 9].tolist()) <= {-1, 2, 3}
    assert set(chosen[day > 9].tolist()) == {2, 3, 4}
    # A third of the tracks: .35 at once plus a third of the rest while it is new, a third later.
    np.testing.assert_allclose(share[1:], [0.35 + 0.65 / 3, 1 / 3], atol=0.03)


def test_an_artist_without_a_release_gives_no_track():
    early = model(released_day=np.full(5, 3, dtype=np.int32))
    chances = np.full((1, 1 + 2 * PROPOSALS), 0.9)
    assert early.draw_tracks(np.ones((1, 2), np.float32), np.array([0]), np.array([1]), np.array([2]), chances) == -1


def test_among_an_artists_tracks_taste_decides():
    rng = np.random.default_rng(2)
    points = np.array([[0.0, 3.0], [0.0, -3.0]], dtype=np.float32)
    rows = np.repeat([0, 1], 2000)
    chances = rng.random((4000, 1 + 2 * PROPOSALS))
    chosen = model().draw_tracks(points, rows, np.zeros(4000, int), np.full(4000, 90), chances)
    assert np.mean(chosen[rows == 0] == 1) > 0.9
    assert np.mean(chosen[rows == 1] == 1) < 0.1


def test_match_pairs_points_with_tracks():
    points = np.array([[1.0, 2.0], [0.0, 1.0]], dtype=np.float32)
    got = match(points, np.array([1, 0, 0]), model().track_vectors, np.array([1, 1, 0]))
    assert got.tolist() == [0.5, 2.0, 1.0]


def test_true_affinity_is_the_log_of_the_mixture():
    weights = np.array([0.25, 0.75])
    points = np.array([[1.0, 0.0], [0.0, 1.0]])
    tracks = np.array([[1.0, 0.0], [0.0, 0.0]])
    got = true_affinity(weights, points, tracks, sharpness=2.0)
    np.testing.assert_allclose(got, [np.log(0.25 * np.e**2 + 0.75), 0.0], atol=1e-12)
