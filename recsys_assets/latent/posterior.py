"""Evidence of listeners and a prior from content to one place: the half-step of the factorisation with a prior mean.

Belongs here: the formula, for tracks and for listeners. Where a prior mean comes from is ``content_prior``; the fit
itself is ``factorise``.

For a row r with f observed pairs, the other side's factors U held still, we minimise

    sum over observed u of (a + a0) (1 - u.y)^2  +  z(f) a0 sum over the others of (u.y)^2
        +  s l(0) |y - m|^2  +  (l(f) - l(0)) |y|^2

where a0 and the charge l(f) = regularization * (f + a0 * n_columns) ** frequency_exponent are those of the fit
(Rendle et al. 2022), m is the prior mean and s its strength. As a linear system:
(UᵀCU + ((s - 1) l(0) + l(f)) I) y = UᵀCp + s l(0) m. Its two ends are promises:

* Without any listener the answer is m, exactly. That nobody has played a track that nobody has met says nothing, so
  the zeros count in proportion z(f) = f / (f + ``zeros_from``): none of them where f is 0.
* With many listeners it is the row that the fit itself gives: the prior's part l(0) is fixed while the evidence and
  the rest of the charge grow with f. (A prior of strength l(f) would pull for ever: at an exponent of 1 it grows as
  fast as the evidence does.)
"""

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.threads import blas_limited
from recsys_assets.latent.factorise import (
    FactoriseParams,
    Factors,
    damp_lengths,
    row_regularization,
    undamp_lengths,
    weigh_pairs,
)

# Public playlists, tracks that keep only f of their listeners, recall@20 / AUC by the prior alone .510 / .900; by those
# listeners alone and by both: f = 1 .347 / .795 and .552 / .910; f = 3 .472 / .877 and .585 / .924; f = 10 .593 / .921 and
# .639 / .932. With zeros that count half from 0, 1, 5 or 20 listeners on: .570, .574, .578, .585 (f = 3); strengths 1, 3 and
# 10: .585, .581, .540. In a space of the exponent .5 a strength of 3 is best.
ZEROS_FROM = 20.0
# Listeners who keep 1, 2, 3, 5 or 10 of their tracks, recall@20 of the rest, the row of the fit and with the average listener
# weighing one choice. HetRec (artists; the popular list .217): .235, .314, .349, .395, .407 and .308, .352, .372, .405, .410;
# in a space of the exponent .5: .212, .258, .294, .330, .360 and .297, .332, .351, .371, .375. Public playlists (the popular
# list .054): .186, .221, .253, .273 and .200, .228, .256, .272. A pull of .3: .321 and .265, .186 at one choice; of 2: .271,
# .297, .190. At ten choices playlists lose .005.
FEW_CHOICES = 5
PULL_IN_CHOICES = 1.0
# Rows solved at once, in float64 numbers of their gathered factors: 64 MB.
_BATCH_NUMBERS = 8_000_000


def place_tracks(
    weights: sparse.csr_matrix,
    user_vectors: NDArray[np.float32],
    prior_means: NDArray[np.float32],
    params: FactoriseParams,
    *,
    prior_strength: float = 1.0,
) -> NDArray[np.float32]:
    """Place tracks from what their listeners say and from where their content puts them.

    Args:
        weights: rows = tracks, columns = listeners: ``weigh_pairs(confidences, params)`` transposed.
        user_vectors: float32, shape (n_listeners, d), as published.
        prior_means: float32, shape (n_tracks, d), in the same space as published track vectors.
        params: of the space.
        prior_strength: as ``place_rows``.

    Returns:
        float32, shape (n_tracks, d), comparable with published track vectors (their lengths damped as a fit damps them).
    """
    means = undamp_lengths(prior_means, params)
    placed = damp_lengths(place_rows(weights, user_vectors, means, params, prior_strength=prior_strength), params)
    # There and back again is not the same to the last bit; without a listener it has to be.
    unheard = np.diff(weights.indptr) == 0
    placed[unheard] = prior_means[unheard]
    return placed


def place_newcomers(confidences: sparse.csr_matrix, factors: Factors, params: FactoriseParams) -> NDArray[np.float32]:
    """Place listeners of few choices from these and from where the other listeners stand on average.

    Args:
        confidences: rows = listeners, columns = tracks, as they were fitted.
        factors: of the fit.
        params: of the fit.

    Returns:
        The listeners' vectors, float32, shape (n_listeners, d): those with 1 … ``FEW_CHOICES`` chosen tracks placed anew,
        the others as they are. Where nobody has more than a few there is no average worth a pull, and nobody moves.
    """
    counts = np.diff(confidences.indptr)
    few, others = np.flatnonzero((counts > 0) & (counts <= FEW_CHOICES)), counts > FEW_CHOICES
    if not few.size or not others.any():
        return factors.user_factors
    mean = factors.user_factors[others].mean(axis=0)
    placed = factors.user_factors.copy()
    placed[few] = place_listeners(confidences[few], factors.item_factors, np.tile(mean, (few.size, 1)), params)
    return placed


def place_listeners(
    confidences: sparse.csr_matrix,
    track_vectors: NDArray[np.float32],
    prior_means: NDArray[np.float32],
    params: FactoriseParams,
    *,
    pull: float = PULL_IN_CHOICES,
) -> NDArray[np.float32]:
    """Place listeners from their first choices; without any they stand at their prior mean.

    Args:
        confidences: rows = listeners, columns = tracks, above zero where chosen.
        track_vectors: float32, shape (n_tracks, d), as published.
        prior_means: float32, shape (n_listeners, d): such as the mean of all listeners' vectors, for each.
        params: of the space.
        pull: s l(0), as many chosen tracks as the prior weighs.
    """
    tracks = undamp_lengths(track_vectors, params)
    free = float(row_regularization(np.zeros(1), len(tracks), params)[0])
    weights = weigh_pairs(confidences, params)
    return place_rows(weights, tracks, prior_means, params, prior_strength=pull / free)


def place_rows(
    weights: sparse.csr_matrix,
    fixed: NDArray[np.float32],
    prior_means: NDArray[np.float32],
    params: FactoriseParams,
    *,
    prior_strength: float = 1.0,
    zeros_from: float = ZEROS_FROM,
) -> NDArray[np.float32]:
    """Solve the formula above exactly, for each row by itself.

    In the eigenbasis of ``fixed.T @ fixed`` all that is not an observed pair is a diagonal, so that a row with f < d
    pairs costs an f x f system (Woodbury); rows with the same f are solved in one call. One core places 23,000 rows of 5
    pairs a second in 128 dimensions, 7,600 of 50 and 2,000 of 200 (the fit's compiled solver, which knows no prior:
    17,000, 7,100 and 1,700).

    Args:
        weights: observed weights a > 0, shape (n_rows, n_fixed); what is not stored was not observed.
        fixed: float32, shape (n_fixed, d): vectors of the other side, as the fit had them.
        prior_means: float32, shape (n_rows, d).
        params: of the fit.
        prior_strength: s: how many times the charge of an unheard row the prior weighs; 0 forgets the prior, except
            where nothing was observed.
        zeros_from: listeners at which the unobserved pairs count half; 0 counts them whole from the first one.

    Returns:
        float32, shape (n_rows, d).

    Raises:
        InvalidArgumentError: shapes disagree, a weight is not above zero, or a strength is below zero.
    """
    _require(weights, fixed, prior_means, prior_strength, zeros_from)
    counts = np.diff(weights.indptr)
    solved = np.array(prior_means, dtype=np.float32)
    if not weights.nnz:
        return solved
    with blas_limited():
        exact = fixed.astype(np.float64)
        eigenvalues, basis = np.linalg.eigh(exact.T @ exact)
        turned, means = exact @ basis, prior_means.astype(np.float64) @ basis
        free = float(row_regularization(np.zeros(1), fixed.shape[0], params)[0])
        for count in np.unique(counts[counts > 0]):
            charge = float(row_regularization(np.array([float(count)]), fixed.shape[0], params)[0])
            share = count / (count + zeros_from)
            row = _Group(
                zeros=share * params.unobserved_weight,
                one=params.unobserved_weight,
                diagonal=share * params.unobserved_weight * np.maximum(eigenvalues, 0)
                + (prior_strength - 1) * free
                + charge,
                pull=prior_strength * free,
            )
            rows = np.flatnonzero(counts == count)
            step = max(1, _BATCH_NUMBERS // (int(count) * fixed.shape[1]))
            for start in range(0, rows.size, step):
                batch = rows[start : start + step]
                solved[batch] = _solve(weights, batch, turned, means, row) @ basis.T
    return solved


class _Group:
    """What rows with the same number of observed pairs share, in the eigenbasis."""

    def __init__(self, *, zeros: float, one: float, diagonal: NDArray[np.float64], pull: float) -> None:
        self.zeros = zeros
        self.one = one
        self.diagonal = diagonal
        self.pull = pull


def _solve(
    weights: sparse.csr_matrix,
    rows: NDArray[np.intp],
    turned: NDArray[np.float64],
    means: NDArray[np.float64],
    group: _Group,
) -> NDArray[np.float64]:
    """Solve rows of equally many pairs: (D + VᵀWV) y = Vᵀ(a + a0) + pull * m, D diagonal, V the observed factors."""
    count = int(weights.indptr[rows[0] + 1] - weights.indptr[rows[0]])
    cells = weights.indptr[rows][:, None] + np.arange(count)
    seen = turned[weights.indices[cells]]
    data = weights.data[cells].astype(np.float64)
    right = np.einsum("rk,rkd->rd", data + group.one, seen) + group.pull * means[rows]
    # The diagonal has counted an observed pair among the zeros already.
    extra = data + (group.one - group.zeros)
    if count >= turned.shape[1]:
        found = np.empty_like(right)
        for each in range(rows.size):
            system = (seen[each].T * extra[each]) @ seen[each]
            system[np.diag_indices_from(system)] += group.diagonal
            found[each] = linalg.solve(system, right[each], assume_a="pos", overwrite_a=True)
        return found
    scaled = seen / group.diagonal
    inner = scaled @ seen.transpose(0, 2, 1)
    inner[:, np.arange(count), np.arange(count)] += 1 / extra
    start = right / group.diagonal
    correction = np.linalg.solve(inner, np.einsum("rkd,rd->rk", seen, start)[:, :, None])[:, :, 0]
    return start - np.einsum("rkd,rk->rd", scaled, correction)


def _require(
    weights: sparse.csr_matrix,
    fixed: NDArray[np.float32],
    prior_means: NDArray[np.float32],
    prior_strength: float,
    zeros_from: float,
) -> None:
    expected = (weights.shape[0], fixed.shape[1])
    if weights.shape[1] != fixed.shape[0] or prior_means.shape != expected:
        raise InvalidArgumentError(
            f"weights of shape {weights.shape} and factors of shape {fixed.shape} take prior means of shape {expected}, "
            f"found {prior_means.shape}"
        )
    if weights.nnz and not weights.data.min() > 0:
        raise InvalidArgumentError(f"weights must be above zero, found {weights.data.min()}")
    if prior_strength < 0 or zeros_from < 0:
        raise InvalidArgumentError(f"strengths must not be below zero, found {prior_strength} and {zeros_from}")
