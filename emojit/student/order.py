"""The order in which a run sees its rows: texts of like length together, the same order after `--resume` and for any number of processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch  # noqa: TID253  (imported only by the trainer)
from torch.utils.data import Sampler  # noqa: TID253
from transformers.trainer_pt_utils import get_length_grouped_indices  # noqa: TID253


class GroupedOrder(Sampler[int]):  # type: ignore[misc]  # torch is not followed by mypy
    """Rows grouped by length, drawn anew each epoch from torch's global generator.

    Differs from transformers' `LengthGroupedSampler` (5.23) in two points. It remembers the generator's state from which the epoch was drawn, so that a
    run that is resumed in the middle of an epoch draws the same epoch again; the original draws another one. And all processes draw from the state
    of the first one, for theirs differ after the first dropout.
    """

    def __init__(self, lengths: Sequence[int], group: int, *, processes: int) -> None:
        """Take the rows' lengths (tokens) and the rows of one update in all processes (count)."""
        self._lengths = list(lengths)
        self._group = group
        self._processes = processes
        self.drawn_from: torch.Tensor | None = None
        """State of the generator before the running epoch was drawn."""
        self.draw_next_from: torch.Tensor | None = None
        """State to draw the next epoch from; None takes the global generator's."""

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        state = torch.get_rng_state() if self.draw_next_from is None else self.draw_next_from
        if self._processes > 1:
            torch.distributed.broadcast(state, src=0)
        # In the global generator, which moves on by this: the figures of earlier runs stay what they were.
        torch.set_rng_state(state)
        self.drawn_from, self.draw_next_from = state, None
        return iter(get_length_grouped_indices(self._lengths, self._group))
