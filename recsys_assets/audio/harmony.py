"""Chords: which major or minor triad sounds when, and what the progression is in its key.

Belongs here: the chord model and its smoothing over time. Where the note activations come from is ``tonality``.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Chord:
    """A chord from ``start_s`` up to ``end_s``. ``label``: ``C:maj``, ``A:min`` (roots with sharps) or ``N`` for no chord."""

    start_s: float
    end_s: float
    label: str
