"""Asks what a core wants asked, and brings it the answers in its own order: the only place where the build meets the event loop.

A core forms blocks of questions and decides them, oldest first (`emojit.dataset.blocks`, `emojit.dataset.rare`). Workers take the questions of all open
blocks as they get free, so a slow answer holds up the decision about its own block and nobody's next question.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Generic, Protocol, TypeVar

from emojit.teacher import together

A = TypeVar("A")
A_co = TypeVar("A_co", covariant=True)
R = TypeVar("R")
R_contra = TypeVar("R_contra", contravariant=True)
T = TypeVar("T")


class Core(Protocol[A_co, R_contra]):
    """What decides which questions are asked; it is called from one place at a time."""

    def more(self) -> Sequence[Sequence[A_co]]:
        """Form new blocks; none while something open must be decided first. None with nothing open means the end."""

    def decide(self, answers: Sequence[R_contra]) -> None:
        """Take the answers of the oldest open block, in its order."""


class _Block(Generic[R]):
    """An open block and the answers that have come."""

    def __init__(self, size: int) -> None:
        self.answers: dict[int, R] = {}
        self.size = size
        self.whole = asyncio.Event()

    def put(self, index: int, answer: R) -> None:
        self.answers[index] = answer
        if len(self.answers) == self.size:
            self.whole.set()


async def drive(
    core: Core[A, R],
    first: Sequence[Sequence[A]],
    ask: Callable[[A], Awaitable[R]],
    *,
    width: int,
) -> None:
    """Work off everything that a core wants asked.

    Args:
        core: called in a thread of its own, one call at a time, so that reading a corpus or writing a file holds up no answer.
        first: the blocks that `core.more` has formed already.
        ask: answers one question.
        width: questions that are worked on at once (count).

    Raises:
        Whatever `core` or `ask` raises first; everything else is cancelled then, and no call of the core is running any more.
    """
    queue: asyncio.Queue[tuple[_Block[R], int, A] | None] = asyncio.Queue()

    async def worker() -> None:
        while (item := await queue.get()) is not None:
            block, index, question = item
            block.put(index, await ask(question))

    async def conductor() -> None:
        open_blocks: deque[_Block[R]] = deque()
        formed = first
        while True:
            for questions in formed:
                block: _Block[R] = _Block(len(questions))
                open_blocks.append(block)
                for index, question in enumerate(questions):
                    queue.put_nowait((block, index, question))
            if not open_blocks:
                break
            head = open_blocks.popleft()
            await head.whole.wait()
            answers = [head.answers[index] for index in range(head.size)]
            formed = await _aside(thread, partial(_step, core, answers))
        for _ in range(width):
            queue.put_nowait(None)

    # One thread and not any of a pool: memory that one thread frees is not given to the others, and the build would grow by that.
    with ThreadPoolExecutor(1, thread_name_prefix="emojit-blocks") as thread:
        await together((conductor(), *(worker() for _ in range(width))))


def _step(core: Core[A, R], answers: Sequence[R]) -> Sequence[Sequence[A]]:
    core.decide(answers)
    return core.more()


async def _aside(thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """Run a function in a thread, and wait for its end even when cancelled: nobody else may touch what it works on."""
    running = asyncio.get_running_loop().run_in_executor(thread, work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
