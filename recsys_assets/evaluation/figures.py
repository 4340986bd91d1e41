"""Lists of several models beside each other: figures with their intervals, and how far each differs from ours.

Belongs here: the form in which the daily and the weekly figures are kept. What is ranked is ``space_metrics`` and
``mix_metrics``; the metrics are ``metrics``; verdicts ``gates``.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.core.seeds import generator
from recsys_assets.evaluation.tables import FIGURE_COLUMNS
from recsys_assets.metrics.uncertainty import bootstrap_mean

OURS, YESTERDAY, POPULAR = "ours", "yesterday", "popular"
_SCHEMA = {"model": pl.String, "metric": pl.String} | {column.name: column.dtype for column in FIGURE_COLUMNS}


def listener_figures(
    metric: str, values: Mapping[str, NDArray[np.floating]], *, day: date, seed: int
) -> list[dict[str, object]]:
    """Summarise one metric of several models over the same listeners.

    Two models are compared by the interval of the difference per listener: listeners differ from each other far more
    than models do, so intervals of the means overlap even where one model is worse for nearly everybody.

    Args:
        metric: its name.
        values: by model, ours among them; one value per listener, NaN where a list can not be judged.
        day: of the partition.
        seed: of the resampling; every model draws the same listeners.
    """
    rows = []
    for model, of in values.items():
        if np.isnan(of).all():
            continue
        found = bootstrap_mean(of, rng=generator(seed, "bootstrap", metric, day))
        row: dict[str, object] = {"model": model, "metric": metric, "n_listeners": len(of)}
        row |= {"value": found.estimate, "low": found.low, "high": found.high}
        difference = values[OURS] - of
        if model != OURS and not np.isnan(difference).all():
            gain = bootstrap_mean(difference, rng=generator(seed, "bootstrap", metric, day))
            row |= {"difference_low": gain.low, "difference_high": gain.high}
        rows.append(row)
    return rows


def catalogue_figures(
    metric: str,
    ranked: Mapping[str, NDArray[np.integer]],
    figure: Callable[[NDArray[np.integer]], float],
) -> list[dict[str, object]]:
    """Compute one figure of the lists of each model taken together."""
    return [
        {"model": model, "metric": metric, "value": figure(lists), "n_listeners": len(lists)}
        for model, lists in ranked.items()
    ]


def figures_frame(rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Stack figures: the rows of a table of metrics, without its partition."""
    full = [dict.fromkeys(_SCHEMA) | dict(row) for row in rows]
    return pl.DataFrame(full, schema=_SCHEMA, orient="row")
