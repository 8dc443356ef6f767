"""How many calls or tokens may start in a minute, and what an endpoint's headers say is left: plain counters that know no event loop.

`Pace` is the generic cell rate algorithm (ITU-T I.371) with one second of slack. A library for it was looked at: aiolimiter's bucket lets a whole minute's
worth start at once and then leaks at full rate, so that up to twice the limit falls into one minute; and neither its rate nor what a call took can be
corrected afterwards, which a learned rate and tokens need.
"""

from __future__ import annotations

import math

MINUTE_S = 60.0
_SLACK_S = 1.0  # what may be caught up after a quiet time


class Pace:
    """At most so many units in any minute, spread evenly."""

    def __init__(self, per_minute: float) -> None:
        """Take the limit (units in any minute); 0 is none."""
        self._full_at = -math.inf  # the moment up to which everything that may start has started
        self.per_minute = per_minute

    @property
    def limited(self) -> bool:
        """Whether there is a limit."""
        return self.per_minute > 0

    def ready_at(self, now: float, units: float) -> float:
        """Return when so many units may start (s, on the clock of `now`). More than a second's worth counts as a second's worth."""
        if not self.limited:
            return -math.inf
        return max(self._full_at, now - _SLACK_S) + min(self._time_of(units), _SLACK_S)

    def take(self, now: float, units: float) -> None:
        """Count units that start now."""
        if self.limited:
            self._full_at = max(self._full_at, now - _SLACK_S) + self._time_of(units)

    def correct(self, units: float) -> None:
        """Count units on top of what was taken, or give some back with a negative number."""
        if self.limited:
            self._full_at += self._time_of(units)

    def _time_of(self, units: float) -> float:
        # A minute and the slack hold one limit's worth, so any minute holds no more, however it lies.
        return units * (MINUTE_S + _SLACK_S) / self.per_minute


class Minute:
    """How many calls started in the last minute; counted by the second."""

    def __init__(self) -> None:
        """Start empty."""
        self._starts: dict[int, int] = {}

    def add(self, started: float, calls: int = 1) -> None:
        """Count a call that started at a time (s); -1 takes one back."""
        second = math.floor(started)
        self._starts[second] = self._starts.get(second, 0) + calls

    def count(self, now: float) -> int:
        """Return the calls that started in the last minute (count)."""
        self._forget(now)
        return sum(self._starts.values())

    def oldest(self, now: float) -> float:
        """Return when the first of them started (s); `now` where there is none."""
        self._forget(now)
        return float(min((second for second, calls in self._starts.items() if calls), default=now))

    def _forget(self, now: float) -> None:
        for second in [second for second in self._starts if second < now - MINUTE_S]:
            del self._starts[second]


class Allowance:
    """What may still start until a moment, by the endpoint's own count: the `x-ratelimit-*` headers."""

    def __init__(self) -> None:
        """Nothing is known."""
        self._said_at = -1.0
        self._limit = math.inf
        self._until = -math.inf

    @property
    def known(self) -> bool:
        """Whether the endpoint has said anything yet."""
        return self._said_at >= 0

    def heard(self, mark: float, remaining: float, until: float) -> None:
        """Take in what came with an answer.

        Args:
            mark: units started up to and with the call that it answers; the header counts from there, and what started since is in it too.
            remaining: units that the endpoint still takes.
            until: when its count starts anew (s).
        """
        if mark >= self._said_at:  # answers overtake each other
            self._said_at, self._limit, self._until = mark, mark + remaining, until

    def ready_at(self, now: float, total: float) -> float:
        """Return when the total of started units may rise to `total` (s)."""
        return self._until if total > self._limit and now < self._until else -math.inf
