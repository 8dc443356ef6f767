"""A limit on what one run may cost, kept before it is reached; and what a run is going to cost."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Iterator, Sequence

from emojit.errors import ConfigError, LimitReachedError, TeacherError
from emojit.recipe import PriceConfig, TeacherConfig
from emojit.teacher.engine import Counts, Teacher
from emojit.teacher.prices import Tokens, reply_cost, token_cost
from emojit.teacher.records import Question, Reply

_TEMPLATE_TOKENS = 64
"""Tokens that a chat template puts around the messages, at most (count)."""

_MOST_EXTRA_TOKENS = 16
"""Tokens that an endpoint counts beyond `max_tokens`, such as the end of the answer (count)."""


class BudgetedTeacher:
    """Asks another teacher until the next question could cost more than is left.

    What is in flight is counted with the most that it may cost: the highest cost seen so far and, where the recipe states a price, the price of the longest
    question and answer that its bounds allow. Without a price and before the first bill nothing is known, so the first question is asked alone. Where
    the next question does not fit beside those in flight it waits for their bills, which are mostly smaller; where it does not fit even alone, the run
    ends: nothing is cut off, everything answered is stored. The limit can be passed only by a question that costs more than any before it while no
    price is stated, or whose failed calls were billed.

    Attributes:
        live: as of the other teacher.
        width: as of the other teacher; 0 where it has none.
        spent: what the questions of this run cost so far (USD).
    """

    def __init__(self, teacher: Teacher, max_cost: float, config: TeacherConfig | None = None) -> None:
        """Wrap a teacher.

        Args:
            teacher: who is asked.
            max_cost: for this run (USD); replies that are stored already cost nothing again.
            config: the `[teacher]` section, for the price and `max_tokens`.

        Raises:
            ConfigError: batch mode without a stated price: a job is handed in hours before its bill, and finding a price out by a first job of one
                question would take as long.
        """
        if config is not None and config.mode == "batch" and config.price.prompt is None:
            raise ConfigError(
                '--max-cost with teacher.mode = "batch" needs a price: what a job costs is known only after it is done',
                hint="state the price of batch calls in USD per million tokens: --set teacher.price.prompt=… --set teacher.price.completion=…",
            )
        self.live = teacher.live
        self.width = int(getattr(teacher, "width", None) or 0)
        self.spent = 0.0
        self._teacher = teacher
        self._max_cost = max_cost
        self._price = config.price if config is not None else PriceConfig()
        self._highest: float | None = None  # cost of a call (USD)
        self._paid = 0  # questions behind `spent` (count)
        self._unbilled = False
        self._in_flight = 0
        self._bounds = 0.0  # what the calls in flight cost at most, by the stated price (USD)
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def ask(self, question: Question) -> Reply:
        """Answer one question.

        Raises:
            TeacherError: the next question could exceed the limit, or nothing says what a reply costs.
        """
        bound = self._bound([question])
        await self._room(bound)
        with self._flight(bound):
            reply = await self._teacher.ask(question)
            self._pay([reply], bound)
        return reply

    async def ask_many(self, questions: Sequence[Question]) -> list[Reply]:
        """Answer the first of several questions of one body in one call, where the other teacher can; see `ManyTeacher`.

        Raises:
            TeacherError: as `ask`.
        """
        ask_many = getattr(self._teacher, "ask_many", None)
        if ask_many is None:
            return []
        bound = self._bound(questions)
        await self._room(bound)
        with self._flight(bound):
            replies: list[Reply] = await ask_many(questions)
            if replies:
                self._pay(replies, bound)
        return replies

    async def close(self) -> None:
        """Close the other teacher."""
        await self._teacher.close()

    def _bound(self, questions: Sequence[Question]) -> float | None:
        """Return the most that a call for these questions costs at the stated price (USD), or None without one.

        No tokenizer makes more tokens of a text than it has bytes in UTF-8: all of them fall back on bytes at worst.
        """
        first = questions[0]
        text = sum(len(content.encode()) for _, content in first.messages)
        longest = first.params.get("max_tokens")
        answer = (longest if isinstance(longest, int) else 0) + _MOST_EXTRA_TOKENS
        return token_cost(Tokens(prompt=text + _TEMPLATE_TOKENS, completion=len(questions) * answer), self._price)

    async def _room(self, bound: float | None) -> None:
        """Wait until a call fits under the limit.

        Raises:
            TeacherError: it does not even while nothing else is in flight.
        """
        if self._waiting:  # whoever waits already goes first
            await self._turn(last=True)
        while not self._fits(bound):
            if not self._in_flight:
                self._soon()
                raise self._refusal(bound)
            await self._turn(last=False)
        self._soon()

    async def _turn(self, *, last: bool) -> None:
        """Wait to be woken, at the end of the queue or still at its head."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if last:
            self._waiting.append(turn)
        else:
            self._waiting.appendleft(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn in self._waiting:
                self._waiting.remove(turn)
            else:
                self._next()  # it was woken and will not look: the next one shall
            raise

    def _soon(self) -> None:
        """Let the next one look as soon as this call is counted in: it may fit too."""
        asyncio.get_running_loop().call_soon(self._next)

    def _fits(self, bound: float | None) -> bool:
        if self._unbilled:
            return False
        if bound is None and self._highest is None:
            return self._max_cost > 0 and not self._in_flight  # the first one goes alone
        highest = self._highest or 0.0
        reserved = max(self._bounds + (bound or 0.0), (self._in_flight + 1) * highest)
        return self.spent + reserved <= self._max_cost

    @contextlib.contextmanager
    def _flight(self, bound: float | None) -> Iterator[None]:
        self._in_flight += 1
        self._bounds += bound or 0.0
        try:
            yield
        finally:
            self._in_flight -= 1
            self._bounds = self._bounds - (bound or 0.0) if self._in_flight else 0.0  # no rounding is carried on
            self._next()

    def _next(self) -> None:
        """Let the one who has waited longest look again."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def _pay(self, replies: Sequence[Reply], bound: float | None) -> None:
        """Count what a call cost: as billed, else by its tokens, else the most that it can have cost."""
        costs = [cost for reply in replies if (cost := reply_cost(reply, self._price)) is not None]
        answered = any(reply.error is None for reply in replies)
        if costs:
            cost = sum(costs)
        elif bound is not None:
            cost = bound if answered else 0.0
        else:
            self._unbilled |= answered  # this answer is kept; the next question is refused
            return
        self.spent += cost
        self._paid += len(replies)
        self._highest = max(self._highest or 0.0, cost)

    def _refusal(self, bound: float | None) -> TeacherError:
        if self._unbilled:
            return TeacherError(
                "nothing says what a reply costs, so --max-cost cannot be kept: the endpoint gives no usage.cost, and the recipe no price",
                hint="state the price in USD per million tokens: --set teacher.price.prompt=… --set teacher.price.completion=…, or leave "
                "--max-cost out and limit the run with --count (a build) or --sample (a judge)",
            )
        next_one = max(bound or 0.0, self._highest or 0.0)
        return LimitReachedError(
            f"as --max-cost asks, for the limit of {self._max_cost:g} USD is reached: {self.spent:.4f} USD spent in this run, and the next question may cost "
            f"{f'{next_one:.4f} USD' if next_one else 'something'}",
            hint="every reply is stored and none is paid for twice: run the same command again, with a new --max-cost, to go on; with --dry-run it says what is left",
            next_cost=next_one,
            mean_cost=self.spent / self._paid if self._paid else 0.0,
        )


def projection(spent: float, done: int, total: int | None) -> float | None:
    """Return what a run will have cost at its end, when the rest costs what the questions so far did.

    Args:
        spent: cost of the questions asked so far (USD).
        done: what was asked for it in this run, in any unit that costs about the same each (count); what the reply store answered is none.
        total: the same at the end of the run (count), or None where nobody knows.

    Returns:
        USD, never less than `spent`; None while nothing was asked, or without a total.
    """
    if total is None or done <= 0:
        return None
    return spent * max(1.0, total / done)


def projected_cost(counts: Counts, done: int, total: int | None) -> float | None:
    """Return what a run will have cost at its end (USD), or None where that cannot be said yet.

    What is left is taken to need as many questions each as what is done, and all of them to be asked: a run that goes on after a stop first meets
    everything that the store answers, and then nothing of it.

    Args:
        counts: of the run so far.
        done: sentences, or pairs, that stand, answered by the store or not (count).
        total: how many there will be (count), or None.
    """
    if total is None or done <= 0:
        return None
    left = (counts.asked + counts.from_store) / done * max(0, total - done)
    return projection(counts.spent_usd, counts.asked, counts.asked + round(left))


def money_note(spent: float, projected: float | None) -> str:
    """Return how a progress line shows the cost, such as "spent $0.0123, projected $4.56"; "" where nothing was spent."""
    if spent <= 0:
        return ""
    return f"spent {dollars(spent)}" + (f", projected {dollars(projected)}" if projected is not None else "")


def dollars(amount: float) -> str:
    """Write an amount in USD: cents, and two digits that count for what is less than a dollar."""
    if amount >= 1 or amount <= 0:
        return f"${amount:,.2f}"
    return f"${amount:.{max(4, 1 - math.floor(math.log10(amount)))}f}"
