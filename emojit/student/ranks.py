"""The processes that train together, as `torchrun` and `accelerate launch` start them.

Every process reads the rows and builds the student for itself, the first one first (it fills the Hub's cache, and finds what is wrong); only the first
writes files and speaks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from emojit.errors import EmojitError

T = TypeVar("T")

_PATIENCE = timedelta(days=1)
"""How long a process waits for another: the first one predicts alone at the end. `torchrun` ends the others where one fails."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """The processes of this run, and which one this is."""

    count: int
    """Processes (count); 1 for an ordinary run."""
    index: int
    """This one, from 0."""

    @property
    def first(self) -> bool:
        """Whether this process writes the files."""
        return self.index == 0

    def from_first(self, work: Callable[[], T]) -> T:
        """Do `work` in the first process and hand its result, which can be pickled, to all.

        Where it fails, the first process reports it and the others end without a word, with the same exit code.
        """
        if self.count == 1:
            return work()
        from torch.distributed import broadcast_object_list

        box: list[object] = [None, None]
        if self.first:
            try:
                box = [work(), None]
            except Exception as exc:
                broadcast_object_list([None, exc.exit_code if isinstance(exc, EmojitError) else 1], src=0)
                raise
        broadcast_object_list(box, src=0)
        result, failed = box
        if failed is not None:
            raise SystemExit(failed)
        return result  # type: ignore[return-value]  # what `work` returned, pickled

    def first_then_all(self, work: Callable[[], T]) -> T:
        """Do `work` in the first process, then in the others."""
        done: list[T] = []
        self.from_first(lambda: done.append(work()))
        return done[0] if self.first else work()


def is_first() -> bool:
    """Whether this process is the one that speaks; True for an ordinary run."""
    return int(os.environ.get("RANK", "0")) == 0


@contextmanager
def joined() -> Iterator[Ranks]:
    """Join the processes that a launcher started; for an ordinary run there is nothing to join."""
    if not {"RANK", "WORLD_SIZE", "LOCAL_RANK"} <= os.environ.keys() or int(os.environ["WORLD_SIZE"]) == 1:
        yield Ranks(1, 0)
        return
    import torch
    from torch import distributed

    cuda = torch.cuda.is_available() and os.environ.get("ACCELERATE_USE_CPU", "false").lower() != "true"
    if cuda:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo", timeout=_PATIENCE)
    try:
        yield Ranks(distributed.get_world_size(), distributed.get_rank())
    finally:
        distributed.destroy_process_group()
