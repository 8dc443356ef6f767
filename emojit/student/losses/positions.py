"""The positions of a batch at which something is to be learned, in the numbering of the tokens that an answer may hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor

IGNORED = -100
"""Label of a padding position, as torch's `cross_entropy` and the data collator have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """How the teacher's votes on each row of a batch were spread; see `emojit.student.rows`."""

    columns: Tensor
    """(B, M) int64: the emoji that a vote holds, `IGNORED` where the row has fewer."""
    shares: Tensor
    """(B, M) float32: the share of the row's votes that hold it, in (0, 1]; 0 at the padding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Positions:
    """N real positions of a batch of B answers, padded to T. "Column" is the place of a token among the A that an answer may hold."""

    columns: Tensor
    """(N,) int64: the token that stands there."""
    rows: Tensor
    """(N,) int64: the row of the batch."""
    steps: Tensor
    """(N,) int64: the place in the answer, from 0."""
    answers: Tensor
    """(B, T) int64: columns of the whole answers, `IGNORED` at the padding."""
    end: int
    """Column of the end token."""
    votes: Votes | None = None
    """Given with `loss.soft_votes`."""


class Criterion(Protocol):
    """A loss per position."""

    def __call__(self, logits: Tensor, positions: Positions) -> Tensor:
        """Return the loss (N,) of logits (N, A), float32 or float64, at N positions."""


class AnswerSpace:
    """The way from token ids to columns.

    Args:
        allowed: the ids that an answer may hold, in rising order (A).
        vocabulary_size: ids there are (V).
        end: id of the end token.
    """

    def __init__(self, allowed: Sequence[int], vocabulary_size: int, *, end: int) -> None:
        import torch

        self.size = len(allowed)
        self.end = list(allowed).index(end)
        self.whole = self.size == vocabulary_size
        self.ids = torch.tensor(allowed)  # (A,) int64
        self._column = torch.full((vocabulary_size,), IGNORED)
        self._column[self.ids] = torch.arange(self.size)

    def columns(self, ids: Tensor) -> Tensor:
        """Return the columns of ids of any shape; `IGNORED` stays, and so becomes an id that no answer may hold."""
        if self._column.device != ids.device:
            self.ids, self._column = self.ids.to(ids.device), self._column.to(ids.device)
        return self._column[ids.clamp(min=0)].where(ids != IGNORED, IGNORED)

    def positions(self, labels: Tensor, votes: tuple[Tensor, Tensor] | None = None) -> Positions:
        """Find what is to be learned in a batch.

        Args:
            labels: (B, T) int64 ids, `IGNORED` at the padding.
            votes: (B, M) ids of the emoji that votes hold and (B, M) their shares.
        """
        answers = self.columns(labels)
        rows, steps = (labels != IGNORED).nonzero(as_tuple=True)
        return Positions(
            columns=answers[rows, steps],
            rows=rows,
            steps=steps,
            answers=answers,
            end=self.end,
            votes=None if votes is None else Votes(columns=self.columns(votes[0]), shares=votes[1]),
        )

    def counts(self, labels: Sequence[Sequence[int]]) -> Tensor:
        """Count how often each token stands in answers: (A,) float64."""
        import torch

        ids = torch.tensor([token for row in labels for token in row], dtype=torch.int64)
        columns = self.columns(ids)
        return torch.bincount(columns[columns != IGNORED], minlength=self.size).double()
