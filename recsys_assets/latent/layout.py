"""The latent space flattened to two dimensions for looking: places of tracks and artists on the map.

Belongs here: where points lie. Which points are on the map is ``map_points``, how it is drawn ``map_picture`` (PNG) and
``map_html`` (page); distances that mean something are those of the space itself (``neighbours``), never those of the map.

The method is t-SNE (van der Maaten and Hinton 2008) over vectors of length one, so that near means a high cosine. Two
things keep the maps of two days alike: a start from yesterday's places, at their full size and without the early
exaggeration that would melt them (with vectors moved to a cosine of .995, the median point moves by 6 % of the map
instead of 19 %), and a last rotation onto yesterday's map. The first map starts from the two main axes of the space,
which keeps its large structure (Kobak and Berens 2019).
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from recsys_assets.core import columns as c
from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.seeds import derived_seed, generator
from recsys_assets.latent.map_points import choose_points
from recsys_assets.latent.tables import SPACE_MAP

# t-SNE wants a few neighbours for every point: with fewer points the main axes say all there is to say.
_FEWEST_FOR_TSNE = 5
# Kobak and Berens 2019: a start this small lets the first steps order it, and still holds the large structure.
_FRESH_SPREAD = 1e-4
# A finished t-SNE of n points spreads by about 0.5 * sqrt(n); one that is given more room than that stays torn.
_SPREAD_PER_ROOT_POINT = 0.35
_EXAGGERATION = 12.0
# What the library asks for at least.
_FEWEST_STEPS = 250
_NEAR_KNOWN = 5


class MapParams(BaseModel, frozen=True):
    """How the map is laid out."""

    max_points: int = Field(
        default=3000, ge=1, le=20_000, description="Most points on the map, the most streamed first."
    )
    artist_share: float = Field(default=0.2, ge=0, le=1, description="Most of them that may be artists.")
    perplexity: float = Field(
        default=30.0, ge=2, le=200, description="About how many neighbours each point keeps near."
    )
    iterations: int = Field(default=500, ge=300, le=5000, description="Steps of gradient descent for a first map.")
    tidy_quantile: float = Field(
        default=0.99, gt=0.5, le=1, description="Points farther out than this share of all are drawn in."
    )


def build_space_map(  # noqa: PLR0917 - five tables and how: each has a type of its own
    track_vectors: pl.DataFrame,
    artist_vectors: pl.DataFrame,
    tracks: pl.DataFrame,
    artists: pl.DataFrame,
    play_counts: pl.DataFrame,
    params: MapParams,
    *,
    seed: int,
    previous: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Place the most streamed tracks and artists in one picture.

    Args:
        track_vectors: ``track_id``, ``vector``; a vector of zeros was never observed and has no place.
        artist_vectors: ``artist_id``, ``vector``, of the same space; may be empty.
        tracks: ``track_id`` and, where known, ``title``, ``artist_ids``, ``genres``. May lack rows and columns.
        artists: ``artist_id`` and, where known, ``name``, ``genres``. May lack rows and columns.
        play_counts: ``track_id``, ``play_count``: how much each track is streamed; who is missing counts as 0.
            An artist has the sum over the tracks that credit them.
        params: how many points, and how they are laid out.
        seed: of what little chance there is: points that lie on one another are parted by it.
        previous: an earlier map, which this one is to look like.

    Returns:
        The rows of ``SPACE_MAP`` without a date, ordered by kind and id. A genre is the first of the track's, else the
        first of its first credited artist's; an artist without one has that of their most streamed track.
    """
    points = choose_points(
        track_vectors,
        artist_vectors,
        tracks,
        artists,
        play_counts,
        max_points=params.max_points,
        artist_share=params.artist_share,
    )
    vectors = np.asarray(points[c.VECTOR].to_list(), dtype=np.float32).reshape(len(points), -1 if len(points) else 0)
    places = lay_out(vectors, params, seed=seed, previous=_places_before(points, previous))
    return points.with_columns(x=pl.Series(places[:, 0]), y=pl.Series(places[:, 1])).select(
        pl.col(column.name).cast(column.dtype) for column in SPACE_MAP.columns
    )


def lay_out(
    vectors: NDArray[np.floating],
    params: MapParams | None = None,
    *,
    seed: int,
    previous: NDArray[np.floating] | None = None,
) -> NDArray[np.float32]:
    """Lay vectors out in the plane so that those of a high cosine lie together.

    One core, 64 dimensions: 650 points take 0.9 s, 3,000 points 6 s, and about half of that with ``previous``. The same
    arguments give the same places.

    Args:
        vectors: shape (n, d), finite, any lengths (only directions count; zeros are allowed).
        params: how; the defaults where None.
        seed: parts points that coincide.
        previous: shape (n, 2), where each point was; NaN where it was not.

    Returns:
        Shape (n, 2), within [-1, 1] and touching it; the centre is about the median of the points.

    Raises:
        InvalidArgumentError: a value is not finite, or ``previous`` has another shape.
    """
    params = params or MapParams()
    n = len(vectors)
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise InvalidArgumentError(f"vectors must be finite, of shape (n, d); found shape {vectors.shape}")
    if previous is not None and previous.shape != (n, 2):
        raise InvalidArgumentError(f"previous must have shape ({n}, 2), found {previous.shape}")
    if n == 0:
        return np.zeros((0, 2), dtype=np.float32)
    directions = _directions(vectors)
    known = np.zeros(n, dtype=bool) if previous is None else np.asarray(np.isfinite(previous).all(axis=1))
    # Three points fix a rotation with room to spare; from fewer there is nothing to look like.
    before = previous if previous is not None and known.sum() >= 3 else None
    start = _main_axes(directions) if before is None else _complete(directions, before, known)
    start = _spread(start, generator(seed, "latent.layout", n))
    places = start if n < _FEWEST_FOR_TSNE else _tsne(directions, start, params, seed=seed, is_fresh=before is None)
    places = _tidy(places, params.tidy_quantile)
    if before is not None:
        places = _turn_onto(places, before, known)
    return _scale(places)


def _directions(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1.0)


def _main_axes(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Project on the two main axes, signs fixed by each axis's largest entry (an eigenvector has none of its own)."""
    centred = directions - directions.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1][:, :2]
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])] < 0, -1.0, 1.0)
    projected = centred @ axes
    return np.hstack([projected, np.zeros((len(projected), 2 - projected.shape[1]))])


def _complete(
    directions: NDArray[np.float64], previous: NDArray[np.floating], known: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Put points that are new among the known ones nearest to them."""
    places = np.where(known[:, None], previous, 0.0).astype(np.float64)
    if known.all():
        return places
    cosine = directions[~known] @ directions[known].T
    near = np.argsort(-cosine, axis=1, kind="stable")[:, :_NEAR_KNOWN]
    places[~known] = places[known][near].mean(axis=1)
    return places


def _spread(start: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Bring the start to a common size and part the points that coincide, which no gradient would."""
    size = start.std()
    is_point = size <= 1e-9
    scaled = np.zeros_like(start) if is_point else start / size
    return scaled + (1.0 if is_point else 1e-3) * rng.standard_normal(start.shape)


def _tsne(
    directions: NDArray[np.float64], start: NDArray[np.float64], params: MapParams, *, seed: int, is_fresh: bool
) -> NDArray[np.float64]:
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    n = len(directions)
    spread = _FRESH_SPREAD if is_fresh else _SPREAD_PER_ROOT_POINT * n**0.5
    tsne = TSNE(
        n_components=2,
        perplexity=min(params.perplexity, (n - 1) / 3),
        init=(start * spread).astype(np.float32),  # pyright: ignore[reportArgumentType] - an array is allowed too
        early_exaggeration=_EXAGGERATION if is_fresh else 1.0,
        learning_rate="auto",
        max_iter=params.iterations if is_fresh else max(_FEWEST_STEPS, params.iterations // 2),
        # The library's 0.5 is slower and gives a map that no eye tells from this one.
        angle=0.6,
        random_state=derived_seed(seed, "latent.layout.tsne") % 2**32,
        n_jobs=1,
    )
    # The gradient adds up over OpenMP threads in no fixed order, and t-SNE makes another map of another last bit.
    with threadpool_limits(limits=1):
        return tsne.fit_transform(directions.astype(np.float32)).astype(np.float64)


def _tidy(places: NDArray[np.float64], quantile: float) -> NDArray[np.float64]:
    """Centre on the median and draw stray points in to the edge: one of them would shrink all the others."""
    centred = places - np.median(places, axis=0)
    radius = np.hypot(centred[:, 0], centred[:, 1])
    edge = float(np.quantile(radius, quantile))
    if edge <= 0:
        return centred
    # Beyond the edge an e-fold of distance counts as a tenth of it: the order of radii is kept.
    drawn_in = np.where(radius > edge, edge * (1 + 0.1 * np.log(np.maximum(radius, edge) / edge)), radius)
    return centred * (drawn_in / np.where(radius > 0, radius, 1.0))[:, None]


def _turn_onto(
    places: NDArray[np.float64], previous: NDArray[np.floating], known: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Rotate, and mirror if need be, onto the earlier places (orthogonal Procrustes in the plane)."""
    from scipy.linalg import orthogonal_procrustes

    own, theirs = places[known], previous[known].astype(np.float64)
    rotation, _ = orthogonal_procrustes(own - own.mean(axis=0), theirs - theirs.mean(axis=0))
    return places @ rotation


def _scale(places: NDArray[np.float64]) -> NDArray[np.float32]:
    farthest = np.abs(places).max()
    return (places / farthest if farthest > 0 else places).astype(np.float32)


def _places_before(points: pl.DataFrame, previous: pl.DataFrame | None) -> NDArray[np.float64] | None:
    if previous is None:
        return None
    joined = points.select("kind", "id").join(
        previous.select("kind", "id", "x", "y"), on=["kind", "id"], how="left", maintain_order="left"
    )
    return joined.select(pl.col("x", "y").cast(pl.Float64).fill_null(float("nan"))).to_numpy()
