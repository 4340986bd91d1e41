"""Sparse confidences to dense factors: weighted matrix factorisation with frequency-scaled regularisation.

Belongs here: the fit, and the half-step that places new rows in a fitted space. Which parameters to use is ``tune``;
turning days and weeks of fits into one steady space is ``align`` and ``space``; lists from factors are ``retrieve``.

The loss is that of Hu, Koren and Volinsky (2008) in the parametrisation of Rendle et al. (2022, "Revisiting the
performance of iALS on item recommendation benchmarks"): an observed pair has target 1 and weight ``a + a0``, every
other pair target 0 and weight ``a0``, and row r pays
``regularization * (f_r + a0 * n_columns) ** frequency_exponent`` times its squared length, f_r being its number of
observed pairs. Where every row pays the same, as in the library, the best recall@20 on HetRec's listening counts is
.329; here it is .333 (as every figure below: an inner split of the visible pairs of the public protocol, a fifth of them
hidden once more, seed 0, each setting tuned on it).

``implicit``'s compiled solver knows one regularisation per call. We sort the rows by frequency and call it once for
each block of rows whose regularisation differs by at most ``block_ratio``, on slices of the same arrays: nothing is
copied in an epoch, and popular columns, lying together, stay in the cache. Rows are solved independently, so that the
number of threads does not change the result.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from scipy import sparse

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.seeds import generator
from recsys_assets.core.threads import available_cores, blas_limited

_WORTH_THREADS = 300_000


class FactoriseParams(BaseModel, frozen=True):
    """What the factorisation may be told. The defaults suit no data set: ``tune`` chooses."""

    embedding_size: int = Field(default=64, gt=0, le=2048, description="Dimensions of the space.")
    epochs: int = Field(default=15, gt=0, description="Alternations over listeners and items.")
    regularization: float = Field(
        default=0.03, gt=0, description="L2 weight per unit of frequency ** frequency_exponent."
    )
    frequency_exponent: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="How regularisation grows with a row's frequency: 0 all alike, 1 in proportion.",
    )
    unobserved_weight: float = Field(default=0.03, gt=0, description="Weight of a pair that was not observed, a0.")
    confidence_exponent: float = Field(
        default=0.0,
        ge=0,
        le=4,
        description="An observed pair weighs (confidence / the listener's mean confidence) ** this; at 0 all alike.",
    )
    length_damping: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Item vectors leave the fit divided by their length ** this: popular ones rank a little lower.",
    )
    init_scale: float = Field(default=0.1, gt=0, description="Length of a random starting vector, about.")
    cg_steps: int = Field(default=3, ge=0, description="Conjugate-gradient steps per row and epoch; 0 solves exactly.")
    block_ratio: float = Field(default=1.15, gt=1, description="Largest ratio of regularisations solved in one call.")


@dataclass(frozen=True)
class Factors:
    """What a fit returns: float32, shapes (n_rows, d) and (n_columns, d); a row that was never observed is zero."""

    user_factors: NDArray[np.float32]
    item_factors: NDArray[np.float32]


@dataclass(frozen=True)
class _Block:
    start: int
    stop: int
    regularization: float


@dataclass(frozen=True)
class _Side:
    """One orientation of the matrix, rows ascending by frequency, with its blocks."""

    indptr: NDArray[np.integer]
    indices: NDArray[np.integer]
    data: NDArray[np.float32]
    blocks: tuple[_Block, ...]


def factorise(
    matrix: sparse.csr_matrix,
    params: FactoriseParams,
    *,
    seed: int,
    initial: Factors | None = None,
    num_threads: int | None = None,
) -> Factors:
    """Fit factors to confidences.

    Args:
        matrix: rows = listeners (or baskets), columns = items; stored values are confidences above zero.
        params: how.
        seed: of the random start.
        initial: factors to start from instead, such as this function returned them for the same ``length_damping``;
            rows of zeros are places not known yet.
        num_threads: of the solver; all cores where None. The result does not depend on it.

    Raises:
        InvalidArgumentError: a stored confidence is not above zero, or ``initial`` has other shapes.
    """
    weights = weigh_pairs(matrix, params)
    user_count, item_count = np.diff(matrix.indptr), np.bincount(matrix.indices, minlength=matrix.shape[1])
    user_order = np.argsort(user_count, kind="stable")
    item_order = np.argsort(item_count, kind="stable")
    start = _start(matrix.shape, params, seed=seed)
    if initial is not None:
        _require_shapes(initial, matrix.shape, params)
        start = Factors(initial.user_factors, undamp_lengths(initial.item_factors, params))
    users = np.ascontiguousarray(start.user_factors[user_order], dtype=np.float32)
    items = np.ascontiguousarray(start.item_factors[item_order], dtype=np.float32)

    ordered = _for_solver(weights, params)[user_order]
    ordered.indices = _inverse(item_order)[ordered.indices].astype(ordered.indices.dtype, copy=False)
    by_item = ordered.T.tocsr()
    user_side = _side(ordered, params)
    item_side = _side(by_item, params)
    threads = _threads(matrix.nnz, num_threads)
    with blas_limited():
        for _ in range(params.epochs):
            _solve(user_side, users, items, cg_steps=params.cg_steps, num_threads=threads)
            _solve(item_side, items, users, cg_steps=params.cg_steps, num_threads=threads)
    return Factors(users[_inverse(user_order)], damp_lengths(items[_inverse(item_order)], params))


def solve_rows(
    weights: sparse.csr_matrix,
    other_factors: NDArray[np.float32],
    params: FactoriseParams,
    *,
    gram: NDArray[np.float32] | None = None,
    num_threads: int | None = None,
) -> NDArray[np.float32]:
    """Place new rows in a fitted space, exactly (Cholesky): what the fit would give them, the other side held still.

    Args:
        weights: of observed pairs, above zero, columns as ``other_factors``. For new listeners that is
            ``weigh_pairs(confidences, params)``; for items, the columns of such a matrix, transposed.
        other_factors: shape (n_columns, d), of the fitted side.
        params: those of the fit.
        gram: ``other_factors.T @ other_factors`` where it is known: with few rows it is most of the work.
        num_threads: of the solver; all cores where None.

    Returns:
        float32 of shape (weights.shape[0], d); zero for an empty row.
    """
    if weights.shape[1] != other_factors.shape[0]:
        raise InvalidArgumentError(f"rows have {weights.shape[1]} columns, the space has {other_factors.shape[0]}")
    order = np.argsort(np.diff(weights.indptr), kind="stable")
    solved = np.zeros((weights.shape[0], other_factors.shape[1]), dtype=np.float32)
    threads = _threads(weights.nnz, num_threads)
    with blas_limited():
        # The compiled solver refuses read-only arrays, and what was read from a table is one.
        fixed = np.require(other_factors, dtype=np.float32, requirements=["C", "W"])
        side = _side(_for_solver(weights, params)[order], params)
        _solve(side, solved, fixed, cg_steps=0, num_threads=threads, gram=gram)
    return solved[_inverse(order)]


def weigh_pairs(confidences: sparse.csr_matrix, params: FactoriseParams) -> sparse.csr_matrix:
    """Confidences to the weights of observed pairs, rows = listeners.

    A listener's confidences count relative to that listener's own mean, so that who plays much does not shout down who
    plays little: on HetRec's listening counts squares of such ratios give nDCG@100 .372, powers of the confidences
    themselves .369 at best, and all alike .367 (inner split).

    Raises:
        InvalidArgumentError: a stored confidence is not above zero.
    """
    if confidences.nnz and not confidences.data.min() > 0:
        raise InvalidArgumentError(f"confidences must be above zero, found {confidences.data.min()}")
    counts = np.diff(confidences.indptr)
    if params.confidence_exponent == 0:
        data = np.ones(confidences.nnz, dtype=np.float32)
    else:
        filled = np.flatnonzero(counts)
        mean = np.ones(counts.size, dtype=np.float32)
        mean[filled] = np.add.reduceat(confidences.data, confidences.indptr[filled]) / counts[filled]
        data = (confidences.data / np.repeat(mean, counts)) ** np.float32(params.confidence_exponent)
    return sparse.csr_matrix(
        (data.astype(np.float32, copy=False), confidences.indices, confidences.indptr), shape=confidences.shape
    )


def damp_lengths(item_factors: NDArray[np.float32], params: FactoriseParams) -> NDArray[np.float32]:
    """Item vectors as a fit returns them: divided by their length ** ``length_damping``.

    The length of an item's vector grows with its popularity, more than is good for the lists: on HetRec's listening
    counts a damping of .3 gives recall@20 .335 against .331, mean of five inner splits. Directions, and so neighbours,
    stay what they were.
    """
    return _stretch(item_factors, -params.length_damping)


def undamp_lengths(item_factors: NDArray[np.float32], params: FactoriseParams) -> NDArray[np.float32]:
    """What ``damp_lengths`` was given: a length l became l ** (1 - damping)."""
    return _stretch(item_factors, params.length_damping / (1 - params.length_damping))


def _stretch(vectors: NDArray[np.float32], exponent: float) -> NDArray[np.float32]:
    if exponent == 0:
        return vectors
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors * np.where(lengths > 0, lengths, 1) ** np.float32(exponent)


def row_regularization(frequency: NDArray[np.floating], n_columns: int, params: FactoriseParams) -> NDArray[np.float64]:
    """What each row pays for its squared length, by its number of observed pairs."""
    scale = frequency + params.unobserved_weight * n_columns
    return np.asarray(params.regularization * scale**params.frequency_exponent, dtype=np.float64)


def _for_solver(weights: sparse.csr_matrix, params: FactoriseParams) -> sparse.csr_matrix:
    """Weights in the solver's terms: the loss divided by a0, so that an unobserved pair weighs 1."""
    data = 1 + weights.data.astype(np.float32, copy=False) / np.float32(params.unobserved_weight)
    return sparse.csr_matrix((data, weights.indices, weights.indptr), shape=weights.shape)


def _threads(n_pairs: int, asked: int | None) -> int:
    """All cores, but one where there is little to do: threads that wait for each other are slow on a busy machine."""
    if asked is not None:
        return asked
    return available_cores() if n_pairs >= _WORTH_THREADS else 1


def _start(shape: tuple[int, int], params: FactoriseParams, *, seed: int) -> Factors:
    scale = np.float32(params.init_scale / np.sqrt(params.embedding_size))
    rng = generator(seed, "factorise")
    items = rng.standard_normal((shape[1], params.embedding_size), dtype=np.float32) * scale
    # Listeners are solved first, from the items alone.
    return Factors(user_factors=np.zeros((shape[0], params.embedding_size), dtype=np.float32), item_factors=items)


def _require_shapes(factors: Factors, shape: tuple[int, int], params: FactoriseParams) -> None:
    found = factors.user_factors.shape, factors.item_factors.shape
    expected = (shape[0], params.embedding_size), (shape[1], params.embedding_size)
    if found != expected:
        raise InvalidArgumentError(f"initial factors have shapes {found}, the matrix and parameters ask for {expected}")


def _inverse(order: NDArray[np.intp]) -> NDArray[np.int32]:
    inverse = np.empty(order.size, dtype=np.int32)
    inverse[order] = np.arange(order.size, dtype=np.int32)
    return inverse


def _side(ordered: sparse.csr_matrix, params: FactoriseParams) -> _Side:
    """Cut rows, ascending by frequency, into blocks of nearly one regularisation."""
    n_rows, n_columns = ordered.shape
    if not ordered.nnz:
        # Nothing pays nothing, and a charge of zero has no logarithm.
        return _Side(ordered.indptr, ordered.indices, ordered.data, (_Block(0, n_rows, 1.0),) if n_rows else ())
    charge = row_regularization(np.diff(ordered.indptr).astype(np.float64), n_columns, params)
    step = np.floor(np.log(charge / charge[0]) / np.log(params.block_ratio) + 1e-9)
    starts = np.flatnonzero(np.diff(step, prepend=-1.0))
    stops = np.append(starts[1:], n_rows)
    blocks = tuple(
        # Divided by a0 like the whole loss. The mean of the logarithms errs least in ratio.
        _Block(int(a), int(b), float(np.exp(np.log(charge[a:b]).mean())) / params.unobserved_weight)
        for a, b in zip(starts, stops, strict=True)
    )
    return _Side(ordered.indptr, ordered.indices, ordered.data, blocks)


def _solve(
    side: _Side,
    solved: NDArray[np.float32],
    fixed: NDArray[np.float32],
    *,
    cg_steps: int,
    num_threads: int,
    gram: NDArray[np.float32] | None = None,
) -> None:
    """Solve every row of ``solved`` in place, ``fixed`` held still."""
    from implicit.cpu import _als

    if cg_steps == 0 and gram is None:
        gram = fixed.T @ fixed
    for block in side.blocks:
        indptr = side.indptr[block.start : block.stop + 1]
        rows = solved[block.start : block.stop]
        if cg_steps:
            _als._least_squares_cg(
                indptr, side.indices, side.data, rows, fixed, block.regularization, num_threads, cg_steps
            )
        else:
            _als._least_squares(gram, indptr, side.indices, side.data, rows, fixed, block.regularization, num_threads)
