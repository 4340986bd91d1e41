"""The planted space of the made-up world: its axes, and the directions of genres, moods and versions in it.

Belongs here: directions and vectors of length one. What lies where is ``catalogue`` and ``listeners``.

The space has ``DIMENSIONS`` = 20 axes: 16 of content (unit length for artists and tracks) and 4 in which the version
directions lie, so that for every recording live - studio is the same vector.
"""

from dataclasses import dataclass

import numpy as np

from recsys_assets.core.seeds import generator
from recsys_assets.demo.genres import GENRES
from recsys_assets.demo.words import MOODS

CONTENT_DIMENSIONS = 16
VERSION_DIMENSIONS = 4
DIMENSIONS = CONTENT_DIMENSIONS + VERSION_DIMENSIONS

VERSION_KINDS = ("studio", "live", "acoustic")
FAMILY_PULL = 0.8


@dataclass(frozen=True)
class Space:
    """Directions that everything is made from: float32, rows of length ``DIMENSIONS`` (moods: content part only)."""

    genres: np.ndarray
    moods: np.ndarray
    versions: np.ndarray


def unit_rows(matrix: np.ndarray) -> np.ndarray:
    """Return the rows scaled to length one, float32."""
    return (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)


def random_directions(rng: np.random.Generator, n: int, dimensions: int = CONTENT_DIMENSIONS) -> np.ndarray:
    """Draw n unit vectors, evenly over the sphere."""
    return unit_rows(rng.standard_normal((n, dimensions)))


def with_version_axes(content: np.ndarray) -> np.ndarray:
    """Return content vectors in the whole space, without a version."""
    return np.hstack([content, np.zeros((len(content), VERSION_DIMENSIONS), dtype=np.float32)]).astype(np.float32)


def plant_space(seed: int) -> Space:
    """Draw the directions of genres, moods and versions."""
    rng = generator(seed, "demo", "space")
    families = sorted({family for genre in GENRES for family in genre.families})
    # Orthonormal, so that a family pulls its genres together and apart from no other by accident.
    axes, _ = np.linalg.qr(rng.standard_normal((CONTENT_DIMENSIONS, CONTENT_DIMENSIONS)))
    family_axes = dict(zip(families, axes, strict=False))
    own = random_directions(rng, len(GENRES))
    pulled = [sum(family_axes[f] for f in genre.families) / np.sqrt(len(genre.families)) for genre in GENRES]
    content = unit_rows(own + FAMILY_PULL * np.array(pulled))
    directions, _ = np.linalg.qr(rng.standard_normal((VERSION_DIMENSIONS, VERSION_DIMENSIONS)))
    versions = np.zeros((len(VERSION_KINDS), DIMENSIONS), dtype=np.float32)
    versions[1:, CONTENT_DIMENSIONS:] = directions[: len(VERSION_KINDS) - 1]
    return Space(genres=with_version_axes(content), moods=random_directions(rng, len(MOODS)), versions=versions)
