"""The arc of a mix: energy warms up, peaks at two thirds and cools down, and neighbours still flow."""

import itertools
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from factories import rows_of, stored

from recsys_assets.audio.tables import TRACK_ANALYSIS
from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.core.lake import Lake
from recsys_assets.mixes.arc import SOUND_COLUMNS, Sound, arc_height, harmony, misfit, read_sound
from recsys_assets.mixes.inputs import MixSources
from recsys_assets.mixes.sequence import SAME_ARTIST_PENALTY, order_tracks

N_MIXES, LENGTH = 40, 30


def cosines(seed: int, n: int = LENGTH) -> np.ndarray:
    """Mixes of one taste each: any two tracks are about half alike."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(N_MIXES, 1, 24)) + rng.normal(size=(N_MIXES, n, 24))
    vectors = (vectors / np.linalg.norm(vectors, axis=2, keepdims=True)).astype(np.float32)
    return vectors @ vectors.transpose(0, 2, 1)


def sound_of(energy: np.ndarray, **given: np.ndarray) -> Sound:
    values = energy.ravel().astype(np.float32)
    nothing = Sound.unheard(values.size)
    return Sound(
        values,
        given.get("octave", nothing.octave),
        given.get("fifths", nothing.fifths),
        given.get("key_confidence", nothing.key_confidence),
    )


def rank(values: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(values, kind="stable"), kind="stable")


def follows_arc(order: np.ndarray, energy: np.ndarray) -> float:
    """Mean over mixes of the correlation of ranks of energy with the arc's."""
    n = order.shape[1]
    height = arc_height(np.arange(n), np.array(n))
    played = np.take_along_axis(energy, order, axis=1)
    return float(np.mean([np.corrcoef(rank(row), rank(height))[0, 1] for row in played]))


def flow(order: np.ndarray, similarity: np.ndarray) -> float:
    who = np.arange(len(order))[:, None]
    return float(similarity[who, order[:, :-1], order[:, 1:]].mean())


def test_the_arc_warms_up_peaks_at_two_thirds_and_cools_down():
    height = arc_height(np.arange(31), np.array(31))
    assert height.argmax() == 20
    assert (np.diff(height[:21]) > 0).all()
    assert (np.diff(height[20:]) < 0).all()
    assert height[-1] < height[0] < 0.3
    assert height[20] == 1


def test_energies_follow_the_arc_and_neighbours_lose_little():
    similarity, lengths = cosines(1), np.full(N_MIXES, LENGTH)
    energy = np.random.default_rng(2).random((N_MIXES, LENGTH))
    tracks = np.arange(N_MIXES * LENGTH).reshape(N_MIXES, LENGTH)

    plain = order_tracks(similarity, lengths)
    order = order_tracks(similarity, lengths, misfit=misfit(tracks, lengths, sound_of(energy)))

    assert (np.sort(order, axis=1) == np.arange(LENGTH)).all()
    assert (order[:, 0] == 0).all()
    assert abs(follows_arc(plain, energy)) < 0.1
    assert follows_arc(order, energy) > 0.75
    any_two = (similarity.sum() - N_MIXES * LENGTH) / (N_MIXES * LENGTH * (LENGTH - 1))
    assert flow(order, similarity) - any_two > 0.7 * (flow(plain, similarity) - any_two)


def test_the_order_is_near_the_best_of_all():
    n, similarity = 7, cosines(3, n=7)
    energy = np.random.default_rng(4).random((N_MIXES, n))
    tracks, lengths = np.arange(N_MIXES * n).reshape(N_MIXES, n), np.full(N_MIXES, n)
    cost = misfit(tracks, lengths, sound_of(energy))
    assert cost is not None
    order = order_tracks(similarity, lengths, misfit=cost)

    def worth(mix: int, path: tuple[int, ...]) -> float:
        steps = sum(similarity[mix, a, b] for a, b in itertools.pairwise(path))
        return steps - sum(cost[mix, track, place] for place, track in enumerate(path))

    found = np.array([worth(mix, tuple(order[mix])) for mix in range(N_MIXES)])
    every = [[worth(mix, (0, *path)) for path in itertools.permutations(range(1, n))] for mix in range(N_MIXES)]
    best, middle = np.array([max(it) for it in every]), np.array([np.mean(it) for it in every])
    assert (found <= best + 1e-4).all()
    assert ((found - middle) / (best - middle)).mean() > 0.9


@pytest.mark.parametrize("seed", range(3))
def test_no_artist_twice_running_for_the_sake_of_the_arc(seed: int):
    n = 12
    energy = np.random.default_rng(seed).random((N_MIXES, n))
    artist = np.random.default_rng(seed).permuted(np.tile(np.arange(4).repeat(3), (N_MIXES, 1)), axis=1)
    similarity = cosines(seed, n) - SAME_ARTIST_PENALTY * (artist[:, :, None] == artist[:, None, :])
    tracks, lengths = np.arange(N_MIXES * n).reshape(N_MIXES, n), np.full(N_MIXES, n)
    order = order_tracks(similarity, lengths, misfit=misfit(tracks, lengths, sound_of(energy)))
    played = np.take_along_axis(artist, order, axis=1)
    assert (played[:, 1:] != played[:, :-1]).all()


def test_short_and_padded_mixes_keep_their_tracks():
    lengths = np.array([0, 1, 2, 3, 9, 12])
    similarity = cosines(5, 12)[:6]
    energy = np.random.default_rng(6).random((6, 12))
    wants = misfit(np.arange(72).reshape(6, 12), lengths, sound_of(energy))
    order = order_tracks(similarity, lengths, misfit=wants)
    for row, length in zip(order, lengths, strict=True):
        assert sorted(row[:length]) == list(range(length))
        assert row[length:].tolist() == list(range(length, 12))
        assert row[0] == 0


def test_unanalysed_tracks_cost_nothing_and_few_make_no_arc():
    energy = np.array([[0.1, 0.9, np.nan, 0.5, 0.3]])
    tracks, lengths = np.arange(5)[None, :], np.array([5])
    cost = misfit(tracks, lengths, sound_of(energy))
    assert cost is not None
    assert not cost[0, 2].any()
    # The most energetic of the four known wants the place where the arc peaks.
    assert cost[0, 1].argmin() == arc_height(np.arange(5), np.array(5)).argmax()
    assert misfit(tracks, lengths, sound_of(np.array([[0.1, 0.9, np.nan, np.nan, 0.3]]))) is None
    assert misfit(tracks, lengths, Sound.unheard(5)) is None


def test_keys_a_fifth_apart_or_relative_and_like_tempos_go_together():
    # C major, A minor (its relative), G major (a fifth up), F# major (across the circle); 120, 60, 122 and 85 beats.
    sound = sound_of(
        np.zeros(4),
        fifths=np.array([0, 0, 1, 6], np.float32),
        key_confidence=np.array([1, 1, 0.5, 1], np.float32),
        octave=np.log2(np.array([120, 60, 122, 85], np.float32)),
    )
    gain = harmony(np.arange(4)[None, :], sound)[0]
    assert np.array_equal(gain, gain.T)
    assert gain[0, 1] == pytest.approx(0.12)
    assert 0.06 < gain[0, 2] < gain[0, 1]
    assert gain[0, 3] == 0
    assert not harmony(np.arange(4)[None, :], Sound.unheard(4)).any()


def test_analyses_are_read_by_row_and_the_rest_is_unknown():
    class Rows:
        tracks = IdMap.of(["t1", "t2", "t3"])

    frame = pl.DataFrame(
        {
            c.TRACK_ID: ["t3", "t1", "elsewhere"],
            "energy": [0.7, 0.2, 0.9],
            "tempo_bpm": [128.0, None, 90.0],
            "key_pitch_class": [9, None, 1],
            "is_major": [False, None, True],
            "key_confidence": [0.8, 0.4, 0.9],
        }
    )
    sound = read_sound(frame, Rows())  # pyright: ignore[reportArgumentType]
    assert np.array_equal(sound.energy, np.array([0.2, np.nan, 0.7], np.float32), equal_nan=True)
    # A minor lies where C major does; without a key nothing is sure.
    assert sound.fifths[2] == 0
    assert sound.key_confidence.tolist() == [0, 0, pytest.approx(0.8)]
    assert np.isnan(sound.octave[0])
    assert sound.octave[2] == 7
    assert np.isnan(read_sound(None, Rows()).energy).all()  # pyright: ignore[reportArgumentType]


def test_a_day_knows_the_newest_analysis_that_had_arrived_by_then(lake: Lake):
    day = date(2026, 3, 2)
    heard = [
        ("t1", 0.2, day - timedelta(days=9)),
        ("t1", 0.6, day),
        ("t2", 0.4, day),
        ("t3", 0.9, day + timedelta(days=1)),
    ]
    rows = [{c.TRACK_ID: track, "energy": energy, c.ARRIVED_ON: on} for track, energy, on in heard]
    stored(lake, TRACK_ANALYSIS, rows_of(TRACK_ANALYSIS, rows))

    sound = MixSources.open(lake).day(day, pl.DataFrame(), pl.DataFrame()).sound

    assert sound is not None
    assert sound.columns == list(SOUND_COLUMNS)
    assert dict(sound.select(c.TRACK_ID, pl.col("energy").round(3)).iter_rows()) == pytest.approx(
        {"t1": 0.6, "t2": 0.4}
    )
