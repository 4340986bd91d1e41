"""What a listener would say: right for sounds made to be so, and as listeners said of real clips."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from audio_files import RATE

from recsys_assets.audio.character import Character, characterise, pulse_clarity, scale
from recsys_assets.audio.frames import Frames
from recsys_assets.audio.loudness import Loudness
from recsys_assets.audio.music import analyse_music
from recsys_assets.audio.recording import Recording
from recsys_assets.audio.transform import transform
from tests.unit.audio.sounds import add, clicks, song

SECONDS = 8.0
TIME = np.arange(round(SECONDS * RATE)) / RATE


def of(y: np.ndarray) -> Character:
    recording = Recording.of_samples(y.astype(np.float32))
    spectra = transform(recording.y, RATE)
    return characterise(Frames(spectra), recording.loudness, analyse_music(spectra))


def sine(hertz: float, amplitude: float = 0.3) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * hertz * TIME)


def noise(amplitude: float = 0.1) -> np.ndarray:
    return amplitude * np.random.default_rng(0).standard_normal(len(TIME))


def kicks(bpm: float) -> np.ndarray:
    """A falling low tone on each beat."""
    t = np.arange(round(0.2 * RATE)) / RATE
    kick = (0.8 * np.sin(2 * np.pi * (60 * t + 4 * (1 - np.exp(-30 * t)))) * np.exp(-15 * t)).astype(np.float32)
    y = np.zeros(len(TIME), dtype=np.float32)
    for at in np.arange(0.25, SECONDS - 0.3, 60 / bpm):
        add(y, kick, at)
    return y


def test_scale_is_linear_and_cut():
    assert [scale(value, -30, -10) for value in (-40, -30, -25, -20, -10, 0)] == [0, 0, 0.25, 0.5, 1, 1]


def test_silence_is_nothing_but_silent():
    assert of(np.zeros(len(TIME))) == Character(0, 0, 0, 0, 0, 0, 1)


def test_silence_is_counted_in_time():
    half = np.where(TIME < SECONDS / 2, noise(), 0)

    assert of(half).silence_share == pytest.approx(0.5, abs=0.01)
    assert of(noise()).silence_share == 0


@pytest.mark.parametrize(("hertz", "share"), [(300.0, 0.0), (1000.0, 0.0), (2500.0, 1.0), (6000.0, 1.0)])
def test_brightness_is_the_share_above_1500_hz(hertz: float, share: float):
    assert of(sine(hertz)).brightness == pytest.approx(share, abs=0.03)
    # White noise is spread evenly up to half the rate.
    assert of(noise()).brightness == pytest.approx(1 - 1500 / (RATE / 2), abs=0.01)


def test_two_equal_tones_are_half_bright():
    assert of(sine(500) + sine(5000)).brightness == pytest.approx(0.5, abs=0.02)


def test_percussion_is_short_and_wide():
    tone, beats = of(sine(440) + sine(660)), of(clicks(120.0, SECONDS))

    assert tone.percussiveness < 0.1
    assert beats.percussiveness > 0.9
    # Of both, what has the power decides.
    assert tone.percussiveness < of(sine(440, 0.02) + clicks(120.0, SECONDS)).percussiveness < beats.percussiveness


def test_energy_has_its_parts_in_their_weights():
    # A soft dull tone has none; of a loud bright one only the onsets are missing.
    assert of(sine(200, 0.01)).energy < 0.05
    assert of(sine(5000, 1.0)).energy == pytest.approx(0.75, abs=0.05)
    # Twelve decibels are 12 / 22 of the loudness part, which is half of it; -26 and -14 LUFS lie within its bounds.
    recording = Recording.of_samples((0.05 * song(["C:maj", "G:maj"] * 2, 120.0)).astype(np.float32))
    frames = Frames(transform(recording.y, RATE))
    music = analyse_music(frames.spectra)
    soft, loud = (characterise(frames, Loudness(integrated_lufs=lufs), music).energy for lufs in (-26.0, -14.0))
    assert loud - soft == pytest.approx(0.5 * 12 / 22)


def test_aggressive_is_noisy_rough_and_hard_hit():
    pad = of(sine(220) + sine(277) + sine(330))
    plucked = of(song(["C:maj", "G:maj"] * 2, 120.0))
    # Sixteen bursts a second over noise that never stops: all three at their most.
    bursts = noise(0.01) + noise(0.4) * (np.mod(TIME, 1 / 8) < 0.03)

    assert pad.aggressiveness < 0.05
    assert pad.aggressiveness < plucked.aggressiveness < of(bursts).aggressiveness
    assert of(bursts).aggressiveness > 0.8
    # A hiss is noisy, and neither rough nor hit.
    assert of(noise()).aggressiveness < 0.7


def test_how_loud_it_was_mastered_makes_nothing_aggressive():
    y = song(["C:maj", "A:min"], 100.0)
    y = y + 0.02 * noise()[: len(y)]

    assert of(y).aggressiveness == pytest.approx(of(y / 2).aggressiveness, abs=0.01)
    assert of(y).energy > of(y / 2).energy + 0.1


def test_what_one_dances_to_has_a_steady_beat_near_120_in_the_bass():
    near, slow = of(kicks(120.0)), of(kicks(70.0))
    rng = np.random.default_rng(3)
    uneven = np.zeros(len(TIME), dtype=np.float32)
    for at in np.sort(rng.uniform(0.2, SECONDS - 0.4, 16)):
        add(uneven, kicks(40.0)[round(0.25 * RATE) : round(0.45 * RATE)], float(at))

    assert near.danceability > slow.danceability > of(noise()).danceability
    assert near.danceability > of(uneven).danceability + 0.2
    # The same beat without bass.
    assert near.danceability > of(clicks(120.0, SECONDS)).danceability
    assert of(sine(440)).danceability < 0.3


def test_the_pulse_of_even_clicks_is_clear_and_that_of_noise_is_not():
    assert pulse_clarity(Frames(transform(clicks(120.0, SECONDS), RATE))) > 0.6
    assert pulse_clarity(Frames(transform(noise().astype(np.float32), RATE))) < 0.2
    assert pulse_clarity(Frames(transform(np.ones(RATE, dtype=np.float32), RATE))) == 0


def test_syllables_with_pauses_are_speech_and_what_sounds_on_is_not():
    # Four syllables a second of buzzing noise, each half as long as its time.
    voice = noise(0.2) * np.clip(np.sin(2 * np.pi * 4 * TIME), 0, None) ** 2

    assert of(voice).speech_share == 1
    assert of(noise()).speech_share == 0
    assert of(sine(220)).speech_share == 0
    # Words over an accompaniment that lasts are music.
    assert of(voice + sine(220)).speech_share == 0


# Files are numbered from 1 in each genre, answers through all four.
_FIRST_ID = {"classical": 0, "rock": 100, "electronic": 200, "pop": 300}


@pytest.fixture(scope="module")
def heard(data_folder: Path) -> pl.DataFrame:
    """Character of the first 12 s of the 80 clips, with the share of listeners who felt each emotion."""
    soundfile = pytest.importorskip("soundfile")
    folder = data_folder / "emotify"
    answers = pl.read_csv(folder / "annotations.csv")
    answers = answers.rename({name: name.strip() for name in answers.columns})
    felt = answers.group_by("track id").agg(pl.col(pl.Int64).mean())
    rows = []
    for genre, first in _FIRST_ID.items():
        for clip in sorted((folder / genre).glob("*.mp3")):
            rate = soundfile.info(clip).samplerate
            assert rate == 2 * RATE
            y, _ = soundfile.read(clip, dtype="float32", always_2d=True, frames=12 * rate)
            # Halving the rate by means of two: what folds back lies above what any of this weighs.
            mono = y[: len(y) // 2 * 2].mean(axis=1).reshape(-1, 2).mean(axis=1)
            recording = Recording.of_samples(mono)
            spectra = transform(recording.y, RATE)
            character = characterise(Frames(spectra), recording.loudness, analyse_music(spectra))
            rows.append({"track id": first + int(clip.stem), "in_genre": genre, **vars(character)})
    joined = pl.DataFrame(rows).join(felt, on="track id")
    assert joined.height == 80
    return joined.with_columns(
        (pl.col("power") + pl.col("tension") - pl.col("calmness") - pl.col("tenderness")).alias("force"),
    )


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("character", "emotion", "least"),
    [
        # Measured on these 12 s, November 2026; the whole clips are in the docstrings of ``character``.
        ("aggressiveness", "force", 0.22),
        ("aggressiveness", "power", 0.22),
        ("aggressiveness", "calmness", -0.22),
        ("energy", "joyful_activation", 0.35),
        ("energy", "calmness", -0.22),
        ("brightness", "power", 0.22),
        ("percussiveness", "joyful_activation", 0.25),
        ("percussiveness", "sadness", -0.22),
        ("danceability", "joyful_activation", 0.30),
        ("danceability", "solemnity", -0.30),
    ],
)
def test_listeners_felt_what_was_measured(heard: pl.DataFrame, character: str, emotion: str, least: float):
    found = heard.select(pl.corr(character, emotion)).item()
    within = heard.select(*(pl.col(name) - pl.col(name).mean().over("in_genre") for name in (character, emotion)))

    # Beyond .22 is no chance of one in twenty; and it is not only that one genre is louder than another.
    assert np.sign(least) * found > abs(least)
    assert np.sign(least) * within.select(pl.corr(character, emotion)).item() > 0.1
