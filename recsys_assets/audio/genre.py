"""What genre a track sounds like: the catalogue's own labels, learned from descriptors.

A kernel machine for small data. Each group of descriptors (``descriptors.descriptor_groups``) gives a Gaussian kernel as wide as
its median distance; the kernels are summed with weights by how well each agrees with the labels (alignment; Cortes, Mohri
and Rostamizadeh, JMLR 2012), and ridge regression onto the labels is solved exactly (one-against-all least squares SVM;
Suykens and Vandewalle 1999). Its values estimate the probabilities; its answer without a track follows from one solution, so
the tracks that were learned from get honest guesses too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from recsys_assets.audio.descriptors import descriptor_groups
from recsys_assets.core.errors import DataFaultError
from recsys_assets.core.seeds import generator

Values = NDArray[np.float64]


class GenreParams(BaseModel, frozen=True):
    """How genre is learned."""

    regularisation: float = Field(default=0.03, gt=0, description="Ridge; a kernel's diagonal is 1.")
    sharpness: float = Field(
        default=3.0, ge=0, description="Power of the alignments that weigh the groups; 0: all alike."
    )
    max_deviations: float = Field(default=3.0, gt=0, description="Where standardised descriptors are cut: outliers.")
    min_tracks: int = Field(default=5, ge=2, description="Least labelled tracks of a genre that is learned.")
    max_tracks: int = Field(
        default=4000, ge=10, description="Most tracks learned from: the solution grows with the cube."
    )


@dataclass(frozen=True)
class GenreModel:
    """What was learned.

    Attributes:
        genres: names, ascending.
        groups: name and alignment weight of each group of descriptors; weights sum to 1.
        learned: (n,) rows of the training set that were learned from.
        left_out: (n, n_genres) probabilities of those rows by the model without the row.
    """

    genres: tuple[str, ...]
    groups: dict[str, float]
    learned: NDArray[np.int64]
    left_out: Values
    _scale: tuple[Values, Values, float]
    _support: tuple[Values, ...]
    _widths: tuple[float, ...]
    _coefficients: Values
    _prior: Values

    def predict(self, descriptors: NDArray[np.floating]) -> Values:
        """Return probabilities (n, n_genres), rows summing to 1, for descriptors (n, n_descriptors)."""
        blocks = _blocks(_standardised(np.asarray(descriptors, dtype=np.float64), self._scale))
        kernel = sum(
            weight * _kernel(block, support, width)
            for weight, block, support, width in zip(
                self.groups.values(), blocks, self._support, self._widths, strict=True
            )
        )
        return _probabilities(np.asarray(kernel) @ self._coefficients + self._prior)


def fit_genre_model(
    descriptors: NDArray[np.floating],
    labels: Sequence[Sequence[str]],
    params: GenreParams | None = None,
    *,
    seed: int = 7,
) -> GenreModel:
    """Learn genres.

    Args:
        descriptors: (n, n_descriptors), the vectors of ``descriptors``.
        labels: the genres of each track, none where nobody says; several count in equal parts.
        params: how.
        seed: of the choice of tracks where there are more than ``max_tracks``.

    Raises:
        DataFaultError: fewer than two genres have enough tracks.
    """
    params = params or GenreParams()
    genres, targets, rows = _targets(labels, params, seed)
    vectors = np.asarray(descriptors, dtype=np.float64)[rows]
    deviation = vectors.std(axis=0)
    scale = (vectors.mean(axis=0), np.where(deviation > 1e-9, deviation, 1.0), params.max_deviations)
    support = _blocks(_standardised(vectors, scale))
    widths = tuple(_median_distance(block) for block in support)
    kernels = [_kernel(block, block, width) for block, width in zip(support, widths, strict=True)]
    prior = targets.mean(axis=0)
    weights = _alignments(kernels, targets - prior, params.sharpness)
    ridge = sum(weight * kernel for weight, kernel in zip(weights, kernels, strict=True))
    inverse = np.linalg.inv(np.asarray(ridge) + params.regularisation * np.eye(len(rows)))
    coefficients = inverse @ (targets - prior)
    left_out = targets - coefficients / np.diag(inverse)[:, None]
    return GenreModel(
        genres=genres,
        groups=dict(zip(descriptor_groups(), weights.tolist(), strict=True)),
        learned=rows,
        left_out=_probabilities(left_out),
        _scale=scale,
        _support=support,
        _widths=widths,
        _coefficients=coefficients,
        _prior=prior,
    )


def _targets(
    labels: Sequence[Sequence[str]], params: GenreParams, seed: int
) -> tuple[tuple[str, ...], Values, NDArray[np.int64]]:
    counts: dict[str, int] = {}
    for names in labels:
        for name in set(names):
            counts[name] = counts.get(name, 0) + 1
    genres = tuple(sorted(name for name, count in counts.items() if count >= params.min_tracks))
    if len(genres) < 2:
        raise DataFaultError(
            f"two genres with {params.min_tracks} recordings each are needed to tell genres apart, found {len(genres)}"
        )
    column = {name: n for n, name in enumerate(genres)}
    rows = np.array([row for row, names in enumerate(labels) if any(name in column for name in names)], dtype=np.int64)
    if len(rows) > params.max_tracks:
        rows = np.sort(generator(seed, "genre").choice(rows, params.max_tracks, replace=False))
    targets = np.zeros((len(rows), len(genres)))
    for n, row in enumerate(rows):
        known = [column[name] for name in set(labels[int(row)]) if name in column]
        targets[n, known] = 1 / len(known)
    return genres, targets, rows


def _standardised(vectors: Values, scale: tuple[Values, Values, float]) -> Values:
    mean, deviation, most = scale
    return np.clip((vectors - mean) / deviation, -most, most)


def _blocks(vectors: Values) -> tuple[Values, ...]:
    """Part the columns by group.

    Raises:
        DataFaultError: the vectors are of another version of the descriptors.
    """
    sizes = [len(names) for names in descriptor_groups().values()]
    if vectors.shape[1] != sum(sizes):
        raise DataFaultError(
            f"expected {sum(sizes)} descriptors, found {vectors.shape[1]}: analyse the recordings again"
        )
    return tuple(np.split(vectors, np.cumsum(sizes)[:-1], axis=1))


def _squared_distances(a: Values, b: Values) -> Values:
    return np.maximum(np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2 * a @ b.T, 0)


def _median_distance(block: Values) -> float:
    some = block[:1000]
    distances = _squared_distances(some, some)[np.triu_indices(len(some), 1)]
    return max(float(np.median(distances)), 1e-6) if len(distances) else 1.0


def _kernel(a: Values, b: Values, width: float) -> Values:
    return np.exp(-_squared_distances(a, b) / width)


def _alignments(kernels: Sequence[Values], targets: Values, sharpness: float) -> Values:
    """Weigh kernels by the cosine of each, centred, with the kernel of the labels."""
    wanted = np.linalg.norm(targets.T @ targets)
    found = []
    for kernel in kernels:
        centred = kernel - kernel.mean(axis=0) - kernel.mean(axis=1)[:, None] + kernel.mean()
        agreement = float(np.einsum("ic,ij,jc->", targets, centred, targets, optimize=True))
        found.append(max(agreement / max(float(np.linalg.norm(centred) * wanted), 1e-12), 0.0))
    weights = np.array(found) ** sharpness
    return weights / weights.sum() if weights.sum() > 0 else np.full(len(kernels), 1 / len(kernels))


def _probabilities(values: Values) -> Values:
    cut = np.clip(values, 1e-3, None)
    return cut / cut.sum(axis=1, keepdims=True)
