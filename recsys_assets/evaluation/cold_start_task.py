"""What the cold-start protocol hides, and from whom.

Belongs here: the split. The protocol is ``cold_start``, its data ``cold_start_data``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.seeds import generator
from recsys_assets.evaluation.cold_start_data import ColdStartData

PROTOCOL = "cold-start"
COLD_SHARE = TEST_SHARE = 0.2


@dataclass(frozen=True)
class ColdStartTask:
    """What is visible and what is asked.

    Attributes:
        visible: confidences without any entry of a cold track, shape (n_listeners, n_tracks).
        ceiling: ``visible`` and the cold tracks' entries of listeners who are not judged.
        cold: columns of the cold tracks, ascending.
        judged: rows of the listeners who are judged, ascending.
        truth: shape (judged.size, cold.size): what was taken from them.
        is_known: of each cold track, whether one of its artists has another track that is not cold.
    """

    visible: sparse.csr_matrix
    ceiling: sparse.csr_matrix
    cold: NDArray[np.intp]
    judged: NDArray[np.intp]
    truth: sparse.csr_matrix
    is_known: NDArray[np.bool_]


def build_task(data: ColdStartData, *, seed: int, never: NDArray[np.integer] | None = None) -> ColdStartTask:
    """Make tracks cold and choose who is judged.

    Args:
        data: listening with content.
        seed: of both choices.
        never: columns that are not made cold: those that nobody has heard any more, in a split of a split.

    Raises:
        InvalidArgumentError: too few tracks have descriptors, or too few listeners are left.
    """
    rng = generator(seed, PROTOCOL)
    described = np.flatnonzero(data.content.has_sound)
    described = described if never is None else np.setdiff1d(described, never)
    n_cold, n_judged = round(COLD_SHARE * described.size), round(TEST_SHARE * data.matrix.shape[0])
    if not n_cold or not n_judged:
        raise InvalidArgumentError(
            f"{data.name} has {described.size} described tracks and {data.matrix.shape[0]} listeners: "
            "a fifth of each is needed, and that is none"
        )
    cold = np.sort(rng.choice(described, n_cold, replace=False))
    judged = np.sort(rng.choice(data.matrix.shape[0], n_judged, replace=False))
    is_cold = np.zeros(data.matrix.shape[1], dtype=bool)
    is_cold[cold] = True
    is_judged = np.zeros(data.matrix.shape[0], dtype=bool)
    is_judged[judged] = True
    owner = np.repeat(np.arange(data.matrix.shape[0]), np.diff(data.matrix.indptr))
    taken = is_cold[data.matrix.indices]
    artists = data.content.artist_ids.to_list()
    warm_artists = {artist for column in np.flatnonzero(~is_cold) for artist in artists[column] or []}
    return ColdStartTask(
        visible=_keep(data.matrix, ~taken),
        ceiling=_keep(data.matrix, ~(taken & is_judged[owner])),
        cold=cold,
        judged=judged,
        truth=data.matrix[judged][:, cold].tocsr(),
        is_known=np.array([not warm_artists.isdisjoint(artists[column] or []) for column in cold], dtype=bool),
    )


def _keep(matrix: sparse.csr_matrix, kept: NDArray[np.bool_]) -> sparse.csr_matrix:
    found = sparse.csr_matrix((matrix.data * kept, matrix.indices.copy(), matrix.indptr.copy()), shape=matrix.shape)
    found.eliminate_zeros()
    return found
