from dataclasses import replace

import numpy as np
import pytest
import torch
from unit.audio.sound_world import SMALL, sound_world

from recsys_assets.audio.analyse import AnalysisParams, analyse_file
from recsys_assets.audio.sound_choice import choose
from recsys_assets.audio.sound_model import Part, SoundTraining, train_sound_model
from recsys_assets.audio.sound_model_bytes import from_bytes, to_bytes
from recsys_assets.audio.sound_quality import Quality
from recsys_assets.core.errors import DataFaultError, InvalidArgumentError, MissingInputError

WORLD = sound_world()


@pytest.fixture(scope="module")
def training() -> SoundTraining:
    stored, descriptors, places, credits_ = WORLD
    return train_sound_model(stored, descriptors, places, credits_, params=SMALL, seed=7)


def few(n: int = 50):
    return (part[:n] for part in WORLD)


def quality(*recall: float) -> Quality:
    return Quality(np.array(recall), np.array(recall), 0.0)


def test_both_models_find_neighbours_of_artists_they_never_met(training: SoundTraining):
    found = {name: figures.recall.mean() for name, figures in training.qualities.items()}

    assert found["ridge"] > 2 * found["mean"]
    assert found["network"] > 2 * found["mean"]


def test_the_network_hears_how_fast_it_pulses_which_descriptors_do_not_say(training: SoundTraining):
    _, _, places, _ = WORLD

    def heard(predicted: np.ndarray) -> float:
        return float(np.corrcoef(predicted[:, 2], places[:, 2])[0, 1])

    ridge = np.mean([heard(part.ridge.predict(WORLD[1])) for part in training.model.parts])
    network = np.mean([heard(fit.network.predict(WORLD[0])) for fit in training.fits])

    assert network > ridge + 0.2


def test_the_winner_is_the_best_on_held_out_tracks(training: SoundTraining):
    found = {name: figures.recall.mean() for name, figures in training.qualities.items()}

    assert found[training.model.winner] == max(found.values())
    assert training.model.winner in {"network", "both"}
    assert [gate.passed for gate in training.gates] == [True, True, training.model.winner == "both"]


def test_held_out_places_come_from_models_that_never_met_the_artist():
    stored, descriptors, places, credits_ = few(80)
    before = train_sound_model(stored, descriptors, places, credits_, params=SMALL, seed=7)
    mine = np.array([artists == credits_[0] for artists in credits_])
    moved = np.where(mine[:, None], -places, places).astype(np.float32)
    after = train_sound_model(stored, descriptors, moved, credits_, params=SMALL, seed=7)
    # What the models of the artist's own fold say does not know where the artist is.
    unchanged = [
        all(np.array_equal(a.network.arrays[name], b.network.arrays[name]) for name in a.network.arrays)
        for a, b in zip(before.fits, after.fits, strict=True)
    ]
    ridges = [
        np.array_equal(a.ridge.weights, b.ridge.weights)
        for a, b in zip(before.model.parts, after.model.parts, strict=True)
    ]

    assert sum(unchanged) == sum(ridges) == 1


def test_same_inputs_and_seed_give_the_same_bytes_whatever_the_cores(monkeypatch: pytest.MonkeyPatch):
    stored, descriptors, places, credits_ = few()
    first = train_sound_model(stored, descriptors, places, credits_, params=SMALL, seed=3)
    monkeypatch.setattr("recsys_assets.audio.sound_model.available_cores", lambda: 1)
    torch.manual_seed(99)
    again = train_sound_model(stored, descriptors, places, credits_, params=SMALL, seed=3)
    other = train_sound_model(stored, descriptors, places, credits_, params=SMALL, seed=4)

    assert to_bytes(again.model) == to_bytes(first.model)
    assert np.array_equal(again.held_out, first.held_out)
    assert to_bytes(other.model) != to_bytes(first.model)


def test_training_leaves_the_callers_chance_and_threads_alone():
    stored, descriptors, places, credits_ = few()
    torch.manual_seed(5)
    state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    train_sound_model(stored, descriptors, places, credits_, params=SMALL, seed=3)

    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("shares", [(0.3, 0.6), (1.0, 0.0), (0.0, 0.0)], ids=["both", "ridge", "mean"])
def test_bytes_carry_the_model(training: SoundTraining, shares: tuple[float, float]):
    parts = tuple(Part(part.ridge, part.network if shares[1] else None) for part in training.model.parts)
    model = replace(training.model, shares=shares, parts=parts)
    read = from_bytes(to_bytes(model))

    assert np.array_equal(read.predict(WORLD[0], WORLD[1]), model.predict(WORLD[0], WORLD[1]))
    assert to_bytes(read) == to_bytes(model)


def test_a_track_alone_is_placed_as_among_others(training: SoundTraining):
    alone = training.model.predict(WORLD[0][3:4], WORLD[1][3:4])

    np.testing.assert_allclose(alone, training.model.predict(WORLD[0], WORLD[1])[3:4], atol=1e-4)
    assert training.model.predict([], WORLD[1][:0]).shape == (0, 6)


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[:0],
        lambda whole: b"no model" + whole,
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:],
    ],
    ids=["nothing", "text", "half", "one bit"],
)
def test_damaged_bytes_are_told(training: SoundTraining, damage):
    with pytest.raises(DataFaultError, match="train the week's sound model again"):
        from_bytes(damage(to_bytes(training.model)))


def test_other_descriptors_than_in_training_are_told(training: SoundTraining):
    with pytest.raises(DataFaultError, match="trained on 32"):
        training.model.parts[0].ridge.predict(WORLD[1][:2, :5])
    with pytest.raises(DataFaultError, match="2 log-mels and descriptors of 3"):
        training.model.predict(WORLD[0][:2], WORLD[1][:3])


def test_a_log_mel_that_is_none_is_told(training: SoundTraining):
    with pytest.raises(DataFaultError, match="63 bytes"):
        training.fits[0].network.predict([b"x" * 63])


def test_too_little_to_learn_from_is_told():
    stored, descriptors, places, credits_ = few(10)

    with pytest.raises(MissingInputError, match="10 warm tracks"):
        train_sound_model(stored, descriptors, places, credits_, params=SMALL, seed=1)
    stored, descriptors, places, _ = few(60)
    with pytest.raises(MissingInputError, match="of one artist"):
        train_sound_model(stored, descriptors, places, [["a"]] * 60, params=SMALL, seed=1)
    with pytest.raises(MissingInputError, match="share an artist"):
        train_sound_model(stored, descriptors, places, [[f"a{n}", "guest"] for n in range(60)], params=SMALL, seed=1)
    with pytest.raises(InvalidArgumentError, match="finite"):
        train_sound_model(stored, descriptors, places * np.nan, list(few(60))[3], params=SMALL, seed=1)


def test_progress_counts_up_to_the_whole():
    stored, descriptors, places, credits_ = few()
    told: list[tuple[int, int, str]] = []
    train_sound_model(
        stored, descriptors, places, credits_, params=SMALL, seed=3, progress=lambda *said: told.append(said)
    )

    assert told
    assert all(0 < done <= total == 200 for done, total, _ in told)


def test_a_later_candidate_has_to_be_better_than_who_stands():
    flat = {"mean": quality(0.1, 0.2), "ridge": quality(0.1, 0.2), "network": quality(0.1, 0.2), "both": quality(0, 0)}
    won = flat | {"ridge": quality(0.3, 0.3), "both": quality(0.3, 0.4)}

    assert choose(flat, seed=1)[0] == "mean"
    assert choose(won, seed=1)[0] == "both"
    assert [gate.name for gate in choose(won, seed=1)[1]] == [
        "ridge_beats_mean",
        "network_beats_ridge",
        "both_beats_ridge",
    ]


def test_sound_that_says_nothing_is_not_believed():
    stored, descriptors, places, credits_ = WORLD
    shuffled = np.random.default_rng(0).permutation(len(places))
    noise = np.random.default_rng(1).normal(0, 1, places.shape).astype(np.float32)
    trained = train_sound_model(
        [stored[row] for row in shuffled], descriptors[shuffled], noise, credits_, params=SMALL, seed=7
    )

    assert trained.qualities["both"].explained < 0.05
    assert np.abs(trained.held_out - trained.model.mean).mean() < 0.3


def test_two_artists_are_enough_to_hold_one_out():
    stored, descriptors, places, _ = few()
    trained = train_sound_model(stored, descriptors, places, [["a"], ["b"]] * 25, params=SMALL, seed=1)

    assert len(trained.model.parts) == 2
    assert np.isfinite(trained.held_out).all()


@pytest.mark.realdata
def test_real_recordings_find_their_genre(data_folder):
    # Ten seconds of each of twenty clips; a place is a genre, and every clip counts as an artist.
    clips = [
        path for genre in ("classical", "rock") for path in sorted((data_folder / "emotify" / genre).glob("*.mp3"))
    ]
    analyses = [analyse_file(path, AnalysisParams(excerpt_s=10)) for path in clips]
    genres = np.array([path.parent.name == "rock" for path in clips]).astype(np.int64)
    trained = train_sound_model(
        [analysis.log_mel for analysis in analyses],
        np.stack([analysis.descriptors.vector for analysis in analyses]),
        np.eye(2, dtype=np.float32)[genres],
        [[str(path)] for path in clips],
        params=SMALL.model_copy(update={"n_folds": 4, "k": 19}),
        seed=1,
    )

    assert (trained.held_out.argmax(axis=1) == genres).mean() >= 0.8
    assert trained.model.winner != "mean"
