"""A criterion as the Trainer takes it: over the tokens that an answer may hold, summed over real positions, divided by their number in the whole step."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from emojit.student.losses.cross_entropy import cross_entropy
from emojit.student.losses.head import pruned_head
from emojit.student.losses.positions import IGNORED, AnswerSpace, Criterion

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel
    from transformers.modeling_outputs import Seq2SeqLMOutput

VOTE_IDS = "vote_ids"
"""Key of a batch: (B, M) int64 ids of the emoji that votes hold, `IGNORED` at the padding."""
VOTE_SHARES = "vote_shares"
"""Key of a batch: (B, M) float32 shares of the votes that hold them, 0 at the padding."""


class AnswerLoss:
    """`compute_loss_func` of the Trainer, and what has to happen around the forward pass.

    Decoding permits emoji and the end token only, so the logits of ordinary pieces cost time and, with label smoothing, probability that no answer can use.

    The sum over positions is divided by `num_items_in_batch`, the number of label positions in all accumulated batches; the mean per batch would
    make two steps of four rows another loss than one of eight. (T5's own loss ignores that number, and the Trainer of transformers 5.23 believes it
    does not, because `forward` takes keyword arguments.)

    Args:
        space: the tokens that an answer may hold.
        criterion: the loss per position.
        by_votes: multiply the loss of an emoji by the share of votes that hold it; for criteria that do not read the votes themselves.
        prune: compute only the logits that are read. False where several GPUs share one process: each has a copy of the head, and a part of the batch.
    """

    def __init__(
        self, space: AnswerSpace, criterion: Criterion, *, by_votes: bool = False, prune: bool = True
    ) -> None:
        self._space = space
        self._criterion = criterion
        self._plain = cross_entropy(label_smoothing=0.0)
        self._by_votes = by_votes
        self._prune = prune
        self._votes: tuple[Tensor, Tensor] | None = None

    @contextmanager
    def answering(self, model: PreTrainedModel, inputs: MutableMapping[str, Tensor]) -> Iterator[None]:
        """Surround a forward pass: the head is pruned, and the votes are kept back for the loss.

        Args:
            model: without any wrapper.
            inputs: the batch; its votes are taken out, its labels (B, T) stay.
        """
        ids, shares = inputs.pop(VOTE_IDS, None), inputs.pop(VOTE_SHARES, None)
        self._votes = None if ids is None or shares is None else (ids, shares)
        try:
            if self._prune:
                labels = inputs["labels"]
                self._space.columns(labels)  # brings `ids` to the device of the batch
                with pruned_head(model, None if self._space.whole else self._space.ids, labels != IGNORED):
                    yield
            else:
                yield
        finally:
            self._votes = None

    def __call__(
        self, outputs: Seq2SeqLMOutput, labels: Tensor, num_items_in_batch: Tensor | int | None = None
    ) -> Tensor:
        """Return the loss per label position (scalar).

        Args:
            outputs: with logits (N, A) or (B, T, A) of a pruned head, or (B, T, V).
            labels: (B, T) int64 ids, `IGNORED` at the padding.
            num_items_in_batch: positions in all batches of the step; None means those of this one.
        """
        return self._mean(self._criterion, outputs, labels, num_items_in_batch, by_votes=self._by_votes)

    def evaluation(self, outputs: Seq2SeqLMOutput, labels: Tensor) -> Tensor:
        """Return the plain cross entropy (scalar, nats per position), whatever the loss: an evaluation loss that can be compared between recipes."""
        return self._mean(self._plain, outputs, labels, None, by_votes=False)

    def _mean(
        self,
        criterion: Criterion,
        outputs: Seq2SeqLMOutput,
        labels: Tensor,
        items: Tensor | int | None,
        *,
        by_votes: bool,
    ) -> Tensor:
        import torch

        positions = self._space.positions(labels, self._votes)
        logits = outputs.logits
        if logits.dim() > 2:
            logits = logits[positions.rows, positions.steps]  # (N, V), or (N, A) of a head that was pruned
            if logits.shape[1] != self._space.size:
                logits = logits[:, self._space.ids]
        value = criterion(logits.to(torch.promote_types(logits.dtype, torch.float32)), positions)
        if by_votes and positions.votes is not None:
            votes = positions.votes
            held = votes.columns[positions.rows] == positions.columns[:, None]  # (N, M)
            share = (held * votes.shares[positions.rows]).sum(dim=1).to(value)
            value = value * share.masked_fill(positions.columns == positions.end, 1)
        return value.sum() / (len(positions.rows) if items is None else items)
