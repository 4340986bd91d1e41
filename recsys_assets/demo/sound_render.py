"""A planned track as samples: voices, drums, breath, drive, room and loudness.

Belongs here: ``render``. Pure: no files. One excerpt of ten seconds takes about a tenth of a second.
"""

import numpy as np
from scipy import fft

from recsys_assets.core.seeds import generator
from recsys_assets.demo.catalogue import LIVE
from recsys_assets.demo.sound_drums import build_kit, strike
from recsys_assets.demo.sound_score import write_score
from recsys_assets.demo.sound_traits import TrackSound
from recsys_assets.demo.sound_voices import SAMPLE_RATE_HZ, Voice, play

TAIL_S = 0.7
QUIETEST_PEAK, LOUDEST_PEAK = 0.22, 0.95


def render(sound: TrackSound, *, seed: int) -> np.ndarray:
    """Synthesise a track.

    Returns:
        Mono float32 samples at ``SAMPLE_RATE_HZ``, peak .22 (calm) to .95 (full of energy). The same arguments give the
        same values.
    """
    score = write_score(sound, seed=seed)
    rng = generator(seed, "demo", "sound", "render", sound.row)
    traits = sound.traits
    n = int((sound.length_s + TAIL_S) * SAMPLE_RATE_HZ)
    voices = {name: _level(play(getattr(score, name), voice, n), 0.35) for name, voice in _voices(sound).items()}
    mix = (0.35 + 0.9 * traits["bass"]) * voices["bass"] + 0.75 * voices["harmony"]
    mix += (0.2 + 0.9 * traits["lead"]) * voices["lead"]
    if traits["drum"] > 0:
        kit = build_kit(brightness=traits["brightness"], tightness=traits["attack"], rng=rng)
        mix += (0.25 + 1.3 * traits["drum"]) * _level(strike(score.drums, kit, n), 0.3)
    mix += _breath(mix, sound, rng)
    # Saturation that keeps the level: quiet parts rise, peaks round off.
    push = np.float32(0.4 + 3.5 * traits["drive"] ** 1.5)
    mix = np.tanh(push * mix) / np.tanh(push)
    mix = _in_room(mix, sound, rng)
    peak = QUIETEST_PEAK * (LOUDEST_PEAK / QUIETEST_PEAK) ** traits["energy"]
    return (mix * (peak / max(float(np.abs(mix).max()), 1e-9))).astype(np.float32)


def _level(samples: np.ndarray, rms: float) -> np.ndarray:
    """Scale to a root mean square; silence stays silent."""
    now = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    return samples * np.float32(rms / now) if now > 1e-6 else samples


def _voices(sound: TrackSound) -> dict[str, Voice]:
    """The timbres of bass, harmony and lead: one family of sounds per track."""
    t = sound.traits
    rolloff = 3.0 - 2.1 * t["brightness"]
    attack_s = 0.004 + 0.35 * (1 - t["attack"]) ** 4
    decay_s = 0.12 + 2.6 * t["sustain"] ** 2
    body_hz = 850.0 * 2.0**sound.body_octaves
    return {
        "bass": Voice(rolloff + 0.5, 0.5 * t["hollowness"], 150.0, 0.008, max(decay_s, 0.35)),
        "harmony": Voice(rolloff, t["hollowness"], body_hz, attack_s, decay_s, tremolo=max(0.0, t["tremolo"] - 0.15)),
        "lead": Voice(
            rolloff, t["hollowness"], 1.5 * body_hz, min(attack_s, 0.09), max(decay_s, 0.4), vibrato=0.5 * t["tremolo"]
        ),
    }


def _breath(mix: np.ndarray, sound: TrackSound, rng: np.random.Generator) -> np.ndarray:
    """Noise that swells with the music, and in live versions the murmur of a hall below it."""
    depth = sound.traits["noise"]
    n = mix.size
    noise = rng.standard_normal(n).astype(np.float32)
    width = SAMPLE_RATE_HZ // 20
    running = np.cumsum(np.abs(mix), dtype=np.float64)
    swell = np.empty(n, dtype=np.float32)
    swell[width:] = (running[width:] - running[:-width]) / width
    swell[:width] = swell[min(width, n - 1)]
    breath = np.float32(0.5 * depth**2) * noise * swell
    if sound.kind == LIVE:
        murmur = np.convolve(rng.standard_normal(n).astype(np.float32), np.full(24, 1 / 24, np.float32), mode="same")
        breath += np.float32(0.1) * murmur * (1 + 0.4 * np.sin(2 * np.pi * 0.3 * np.arange(n) / SAMPLE_RATE_HZ))
    return breath.astype(np.float32)


def _in_room(mix: np.ndarray, sound: TrackSound, rng: np.random.Generator) -> np.ndarray:
    """Add the echo of a room (noise that dies away and darkens) and take what is below hearing out of the mix."""
    wet = sound.traits["reverb"]
    long_s = 0.25 + 1.6 * wet
    m = int(long_s * SAMPLE_RATE_HZ)
    tail = rng.standard_normal(m) * np.exp(-6.9 * np.arange(m) / m)
    tail = np.convolve(tail, (0.25, 0.5, 0.25), mode="same")
    tail *= 0.9 * wet**1.5 / np.sqrt(np.sum(tail**2))
    tail[0] += 1.0
    size = fft.next_fast_len(mix.size + m, real=True)
    hz = fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ)
    spectrum = fft.rfft(mix.astype(np.float64), size) * fft.rfft(tail, size)
    spectrum *= hz**2 / (hz**2 + 30.0**2) * _contour(hz, sound.contour_db)
    wave = fft.irfft(spectrum, size)[: mix.size]
    fade = int(0.25 * SAMPLE_RATE_HZ)
    wave[-fade:] *= np.linspace(1, 0, fade)
    return wave


def _contour(hz: np.ndarray, gains_db: tuple[float, ...]) -> np.ndarray:
    """Factors of a smooth tone control: bands evenly spaced in octaves between 80 Hz and 8 kHz."""
    centres = np.linspace(np.log2(80.0), np.log2(8000.0), len(gains_db))
    return 10.0 ** (np.interp(np.log2(np.maximum(hz, 20.0)), centres, gains_db) / 20.0)
