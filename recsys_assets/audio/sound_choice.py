"""Who places tracks: the mean place, descriptors, the spectrogram, or both.

Belongs here: the candidates made of what the parts say of held-out tracks, and the choice. Training is ``sound_model``.
"""

import numpy as np
from numpy.typing import NDArray

from recsys_assets.audio.sound_quality import Quality, difference, neighbour_recall
from recsys_assets.core.gates import GateResult

# From the plainest on: who comes later has to be better than who stands.
CANDIDATES = ("mean", "ridge", "network", "both")
# Recall@20 of the network on the demo world with 1, 2 and 4 times the shares of least error: .086, .105, .098.
BOLDNESS = (1.0, 1.5, 2.0, 3.0)
# Of the parts, ridge and network, those that a candidate listens to.
_LISTENS_TO: dict[str, list[int]] = {"mean": [], "ridge": [0], "network": [1], "both": [0, 1]}


def choose(qualities: dict[str, Quality], *, seed: int) -> tuple[str, tuple[GateResult, ...]]:
    """Let each candidate challenge the best of the plainer ones; more true neighbours found on held-out tracks wins."""
    champion, gates = CANDIDATES[0], []
    for challenger in CANDIDATES[1:]:
        interval = difference(qualities[challenger].recall, qualities[champion].recall, seed=seed)
        ours, theirs = (float(np.nanmean(qualities[name].recall)) for name in (challenger, champion))
        passed = interval.estimate > 0
        gates.append(
            GateResult(
                name=f"{challenger}_beats_{champion}",
                passed=passed,
                observed=round(ours, 5),
                threshold=round(theirs, 5),
                blocking=False,
                notes=f"true neighbours found on held-out tracks: {challenger} {ours:.4f}, {champion} {theirs:.4f} "
                f"(difference {interval.low:+.4f} to {interval.high:+.4f}, 95 %)",
                details={"low": round(interval.low, 5), "high": round(interval.high, 5)},
            )
        )
        champion = challenger if passed else champion
    return champion, tuple(gates)


def make_candidates(
    said: NDArray[np.float32],
    mean: NDArray[np.float32],
    y: NDArray[np.float32],
    weights: NDArray[np.float32],
    folds: NDArray[np.int64],
    *,
    k: int,
) -> tuple[dict[str, NDArray[np.float32]], dict[str, tuple[float, float]]]:
    """What each candidate says of the held-out tracks, and the shares with which it would place new ones.

    Shares are of least squared error, times the boldness with which most true neighbours are found: the least error keeps close to
    the mean place, where all tracks have the same neighbours. They are two numbers from all held-out tracks; what is
    judged uses, for each fold, those of the others.

    Args:
        said: (2, n, d), what ridge and network say of each track that they never met.
        mean: (d,).
        y: (n, d), true places.
        weights: (n,).
        folds: (n,).
        k: neighbours.
    """
    guesses, shares = {}, {}
    for name, columns in _LISTENS_TO.items():
        beyond = np.zeros(y.shape, dtype=np.float32)
        for fold in np.unique(folds):
            out = folds == fold
            ridge, network = _shares(said[:, ~out], mean, y[~out], weights[~out], columns=columns)
            beyond[out] = ridge * (said[0, out] - mean) + network * (said[1, out] - mean)
        tried = BOLDNESS if columns else (1.0,)
        found = np.stack([neighbour_recall((mean + bold * beyond).astype(np.float32), y, k=k) for bold in tried])
        for fold in np.unique(folds):
            out = folds == fold
            beyond[out] *= tried[int(np.argmax(np.nanmean(found[:, ~out], axis=1)))]
        guesses[name] = mean + beyond
        best = tried[int(np.argmax(np.nanmean(found, axis=1)))]
        ridge, network = _shares(said, mean, y, weights, columns=columns)
        shares[name] = (best * ridge, best * network)
    return guesses, shares


def _shares(
    said: NDArray[np.float32],
    mean: NDArray[np.float32],
    y: NDArray[np.float32],
    weights: NDArray[np.float32],
    *,
    columns: list[int],
) -> tuple[float, float]:
    """Stack (Breiman 1996): shares of least weighted squared error, none below 0; 0 for who is not among ``columns``."""
    from scipy.optimize import nnls

    found = np.zeros(2)
    if columns:
        rooted = np.sqrt(weights.astype(np.float64))[:, None]
        beyond = np.stack([(rooted * (said[column] - mean)).ravel() for column in columns], axis=1)
        found[columns] = nnls(beyond, (rooted * (y - mean)).ravel())[0]
    return float(found[0]), float(found[1])
