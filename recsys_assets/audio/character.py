"""What a listener would say a recording is like, as numbers from 0 to 1: energetic, bright, aggressive and so on.

Each is made of a few measured properties, mapped to 0…1 by fixed bounds, so that a value means the same in every
catalogue and never changes because other tracks arrive. The bounds are round figures around the 5th and 95th percentile of
88 recordings of four genres.

The correlations below are Pearson's over 80 one-minute clips of four genres, each with the share of its listeners (11 or more,
1,638 in all) who felt an emotion (Emotify; Aljanabi, Wiering and Veltkamp 2016); beyond .22 chance gives one in twenty. They are
small because what was felt depends on more than sound. ``tests/unit/audio/test_character.py`` holds the main ones.
"""

from dataclasses import dataclass

import numpy as np

from recsys_assets.audio.frames import Frames
from recsys_assets.audio.loudness import Loudness
from recsys_assets.audio.music import MusicAnalysis
from recsys_assets.audio.transform import Array

# Speech is cut into syllables, about four a second (Scheirer and Slaney, ICASSP 1997).
_SYLLABLE_HZ = (2.5, 6.5)
_BRIGHT_HZ = 1500.0
_WINDOW_S = 2.0


@dataclass(frozen=True)
class Character:
    """Each from 0 to 1; see the functions of the same names."""

    energy: float
    brightness: float
    percussiveness: float
    aggressiveness: float
    danceability: float
    speech_share: float
    silence_share: float


def characterise(frames: Frames, loudness: Loudness, music: MusicAnalysis) -> Character:
    """Describe a recording; one that is all silence is 0 in everything but ``silence_share``."""
    silence = silence_share(frames)
    if silence >= 1:
        return Character(0, 0, 0, 0, 0, 0, 1)
    return Character(
        energy=energy(frames, loudness),
        brightness=brightness(frames),
        percussiveness=percussiveness(frames),
        aggressiveness=aggressiveness(frames),
        danceability=danceability(frames, music),
        speech_share=speech_share(frames),
        silence_share=silence,
    )


def scale(value: float, low: float, high: float) -> float:
    """Map ``low`` to 0 and ``high`` to 1, linearly, and cut what lies beyond."""
    return float(np.clip((value - low) / (high - low), 0, 1))


def energy(frames: Frames, loudness: Loudness) -> float:
    """How intense it is: half of it loudness, a quarter each onset density and weight of the high bands.

    Loudness runs from -30 to -8 LUFS, mean onset strength from 0.6 to 2.4 dB a frame, and the share of magnitude above
    1.5 kHz from 0.1 to 0.6. It goes with joyful activation by r = .50, with calmness by -.40, with solemnity by -.44.
    """
    lufs = -70.0 if loudness.integrated_lufs is None else loudness.integrated_lufs
    return (
        0.5 * scale(lufs, -30, -8)
        + 0.25 * scale(_mean_onset(frames), 0.6, 2.4)
        + 0.25 * scale(_bright_share(frames), 0.1, 0.6)
    )


def brightness(frames: Frames) -> float:
    """The share of spectral magnitude above 1.5 kHz (Juslin 2000) in the whole recording: quiet moments count for little.

    It goes with power by r = .37, with joyful activation by .30, with calmness by -.27.
    """
    return _bright_share(frames)


def percussiveness(frames: Frames) -> float:
    """The share of sound that is short in time and wide in frequency, by median filtering (FitzGerald 2010).

    It goes with joyful activation by r = .46, with solemnity by -.41, with sadness by -.38, with tension by .26.
    """
    return frames.percussive_share


def aggressiveness(frames: Frames) -> float:
    """How forceful and restless it is, and how little calm and tender: noisy, rough, hard-hit sound.

    Equal parts of noisiness (mean spectral flatness, log, of 0.01 to 0.3: distortion and cymbals fill the gaps between partials),
    roughness (mean onset strength of 0.6 to 2.4 dB) and hardness (percussiveness of 0.1 to 0.45). How loud it was mastered is no
    part of it, nor how little its level varies: they go with power and tension by r = .02 and -.15.

    It goes with power by r = .35, with calmness by -.36, with tenderness by -.23, with tension by .15, which chance may give;
    with power + tension - calmness - tenderness by .35. It does not tell anger from joy: with joyful
    activation it goes by .58.
    """
    flat = float(np.log10(np.maximum(_sounding(frames, frames.flatness), 1e-4)).mean())
    parts = (
        scale(flat, -2.0, -0.5),
        scale(_mean_onset(frames), 0.6, 2.4),
        scale(percussiveness(frames), 0.1, 0.45),
    )
    return sum(parts) / len(parts)


def danceability(frames: Frames, music: MusicAnalysis) -> float:
    """How well one could move to it: a clear, steady pulse at a tempo that people dance to, with weight in the bass.

    Half of it is pulse clarity (highest autocorrelation of the onset strength between 40 and 200 a minute, 0.1 to 0.6;
    Lartillot et al., ISMIR 2008), a quarter nearness of the tempo to 120 a minute (an octave off counts 0; Moelants 2002),
    a quarter the share of onset strength in the lowest bands (0.08 to 0.25). Nobody was asked whether a clip can be danced to: it
    goes with joyful activation by r = .36, within genres .43, with power by .30, with solemnity by -.33.
    """
    near = 0.0 if not music.tempo_bpm else 1 - min(abs(np.log2(music.tempo_bpm / 120)), 1)
    low = float(frames.rise[0].sum() / max(frames.rise.sum(), 1e-6))
    return float(0.5 * scale(pulse_clarity(frames), 0.1, 0.6) + 0.25 * near + 0.25 * scale(low, 0.08, 0.25))


def pulse_clarity(frames: Frames) -> float:
    """Return the highest autocorrelation of the onset strength at lags of 0.3 to 1.5 s, 0 to 1."""
    onset = frames.onset - frames.onset.mean()
    rate = frames.spectra.frame_rate_hz
    first, last = round(0.3 * rate), round(1.5 * rate)
    if len(onset) <= 2 * last or not onset.any():
        return 0.0
    spectrum = np.fft.rfft(onset, 2 * len(onset))
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[: last + 1]
    return float(np.clip(correlation[first:].max() / correlation[0], 0, 1))


def speech_share(frames: Frames) -> float:
    """The share of two-second windows that sound like talking and not like music.

    A window counts where its level swings at the rate of syllables (2.5 to 6.5 Hz hold at least 45 % of the modulation
    below 20 Hz) and it pauses (at least a fifth of its frames lie 12 dB below its mean). Rap over a beat is music here.
    """
    rate = frames.spectra.frame_rate_hz
    length = round(_WINDOW_S * rate)
    count = len(frames.level_db) // length
    if not count:
        return 0.0
    level = np.maximum(frames.level_db[: count * length].reshape(count, length), -60)
    swing = np.abs(np.fft.rfft((level - level.mean(axis=1, keepdims=True)) * np.hanning(length), axis=1)) ** 2
    hertz = np.fft.rfftfreq(length, 1 / rate)
    total = swing[:, (hertz > 0.7) & (hertz < 20)].sum(axis=1)
    syllables = swing[:, (hertz >= _SYLLABLE_HZ[0]) & (hertz <= _SYLLABLE_HZ[1])].sum(axis=1)
    loud = 10 * np.log10(np.maximum((10 ** (level / 10)).mean(axis=1, keepdims=True), 1e-10))
    pauses = (level < loud - 12).mean(axis=1)
    is_speech = (syllables > 0.45 * np.maximum(total, 1e-9)) & (pauses > 0.2) & (loud[:, 0] > -50)
    return float(is_speech.mean())


def silence_share(frames: Frames) -> float:
    """The share of frames below -60 dB of full scale."""
    return float(1 - frames.is_sounding.mean())


def _sounding(frames: Frames, series: Array) -> Array:
    found = series[frames.is_sounding]
    return found if len(found) else series


def _mean_onset(frames: Frames) -> float:
    return float(_sounding(frames, frames.onset).mean())


def _bright_share(frames: Frames) -> float:
    magnitude = frames.spectra.magnitude.mean(axis=1)
    high = magnitude[frames.spectra.frequencies_hz >= _BRIGHT_HZ].sum()
    return float(high / max(magnitude.sum(), 1e-9))
