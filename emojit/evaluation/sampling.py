"""A sample of texts for judges and raters: seeded, and with the topics in the shares that they have among all texts.

The topic of a text is Unicode's group of the first of its reference's emoji: "Food & Drink" for 🍜 😋. The teacher names the best one first, and the group
of that one says what the text is about better than a vote over all, in which "Smileys & Emotion" wins almost everywhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from emojit import emoji
from emojit.errors import UsageError

NO_TOPIC = "none"
"""Topic of a text whose reference has no emoji of the inventory."""


def topic(gold: Sequence[str]) -> str:
    """Return the Unicode group of the first emoji of a reference, or `NO_TOPIC`."""
    try:
        return emoji.entry(gold[0]).group
    except (IndexError, KeyError):
        return NO_TOPIC


def draw_stratified(ids: Sequence[str], topics: Sequence[str], count: int, *, seed: int) -> tuple[int, ...]:
    """Draw texts so that every topic has its share.

    Each topic gets its share of `count`, rounded by largest remainders (the larger topic first, then by name); which texts of a topic are drawn is
    decided by a hash of the seed and the id, so it depends neither on the order of the rows nor on `count`: a larger sample of the same seed
    holds nearly all of a smaller one, and what was asked about those need not be asked again.

    Args:
        ids: of the texts, all different.
        topics: one per text, see `topic`.
        count: texts wanted; all of them where there are no more.
        seed: another one gives other texts.

    Returns:
        Places of the drawn texts in `ids`, ascending.

    Raises:
        UsageError: `count` is less than 1.
    """
    if count < 1:
        raise UsageError(f"a sample must have at least 1 text, got {count}", hint="give a larger number")
    places: dict[str, list[int]] = {}
    for place, name in enumerate(topics):
        places.setdefault(name, []).append(place)
    shares = _shares({name: len(of) for name, of in places.items()}, min(count, len(ids)))
    drawn = [
        place
        for name, of in places.items()
        for place in sorted(of, key=lambda place: rank(seed, "sample", ids[place]))[: shares[name]]
    ]
    return tuple(sorted(drawn))


def rank(seed: int, purpose: str, *names: str) -> bytes:
    """Return a number that looks random and is the same on every machine and for ever: to sort by, or to take bits of.

    Args:
        seed: of the run.
        purpose: what is decided, so that two decisions about the same names are independent.
        names: what it is decided about.
    """
    return hashlib.sha256(json.dumps([seed, purpose, *names], ensure_ascii=False).encode()).digest()


def _shares(sizes: dict[str, int], count: int) -> dict[str, int]:
    """Divide `count` by largest remainders (Hare's quota)."""
    total = sum(sizes.values())
    shares = {name: size * count // total for name, size in sizes.items()}
    first = sorted(sizes, key=lambda name: (-(sizes[name] * count % total), -sizes[name], name))
    for name in first[: count - sum(shares.values())]:
        shares[name] += 1
    return shares
