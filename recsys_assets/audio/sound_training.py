"""How the spectrogram network learns: patches, loss, schedule, and when to stop.

Belongs here: one fit on given tracks. What the network is, is ``sound_network``; which tracks, ``sound_model``.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys_assets.audio.sound_network import Arrays, SoundNetwork, SoundNetworkParams, array_shapes, forward, place
from recsys_assets.audio.sound_patches import cut_at_random
from recsys_assets.core.seeds import generator

if TYPE_CHECKING:
    import torch

_LEAST_SD = 1e-3


@dataclass(frozen=True)
class Check:
    """A look at the validation tracks.

    Attributes:
        step: steps done; ``epoch`` the times that every track was seen.
        training_loss: mean weighted squared error per value since the last look, 1 being about that of the mean place.
        validation_loss: the same of the validation tracks.
        agreement: cosine of what is said and what is true of the validation tracks beyond the mean place, all values as one
            vector: -1 to 1, 0 where nothing is known. It says when to stop: with few artists the squared error is lowest where
            hardly anything is said, but how far to go from the mean is put right afterwards (``sound_model``), the direction
            is not (recall@20 .102 by the error, .123 by not stopping; demo world, 537 tracks of 47 artists).
    """

    step: int
    epoch: float
    training_loss: float
    validation_loss: float
    agreement: float


@dataclass(frozen=True)
class NetworkFit:
    """A fitted network, what was seen on the way, and in words why it stopped."""

    network: SoundNetwork
    checks: tuple[Check, ...]
    best: int
    stopped: str


def fit_sound_network(
    log_mels: Sequence[bytes],
    targets: NDArray[np.float32],
    row_weights: NDArray[np.float32],
    is_validation: NDArray[np.bool_],
    params: SoundNetworkParams,
    *,
    seed: int,
    say: Callable[[int, int], None] | None = None,
) -> NetworkFit:
    """Regress places on patches, and keep the weights that did best on the validation tracks.

    Call inside ``single_thread``: one thread keeps the order of sums, so that the same inputs and seed give the same bytes.

    Args:
        log_mels: stored, one per track.
        targets: (n, d).
        row_weights: (n,), positive: how much each place is known.
        is_validation: (n,), tracks that only say when to stop; some, not all.
        params: shape and fit.
        seed: of first weights, patches, blending and dropout.
        say: called with (steps done, steps at most) after each check.
    """
    import torch

    rng = generator(seed, "sound network")
    train, held = np.flatnonzero(~is_validation), np.flatnonzero(is_validation)
    mean, scale = _target_statistics(targets[train], row_weights[train])
    y = (targets - mean) / scale
    tensors = _start(log_mels, train, targets.shape[1], params, rng=rng)
    learned = [tensor for tensor in tensors.values() if tensor.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=params.learning_rate, weight_decay=params.weight_decay)
    n_steps = max(1, min(params.max_steps, math.ceil(params.epochs * train.size / params.batch)))
    watch = _Watch(n_steps, params, per_epoch=train.size / params.batch)
    held_mels = [log_mels[row] for row in held.tolist()]
    for step, rows in enumerate(_draw(train, n_steps, params.batch, rng=rng), start=1):
        for group in optimizer.param_groups:
            group["lr"] = params.learning_rate * _warm_cosine(step / n_steps)
        loss = _loss(tensors, log_mels, y, row_weights, rows, params=params, rng=rng)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        watch.training.append(float(loss.detach()))
        if watch.is_due(step):
            with torch.inference_mode():
                placed = place(tensors, held_mels, params, raw=True)
            watch.look(step, placed, y[held], row_weights[held], tensors)
            if say:
                say(step, n_steps)
            if watch.is_over:
                break
    arrays = watch.kept | {"target_mean": mean, "target_scale": np.array([scale], dtype=np.float32)}
    return NetworkFit(SoundNetwork(params, arrays), tuple(watch.checks), watch.best, watch.why(n_steps))


class _Watch:
    """Keeps the best weights by validation and knows when there is no use in going on."""

    def __init__(self, n_steps: int, params: SoundNetworkParams, *, per_epoch: float) -> None:
        self._due = {math.ceil(n_steps * (n + 1) / params.checks) for n in range(params.checks)}
        self._patience, self._per_epoch, self._most = params.patience, per_epoch, params.epochs
        self.training: list[float] = []
        self.checks: list[Check] = []
        self.kept: Arrays = {}
        self.best = 0
        self.is_over = False

    def is_due(self, step: int) -> bool:
        return step in self._due

    def look(
        self,
        step: int,
        placed: NDArray[np.float32],
        y: NDArray[np.float32],
        weights: NDArray[np.float32],
        tensors: "dict[str, torch.Tensor]",
    ) -> None:
        training, w = float(np.mean(self.training)), weights.astype(np.float64) / weights.sum()
        self.training = []
        error = w @ ((placed - y) ** 2).mean(axis=1)
        lengths = (w @ (placed**2).sum(axis=1)) * (w @ (y**2).sum(axis=1))
        agreement = w @ (placed * y).sum(axis=1) / max(math.sqrt(lengths), 1e-12)
        self.checks.append(Check(step, round(step / self._per_epoch, 2), training, float(error), float(agreement)))
        if not self.kept or agreement > self.checks[self.best].agreement:
            self.best = len(self.checks) - 1
            self.kept = {name: tensor.detach().numpy().copy() for name, tensor in tensors.items()}
        self.is_over = len(self.checks) - 1 - self.best >= self._patience

    def why(self, n_steps: int) -> str:
        last, best = self.checks[-1], self.checks[self.best]
        kept = f"weights of epoch {best.epoch:g} kept"
        if last.step < n_steps:
            return f"stopped at epoch {last.epoch:g}: {self._patience} looks at the validation without a better one; {kept}"
        bound = "max_steps" if n_steps < math.ceil(self._most * self._per_epoch) else "epochs"
        return f"ran to its end at epoch {last.epoch:g} (bounded by {bound}); {kept}"


def _target_statistics(targets: NDArray[np.float32], weights: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    mean = np.average(targets, axis=0, weights=weights).astype(np.float32)
    # One scale for all dimensions: errors keep the proportions that dot products and cosines see.
    scale = float(np.sqrt(np.average(((targets - mean) ** 2).mean(axis=1), weights=weights)))
    return mean, max(scale, 1e-6)


def _start(
    log_mels: Sequence[bytes],
    train: NDArray[np.int64],
    d: int,
    params: SoundNetworkParams,
    *,
    rng: np.random.Generator,
) -> "dict[str, torch.Tensor]":
    """First weights (He et al. 2015), and the mean and spread of each mel band over patches of training tracks."""
    import torch

    some = rng.choice(train, size=min(train.size, 512), replace=False)
    seen = (
        cut_at_random([log_mels[row] for row in some.tolist()], n_frames=params.patch_frames, rng=rng).astype(
            np.float32
        )
        / 255
    )
    first: Arrays = {
        "mel_mean": seen.mean(axis=(0, 2), dtype=np.float64)[:, None].astype(np.float32),
        "mel_sd": np.maximum(seen.std(axis=(0, 2), dtype=np.float64), _LEAST_SD)[:, None].astype(np.float32),
    }
    learned: dict[str, NDArray[np.floating]] = {}
    for name, shape in array_shapes(params, d).items():
        what = name.rstrip("123")
        if what in ("conv", "dense"):
            learned[name] = rng.normal(0, math.sqrt(2 / math.prod(shape[1:])), shape)
        elif what in ("mean", "variance"):
            first[name] = np.full(shape, what == "variance")
        elif what in ("gain", "shift", "dense_bias", "last", "last_bias"):
            # The last layer is nothing: all tracks start at the mean place.
            learned[name] = np.full(shape, what == "gain")
    tensors = {name: torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32)) for name, array in first.items()}
    for name, array in learned.items():
        tensors[name] = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32)).requires_grad_()
    return tensors


def _loss(
    tensors: "dict[str, torch.Tensor]",
    log_mels: Sequence[bytes],
    y: NDArray[np.float32],
    row_weights: NDArray[np.float32],
    rows: NDArray[np.int64],
    *,
    params: SoundNetworkParams,
    rng: np.random.Generator,
) -> "torch.Tensor":
    import torch

    cut = cut_at_random([log_mels[row] for row in rows.tolist()], n_frames=params.patch_frames, rng=rng)
    patches, places, weights = cut.astype(np.float32) / 255, y[rows], row_weights[rows]
    if params.mixup:
        share = rng.beta(params.mixup, params.mixup, len(rows)).astype(np.float32)
        other = rng.permutation(len(rows))
        patches = share[:, None, None] * patches + (1 - share)[:, None, None] * patches[other]
        places = share[:, None] * places + (1 - share)[:, None] * places[other]
        weights = share * weights + (1 - share) * weights[other]

    def drop(values: "torch.Tensor") -> "torch.Tensor":
        kept = rng.random(values.shape, dtype=np.float32) >= params.dropout
        return values * torch.from_numpy(kept.astype(np.float32) / (1 - params.dropout))

    errors = ((forward(tensors, torch.from_numpy(patches), drop) - torch.from_numpy(places)) ** 2).mean(dim=1)
    weighing = torch.from_numpy(weights)
    return (weighing * errors).sum() / weighing.sum()


def _warm_cosine(share: float) -> float:
    """Up within the first tenth, then down as a cosine."""
    return share / 0.1 if share < 0.1 else 0.5 * (1 + math.cos(math.pi * (share - 0.1) / 0.9))


def _draw(
    rows: NDArray[np.int64], n_steps: int, at_once: int, *, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Batches of rows: every row once before any comes again."""
    ahead = np.empty(0, dtype=np.int64)
    for _ in range(n_steps):
        while ahead.size < at_once:
            ahead = np.concatenate([ahead, rng.permutation(rows)])
        yield ahead[:at_once]
        ahead = ahead[at_once:]
