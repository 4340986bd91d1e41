"""The sound model: recordings to places in the latent space, by descriptors, by spectrogram, or by both.

Belongs here: training on folds that keep artists apart, the choice among the candidates, and placing. The parts are
``sound_ridge`` and ``sound_network``; figures ``sound_quality``; the model as bytes ``sound_model_bytes``.

Each fold's models never met the artists of the fold. A training track is placed by the models of its own fold, so that every
published place is honest and every figure is of tracks held out; a new track gets the mean of all folds (bagging: Breiman 1996).
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from recsys_assets.audio.sound_choice import choose, make_candidates
from recsys_assets.audio.sound_folds import Credits, apart_from, hold_out_artists, make_folds
from recsys_assets.audio.sound_network import SoundNetwork, SoundNetworkParams, single_thread
from recsys_assets.audio.sound_quality import Quality, judge
from recsys_assets.audio.sound_ridge import SoundRidge, fit_sound_ridge
from recsys_assets.audio.sound_training import NetworkFit, fit_sound_network
from recsys_assets.core.errors import DataFaultError, InvalidArgumentError, MissingInputError
from recsys_assets.core.gates import GateResult
from recsys_assets.core.seeds import derived_seed
from recsys_assets.core.threads import available_cores

_LEAST_IN_FOLD = 4
# With few artists a third of them less asks for a far stronger ridge than the whole does (recall@20 .055 with 3, .095 with 8).
_INNER_FOLDS = 8
Say = Callable[[int, int, str], None]


class SoundModelParams(BaseModel, frozen=True):
    """How the sound model is trained and chosen."""

    n_folds: int = Field(
        default=8,
        ge=2,
        le=20,
        description="Parts of the artists; each part is placed by models of the others. With few artists every one "
        "counts: recall@20 of the ridge .076 with 4 parts, .129 with 8, .127 with 12 (demo world, 47 artists).",
    )
    validation_share: float = Field(
        default=0.15, gt=0, lt=0.5, description="Of a fold's training artists, which say when the network stops."
    )
    least_tracks: int = Field(default=40, ge=4, description="Fewer warm tracks with a recording train nothing.")
    k: int = Field(default=20, ge=1, description="Neighbours by which candidates are judged.")
    network: SoundNetworkParams = Field(default=SoundNetworkParams())


@dataclass(frozen=True, eq=False)
class Part:
    """The models of one fold: trained without the fold's artists."""

    ridge: SoundRidge
    network: SoundNetwork | None


@dataclass(frozen=True, eq=False)
class TrainedSoundModel:
    """What places tracks by their sound.

    ``mean``: (d,), of the training tracks. ``shares``: how much of what ridge and network say beyond the mean is believed; (0, 0)
    places every track at the mean.
    """

    params: SoundModelParams
    winner: str
    mean: NDArray[np.float32]
    shares: tuple[float, float]
    parts: tuple[Part, ...]

    def predict(self, log_mels: Sequence[bytes], descriptors: NDArray[np.floating]) -> NDArray[np.float32]:
        """Place tracks: stored log-mels and (n, n_descriptors) to (n, d), the mean of all folds.

        Raises:
            DataFaultError: lengths differ, or descriptors or log-mels are not those that the model was trained on.
        """
        if len(log_mels) != len(descriptors):
            raise DataFaultError(
                f"{len(log_mels)} log-mels and descriptors of {len(descriptors)} tracks: expected as many of both"
            )
        beyond = np.zeros((len(log_mels), self.mean.size), dtype=np.float64)
        for part in self.parts if len(log_mels) else ():
            ridge, network = self.shares
            if ridge:
                beyond += ridge * (part.ridge.predict(descriptors) - self.mean)
            if network and part.network:
                beyond += network * (part.network.predict(log_mels) - self.mean)
        return (self.mean + beyond / max(len(self.parts), 1)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class SoundTraining:
    """A trained model and how it came to be.

    ``held_out``: (n, d), the winner's place of each training track by models that never met its first artist. ``gates``: one for
    each challenge, in the order of ``CANDIDATES``.
    """

    model: TrainedSoundModel
    held_out: NDArray[np.float32]
    qualities: dict[str, Quality]
    gates: tuple[GateResult, ...]
    fits: tuple[NetworkFit, ...]
    n_tracks: int


def train_sound_model(
    log_mels: Sequence[bytes],
    descriptors: NDArray[np.floating],
    targets: NDArray[np.float32],
    artist_groups: Credits,
    *,
    params: SoundModelParams,
    seed: int,
    row_weights: NDArray[np.float32] | None = None,
    progress: Say | None = None,
) -> SoundTraining:
    """Train both models on folds of artists, and choose who places tracks.

    Args:
        log_mels: stored, one per track, as ``log_mel`` writes them.
        descriptors: (n, n_descriptors).
        targets: (n, d), finite: the places that listening gave.
        artist_groups: credited artists of each track, the first one first.
        params: shape and effort.
        seed: of folds, networks and intervals. The same inputs and seed give the same bytes, whatever the cores.
        row_weights: (n,), positive: how much each place is known; 1 each where None.
        progress: called with (done, total, what) as work is done; calls come from several threads.

    Raises:
        MissingInputError: fewer tracks than ``least_tracks``, or all of one artist.
        InvalidArgumentError: lengths differ, or targets are not finite.
    """
    n = len(log_mels)
    weights = np.ones(n, dtype=np.float32) if row_weights is None else row_weights
    lengths = (n, len(descriptors), len(targets), len(artist_groups), len(weights))
    _require_training_set(lengths, targets, artist_groups, weights, params)
    folds = make_folds(artist_groups, params.n_folds, seed=derived_seed(seed, "folds"))
    numbers = np.unique(folds)
    rows = [np.flatnonzero(apart_from(artist_groups, folds == number)) for number in numbers]
    if any(train.size < _LEAST_IN_FOLD for train in rows):
        raise MissingInputError("too many warm tracks share an artist with each other: hardly one can be held out")
    y = _directions(targets, weights)
    ridges = _fit_ridges(descriptors, y, weights, artist_groups, rows, seed=seed)
    fits = _fit_networks(log_mels, y, weights, artist_groups, rows=rows, params=params, seed=seed, progress=progress)
    mean = np.average(y, axis=0, weights=weights).astype(np.float32)
    said = np.zeros((2, *y.shape), dtype=np.float32)
    for fold, (ridge, fit) in enumerate(zip(ridges, fits, strict=True)):
        out = np.flatnonzero(folds == numbers[fold])
        said[0, out] = ridge.predict(descriptors[out])
        said[1, out] = fit.network.predict([log_mels[row] for row in out.tolist()])
    guesses, shares = make_candidates(said, mean, y, weights, folds, k=params.k)
    qualities = {name: judge(guess, y, weights, k=params.k) for name, guess in guesses.items()}
    winner, gates = choose(qualities, seed=seed)
    parts = tuple(
        Part(ridge, fit.network if shares[winner][1] else None) for ridge, fit in zip(ridges, fits, strict=True)
    )
    model = TrainedSoundModel(params, winner, mean, shares[winner], parts)
    return SoundTraining(model, guesses[winner], qualities, gates, tuple(fits), n)


def _require_training_set(
    lengths: tuple[int, ...],
    targets: NDArray[np.float32],
    artist_groups: Credits,
    weights: NDArray[np.float32],
    params: SoundModelParams,
) -> None:
    n = lengths[0]
    if len(set(lengths)) > 1:
        raise InvalidArgumentError(
            f"log-mels, descriptors, targets, artists and weights have lengths {lengths}: expected one"
        )
    if n < params.least_tracks:
        raise MissingInputError(f"{n} warm tracks have a recording, a sound model needs {params.least_tracks}")
    if not np.isfinite(targets).all() or not (weights > 0).all():
        raise InvalidArgumentError("targets have to be finite and weights above 0")
    if len({artists[0] for artists in artist_groups if artists}) < 2:
        raise MissingInputError("the warm tracks with a recording are of one artist: nothing can be held out")


def _directions(targets: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn places into directions of one length, the mean of theirs: how far out a track lies is how much it is played.

    Correlation of length and listeners .72 on the demo world; recall@20 of the ridge .114 on directions, .109 on places.
    """
    lengths = np.linalg.norm(targets, axis=1, keepdims=True)
    return (targets / np.maximum(lengths, 1e-12) * np.average(lengths[:, 0], weights=weights)).astype(np.float32)


def _fit_ridges(
    descriptors: NDArray[np.floating],
    y: NDArray[np.float32],
    weights: NDArray[np.float32],
    artist_groups: Credits,
    rows: Sequence[NDArray[np.int64]],
    *,
    seed: int,
) -> list[SoundRidge]:
    """Fit one ridge to each fold; folds of its own artists say how strong it is held back."""
    ridges = []
    for n, train in enumerate(rows):
        own = [artist_groups[int(row)] for row in train]
        inner = make_folds(own, _INNER_FOLDS, seed=derived_seed(seed, "ridge", n))
        ridges.append(fit_sound_ridge(descriptors[train], y[train], weights[train], inner))
    return ridges


def _fit_networks(
    log_mels: Sequence[bytes],
    targets: NDArray[np.float32],
    weights: NDArray[np.float32],
    artist_groups: Credits,
    *,
    rows: Sequence[NDArray[np.int64]],
    params: SoundModelParams,
    seed: int,
    progress: Say | None,
) -> list[NetworkFit]:
    """Fit one network to each fold, a fold to a core: each keeps to one thread, so that cores change no byte."""
    import torch

    done = [0] * len(rows)

    def fit(fold: int) -> NetworkFit:
        # Each thread of Python has its own number of threads in OpenMP.
        torch.set_num_threads(1)
        train = rows[fold]
        held = hold_out_artists(
            [artist_groups[int(row)] for row in train],
            params.validation_share,
            seed=derived_seed(seed, "validation", fold),
        )

        def say(step: int, steps: int) -> None:
            done[fold] = round(100 * step / steps)
            if progress:
                progress(
                    sum(done), 100 * len(rows), f"network {fold + 1} of {len(rows)}, step {step:,} of at most {steps:,}"
                )

        return fit_sound_network(
            [log_mels[row] for row in train.tolist()],
            targets[train],
            weights[train],
            held,
            params.network,
            seed=derived_seed(seed, "network", fold),
            say=say,
        )

    with single_thread(), ThreadPoolExecutor(min(len(rows), available_cores())) as pool:
        return list(pool.map(fit, range(len(rows))))
