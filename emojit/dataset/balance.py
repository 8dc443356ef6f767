"""The ledger of emoji: how often each stands in the accepted rows, and whether one more row fits under the cap."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

FREE_ROWS = 10
"""Rows in which every emoji may stand whatever its share (count): a share of the first few rows says nothing."""

_DEVIATIONS = 2.0

MOST_AVOIDED = 64
"""Emoji that a prompt steers away from at most (count): a longer list is no longer read by a teacher."""


class Ledger:
    """Counts the emoji of accepted rows and keeps every share under the cap.

    A row of n emoji fits when for each of them: count + 1 <= max(max_share x (total + n), 10). The total only grows afterwards, so at the end no
    emoji has more than `max_share` of all occurrences, or 10 rows where that is more.

    Attributes:
        counts: rows by emoji (counts).
        waiting: rows that wait for room, by each of their emoji (counts).
        total: emoji of all rows together (count).
    """

    def __init__(self, max_share: float) -> None:
        """Start with no rows; `max_share` is a fraction in (0, 1]."""
        self.counts: Counter[str] = Counter()
        self.waiting: Counter[str] = Counter()
        self.total = 0
        self._max_share = max_share

    def fits(self, emojis: Sequence[str]) -> bool:
        """Say whether a row with these distinct emoji keeps every share under the cap."""
        most = self._most(self.total + len(emojis))
        return all(self.counts[emoji] + 1 <= most for emoji in emojis)

    def over(self, emojis: Iterable[str]) -> tuple[str, ...]:
        """Return those of a row's emoji for which there is no room, in their order."""
        row = tuple(emojis)
        most = self._most(self.total + len(row))
        return tuple(emoji for emoji in row if self.counts[emoji] + 1 > most)

    def add(self, emojis: Sequence[str]) -> None:
        """Count an accepted row."""
        self.counts.update(emojis)
        self.total += len(emojis)

    def full(self) -> tuple[str, ...]:
        """Return the emoji that have no room for one more row of one emoji, the most frequent first; 64 at most."""
        most = self._most(self.total + 1)
        return _ranked({emoji: n for emoji, n in self.counts.items() if n + 1 > most})

    def crowded(self) -> tuple[str, ...]:
        """Return the emoji that would stay over the cap: those with more rows, waiting ones included, than chance explains; 64 at most.

        An emoji whose share is just under the cap is full now and then by chance. The rows that come then wait a little, and nothing need be steered.
        The margin is twice the standard deviation of a Poisson count with the cap as its mean.
        """
        most = self._most(self.total)
        limit = most + _DEVIATIONS * math.sqrt(most)
        wanted = self.counts + self.waiting
        return _ranked({emoji: n for emoji, n in wanted.items() if n > limit})

    def _most(self, total: int) -> float:
        return max(self._max_share * total, FREE_ROWS)


def _ranked(counts: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(sorted(counts, key=lambda emoji: (-counts[emoji], emoji))[:MOST_AVOIDED])
