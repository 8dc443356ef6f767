"""The output head pruned to what a loss asks for: logits of the permitted tokens at real positions, and no others.

A T5 with 34,000 tokens makes (B, T, 34,000) logits, of which the losses here read the 1,907 columns of emoji and end token at the positions that are no
padding. Inside `pruned_head` the model's own head computes just those, (N, A); everything else, such as the scaling of the decoder's states in a T5 with tied
weights, is still the model's own code, and a wrapper around the model (autocast, DistributedDataParallel) sees an ordinary forward pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

_KNOWN = ("t5", "mt5", "umt5", "bart", "mbart")
"""Model types whose forward pass does nothing to the head's output but add `final_logits_bias`; a ByT5 is a "t5". Others keep their whole head."""

_BIAS = "final_logits_bias"


@contextmanager
def pruned_head(model: PreTrainedModel, columns: Tensor | None, real: Tensor) -> Iterator[None]:
    """Let the forward passes in this context return logits (N, A) in place of (B, T, V), or (B, T, A) where the model is compiled.

    A model that is of no known kind keeps its whole head.

    Args:
        model: without any wrapper.
        columns: (A,) int64 ids in rising order; None keeps all.
        real: (B, T) bool, the N positions that are wanted, which come in the order of the rows.
    """
    from torch.compiler import is_compiling
    from torch.nn.functional import embedding, linear

    head = model.get_output_embeddings()
    if not prunable(model):
        yield
        return
    places = real.flatten().nonzero()[:, 0]  # (N,)
    table = model.get_input_embeddings()
    by_row = table.weight is head.weight and table.sparse  # else its gradient would make that of the table a whole one

    def forward(hidden: Tensor) -> Tensor:
        # A compiled model would be compiled anew for every number of positions, so that it keeps them all: (B, T, D), and (B, T, A) comes out.
        picked = hidden if is_compiling() else hidden.flatten(0, 1).index_select(0, places)  # (N, D)
        weight = head.weight if columns is None else embedding(columns, head.weight, sparse=by_row)  # (A, D)
        bias = head.bias if columns is None or head.bias is None else head.bias[columns]
        return linear(picked, weight, bias)

    extra = getattr(model, _BIAS, None)  # (1, V), added by the forward pass of a BART
    head.forward = forward
    if extra is not None and columns is not None:
        setattr(model, _BIAS, extra[:, columns])
    try:
        yield
    finally:
        del head.forward
        if extra is not None:
            setattr(model, _BIAS, extra)


def prunable(model: PreTrainedModel) -> bool:
    """Whether the head of this model can be pruned."""
    from torch.nn import Linear

    head = model.get_output_embeddings()
    # A subclass (quantised, LoRA) or a replaced forward (offloading) computes its output in a way of its own.
    return model.config.model_type in _KNOWN and type(head) is Linear and "forward" not in vars(head)
