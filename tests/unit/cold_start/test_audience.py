"""Who is near to a track that nobody has heard, how many they are, and how sure that is."""

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from recsys_assets.cold_start.audience import NO_REACH, HeldCold, Reach, calibrate_reach, count_scores
from recsys_assets.cold_start.first_listeners import FirstListenersParams, rank_first_listeners
from recsys_assets.cold_start.scores import ScoreScale, score_listeners, share_below
from recsys_assets.core.ids import IdMap

D = 8


def planted(seed: int, n_users: int = 400, n_tracks: int = 300, error: float = 0.3):
    """Listeners and tracks in three tastes; who plays a track is nearest to its true place; cold places are off."""
    rng = np.random.default_rng(seed)
    tastes = rng.normal(size=(3, D)) * 2
    users = (tastes[rng.integers(0, 3, n_users)] + rng.normal(size=(n_users, D))).astype(np.float32)
    users *= rng.lognormal(0, 0.7, (n_users, 1)).astype(np.float32)
    tracks = (tastes[rng.integers(0, 3, n_tracks)] + rng.normal(size=(n_tracks, D))).astype(np.float32)
    cold = tracks + rng.normal(size=tracks.shape).astype(np.float32) * error
    scores = score_listeners(users, tracks, ScoreScale.of(tracks))
    sizes = rng.integers(5, 60, n_tracks)
    rows = np.repeat(np.arange(n_tracks), sizes)
    columns = np.concatenate([np.argsort(-row)[:size] for row, size in zip(scores, sizes, strict=True)])
    listeners = sparse.csr_matrix((np.ones(rows.size, np.float32), (rows, columns)), shape=(n_tracks, n_users))
    return users, tracks, cold, listeners


def test_a_score_is_how_far_above_the_listeners_own_mean():
    rng = np.random.default_rng(1)
    users, tracks = rng.normal(size=(3, D)).astype(np.float32), rng.normal(size=(50, D)).astype(np.float32)
    raw = users @ tracks.T

    scores = score_listeners(users, tracks[:4], ScoreScale.of(tracks))

    expected = (raw[:, :4].T - raw.mean(axis=1)) / raw.std(axis=1)
    np.testing.assert_allclose(scores, expected, atol=1e-4)


def test_who_plays_ten_times_as_much_is_no_nearer_for_it():
    rng = np.random.default_rng(2)
    users, tracks = rng.normal(size=(5, D)).astype(np.float32), rng.normal(size=(50, D)).astype(np.float32)
    scale = ScoreScale.of(tracks)

    np.testing.assert_allclose(
        score_listeners(users, tracks, scale), score_listeners(users * 10, tracks, scale), atol=1e-4
    )


def test_who_or_what_has_no_place_is_near_to_nothing():
    rng = np.random.default_rng(3)
    users, tracks = rng.normal(size=(3, D)).astype(np.float32), rng.normal(size=(9, D)).astype(np.float32)
    users[1], tracks[2] = 0, 0

    scores = score_listeners(users, tracks, ScoreScale.of(tracks))

    assert np.isneginf(scores[:, 1]).all()
    assert np.isneginf(scores[2]).all()
    assert np.isfinite(scores[[0, 1]][:, [0, 2]]).all()
    # The zero vector of a track that nobody knows does not shift the mean.
    np.testing.assert_allclose(ScoreScale.of(tracks).mean, tracks[tracks.any(axis=1)].mean(axis=0), atol=1e-6)
    assert np.isneginf(score_listeners(users, tracks, ScoreScale.of(np.zeros((0, D), np.float32)))).all()


def test_the_share_below_grows_with_the_score_from_nothing_to_everything():
    shares = share_below(np.array([-np.inf, -1.0, 0.0, 1.2816, 9.0]))

    np.testing.assert_allclose(shares, [0, 0.1587, 0.5, 0.9, 1], atol=1e-4)


def test_first_listeners_are_the_nearest_and_nobody_without_a_place_is_among_them():
    scores = np.array([[1.0, 3.0, -np.inf, 3.0], [-np.inf, -np.inf, 0.5, -np.inf]], dtype=np.float32)

    rows = rank_first_listeners(
        scores, pl.Series(["s1", "s2"]), IdMap.of(["a", "b", "c", "d"]), FirstListenersParams(n_first_listeners=2)
    )

    assert rows.rows() == [("s1", "b", 1, 3.0), ("s1", "d", 2, 3.0), ("s2", "c", 1, 0.5)]


def test_the_interval_of_unseen_tracks_holds_nine_of_ten():
    users, tracks, cold, listeners = planted(4, n_tracks=600)
    scale, learn = ScoreScale.of(tracks), np.arange(600) % 2 == 0
    reach = calibrate_reach(HeldCold(tracks[learn], cold[learn], listeners[np.flatnonzero(learn)]), users, scale)
    # What turns out is counted by the same rule, from the true places.
    known = score_listeners(users, tracks, scale)
    owner = np.repeat(np.arange(600), np.diff(listeners.indptr))
    turned_out = (known >= np.median(known[owner, listeners.indices])).sum(axis=1)[~learn]

    forecasts = [reach.forecast(row) for row in score_listeners(users, cold[~learn], scale)]

    inside = [f.low <= n <= f.high for f, n in zip(forecasts, turned_out, strict=True)]  # pyright: ignore[reportOperatorIssue]
    assert 0.84 <= np.mean(inside) <= 0.96
    assert np.corrcoef([f.n for f in forecasts], turned_out)[0, 1] > 0.8
    assert all(0 <= f.low <= f.n <= f.high <= 400 for f in forecasts)  # pyright: ignore[reportOperatorIssue]


def test_worse_places_make_a_wider_interval():
    widths = []
    for error in (0.1, 1.0):
        users, tracks, cold, listeners = planted(5, error=error)
        scale = ScoreScale.of(tracks)
        reach = calibrate_reach(HeldCold(tracks, cold, listeners), users, scale)
        forecasts = [reach.forecast(row) for row in score_listeners(users, cold, scale)]
        widths.append(np.mean([f.high - f.low for f in forecasts]))  # pyright: ignore[reportOperatorIssue]

    assert widths[1] > 1.5 * widths[0]


@pytest.mark.parametrize(("n", "is_told"), [(0, False), (19, False), (20, True)])
def test_too_few_heard_tracks_tell_no_interval(n: int, is_told: bool):
    users, tracks, cold, listeners = planted(6)
    reach = calibrate_reach(HeldCold(tracks[:n], cold[:n], listeners[:n]), users, ScoreScale.of(tracks))

    forecasts = [reach.forecast(row) for row in score_listeners(users, cold[n : n + 20], ScoreScale.of(tracks))]

    assert {forecast.low is not None for forecast in forecasts} == {is_told}
    assert any(forecast.n > 0 for forecast in forecasts) == (n > 0)
    assert np.isnan(reach.threshold) == (n == 0)


def test_a_reach_without_errors_says_what_it_counts():
    reach = Reach(1.0, np.zeros(40))

    assert reach.forecast(np.array([0.5, 1.0, 2.0, -np.inf], dtype=np.float32)) == (
        f := reach.forecast(np.array([1.0, 1.0, 0.0]))
    )
    assert (f.n, f.low, f.high) == (2, 2, 2)


def test_every_listener_with_a_place_is_in_the_histogram_once():
    scores = np.array([-9.0, -4.0, 0.1, 7.99, 8.0, 30.0, -np.inf], dtype=np.float32)
    counts = count_scores(scores)

    assert sum(counts) == 6
    assert (counts[0], counts[82], counts[-1]) == (2, 1, 3)


def test_of_what_nothing_places_nobody_tells_the_reach():
    forecast = NO_REACH.forecast(np.array([0.5, 9.0], dtype=np.float32))

    assert (forecast.n, forecast.low, forecast.high) == (0, None, None)
