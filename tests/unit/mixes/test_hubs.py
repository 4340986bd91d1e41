import numpy as np
import pytest

from recsys_assets.mixes.hubs import HubParams, find_refused, hub_limit, pair_luck


@pytest.mark.parametrize(
    ("n_listeners", "n_tracks", "limit"),
    [
        (100_000, 50_000, 5_000),  # 5 % of the listeners
        (300, 600, 30),  # 9,000 places among 600 tracks, twice over
        (20, 100_000, 10),  # never fewer than ten listeners
    ],
)
def test_the_limit(n_listeners, n_tracks, limit):
    assert hub_limit(HubParams(), n_listeners=n_listeners, n_tracks=n_tracks, mix_length=30) == limit


def test_a_full_track_keeps_those_who_want_it_most():
    tracks = np.array([7, 7, 7, 2, 7])
    preference = np.array([4, 0, 9, 50, 1])
    refused = find_refused(tracks, preference, np.zeros(5, dtype=np.uint64), limit=2)
    assert refused.tolist() == [0, 2]


def test_luck_is_even_and_repeatable():
    users, tracks = np.arange(20_000), np.full(20_000, 3)
    luck = pair_luck(users, tracks, seed=11)
    assert (luck == pair_luck(users, tracks, seed=11)).all()
    assert (luck != pair_luck(users, tracks, seed=12)).all()
    # A quarter of the listeners lies in each quarter of the range, whatever their rows.
    assert np.allclose(np.bincount((luck >> np.uint64(62)).astype(int)) / 20_000, 0.25, atol=0.015)
    # The first half of the rows is not luckier than the second.
    assert abs(np.mean(luck[:10_000] / 2**64) - np.mean(luck[10_000:] / 2**64)) < 0.02
