"""The ledger of emoji: how often each stands in the accepted rows, and whether one more row fits under the cap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

FREE_ROWS = 10
"""Rows in which every emoji may stand whatever its share (count): a share of the first few rows says nothing."""

MOST_AVOIDED = 64
"""Emoji that a prompt steers away from at most (count): a longer list is no longer read by a teacher."""


class Ledger:
    """Counts the emoji of accepted rows and keeps every share under the cap.

    A row of n emoji fits when for each of them: count + 1 <= max(max_share x (total + n), 10). The total only grows afterwards, so at the end no
    emoji has more than `max_share` of all occurrences, or 10 rows where that is more.

    Attributes:
        counts: rows by emoji (counts).
        total: emoji of all rows together (count).
    """

    def __init__(self, max_share: float) -> None:
        """Start with no rows; `max_share` is a fraction in (0, 1]."""
        self.counts: Counter[str] = Counter()
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
        found = [(-count, emoji) for emoji, count in self.counts.items() if count + 1 > most]
        return tuple(emoji for _, emoji in sorted(found)[:MOST_AVOIDED])

    def _most(self, total: int) -> float:
        return max(self._max_share * total, FREE_ROWS)
