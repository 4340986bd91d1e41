"""How sure a figure is: spread over seeds, and intervals over lists by resampling.

Belongs here: statistics of metric values. The values themselves come from ``ranking``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_assets.core.errors import InvalidArgumentError


@dataclass(frozen=True)
class MeanAndSd:
    """A mean with the standard deviation of what it is the mean of (n - 1 in the denominator; 0 for one value)."""

    mean: float
    sd: float
    n: int

    def __str__(self) -> str:
        # One value has no spread, and "± 0.0000" would say that it is sure.
        return f"{self.mean:.4f} ± {self.sd:.4f}" if self.n > 1 else f"{self.mean:.4f}"


@dataclass(frozen=True)
class Interval:
    """An estimate with the bounds of its confidence interval."""

    estimate: float
    low: float
    high: float


def mean_and_sd(values: Sequence[float]) -> MeanAndSd:
    """Summarise one figure over seeds.

    Raises:
        InvalidArgumentError: no values.
    """
    if not len(values):
        raise InvalidArgumentError("no values to summarise")
    array = np.asarray(values, dtype=np.float64)
    return MeanAndSd(mean=float(array.mean()), sd=float(array.std(ddof=1)) if array.size > 1 else 0.0, n=array.size)


def bootstrap_mean(
    values: NDArray[np.floating], *, rng: np.random.Generator, resamples: int = 1000, level: float = 0.95
) -> Interval:
    """Percentile bootstrap interval of the mean over lists; NaN values (lists that can not be judged) are left out.

    For two models judged on the same lists pass the differences: the interval of the paired difference is far
    narrower than that of either mean.

    Raises:
        InvalidArgumentError: no value that is a number, or a level outside (0, 1).
    """
    if not 0 < level < 1:
        raise InvalidArgumentError(f"level must be between 0 and 1, found {level}")
    judged = values[~np.isnan(values)]
    if not judged.size:
        raise InvalidArgumentError("no values to resample")
    means = np.array([judged[rng.integers(0, judged.size, judged.size)].mean() for _ in range(resamples)])
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(estimate=float(judged.mean()), low=float(low), high=float(high))
