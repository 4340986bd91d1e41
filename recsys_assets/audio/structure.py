"""Sections: stretches of a recording that sound alike inside and differ from what is beside them.

Belongs here: novelty, boundaries, and which sections return. What a chord or a beat is comes as an argument.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A section from ``start_s`` up to ``end_s``. What sounds alike shares a ``label``: ``A`` for what comes first, then ``B``."""

    start_s: float
    end_s: float
    label: str
