"""The sound model as bytes: named arrays and a header of JSON in NumPy's own container.

Belongs here: writing and reading, never with pickle, which would run what a file says. A digest in front tells a damaged model
from a whole one (the container's own checksums leave its directory out); the same model gives the same bytes (the container
dates its entries 1980).
"""

import hashlib
import io
import json
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys_assets.audio.sound_choice import CANDIDATES
from recsys_assets.audio.sound_model import Part, SoundModelParams, TrainedSoundModel
from recsys_assets.audio.sound_network import SoundNetwork, require_arrays
from recsys_assets.audio.sound_ridge import SoundRidge
from recsys_assets.core.errors import DataFaultError

_MAGIC = b"recsys sound model 1\n"
_DIGEST = hashlib.sha256().digest_size
_RIDGE = ("means", "sds", "weights", "intercept")


def to_bytes(model: TrainedSoundModel) -> bytes:
    """Write a model; the same model gives the same bytes."""
    header = {
        "params": model.params.model_dump(mode="json"),
        "winner": model.winner,
        "shares": list(model.shares),
        "strengths": [part.ridge.strength for part in model.parts],
        "has_network": [part.network is not None for part in model.parts],
    }
    text = json.dumps(header, sort_keys=True).encode()
    arrays: dict[str, NDArray[Any]] = {"header": np.frombuffer(text, dtype=np.uint8), "mean": model.mean}
    for n, part in enumerate(model.parts):
        arrays |= {f"{n}/ridge/{name}": getattr(part.ridge, name) for name in _RIDGE}
        if part.network:
            arrays |= {f"{n}/network/{name}": array for name, array in sorted(part.network.arrays.items())}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    whole = buffer.getvalue()
    return _MAGIC + hashlib.sha256(whole).digest() + whole


def from_bytes(stored: bytes) -> TrainedSoundModel:
    """Read what ``to_bytes`` wrote.

    Raises:
        DataFaultError: it is not a whole sound model of this version.
    """
    try:
        arrays = _read_arrays(stored)
        header = json.loads(arrays["header"].tobytes())
        if header["winner"] not in CANDIDATES:
            raise DataFaultError(
                f"the sound model names {header['winner']!r} its winner, expected one of {', '.join(CANDIDATES)}"
            )
        params = SoundModelParams.model_validate(header["params"])
        ridge, network = (float(share) for share in header["shares"])
        parts = tuple(
            _read_part(arrays, n, params, strength=strength, has_network=has_network)
            for n, (strength, has_network) in enumerate(zip(header["strengths"], header["has_network"], strict=True))
        )
    except (KeyError, TypeError, ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise DataFaultError(f"not a whole sound model ({error}): train the week's sound model again") from error
    return TrainedSoundModel(params, header["winner"], arrays["mean"], (ridge, network), parts)


def _read_arrays(stored: bytes) -> dict[str, NDArray[Any]]:
    begin = len(_MAGIC) + _DIGEST
    if stored[: len(_MAGIC)] != _MAGIC:
        raise ValueError(f"it begins with {stored[: len(_MAGIC)]!r}, expected {_MAGIC!r}")
    whole = stored[begin:]
    if hashlib.sha256(whole).digest() != stored[len(_MAGIC) : begin]:
        raise ValueError("it is damaged: its digest is another")
    with np.load(io.BytesIO(whole), allow_pickle=False) as container:
        return {name: container[name] for name in container.files}


def _read_part(
    arrays: dict[str, NDArray[Any]], n: int, params: SoundModelParams, *, strength: float, has_network: bool
) -> Part:
    d = arrays["mean"].size
    ridge = SoundRidge(**{name: arrays[f"{n}/ridge/{name}"] for name in _RIDGE}, strength=strength)
    if (
        ridge.weights.shape != (ridge.means.size, d)
        or ridge.intercept.shape != (d,)
        or ridge.sds.shape != ridge.means.shape
    ):
        raise ValueError(f"the shapes of ridge {n} do not fit each other")
    if not has_network:
        return Part(ridge, None)
    prefix = f"{n}/network/"
    own = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
    require_arrays(own, params.network, d)
    return Part(ridge, SoundNetwork(params.network, own))
