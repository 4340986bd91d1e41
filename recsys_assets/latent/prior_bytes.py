"""A content prior as bytes and back: arrays and numbers, nothing that runs when read.

Belongs here: the form. What a prior is, ``content_prior``.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.core.errors import DataFaultError
from recsys_assets.latent.content_prior import ContentPrior, HeldOut
from recsys_assets.latent.sound_part import SoundPart
from recsys_assets.latent.text_part import TextMap, TextPart

_HELD_OUT, _TEXT = "held_out_", "text_"
_Arrays = dict[str, NDArray[Any]]


def to_bytes(prior: ContentPrior) -> bytes:
    """Write a prior as an uncompressed ``npz`` archive: arrays, and the numbers as JSON."""
    numbers: dict[str, object] = {
        "shrinkage": prior.shrinkage, "residual_share": prior.residual_share, "figures": prior.figures
    }  # fmt: skip
    arrays: _Arrays = {"centre": prior.centre}
    if prior.sound is not None:
        numbers["scale"] = prior.sound.scale
    if prior.text is not None:
        numbers["text"] = {name: value for name, value in vars(prior.text).items() if name != "map"}
    arrays |= _sound_arrays(prior.sound, "") | _text_arrays(prior.text, _TEXT)
    if prior.held_out is not None:
        numbers["held_out"] = prior.held_out.track_ids.to_list()
        arrays |= _sound_arrays(prior.held_out.sound, _HELD_OUT)
        arrays |= _text_arrays(prior.held_out.text, _HELD_OUT + _TEXT)
    file = io.BytesIO()
    arrays["numbers"] = np.array(json.dumps(numbers))
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _sound_arrays(part: SoundPart | None, prefix: str) -> _Arrays:
    if part is None:
        return {}
    return {f"{prefix}{name}": value for name, value in asdict(part).items() if name != "scale"}


def _text_arrays(part: TextPart | None, prefix: str) -> _Arrays:
    if part is None or part.map is None:
        return {}
    return {f"{prefix}{name}": value for name, value in asdict(part.map).items()}


def from_bytes(raw: bytes) -> ContentPrior:
    """Read what ``to_bytes`` wrote; also priors from before there was text.

    Raises:
        DataFaultError: it is something else.
    """
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        numbers = json.loads(str(arrays.pop("numbers")))
        centre = arrays.pop("centre")
        held = _take(arrays, _HELD_OUT)
        held_out = None
        if "held_out" in numbers:
            held_text = _text_part(_take(held, _TEXT), numbers)
            ids = pl.Series(numbers["held_out"], dtype=pl.String)
            held_out = HeldOut(_sound_part(held, numbers), ids, held_text)
        text = _text_part(_take(arrays, _TEXT), numbers)
        return ContentPrior(
            centre, _sound_part(arrays, numbers), numbers["shrinkage"], numbers["residual_share"], numbers["figures"],
            held_out, text,
        )  # fmt: skip
    except (ValueError, TypeError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise DataFaultError(f"not a content prior: {error}. Make the week's content prior again") from error


def _take(arrays: _Arrays, prefix: str) -> _Arrays:
    return {name.removeprefix(prefix): arrays.pop(name) for name in list(arrays) if name.startswith(prefix)}


def _sound_part(arrays: _Arrays, numbers: Mapping[str, float]) -> SoundPart | None:
    return SoundPart(**arrays, scale=numbers["scale"]) if arrays else None


def _text_part(arrays: _Arrays, numbers: Mapping[str, dict[str, float]]) -> TextPart | None:
    return TextPart(TextMap(**arrays) if arrays else None, **numbers["text"]) if "text" in numbers else None
