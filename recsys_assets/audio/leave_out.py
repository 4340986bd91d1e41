"""Ridge regression over a kernel that answers as if some of its tracks had never been learned from, without a second fit.

Belongs here: linear algebra alone. What the kernel compares and who is left out with whom is ``genre``.

With G = (K + rI)^-1 and targets T, centred by their mean m over the tracks that stay, the coefficients without the rows B are

    A - G[:, B] G[B, B]^-1 A[B],   A = G (T - m)

exactly: zero in B, and elsewhere those of a regression on the other rows (the block form of the leave-one-out identity that
Allen's PRESS statistic uses, 1974; see Cawley and Talbot, Neural Networks 2004).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class KernelRidge:
    """A solved regression of targets (n, d) on a kernel (n, n)."""

    targets: Values
    _inverse: Values
    # G times targets, and G times a column of ones.
    _solved: Values
    _ones: Values

    @classmethod
    def of(cls, kernel: Values, targets: Values, regularisation: float) -> "KernelRidge":
        """Solve; ``regularisation`` is added to the diagonal of the kernel, which is symmetric and positive semidefinite."""
        inverse = np.asarray(np.linalg.inv(kernel + regularisation * np.eye(len(kernel))), dtype=np.float64)
        return cls(targets, inverse, inverse @ targets, inverse.sum(axis=1))

    def without(self, rows: NDArray[np.int64]) -> tuple[Values, Values]:
        """Return the mean (d,) and the coefficients (n, d) of the regression without ``rows``, distinct; none is all of it.

        A kernel (m, n) with the rows that were learned from, times the coefficients, plus the mean is the answer. Without any
        row that stays nothing is known: all answers are 1 / d.
        """
        n, d = self.targets.shape
        if len(rows) == n:
            return np.full(d, 1 / d), np.zeros((n, d))
        mean = (self.targets.sum(axis=0) - self.targets[rows].sum(axis=0)) / (n - len(rows))
        coefficients = self._solved - np.outer(self._ones, mean)
        if len(rows):
            ours = self._inverse[np.ix_(rows, rows)]
            solved = np.asarray(np.linalg.solve(ours, coefficients[rows]), dtype=np.float64)
            coefficients = coefficients - self._inverse[:, rows] @ solved
            coefficients[rows] = 0
        return np.asarray(mean, dtype=np.float64), np.asarray(coefficients, dtype=np.float64)
