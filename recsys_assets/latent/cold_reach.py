"""Which listeners a track that nobody has heard may reach.

Belongs here: the two vectors that make a score of a listener and a track placed by its content. Placing is
``content_prior`` and ``posterior``; whom a track is offered to is ``cold_start``.

A listener's vector is fitted to tracks where their listeners put them; a cold track stands where content puts it. So
each listener is placed a second time, by the same half-step, as if nobody had heard any track they chose: every track
at its prior mean, for which it does not speak itself. The sum of both vectors ranks cold tracks better than either, and
so do lengths evened out, because length is popularity, which content knows least about. Public playlists, artist and
sound, two inner splits, recall@20 / AUC: listener's vector .399 / .902, with even lengths .406 / .903, by content alone
.399 / .910, both .413 / .911; a gradient-boosted ranker over twenty features of the same kind reached .409 / .917.
``recsys evaluate cold-start`` shows it as ``reach``. It ranks tracks for a listener. First listeners are listeners ranked
for a track, and there it is worth little (cold tracks of one split, recall@20 of the listeners who hold the track / AUC:
the published vector .612 / .926, this .617 / .931), so ``cold_start`` scores by the published vector, on which audiences
are calibrated.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.latent.factorise import FactoriseParams, solve_rows

# Prior means lie closer together than vectors do; what was not chosen has to count for more to tell them apart.
# Inner splits, recall@20 at 3, 10 and 30 times the fit's weight: .407, .413, .412.
ZEROS_WEIGHT = 10.0
LENGTH_DAMPING = 0.3


def place_listeners_by_content(
    weights: sparse.csr_matrix,
    user_vectors: NDArray[np.float32],
    prior_means: NDArray[np.float32],
    params: FactoriseParams,
    *,
    num_threads: int | None = None,
) -> NDArray[np.float32]:
    """Add to each listener's vector the place that the content of the chosen tracks gives.

    Args:
        weights: rows = listeners, columns = tracks: ``weigh_pairs(confidences, params)``.
        user_vectors: float32, shape (n_listeners, d), as published.
        prior_means: float32, shape (n_tracks, d), of the columns: ``ContentPrior.means(known.content, known).mean``.
        params: of the space.
        num_threads: of the solver; the result does not depend on it.

    Returns:
        float32, shape (n_listeners, d): to be multiplied with ``even_lengths`` of places of cold tracks, not with
        vectors of tracks that have listeners.
    """
    if weights.shape != (len(user_vectors), len(prior_means)):
        raise InvalidArgumentError(
            f"weights of shape {weights.shape} for {len(user_vectors)} listeners and {len(prior_means)} tracks"
        )
    firmer = params.model_copy(update={"unobserved_weight": params.unobserved_weight * ZEROS_WEIGHT})
    return user_vectors + solve_rows(weights, prior_means, firmer, num_threads=num_threads)


def even_lengths(places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide places of cold tracks by their length ** .3; zero stays zero."""
    lengths = np.linalg.norm(places, axis=1, keepdims=True)
    return places * np.where(lengths > 0, lengths, 1) ** np.float32(-LENGTH_DAMPING)
