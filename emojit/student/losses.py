"""What training minimises: cross entropy over the tokens that an answer may hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor
    from transformers.modeling_outputs import Seq2SeqLMOutput

Loss = Callable[..., "Tensor"]
"""`loss(outputs, labels, num_items_in_batch=None)`: what `Trainer(compute_loss_func=...)` takes."""

IGNORED = -100
"""Label of a padding position, as torch's `cross_entropy` and the data collator have it."""


def answer_cross_entropy(allowed: Sequence[int], vocabulary_size: int, *, label_smoothing: float) -> Loss:
    """Make the cross entropy over emoji and end token only.

    Decoding permits nothing else, so the logits of ordinary pieces cost time and, with label smoothing, probability that no answer can use.

    The sum over positions is divided by `num_items_in_batch`, the number of label positions in all accumulated batches; the mean per batch would
    make two steps of four rows another loss than one of eight. (T5's own loss ignores that number, and the Trainer of transformers 5.23 believes it
    does not, because `forward` takes keyword arguments.)

    Args:
        allowed: the permitted ids, in rising order (A).
        vocabulary_size: logits per position (V).
        label_smoothing: share of the probability spread over all allowed tokens, in [0, 1).

    Returns:
        A function of logits (B, T, V) and labels (B, T) with `IGNORED` at padding: a scalar tensor in nats per label position.
    """
    import torch
    from torch.nn.functional import cross_entropy

    columns = torch.tensor(allowed)
    position = torch.full((vocabulary_size,), IGNORED)
    position[columns] = torch.arange(len(allowed))

    def loss(outputs: Seq2SeqLMOutput, labels: Tensor, num_items_in_batch: Tensor | int | None = None) -> Tensor:
        real = labels != IGNORED  # (B, T) bool
        logits = outputs.logits[real][:, columns.to(labels.device)]  # (N, A), N real positions
        targets = position.to(labels.device)[labels[real]]  # (N,) index into `allowed`
        total = cross_entropy(logits.float(), targets, label_smoothing=label_smoothing, reduction="sum")
        items = real.sum() if num_items_in_batch is None else num_items_in_batch
        return total / items

    return loss
