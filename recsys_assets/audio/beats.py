"""Where each beat falls, and which beats begin a bar.

Belongs here: the path of beats through the onsets at a known tempo, and the metre over it. The tempo is ``rhythm``'s.
"""

from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, Field

from recsys_assets.audio.rhythm import Onsets
from recsys_assets.audio.transform import Values


class BeatParams(BaseModel, frozen=True):
    """How beats follow each other, and how bars are found."""

    tightness: float = Field(
        default=200.0, gt=0, description="Price of a beat off the tempo: times its squared log ratio."
    )
    bass_share: float = Field(default=0.5, ge=0, description="Weight of the bass's onsets beside all onsets.")
    lag_s: float = Field(
        default=0.0, ge=-0.1, le=0.1, description="Added to beat times: onsets show early in a long window."
    )
    bass_weight: float = Field(default=1.0, ge=0, description="Of a bass onset as the mark of a downbeat.")
    change_weight: float = Field(default=1.0, ge=0, description="Of a change of harmony as the mark of a downbeat.")
    four_prior: float = Field(default=0.3, ge=0, description="Lead of bars of four over bars of three.")


@dataclass(frozen=True)
class Beats:
    """Beat instants in seconds, ascending; those that begin a bar; beats in a bar (3 or 4, None if there are too few to tell)."""

    times_s: Values
    downbeat_times_s: Values
    beats_per_bar: int | None


NO_BEATS = Beats(np.zeros(0, np.float32), np.zeros(0, np.float32), None)


def track_beats(onsets: Onsets, frame_rate_hz: float, tempo_bpm: float, params: BeatParams) -> Values:
    """Find the chain of frames that are strong in onsets and evenly apart (Ellis, "Beat tracking by dynamic programming", 2007).

    Args:
        onsets: of the recording.
        frame_rate_hz: frames a second.
        tempo_bpm: beats a minute.
        params: how even.

    Returns:
        (n_beats,) frames of the beats, ascending; the chain is begun before the first and ended after the last onset that is heard.
    """
    from scipy.ndimage import gaussian_filter1d

    period = 60 * frame_rate_hz / tempo_bpm
    strength = gaussian_filter1d(onsets.full + params.bass_share * onsets.bass, period / 32)
    strength = strength / max(float(strength.std()), 1e-9)
    steps = np.arange(max(1, round(period / 2)), round(period * 2) + 1)
    price = -params.tightness * np.square(np.log(steps / period))
    best, before = _chain(strength, steps, price)
    last = _last_beat(best, period)
    beats = [last]
    while before[beats[-1]] >= 0:
        beats.append(int(before[beats[-1]]))
    frames = np.array(beats[::-1])
    heard = np.flatnonzero(onsets.full > 0)
    reach = period / 2
    return frames[(frames >= heard[0] - reach) & (frames <= heard[-1] + reach)]


def _chain(strength: Values, steps: Values, price: Values) -> tuple[Values, Values]:
    """Score of the best chain that ends in each frame, and the beat before it (-1: none)."""
    n, reach = len(strength), int(steps[-1])
    best = np.zeros(n + reach)
    before = np.full(n, -1)
    longest_first = price[::-1]
    low, high = reach - int(steps[-1]), reach - int(steps[0])
    for frame in range(n):
        candidates = best[frame + low : frame + high + 1] + longest_first
        chosen = int(candidates.argmax())
        origin = frame - int(steps[-1]) + chosen
        best[frame + reach] = strength[frame] + candidates[chosen]
        if origin >= 0:
            before[frame] = origin
    return best[reach:], before


def _last_beat(best: Values, period: float) -> int:
    """Frame of the best chain's end within the last period."""
    start = max(0, len(best) - round(period))
    return start + int(best[start:].argmax())


def find_bars(accents: Values, params: BeatParams) -> tuple[int | None, int]:
    """Choose beats per bar and the first downbeat from how accented each beat is.

    Args:
        accents: (n_beats,) any scale.
        params: the lead of four.

    Returns:
        Beats per bar (3, 4, or None for fewer than eight beats or no accents) and the index of the first downbeat.
    """
    spread = float(accents.std()) if len(accents) else 0.0
    if len(accents) < 8 or spread <= 0:
        return None, 0
    standard = (accents - accents.mean()) / spread
    found = {}
    for per_bar, lead in ((4, params.four_prior), (3, 0.0)):
        marks = [float(standard[phase::per_bar].mean()) for phase in range(per_bar)]
        found[per_bar] = (max(marks) + lead, int(np.argmax(marks)))
    per_bar = max(found, key=lambda metre: found[metre][0])
    return per_bar, found[per_bar][1]


def accents_at(frames: Values, onsets: Onsets, changes: Values, params: BeatParams) -> Values:
    """How much each beat sounds like a downbeat: bass onsets near it and change of harmony across it, each standardised."""
    from scipy.ndimage import maximum_filter1d

    bass = maximum_filter1d(onsets.bass, 5)[frames]
    return params.bass_weight * _standard(bass) + params.change_weight * _standard(changes)


def _standard(values: Values) -> Values:
    spread = float(values.std()) if len(values) else 0.0
    return (values - values.mean()) / spread if spread > 0 else np.zeros_like(values)
