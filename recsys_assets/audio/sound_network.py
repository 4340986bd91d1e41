"""A small convolutional network from log-mel patches to places in the latent space.

Belongs here: the network as it is, from log-mels to places. How its weights are found is ``sound_training``; cutting patches,
``sound_patches``; who is trained on and who judges, ``sound_model``.

The idea is van den Oord, Dieleman and Schrauwen 2013: convolve over time with the mel bands as channels, pool over all of time
by mean, maximum and spread, and regress the factors that listening gave. Theirs had millions of parameters and tracks; this one
is for hundreds to thousands of tracks and two cores without a graphics card.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from recsys_assets.audio.log_mel import N_MELS
from recsys_assets.audio.sound_patches import cut_evenly
from recsys_assets.core.errors import DataFaultError

if TYPE_CHECKING:
    import torch

Arrays = dict[str, NDArray[np.float32]]

# Patches at once where nothing is learned: bounds the memory (20 MB).
_AT_ONCE = 64
KERNEL = 4
_LEAST_VARIANCE = 1e-5
_MOMENTUM = 0.1


class SoundNetworkParams(BaseModel, frozen=True):
    """Shape and fit of the network."""

    patch_frames: int = Field(default=64, ge=16, description="Frames of a patch, 21.53 a second.")
    widths: tuple[int, int, int] = Field(default=(64, 64, 96), description="Channels of the three convolutions.")
    dense: int = Field(default=128, gt=0, description="Units of the layer above the pooling.")
    dropout: float = Field(default=0.3, ge=0, lt=1, description="Share of pooled values and dense units silenced.")
    weight_decay: float = Field(default=0.05, ge=0, description="Of AdamW.")
    learning_rate: float = Field(default=2e-3, gt=0, description="Highest; falls as a cosine to nothing.")
    mixup: float = Field(
        default=0.5, ge=0, description="Of Beta(a, a): pairs of patches and places are blended; 0 never."
    )
    batch: int = Field(default=32, ge=2, description="Patches in a step.")
    epochs: int = Field(default=16, gt=0, description="Most times that every track is seen, at a random place.")
    max_steps: int = Field(default=1_000, gt=0, description="Most steps: bounds the time with many tracks.")
    checks: int = Field(default=8, gt=0, description="Times the validation tracks are looked at on the way.")
    patience: int = Field(default=4, gt=0, description="Checks without a better one after which it stops.")
    patches_per_track: int = Field(default=6, gt=0, description="Patches averaged where a track is placed.")


@dataclass(frozen=True, eq=False)
class SoundNetwork:
    """Weights as arrays, by name, and the parameters they were fitted with."""

    params: SoundNetworkParams
    arrays: Arrays

    def predict(self, log_mels: Sequence[bytes]) -> NDArray[np.float32]:
        """Place tracks by their stored log-mels: (n, d), the mean over patches that cover a track evenly."""
        import torch

        with single_thread(), torch.inference_mode():
            tensors = {name: torch.from_numpy(array) for name, array in self.arrays.items()}
            return place(tensors, log_mels, self.params)


def forward(
    tensors: "dict[str, torch.Tensor]",
    patches: "torch.Tensor",
    drop: "Callable[[torch.Tensor], torch.Tensor] | None" = None,
) -> "torch.Tensor":
    """Patches (n, 64, frames) in [0, 1] to standardised places (n, d); with ``drop`` as in training."""
    import torch
    from torch.nn import functional as f

    mels = (patches - tensors["mel_mean"]) / tensors["mel_sd"]
    x = mels
    for layer in (1, 2, 3):
        x = f.conv1d(x, tensors[f"conv{layer}"])
        x = f.batch_norm(
            x,
            tensors[f"mean{layer}"],
            tensors[f"variance{layer}"],
            tensors[f"gain{layer}"],
            tensors[f"shift{layer}"],
            training=drop is not None,
            momentum=_MOMENTUM,
        ).relu()
        if layer < 3:
            x = f.max_pool1d(x, 2)
    pooled = torch.cat([x.mean(dim=2), x.amax(dim=2), _spread(x), mels.mean(dim=2), _spread(mels)], dim=1)
    pooled = drop(pooled) if drop else pooled
    hidden = f.linear(pooled, tensors["dense"], tensors["dense_bias"]).relu()
    hidden = drop(hidden) if drop else hidden
    return f.linear(hidden, tensors["last"], tensors["last_bias"])


def _spread(x: "torch.Tensor") -> "torch.Tensor":
    # The root of nothing has no slope.
    return (x.var(dim=2, correction=0) + _LEAST_VARIANCE).sqrt()


def place(
    tensors: "dict[str, torch.Tensor]", log_mels: Sequence[bytes], params: SoundNetworkParams, *, raw: bool = False
) -> NDArray[np.float32]:
    """Mean place of each track's patches; ``raw`` leaves it standardised."""
    import torch

    d = tensors["last"].shape[0]
    placed = np.zeros((len(log_mels), d), dtype=np.float32)
    for start in range(0, len(log_mels), _AT_ONCE):
        some = log_mels[start : start + _AT_ONCE]
        patches, owners = cut_evenly(some, n_frames=params.patch_frames, most=params.patches_per_track)
        places = forward(tensors, torch.from_numpy(patches.astype(np.float32) / 255)).numpy()
        begins = np.searchsorted(owners, np.arange(len(some)))
        counts = np.diff(np.append(begins, owners.size))[:, None]
        placed[start : start + _AT_ONCE] = np.add.reduceat(places, begins, axis=0) / counts
    return placed if raw else placed * tensors["target_scale"].numpy() + tensors["target_mean"].numpy()


def array_shapes(params: SoundNetworkParams, d: int) -> dict[str, tuple[int, ...]]:
    """Name and shape of every array of a network that places in ``d`` dimensions."""
    shapes: dict[str, tuple[int, ...]] = {"mel_mean": (N_MELS, 1), "mel_sd": (N_MELS, 1)}
    width = N_MELS
    for layer, units in enumerate(params.widths, start=1):
        shapes[f"conv{layer}"] = (units, width, KERNEL)
        shapes |= {f"{what}{layer}": (units,) for what in ("gain", "shift", "mean", "variance")}
        width = units
    pooled = 3 * width + 2 * N_MELS
    shapes |= {
        "dense": (params.dense, pooled),
        "dense_bias": (params.dense,),
        "last": (d, params.dense),
        "last_bias": (d,),
    }
    return shapes | {"target_mean": (d,), "target_scale": (1,)}


def require_arrays(arrays: Arrays, params: SoundNetworkParams, d: int) -> None:
    """Refuse arrays that are no network of this shape.

    Raises:
        DataFaultError: one is missing, has another shape or type, or is not finite.
    """
    for name, shape in array_shapes(params, d).items():
        array = arrays.get(name)
        if array is None or array.shape != shape or array.dtype != np.float32 or not np.isfinite(array).all():
            found = "nothing" if array is None else f"{array.dtype} of shape {array.shape}"
            raise DataFaultError(
                f"array {name!r} of the sound network: found {found}, expected finite float32 of shape {shape}: "
                "train the week's sound model again"
            )


@contextmanager
def single_thread() -> Iterator[None]:
    """One thread as long as it lasts, so that sums keep their order; what torch was set to before comes back.

    Threads of Python started inside call ``torch.set_num_threads`` for themselves (``sound_model``). On the processor one thread
    repeats; ``use_deterministic_algorithms`` would only import torch's compiler (4.5 s).
    """
    import torch

    threads: Any = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
