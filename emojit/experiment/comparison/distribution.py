"""How often each emoji is used: gold against the answers of every variant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from emojit.emoji import entry
from emojit.experiment.comparison.facts import EmojiShare
from emojit.metrics import most_common

FREQUENT = 20
"""Emoji of the gold that are shown (count)."""
OVERUSED = 5
"""Further emoji, those whose share in some variant is furthest above the gold's (count)."""

_FAR = 0.005
"""What a share must be above the gold's at least."""

Rows = Sequence[Sequence[str]]


def distribution(gold: Rows, answers: Mapping[str, Iterable[Rows]]) -> tuple[EmojiShare, ...]:
    """Return the shares of the emoji that are worth showing.

    Args:
        gold: N rows.
        answers: variant to one list of answers for each seed.
    """
    expected = _shares([gold])
    found = {variant: _shares(seeds) for variant, seeds in answers.items()}
    shown = list(most_common(gold, FREQUENT))
    excess = {
        emoji: max(shares.get(emoji, 0.0) for shares in found.values()) - expected.get(emoji, 0.0)
        for emoji in sorted({emoji for shares in found.values() for emoji in shares} - set(shown))
    }
    overused = sorted((emoji for emoji in excess if excess[emoji] >= _FAR), key=lambda emoji: -excess[emoji])
    return tuple(
        EmojiShare(
            emoji=emoji,
            name=_name(emoji)[0],
            name_ja=_name(emoji)[1],
            gold=expected.get(emoji, 0.0),
            variants={variant: shares.get(emoji, 0.0) for variant, shares in found.items()},
        )
        for emoji in (*shown, *overused[:OVERUSED])
    )


def _shares(lists: Iterable[Rows]) -> dict[str, float]:
    counts = Counter(emoji for rows in lists for row in rows for emoji in row)
    return {emoji: count / counts.total() for emoji, count in counts.items()}


def _name(emoji: str) -> tuple[str, str]:
    try:
        found = entry(emoji)
    except KeyError:  # predictions that somebody else wrote
        return emoji, emoji
    return found.name, found.name_ja
