"""The forward pass of a BERT that was trained for sentence vectors, without padding and with its matrices in 8 bits.

Belongs here: numbers to numbers. ``sentence_transformers`` pads a batch to its longest; here the tokens of a batch lie in one
long row, so that every product but attention is over true tokens alone, and attention is over sentences of equal length together.

Quantisation is ours, because torch's dynamic one takes one scale for a whole batch: a sentence's vector would depend on what else
is in it. Each token is divided by its largest value, so that one fixed scale serves all (a scale per token), and each output of
a matrix has a scale of its own. Weights have 7 bits: without VNNI the sum of two 8-bit products overflows 16 bits. The products are
oneDNN's, which knows the matrix units of newer processors: twice fbgemm's speed there. What is left is mostly memory, so sums are
made in place where nobody needs the old numbers.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST, _ZERO, _MOST_WEIGHT = 127, 128, 63
# Below this many tokens two plain products are faster than torch's fused attention, which is made for long texts.
_LONG = 80


@dataclass(frozen=True)
class _Layer:
    qkv: Any
    attended: Any
    attended_norm: Any
    widen: Any
    narrow: Any
    norm: Any


@dataclass(frozen=True)
class PackedBert:
    """A model's parts, for inference on the processor."""

    tokenizer: Any
    embeddings: Any
    layers: tuple[_Layer, ...]
    n_heads: int
    most_tokens: int

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text, cut to what the model reads."""
        return self.tokenizer(list(texts), truncation=True, max_length=self.most_tokens, padding=False)["input_ids"]

    def encode(self, tokens: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return vectors of length 1; ``tokens`` are of sentences sorted by length, so that equal lengths stand together."""
        import torch
        from torch.nn import functional

        lengths = torch.tensor([len(ids) for ids in tokens])
        ends = [0, *torch.cumsum(lengths, 0).tolist()]
        groups = _equal_runs([len(ids) for ids in tokens])
        with torch.inference_mode():
            flat = torch.tensor([each for ids in tokens for each in ids])
            places = torch.cat([torch.arange(int(length)) for length in lengths])
            parts = self.embeddings
            x = parts.word_embeddings(flat) + parts.position_embeddings(places)
            x = parts.LayerNorm(x + parts.token_type_embeddings.weight[0])
            for layer in self.layers:
                x = layer.attended_norm(layer.attended(self._attend(layer.qkv(x), groups, ends)).add_(x))
                x = layer.norm(layer.narrow(torch.ops.aten.gelu_(layer.widen(x))).add_(x))
            owner = torch.repeat_interleave(torch.arange(len(tokens)), lengths)
            sums = torch.zeros(len(tokens), x.shape[1]).index_add_(0, owner, x)
            return functional.normalize(sums / lengths[:, None]).numpy()

    def _attend(self, qkv: Any, groups: Sequence[tuple[int, int, int]], ends: Sequence[int]) -> Any:
        import torch
        from torch.nn import functional

        width = qkv.shape[1] // 3
        out = torch.empty(qkv.shape[0], width)
        for begin, end, length in groups:
            rows = slice(ends[begin], ends[end])
            shape = (end - begin, length, 3, self.n_heads, width // self.n_heads)
            query, key, value = qkv[rows].view(shape).permute(2, 0, 3, 1, 4)
            attend = functional.scaled_dot_product_attention if length >= _LONG else _attend_short
            heads = attend(query, key, value)
            out[rows] = heads.transpose(1, 2).reshape(-1, width)
        return out


def _attend_short(query: Any, key: Any, value: Any) -> Any:
    """Do what ``scaled_dot_product_attention`` does, over (sentences, heads, tokens, width of a head)."""
    import torch

    shape = query.shape
    query, key, value = (each.reshape(-1, *shape[2:]) for each in (query, key, value))
    near = torch.baddbmm(query.new_empty(1), query, key.transpose(1, 2), beta=0, alpha=shape[-1] ** -0.5)
    return torch.bmm(near.softmax(-1), value).view(shape)


def pack(model: Any, *, is_quantised: bool) -> PackedBert | None:
    """Take a ``SentenceTransformer`` apart; None where it is no BERT whose mean is normalised."""
    import torch

    if [type(module).__name__ for module in model] != ["Transformer", "Pooling", "Normalize"]:
        return None
    bert, pooling = model[0].auto_model, model[1]
    has_known_parts = type(bert).__name__ == "BertModel" and bert.config.hidden_act == "gelu"
    if not has_known_parts or pooling.pooling_mode != "mean":
        return None
    has_products = {"onednn", "x86"} <= set(torch.backends.quantized.supported_engines)
    linear = _quantised if is_quantised and has_products else _exact
    layers = []
    for layer in bert.eval().encoder.layer:
        of, inner = layer.attention.self, layer.attention.output
        weight = torch.cat([of.query.weight, of.key.weight, of.value.weight])
        bias = torch.cat([of.query.bias, of.key.bias, of.value.bias])
        dense = [(part.weight, part.bias) for part in (inner.dense, layer.intermediate.dense, layer.output.dense)]
        qkv, attended, widen, narrow = (linear(w.detach(), b.detach()) for w, b in ((weight, bias), *dense))
        layers.append(_Layer(qkv, attended, inner.LayerNorm, widen, narrow, layer.output.LayerNorm))
    return PackedBert(
        model.tokenizer, bert.embeddings, tuple(layers), bert.config.num_attention_heads, model.max_seq_length
    )


def _exact(weight: Any, bias: Any) -> Any:
    from torch.nn import functional

    return lambda x: functional.linear(x, weight, bias)


def _quantised(weight: Any, bias: Any) -> Any:
    import torch

    scales = (weight.abs().amax(1) / _MOST_WEIGHT).clamp_min(1e-12).double()
    zeros = torch.zeros(len(scales), dtype=torch.long)
    with warnings.catch_warnings():
        # To go in some later torch; the release is pinned.
        warnings.filterwarnings("ignore", message="torch.quantize_per_tensor", category=UserWarning)
        matrix = torch.quantize_per_channel(weight, scales, zeros, 0, torch.qint8)
    packed, per_output = torch.ops.onednn.qlinear_prepack(matrix.int_repr(), None), scales.float()
    no_more = (None, 1.0, 0, torch.float32, "none", [], "")

    def apply(x: Any) -> Any:
        largest = torch.maximum(x.amax(1, keepdim=True), -x.amin(1, keepdim=True)).clamp_min_(1e-9)
        # The cast cuts off: a half more makes it round.
        whole = (x * (_MOST / largest)).add_(_ZERO + 0.5).to(torch.uint8)
        product = torch.ops.onednn.qlinear_pointwise(whole, 1 / _MOST, _ZERO, packed, per_output, zeros, *no_more)
        return torch.addcmul(bias, product, largest, out=product)

    return apply


def _equal_runs(lengths: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return (begin, end, length) of each run of equal lengths."""
    cuts = [at for at, length in enumerate(lengths) if at == 0 or length != lengths[at - 1]]
    return [(begin, end, lengths[begin]) for begin, end in pairwise([*cuts, len(lengths)])]
