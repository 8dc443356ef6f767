"""What is said where a run of the judge ends at `--max-cost`: how far it came, what the rest will cost, and which limit is enough for it."""

from __future__ import annotations

import math

from emojit.errors import LimitReachedError
from emojit.teacher.budget import dollars

_MARGIN = 1.1
"""Later questions may be longer than those so far."""


def with_progress(exc: LimitReachedError, *, done: int, total: int) -> LimitReachedError:
    """Return the stop with the state of the run.

    Args:
        exc: as the teacher's budget raised it.
        done: questions whose answer can be read, or was asked for often enough (count).
        total: questions (count).
    """
    left = total - done
    message = f"{exc}; {done:,} of {total:,} questions are done, {left:,} are left"
    if not exc.mean_cost:
        return LimitReachedError(
            message,
            hint="the same command with --dry-run says what they cost; run it again with that --max-cost to go on: no reply is paid for twice",
            next_cost=exc.next_cost,
            mean_cost=exc.mean_cost,
        )
    rest = left * exc.mean_cost
    return LimitReachedError(
        message,
        hint=f"they cost about {dollars(rest)}, as those of this run did: run the same command again with --max-cost "
        f"{enough(rest * _MARGIN + exc.next_cost):g} to go on: no reply is paid for twice",
        next_cost=exc.next_cost,
        mean_cost=exc.mean_cost,
    )


def enough(amount: float) -> float:
    """Return an amount of USD above 0 in two digits that count, rounded up."""
    step: float = 10.0 ** (math.floor(math.log10(amount)) - 1)
    return math.ceil(amount / step) * step
