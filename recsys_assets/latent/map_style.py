"""What the two drawings of the map share: which genres get a colour, which colour, and where their names stand.

Belongs here: the choice of genres, the shades, the steps of "how much it is streamed", the middle of a genre's region.
Drawing is ``map_picture`` (PNG) and ``map_html`` (page); places are ``layout``.

A genre is a hue and streams are lightness, in OKLCH (Ottosson 2020), where equal steps look equal: the same step of two
hues is equally dark, so that lightness can be read across genres. Hue is never alone: every genre's name stands on its
region, because a dozen hues are more than a colour-blind eye tells apart.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.core import columns as c
from recsys_assets.core.schemas import require
from recsys_assets.latent.tables import SPACE_MAP

OTHER = "other genres"
UNKNOWN = "genre unknown"
MAX_GENRES = 12
STEPS = 8

# OKLCH degrees in an order that keeps early ones far apart: a catalogue of five genres gets five clear colours.
_HUES = (255.0, 35.0, 150.0, 340.0, 95.0, 200.0, 300.0, 10.0, 125.0, 65.0, 230.0, 320.0)
_LIGHTNESS = (0.86, 0.42)
_CHROMA = (0.055, 0.165)
_GREY_CHROMA = 0.008


@dataclass(frozen=True)
class GenreStyle:
    """One entry of the legend.

    Attributes:
        name: as shown.
        shades: ``STEPS`` colours ``#rrggbb``, little streamed to much streamed.
        centre: (x, y) of the middle of its densest region; None for what is no region (other, unknown).
    """

    name: str
    shades: tuple[str, ...]
    centre: tuple[float, float] | None


@dataclass(frozen=True)
class MapStyle:
    """How the points of one map are drawn; ``genre`` and ``step`` have one entry per row of the map."""

    genres: tuple[GenreStyle, ...]
    genre: NDArray[np.int64]
    step: NDArray[np.int64]

    def colours(self) -> list[str]:
        """Colour of every point."""
        return [self.genres[g].shades[s] for g, s in zip(self.genre, self.step, strict=True)]


def style_map(space_map: pl.DataFrame) -> MapStyle:
    """Choose colours for a map.

    The ``MAX_GENRES`` genres with the most points get a hue, handed out in the order of the alphabet, so that two
    days with the same genres agree; the others are grey. Genres that differ in case alone are one.

    Args:
        space_map: rows of ``SPACE_MAP``; a date column is allowed.

    Raises:
        SchemaMismatchError: columns are missing.
    """
    require(space_map, {column.name: column.dtype for column in SPACE_MAP.columns}, what="space_map")
    folded = space_map.select(pl.col("genre").str.strip_chars().str.to_lowercase().replace("", None)).to_series()
    counts = (
        pl.DataFrame({"folded": folded, "genre": space_map["genre"].str.strip_chars()})
        .drop_nulls("folded")
        .group_by("folded")
        .agg(pl.len().alias("points"), pl.col("genre").mode().sort().first())
        .sort("points", "folded", descending=[True, False])
    )
    coloured = counts.head(MAX_GENRES).sort("folded")
    places = space_map.select("x", "y").to_numpy().astype(np.float64)
    genre = np.full(len(space_map), -1)
    styles: list[GenreStyle] = []
    for index, (key, name) in enumerate(coloured.select("folded", "genre").iter_rows()):
        mine = (folded == key).fill_null(value=False).to_numpy()
        genre[mine] = index
        styles.append(GenreStyle(name, _shades(_HUES[index], _CHROMA), _densest(places[mine])))
    for name, rest in ((OTHER, folded.is_not_null()), (UNKNOWN, folded.is_null())):
        mine = rest.to_numpy() & (genre < 0)
        if mine.any():
            genre[mine] = len(styles)
            styles.append(GenreStyle(name, _shades(0.0, (_GREY_CHROMA, _GREY_CHROMA)), None))
    return MapStyle(tuple(styles), genre, _steps(space_map[c.PLAY_COUNT].to_numpy().astype(np.float64)))


def _steps(play_counts: NDArray[np.float64]) -> NDArray[np.int64]:
    """Cut the logarithm of plays into equal steps between its 2nd and 98th percentile; all alike is the middle."""
    if not len(play_counts):
        return np.zeros(0, dtype=np.int64)
    logs = np.log1p(np.maximum(play_counts, 0.0))
    low, high = np.quantile(logs, [0.02, 0.98])
    if high - low < 1e-9:
        return np.full(len(logs), STEPS // 2)
    return np.clip((logs - low) / (high - low) * STEPS, 0, STEPS - 1).astype(np.int64)


def _densest(places: NDArray[np.float64], *, radius: float = 0.15) -> tuple[float, float]:
    """Middle of the densest region: the mean of a genre in two regions lies in neither."""
    # 1,500 of 3,000 points are plenty to see where they crowd, and bound the square of distances.
    sample = places[:: max(1, len(places) // 1500)]
    squared = ((sample[:, None, :] - sample[None, :, :]) ** 2).sum(axis=2)
    crowd = np.exp(-squared / (2 * radius**2)).sum(axis=1)
    near = squared[crowd.argmax()] <= radius**2
    x, y = sample[near].mean(axis=0)
    return float(x), float(y)


def _shades(hue: float, chroma: tuple[float, float]) -> tuple[str, ...]:
    steps = np.linspace(0.0, 1.0, STEPS)
    lightness = _LIGHTNESS[0] + (_LIGHTNESS[1] - _LIGHTNESS[0]) * steps
    strength = chroma[0] + (chroma[1] - chroma[0]) * np.sqrt(steps)
    return tuple(_oklch_to_hex(light, strong, hue) for light, strong in zip(lightness, strength, strict=True))


def _oklch_to_hex(lightness: float, chroma: float, hue: float) -> str:
    """Convert by Ottosson's matrices; what a screen can not show loses chroma, never its lightness."""
    radians = np.deg2rad(hue)
    for part in np.linspace(1.0, 0.0, 21):
        a, b = chroma * part * np.cos(radians), chroma * part * np.sin(radians)
        lms = np.array(
            [
                lightness + 0.3963377774 * a + 0.2158037573 * b,
                lightness - 0.1055613458 * a - 0.0638541728 * b,
                lightness - 0.0894841775 * a - 1.2914855480 * b,
            ]
        )
        linear = _LMS_TO_RGB @ lms**3
        if part == 0.0 or ((linear >= -1e-4) & (linear <= 1 + 1e-4)).all():
            break
    linear = np.clip(linear, 0.0, 1.0)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in encoded)


_LMS_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)
