"""The arc of a mix, where recordings were analysed: it warms up, peaks at two thirds and cools down.

Belongs here: what each place of a mix wants of the energy of its track, and how well two tracks follow each other by key
and tempo. The order itself is ``sequence``. Where nothing was analysed nothing is wanted, and the order is by place in the
space alone.

Energy counts by its rank within the mix, so a mix of calm music has an arc of its own. A place's wish is a rank too: the
place that lies k-th on the arc wants the track that is k-th in energy.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.core import columns as c
from recsys_assets.mixes.catalogue import Catalogue

PEAK_AT = 2 / 3
ARC_START, ARC_END = 0.2, 0.0
ENERGY_WEIGHT = 1.0
"""What the square of a distance of ranks (0 … 1) costs, beside cosines. On the 721 mixes of a day of the small demo world,
with its recordings analysed, ranks of energy correlate .78 with the arc (.02 without it) and the mean cosine of neighbours
falls from .440 to .407, where any two tracks of a mix have .247."""

KEY_GAIN, TEMPO_GAIN = 0.06, 0.06
TEMPO_REACH = 0.12
"""In octaves: tempos this far apart (8 %) no longer follow each other."""

LEAST_KNOWN = 4
"""With fewer analysed tracks there is no arc to speak of."""

SOUND_COLUMNS = (c.TRACK_ID, "energy", "tempo_bpm", "key_pitch_class", "is_major", "key_confidence")


@dataclass(frozen=True)
class Sound:
    """What was heard in recordings, by track row of the catalogue; NaN where there is none.

    Attributes:
        energy: float32, 0 … 1.
        octave: float32, log2 of the tempo.
        fifths: float32, place on the circle of fifths 0 … 11, of a minor key that of its relative major.
        key_confidence: float32, 0 … 1; 0 where there is no key.
    """

    energy: NDArray[np.float32]
    octave: NDArray[np.float32]
    fifths: NDArray[np.float32]
    key_confidence: NDArray[np.float32]

    @classmethod
    def unheard(cls, n_tracks: int) -> Self:
        """Return what is known where no recording was analysed."""
        nothing = np.full(n_tracks, np.nan, dtype=np.float32)
        return cls(nothing, nothing, nothing, np.zeros(n_tracks, dtype=np.float32))


def read_sound(analysis: pl.DataFrame | None, catalogue: Catalogue) -> Sound:
    """Arrange analyses by the rows of the catalogue.

    Args:
        analysis: ``SOUND_COLUMNS`` of ``audio.track_analysis``, at most one row per track; None for none.
        catalogue: the rows; other tracks are left out.
    """
    sound = Sound.unheard(catalogue.tracks.size)
    if analysis is None or not analysis.height:
        return sound
    rows = catalogue.tracks.rows(analysis[c.TRACK_ID])
    known = rows >= 0
    energy, tempo, key, confidence = (
        analysis[name].cast(pl.Float32).fill_null(float("nan")).to_numpy()[known]
        for name in ("energy", "tempo_bpm", "key_pitch_class", "key_confidence")
    )
    is_minor = (~analysis["is_major"].fill_null(value=True)).to_numpy()[known]
    # The relative major lies three semitones higher; seven semitones are one step on the circle.
    fifths = (7 * (key + 3 * is_minor)) % 12
    out = Sound(*(np.array(values) for values in (sound.energy, sound.octave, sound.fifths, sound.key_confidence)))
    out.energy[rows[known]] = energy
    out.octave[rows[known]] = np.log2(np.where(tempo > 0, tempo, np.nan))
    out.fifths[rows[known]] = fifths
    out.key_confidence[rows[known]] = np.where(np.isnan(fifths), 0, np.nan_to_num(confidence))
    return out


def arc_height(places: NDArray[np.number], lengths: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the height of the arc, 0 … 1, at each place (from 0) of mixes of the given lengths."""
    x = places / np.maximum(np.asarray(lengths) - 1, 1)
    rise = ARC_START + (1 - ARC_START) * np.sin(np.pi / 2 * np.minimum(x / PEAK_AT, 1)) ** 2
    fall = ARC_END + (1 - ARC_END) * np.cos(np.pi / 2 * np.clip((x - PEAK_AT) / (1 - PEAK_AT), 0, 1)) ** 2
    return np.where(x <= PEAK_AT, rise, fall)


def misfit(tracks: NDArray[np.int64], lengths: NDArray[np.integer], sound: Sound) -> NDArray[np.float32] | None:
    """Return what each track costs at each place by its energy; None where no mix has an arc.

    Args:
        tracks: shape (n_mixes, n), track rows; beyond a mix's length is padding.
        lengths: of the mixes.
        sound: by track row.

    Returns:
        float32 (n_mixes, n, n), track by place, for ``sequence.order_tracks``. A track that was not analysed costs
        nothing anywhere.
    """
    n = tracks.shape[1]
    is_entry = np.arange(n)[None, :] < np.asarray(lengths)[:, None]
    energy = np.where(is_entry, sound.energy[tracks], np.nan)
    is_known = ~np.isnan(energy)
    count = is_known.sum(axis=1, keepdims=True)
    if not (count >= LEAST_KNOWN).any():
        return None
    has = (_rank(np.where(is_known, energy, np.inf)) + 0.5) / np.maximum(count, 1)
    height = arc_height(np.broadcast_to(np.arange(n), tracks.shape), np.asarray(lengths)[:, None])
    wants = (_rank(np.where(is_entry, height, np.inf)) + 0.5) / np.maximum(np.asarray(lengths)[:, None], 1)
    cost = ENERGY_WEIGHT * (has[:, :, None] - wants[:, None, :]) ** 2
    return np.where((is_known & (count >= LEAST_KNOWN))[:, :, None], cost, 0).astype(np.float32)


def harmony(tracks: NDArray[np.int64], sound: Sound) -> NDArray[np.float32]:
    """Return what tracks gain as neighbours by key and tempo: float32 (n_mixes, n, n), symmetric, 0 … .12.

    Keys go together that are the same, relative, or a fifth apart (Krumhansl 1990), as far as both are sure; tempos that
    are alike, half or double.
    """
    fifths, sure, octave = sound.fifths[tracks], sound.key_confidence[tracks], sound.octave[tracks]
    steps = np.abs(fifths[:, :, None] - fifths[:, None, :])
    steps = np.minimum(steps, 12 - steps)
    key = np.where(steps <= 1, KEY_GAIN, 0) * np.minimum(sure[:, :, None], sure[:, None, :])
    apart = np.abs(octave[:, :, None] - octave[:, None, :]) % 1
    tempo = TEMPO_GAIN * np.clip(1 - np.minimum(apart, 1 - apart) / TEMPO_REACH, 0, 1)
    return (np.nan_to_num(key) + np.nan_to_num(tempo)).astype(np.float32)


def _rank(values: NDArray[np.floating]) -> NDArray[np.int64]:
    """The rank of each value within its row, from 0; of equal ones the first comes first."""
    order = np.argsort(values, axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(values.shape[1])[None, :].repeat(len(values), axis=0), axis=1)
    return rank
