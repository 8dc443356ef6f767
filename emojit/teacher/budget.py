"""A limit on what one run may cost."""

from __future__ import annotations

import asyncio

from emojit.errors import TeacherError
from emojit.teacher.engine import Teacher
from emojit.teacher.records import Question, Reply

_POLL_S = 0.05


class BudgetedTeacher:
    """Asks another teacher until the next question could cost more than is left.

    The first question is asked alone, to learn a price; then every call in flight is counted with the highest price seen so far. So the limit holds
    unless a question costs more than any before it. At the limit no call is cut off: what is in flight is answered and stored, then the run ends.
    """

    def __init__(self, teacher: Teacher, max_cost: float) -> None:
        """Wrap a teacher; `max_cost` is for this run (USD)."""
        self.live = teacher.live
        self.spent = 0.0
        self._teacher = teacher
        self._max_cost = max_cost
        self._price = 0.0
        self._billed = False
        self._free = False
        self._in_flight = 0
        self._first = asyncio.Lock()

    async def ask(self, question: Question) -> Reply:
        """Answer one question.

        Raises:
            TeacherError: the next question could exceed the limit, or the endpoint bills nothing.
        """
        if not self._billed:
            async with self._first:
                if not self._billed and not self._free:
                    return await self._paid(question)
        if self._free:
            raise TeacherError(
                "the endpoint does not say what a reply costs (usage.cost), so --max-cost cannot be kept",
                hint="leave --max-cost out, and limit the run with --count",
            )
        if self.spent + (self._in_flight + 1) * self._price > self._max_cost:
            while self._in_flight:  # an error stops all workers: let them have the answers that are paid for
                await asyncio.sleep(_POLL_S)
            raise TeacherError(
                f"the limit of {self._max_cost:g} USD is reached: {self.spent:.4f} USD spent in this run",
                hint="every reply is stored: run the same command again, with a new --max-cost, to go on",
            )
        return await self._paid(question)

    async def close(self) -> None:
        """Close the other teacher."""
        await self._teacher.close()

    async def _paid(self, question: Question) -> Reply:
        self._in_flight += 1
        try:
            reply = await self._teacher.ask(question)
        finally:
            self._in_flight -= 1
        if reply.cost is not None:
            self._billed = True
            self.spent += reply.cost
            self._price = max(self._price, reply.cost)
        elif reply.error is None:
            self._free = True  # this answer is kept; the next question is refused
        return reply
