"""Who places tracks: the mean place, descriptors, the spectrogram, or both.

Belongs here: the candidates made of what the parts say of held-out tracks, and the choice. Training is ``sound_model``.
"""

import numpy as np
from numpy.typing import NDArray

from recsys_assets.audio.sound_quality import Quality, difference
from recsys_assets.core.gates import GateResult

# From the plainest on: who comes later has to be better than who stands.
CANDIDATES = ("mean", "ridge", "network", "both")
# Of the parts, ridge and network, those that a candidate listens to.
_LISTENS_TO = {"mean": [], "ridge": [0], "network": [1], "both": [0, 1]}


def choose(qualities: dict[str, Quality], *, seed: int) -> tuple[str, tuple[GateResult, ...]]:
    """Let each candidate challenge the best of the plainer ones; more true neighbours found on held-out tracks wins."""
    champion, gates = CANDIDATES[0], []
    for challenger in CANDIDATES[1:]:
        ours, theirs = qualities[challenger].recall, qualities[champion].recall
        interval = difference(ours, theirs, seed=seed)
        passed = interval.estimate > 0
        gates.append(
            GateResult(
                name=f"{challenger}_beats_{champion}",
                passed=passed,
                observed=round(float(ours.mean()), 5),
                threshold=round(float(theirs.mean()), 5),
                blocking=False,
                notes=f"true neighbours found on held-out tracks: {challenger} {ours.mean():.4f}, {champion} {theirs.mean():.4f} "
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
) -> tuple[dict[str, NDArray[np.float32]], dict[str, tuple[float, float]]]:
    """What each candidate says of the held-out tracks, and the shares with which it would place new ones.

    The shares are two numbers from all held-out tracks; what is judged uses, for each fold, the shares of the others.
    """
    guesses, shares = {}, {}
    for name, columns in _LISTENS_TO.items():
        shares[name] = _shares(said, mean, y, weights, columns=columns)
        guess = np.empty_like(y)
        for fold in np.unique(folds):
            out = folds == fold
            ridge, network = _shares(said[:, ~out], mean, y[~out], weights[~out], columns=columns)
            guess[out] = mean + ridge * (said[0, out] - mean) + network * (said[1, out] - mean)
        guesses[name] = guess
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
