import itertools

import numpy as np
import pytest

from recsys_assets.mixes.sequence import SAME_ARTIST_PENALTY, order_tracks


def cosines(n_mixes: int, n: int, *, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n_mixes, n, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    return vectors @ vectors.transpose(0, 2, 1)


def test_neighbours_flow_far_better_than_at_random_and_near_the_best():
    similarity = cosines(20, 7, seed=5)
    lengths = np.full(20, 7)
    order = order_tracks(similarity, lengths)

    def flow_of(one: np.ndarray, path: tuple[int, ...]) -> float:
        return float(np.mean([one[a, b] for a, b in itertools.pairwise(path)]))

    flow = np.array([flow_of(one, tuple(path)) for one, path in zip(similarity, order, strict=True)])
    # Over all orders, neighbours are any two tracks: the mean of all pairs.
    at_random = (similarity.sum(axis=(1, 2)) - 7) / 42
    best = [max(flow_of(one, (0, *path)) for path in itertools.permutations(range(1, 7))) for one in similarity]
    assert flow.mean() > at_random.mean() + 0.25
    assert flow.mean() > 0.9 * np.mean(best)
    assert (flow <= np.array(best) + 1e-5).all()


def test_every_track_is_played_once_from_the_first_whatever_the_length():
    lengths = np.array([0, 1, 2, 3, 9, 12])
    order = order_tracks(cosines(6, 12, seed=1), lengths)
    for row, length in zip(order, lengths, strict=True):
        assert sorted(row[:length]) == list(range(length))
        assert row[length:].tolist() == list(range(length, 12))
        assert row[0] == 0


@pytest.mark.parametrize("seed", range(5))
def test_no_artist_twice_running(seed):
    similarity = cosines(30, 12, seed=seed)
    artist = np.random.default_rng(seed).permuted(np.tile(np.arange(4).repeat(3), (30, 1)), axis=1)
    is_same = artist[:, :, None] == artist[:, None, :]
    order = order_tracks(similarity - SAME_ARTIST_PENALTY * is_same, np.full(30, 12))
    played = np.take_along_axis(artist, order, axis=1)
    assert (played[:, 1:] != played[:, :-1]).all()
