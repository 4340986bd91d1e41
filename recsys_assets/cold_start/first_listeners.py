"""The listeners nearest to a track that nobody has heard. Scores are ``scores``; how many are in reach ``audience``."""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap


class FirstListenersParams(BaseModel, frozen=True, extra="forbid"):
    """How many listeners are named: the section ``[first_listeners]`` of ``settings.toml``."""

    n_first_listeners: int = Field(default=200, ge=1, description="Nearest listeners kept of each submission.")


def rank_first_listeners(
    scores: NDArray[np.float32], submissions: pl.Series, listeners: IdMap, params: FirstListenersParams
) -> pl.DataFrame:
    """Name the nearest listeners of each submission.

    Args:
        scores: shape (n_submissions, n_listeners), from ``score_listeners``; -inf for who has no place.
        submissions: ids of the rows.
        listeners: ids of the columns.
        params: how many.

    Returns:
        ``submission_id``, ``user_id``, ``rank`` (from 1), ``score``: ties by listener.
    """
    order = np.argsort(-scores, axis=1, kind="stable")[:, : params.n_first_listeners]
    best = np.take_along_axis(scores, order, axis=1)
    submission, place = np.nonzero(np.isfinite(best))
    return pl.DataFrame(
        {
            c.SUBMISSION_ID: submissions.gather(submission),
            c.USER_ID: listeners.external(order[submission, place]),
            c.RANK: (place + 1).astype(np.int32),
            c.SCORE: best[submission, place].astype(np.float32),
        },
        schema={c.SUBMISSION_ID: pl.String, c.USER_ID: pl.String, c.RANK: pl.Int32, c.SCORE: pl.Float32},
    )
