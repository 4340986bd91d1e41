"""Sections: stretches of a recording that sound alike inside and differ from what is beside them.

Belongs here: novelty, boundaries, and which sections return. What a chord or a beat is comes as an argument.
"""

from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np
from pydantic import BaseModel, Field

from recsys_assets.audio.transform import Spectra, Values


class StructureParams(BaseModel, frozen=True):
    """Grain of the comparison, and what makes a boundary and a return."""

    step_s: float = Field(default=0.5, gt=0, le=10, description="Length of the blocks that are compared.")
    half_kernel_s: float = Field(
        default=8.0, gt=0, description="How much before and after a boundary is compared: four bars."
    )
    shortest_s: float = Field(
        default=6.0, gt=0, description="Sections are at least this long, unless the recording is shorter."
    )
    least_novelty: float = Field(
        default=0.12, ge=0, le=2, description="Contrast (0…2) below which there is no boundary."
    )
    same_similarity: float = Field(
        default=0.5, ge=-1, le=1, description="Sections at least this similar share a label."
    )
    n_timbre: int = Field(
        default=12, ge=2, le=40, description="Cepstral coefficients of timbre, beside twelve of pitch class."
    )


@dataclass(frozen=True)
class Section:
    """A section from ``start_s`` up to ``end_s``. What sounds alike shares a ``label``: ``A`` for what comes first, then ``B``."""

    start_s: float
    end_s: float
    label: str


def find_sections(
    spectra: Spectra, chroma: Values, beat_times_s: Values, params: StructureParams
) -> tuple[Section, ...]:
    """Cut a recording where before and after differ most, and name the parts by what returns.

    Novelty is that of a checkerboard kernel along the diagonal of the self-similarity matrix (Foote, ICME 2000), over timbre and
    pitch classes; boundaries move to the nearest beat.

    Args:
        spectra: of the recording.
        chroma: (12, n_tonal_frames).
        beat_times_s: beats, perhaps none.
        params: grain and thresholds.

    Returns:
        Sections from 0 to the end without gaps; empty for an empty recording, one for one that does not change.
    """
    if spectra.duration_s <= 0:
        return ()
    blocks = _blocks(spectra, chroma, params)
    similarity = blocks.T @ blocks
    starts = [0, *_boundaries(_novelty(similarity, params), params)]
    ends = [*starts[1:], blocks.shape[1]]
    labels = _labels(np.array([blocks[:, a:b].mean(axis=1) for a, b in zip(starts, ends, strict=True)]), params)
    # A boundary between two parts that share a label is a turn inside one section.
    kept = [at for at in range(len(starts)) if at == 0 or labels[at] != labels[at - 1]]
    times = [0.0, *(_on_beat(starts[at] * params.step_s, beat_times_s, params) for at in kept[1:]), spectra.duration_s]
    return tuple(Section(a, b, labels[at]) for a, b, at in zip(times, times[1:], kept, strict=False))


def _blocks(spectra: Spectra, chroma: Values, params: StructureParams) -> Values:
    """Features of each block as unit columns: (n_timbre + 12, n_blocks), each feature standardised over the recording."""
    from scipy.fft import dct

    loudest = max(float(spectra.mel.max(initial=0.0)), 1e-12)
    decibels = 10 * np.log10(np.maximum(spectra.mel, loudest * 1e-8))
    timbre = dct(decibels, axis=0, norm="ortho")[: params.n_timbre]
    rows = [_standard(_averaged(timbre, spectra.frame_rate_hz, spectra.duration_s, params)) / np.sqrt(params.n_timbre)]
    rows.append(_standard(_averaged(chroma, spectra.tonal_frame_rate_hz, spectra.duration_s, params)) / np.sqrt(12))
    blocks = np.vstack(rows)
    return blocks / np.maximum(np.linalg.norm(blocks, axis=0), 1e-9)


def _averaged(values: Values, rate_hz: float, duration_s: float, params: StructureParams) -> Values:
    n_blocks = max(1, round(duration_s / params.step_s))
    edges = np.minimum((np.arange(n_blocks) * params.step_s * rate_hz).astype(int), values.shape[1] - 1)
    counts = np.maximum(np.diff(np.r_[edges, values.shape[1]]), 1)
    return np.add.reduceat(values, edges, axis=1) / counts


def _standard(values: Values) -> Values:
    spread = values.std(axis=1, keepdims=True)
    centred = values - values.mean(axis=1, keepdims=True)
    # What hardly varies is not blown up: a held tone would else have as many sections as rounding errors.
    return np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 1e-3 * (np.abs(values).max() + 1e-12))


def _novelty(similarity: Values, params: StructureParams) -> Values:
    """Mean similarity inside before and after, less that across, for a boundary before each block; 0 at the ends."""
    n = len(similarity)
    half = min(round(params.half_kernel_s / params.step_s), n // 2)
    out = np.zeros(n)
    if half < 2:
        return out
    # Sums of rectangles from a table of cumulative sums: each boundary costs the same, whatever the kernel.
    table = np.pad(similarity.astype(np.float64).cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    middle = np.arange(half, n - half + 1)
    low, high = middle - half, middle + half

    def mean(a: Values, b: Values, c: Values, d: Values) -> Values:
        return (table[b, d] - table[a, d] - table[b, c] + table[a, c]) / half**2

    inside = mean(low, middle, low, middle) + mean(middle, high, middle, high)
    out[middle[middle < n]] = (inside / 2 - mean(low, middle, middle, high))[middle < n]
    return out


def _boundaries(novelty: Values, params: StructureParams) -> list[int]:
    """Blocks that begin a section: the highest novelty first, none too close to another or to an end."""
    shortest = max(1, int(np.ceil(params.shortest_s / params.step_s)))
    chosen: list[int] = []
    for at in np.argsort(-novelty, kind="stable"):
        if novelty[at] < params.least_novelty:
            break
        if shortest <= at <= len(novelty) - shortest and all(abs(at - other) >= shortest for other in chosen):
            chosen.append(int(at))
    return sorted(chosen)


def _labels(means: Values, params: StructureParams) -> list[str]:
    """Give each section the label of the most similar earlier kind, or a new one."""
    means = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
    kinds: list[int] = []
    labels: list[int] = []
    for at in range(len(means)):
        similar = means[kinds] @ means[at] if kinds else np.zeros(0)
        if len(similar) and similar.max() >= params.same_similarity:
            labels.append(int(similar.argmax()))
        else:
            labels.append(len(kinds))
            kinds.append(at)
    return [_letter(kind) for kind in labels]


def _letter(kind: int) -> str:
    """A … Z, then A1 …: a long recording may have more kinds than the alphabet."""
    round_, at = divmod(kind, len(ascii_uppercase))
    return ascii_uppercase[at] + (str(round_) if round_ else "")


def _on_beat(at_s: float, beat_times_s: Values, params: StructureParams) -> float:
    """Return the nearest beat, if there is one within a block's length."""
    if len(beat_times_s) == 0:
        return at_s
    nearest = float(beat_times_s[np.abs(beat_times_s - at_s).argmin()])
    return nearest if abs(nearest - at_s) <= params.step_s else at_s
