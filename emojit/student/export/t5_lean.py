"""A T5 for tracing: the same answers as transformers' T5, in fewer and larger operations.

What an answer costs on a CPU is reading the text, and there transformers' modules do much that a runtime cannot undo:

* A decoder's cross attention makes keys and values of every token of the text, to ask them five times at most. Here the question is turned round: the
  query goes through the keys' matrix, is held against the text as the encoder left it, and what it finds goes through the values' matrix. These are the
  same products in another order, as in the "absorbed" matrices of DeepSeek-V2 (https://arxiv.org/abs/2405.04434, section 2.1.2).
* The mask of a batch and the position bias are added up once, not in every layer.
* The norm divides by a square root, which ONNX Runtime knows as one operation; it does not know a product with a reciprocal.

Imported only by functions, for it needs torch.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch  # noqa: TID253  (see the docstring above)

if TYPE_CHECKING:
    from transformers import PreTrainedModel

TYPES = ("t5", "mt5")
"""Architectures whose modules are T5's own; umT5 has a position bias in each layer and goes the common way."""

Attended = tuple[torch.Tensor, torch.Tensor | None, None]
"""What transformers' T5 asks of an attention: output, position bias for the next layer, weights."""


def lean(model: PreTrainedModel) -> PreTrainedModel:
    """Return a copy of a T5 or mT5 for tracing; its decoder takes what the encoder gives in place of a cache of the cross attention.

    Args:
        model: on the CPU, in float32, in evaluation mode.
    """
    copied = copy.deepcopy(model)
    copied.set_attn_implementation("eager")  # masks are numbers to add
    for stack in (copied.get_encoder(), copied.get_decoder()):
        stack.final_layer_norm = _Norm(stack.final_layer_norm)
        for block in stack.block:
            for layer in block.layer:
                layer.layer_norm = _Norm(layer.layer_norm)
    for block in copied.get_encoder().block:
        block.layer[0].SelfAttention = _SelfAttention(block.layer[0].SelfAttention)
    for block in copied.get_decoder().block:
        block.layer[1].EncDecAttention = _CrossAttention(block.layer[1].EncDecAttention)
    return copied


class _Norm(torch.nn.Module):  # type: ignore[misc]
    """Root mean square norm; Zhang and Sennrich (2019), https://arxiv.org/abs/1910.07467."""

    def __init__(self, norm: torch.nn.Module) -> None:
        super().__init__()
        self.weight, self.epsilon = norm.weight, norm.variance_epsilon

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        mean = hidden.pow(2).mean(-1, keepdim=True)
        return hidden / torch.sqrt(mean + self.epsilon) * self.weight


class _SelfAttention(torch.nn.Module):  # type: ignore[misc]
    """The encoder's attention over a text (N, L, D)."""

    def __init__(self, attention: torch.nn.Module) -> None:
        super().__init__()
        self.bias = attention  # the first layer's is asked for its position bias
        self.q, self.k, self.v, self.o = attention.q, attention.k, attention.v, attention.o
        self.heads = attention.n_heads

    def forward(
        self,
        hidden_states: torch.Tensor,
        mask: torch.Tensor | None,
        position_bias: torch.Tensor | None = None,
        **_: object,
    ) -> Attended:
        rows, length, _width = hidden_states.shape
        query, key, value = (
            matrix(hidden_states).view(rows, length, self.heads, -1).transpose(1, 2)
            for matrix in (self.q, self.k, self.v)
        )
        if position_bias is None:
            position_bias = self.bias.compute_bias(length, length)
            if mask is not None:  # transformers leaves it out where nothing is masked, but never while it is traced
                position_bias = position_bias + mask
        weights = torch.softmax(query @ key.transpose(2, 3) + position_bias, dim=-1)
        found = (weights @ value).transpose(1, 2).reshape(rows, length, -1)
        return self.o(found), position_bias, None


class _CrossAttention(torch.nn.Module):  # type: ignore[misc]
    """One step of the decoder (N, 1, D) over texts as the encoder left them (N, L, D)."""

    def __init__(self, attention: torch.nn.Module) -> None:
        super().__init__()
        heads, width = attention.n_heads, attention.key_value_proj_dim
        self.q, self.o, self.heads = attention.q, attention.o, heads
        self.keys = torch.nn.Parameter(attention.k.weight.view(heads, width, -1), requires_grad=False)  # (H, W, D)
        values = attention.v.weight.view(heads, width, -1).transpose(1, 2).contiguous()  # (H, D, W)
        self.values = torch.nn.Parameter(values, requires_grad=False)

    def forward(
        self, hidden_states: torch.Tensor, mask: torch.Tensor | None, key_value_states: torch.Tensor, **_: object
    ) -> Attended:
        rows = hidden_states.shape[0]
        query = self.q(hidden_states).view(rows, self.heads, -1).transpose(0, 1)  # (H, N, W)
        query = (query @ self.keys).transpose(0, 1)  # (N, H, D)
        scores = query @ key_value_states.transpose(1, 2)  # (N, H, L)
        weights = torch.softmax(scores if mask is None else scores + mask[:, 0], dim=-1)
        found = (weights @ key_value_states).transpose(0, 1)  # (H, N, D)
        found = (found @ self.values).transpose(0, 1).reshape(rows, 1, -1)
        return self.o(found), None, None
