"""Which sentences are asked about next, and what becomes of the answers: the build as a sequence of blocks.

A block is formed at one moment: sentences that are asked again, then fresh ones from the corpus, with the emoji that the prompts of this block steer
away from. At most `balance.lag` blocks are open, at first only two and then as many as there are rows, so that a small data set is steered too; they are
decided strictly in the order in which they were formed, and after each decision new ones may be formed. Nothing here knows about time: forming and deciding alternate in an order that the answers' contents alone settle. So the same replies give
the same rows, however fast they come and however often the run was killed in between.

What is decided about a sentence:

    unreadable answer, or an objection (a rewrite that is there already, a leak)    rejected, with that reason
    its emoji fit under the cap                                                     a row
    they do not                                                                     deferred: looked at again after every later block, because the
                                                                                    cap grows with the data set

When no fresh sentence may be drawn any more (the corpus is at its end; or rows, deferred and open ones together make up the asked number) and nothing
is open, the deferred ones are asked again, with a prompt that steers away from what is over the cap, up to `balance.ask_again` times; what does not fit
then is rejected as "over_represented" and makes room for fresh ones. The pool of deferred sentences is bounded by what is open at once: where it
overflows, the oldest are asked again or rejected before that.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from emojit.corpus.records import Sentence, Stage
from emojit.dataset.balance import MOST_AVOIDED, Ledger
from emojit.recipe import BalanceConfig
from emojit.teacher import Labelled, Task

OVER_REPRESENTED = "over_represented"
"""Reason of a sentence whose emoji stayed over the cap."""

_FIRST_BLOCKS = 2  # one that is decided, one that keeps the teacher busy meanwhile
_LEAST_YIELD = 0.02  # pairs per asked sentence under which drawing on would only cost money
_LEAST_WINDOW = 100  # decisions from which a yield can be told: with blocks of one sentence, a single rejection would be a yield of nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One sentence that the teacher is asked about.

    Attributes:
        sentence: from the corpus.
        task: what is asked; `task.avoid` is what its prompt steers away from.
        attempt: 0 for the first time, 1 when it is asked again, and so on.
    """

    sentence: Sentence
    task: Task
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class _Deferred:
    """An answer that waits for room under the cap."""

    ask: Ask
    labelled: Labelled


class Desk(Protocol):
    """Whoever keeps the rows. It is called in the order of the decisions."""

    def used(self, labelled: Labelled) -> None:
        """Take note of the replies behind an answer, whatever becomes of it."""

    def objection(self, ask: Ask, labelled: Labelled) -> tuple[str, str] | None:
        """Return (reason, detail) where the answer can be no row beside those that are there, else None."""

    def accept(self, ask: Ask, labelled: Labelled) -> None:
        """Keep the answer as a row."""

    def reject(self, ask: Ask, stage: Stage, reason: str, detail: str) -> None:
        """Record a sentence that became no row."""


class Blocks:
    """Forms and decides blocks; see the module's docstring. Use: `more`, then `decide` for the oldest open block, then `more` again.

    Attributes:
        accepted: rows so far (count).
        rejected: sentences that became no row so far (count).
        deferred: sentences whose pair did not fit when it was first decided (count).
        asked_again: times a sentence was asked again (count).
        exhausted: whether the corpus is at its end.
        barren: why no more sentences are drawn although the corpus has some, or None.
    """

    def __init__(
        self,
        sentences: Iterator[Sentence],
        make_task: Callable[[Sentence, tuple[str, ...]], Task],
        desk: Desk,
        ledger: Ledger,
        config: BalanceConfig,
        count: int,
    ) -> None:
        """Take the parts; nothing is drawn yet.

        Args:
            sentences: kept ones, in drawing order; read only as far as needed.
            make_task: makes the question of a sentence, given what to steer away from.
            desk: who keeps the rows.
            ledger: of the rows' emoji, empty.
            config: the `[balance]` section.
            count: rows wanted; 0 means every sentence.
        """
        self.accepted = self.rejected = self.deferred = self.asked_again = 0
        self.exhausted = False
        self.barren: str | None = None
        self._sentences = sentences
        self._make_task = make_task
        self._desk = desk
        self._ledger = ledger
        self._config = config
        self._count = count
        self._most_deferred = config.block * config.lag
        self._open: deque[tuple[Ask, ...]] = deque()
        self._outstanding = 0
        self._waiting: deque[_Deferred] = deque()
        self._again: deque[_Deferred] = deque()
        # Rejections since the last look at the yield, over as many sentences as may be open at once.
        window = min(self._most_deferred, max(count, config.block)) if count else self._most_deferred
        self._window = max(window, _LEAST_WINDOW)
        self._settled = 0
        self._rejections: Counter[str] = Counter()

    @property
    def short_of(self) -> int:
        """Rows that are missing from the asked number (count)."""
        return max(0, self._count - self.accepted)

    def more(self) -> list[tuple[Ask, ...]]:
        """Form blocks, as many as may be open; none when everything open must be decided first, or when the build is over."""
        formed = []
        while self._may_open() and (block := self._form()):
            self._open.append(block)
            formed.append(block)
        return formed

    def decide(self, answers: Sequence[Labelled]) -> None:
        """Decide the oldest open block.

        Args:
            answers: one per `Ask` of the block, in its order.
        """
        for ask, labelled in zip(self._open.popleft(), answers, strict=True):
            self._outstanding -= 1
            self._desk.used(labelled)
            self._judge(_Deferred(ask, labelled))
        self._look_again()
        while len(self._waiting) > self._most_deferred:
            self._give_back(self._waiting.popleft())

    def _may_open(self) -> bool:
        most = max(_FIRST_BLOCKS * self._config.block, self.accepted)
        return len(self._open) < self._config.lag and self._outstanding < most

    def _form(self) -> tuple[Ask, ...]:
        while True:
            block = tuple(self._take())
            if block or self._open or not self._waiting:
                return block
            self._settle()

    def _take(self) -> Iterator[Ask]:
        crowded, full = self._ledger.crowded(), self._ledger.full()
        taken = 0
        while self._again and taken < self._config.block:
            yield self._steered(self._again.popleft(), full)
            taken += 1
            self._outstanding += 1
        while taken < self._config.block and (sentence := self._draw()) is not None:
            yield Ask(sentence=sentence, task=self._make_task(sentence, crowded))
            taken += 1
            self._outstanding += 1

    def _draw(self) -> Sentence | None:
        spoken_for = self.accepted + len(self._waiting) + len(self._again) + self._outstanding
        if self.exhausted or self.barren or (self._count and spoken_for >= self._count):
            return None
        sentence = next(self._sentences, None)
        self.exhausted = sentence is None
        return sentence

    def _steered(self, waiting: _Deferred, full: tuple[str, ...]) -> Ask:
        """Ask again, steering away from what was in the way first of all: so the question differs from the last one even where `full` does not."""
        self.asked_again += 1
        avoid = tuple(dict.fromkeys((*self._ledger.over(waiting.labelled.emojis), *full)))[:MOST_AVOIDED]
        sentence = waiting.ask.sentence
        return Ask(sentence=sentence, task=self._make_task(sentence, avoid), attempt=waiting.ask.attempt + 1)

    def _judge(self, one: _Deferred) -> None:
        """Decide about an answer: reject it, accept it or let it wait."""
        ask, labelled = one.ask, one.labelled
        if labelled.reason is not None or not labelled.emojis:
            self._reject(ask, labelled.stage or "emoji", labelled.reason or "empty", labelled.detail)
        elif (objection := self._desk.objection(ask, labelled)) is not None:
            self._reject(ask, "pair", *objection)
        elif self._ledger.fits(labelled.emojis):
            self._accept(ask, labelled)
        else:
            self.deferred += ask.attempt == 0
            self._waiting.append(one)
            self._ledger.waiting.update(labelled.emojis)

    def _look_again(self) -> bool:
        """Look at every waiting answer once; returns whether one of them became a row."""
        before, waiting = self.accepted, self._waiting
        self._waiting = deque()
        for one in waiting:
            if not self._ledger.fits(one.labelled.emojis):
                self._waiting.append(one)
                continue
            self._ledger.waiting.subtract(one.labelled.emojis)
            if (objection := self._desk.objection(one.ask, one.labelled)) is not None:
                self._reject(one.ask, "pair", *objection)
            else:
                self._accept(one.ask, one.labelled)
        return self.accepted > before

    def _settle(self) -> None:
        """Nothing is open and nothing may be drawn: ask the waiting ones again, or, when all have been asked often enough, reject them."""
        while self._look_again():  # each row may make room for another
            pass
        fresh = [one for one in self._waiting if one.ask.attempt < self._config.ask_again]
        if fresh:
            self._waiting = deque(one for one in self._waiting if one.ask.attempt >= self._config.ask_again)
            for one in fresh:
                self._give_back(one)
            return
        while self._waiting:
            self._give_back(self._waiting.popleft())

    def _give_back(self, one: _Deferred) -> None:
        """Ask a waiting answer again, or reject it when that was done often enough."""
        self._ledger.waiting.subtract(one.labelled.emojis)
        if one.ask.attempt < self._config.ask_again:
            self._again.append(one)
        else:
            over = " ".join(self._ledger.over(one.labelled.emojis) or one.labelled.emojis)
            self._reject(one.ask, "pair", OVER_REPRESENTED, f"over the cap: {over}; post: {one.labelled.sns_text}")

    def _accept(self, ask: Ask, labelled: Labelled) -> None:
        self._ledger.add(labelled.emojis)
        self._desk.accept(ask, labelled)
        self.accepted += 1
        self._settle_one()

    def _reject(self, ask: Ask, stage: Stage, reason: str, detail: str) -> None:
        self._desk.reject(ask, stage, reason, detail)
        self.rejected += 1
        self._rejections[f"{stage}: {reason}"] += 1
        self._settle_one()

    def _settle_one(self) -> None:
        """Count a final decision, and stop drawing when a whole window of them gave next to no rows."""
        self._settled += 1
        if self._settled < self._window:
            return
        rows = self._settled - self._rejections.total()
        if rows < _LEAST_YIELD * self._settled and self.barren is None:
            reason, times = self._rejections.most_common(1)[0]
            self.barren = f"of the last {self._settled} sentences only {rows} became pairs ({reason} {times})"
        self._settled = 0
        self._rejections.clear()
