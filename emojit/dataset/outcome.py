"""What balancing and decontamination came to, as the build tells the statistics."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BelowFloor:
    """An emoji of the floor's inventory that stays below the floor.

    Attributes:
        emoji: which one.
        rows: its rows (count), fewer than `balance.floor_rows`.
        reason: why no more came out, one short sentence or word.
    """

    emoji: str
    rows: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceOutcome:
    """What the asked number of pairs, the cap and the floor came to.

    Attributes:
        short_of: pairs that are missing from the asked number (count); 0 where it stands, or where none was asked for.
        why: why pairs are missing, one sentence, or None.
        deferred: sentences whose pair did not fit under the cap when it was first decided (count).
        asked_again: times a deferred sentence was asked again with a prompt that steers away from what is over the cap (count).
        floor_emoji: emoji of the floor's inventory (count); 0 where the stage for rare emoji is off.
        posts: posts that the teacher wrote for rare emoji (count), rejected ones included.
        below: the emoji that stay below the floor.
    """

    short_of: int = 0
    why: str | None = None
    deferred: int = 0
    asked_again: int = 0
    floor_emoji: int = 0
    posts: int = 0
    below: tuple[BelowFloor, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecontaminationOutcome:
    """One thing that the rows were held against.

    Attributes:
        name: repository with its commit, folder or file, without a path of this machine.
        texts: texts of it that were remembered (count).
        dropped: rows of this build that were rejected because of it (count).
    """

    name: str
    texts: int
    dropped: int
