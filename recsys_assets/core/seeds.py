"""Chance as an argument: generators derived from a seed and from what they are for.

A generator made for (seed, listener, period) gives the same values whatever was drawn before it, in whatever order
or process, so parallel and repeated runs agree (LensKit's derived seeds, SPEC 7).
"""

import hashlib
from datetime import date

import numpy as np


def derived_seed(seed: int, *parts: str | int | date) -> int:
    """Derive a 128-bit seed from ``seed`` and what it is for.

    Parts are told apart by type and length, so ``("1",)`` and ``(1,)`` or ``("ab", "c")`` and ``("a", "bc")`` differ.
    """
    digest = hashlib.sha256(f"{seed}".encode())
    for part in parts:
        text = part.isoformat() if isinstance(part, date) else str(part)
        digest.update(f"|{type(part).__name__}:{len(text)}:{text}".encode())
    return int.from_bytes(digest.digest()[:16], "big")


def generator(seed: int, *parts: str | int | date) -> np.random.Generator:
    """Return a NumPy generator for ``seed`` and ``parts``; the same arguments give the same stream."""
    return np.random.Generator(np.random.PCG64(derived_seed(seed, *parts)))
