"""What is rated and how the page is set: `items.json`, which names no system, and `rater.json`."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

TRAINING = "training"
"""In the place of an item's name: the training item, which is not counted."""
MOST_ANSWERS = 6
"""Answers to one text that the page has room for (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One text with the answers to it, in the order in which they are shown.

    Attributes:
        name: such as "i001".
        text: what the emoji were chosen for.
        answers: emoji joined by a blank; an empty string where a system chose none.
    """

    name: str
    text: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the page shows.

    Attributes:
        name: which task the answers belong to.
        items: every item, by name.
        repo_id: private data set for the answers; None keeps them on this machine.
        raters: codes that are given out at most (count).
        contact: whom a rater may ask, or None.
        every: at least so long from one commit to the next (s).
    """

    name: str
    items: dict[str, Item]
    repo_id: str | None
    raters: int
    contact: str | None
    every: float

    def order(self, rater: str) -> list[str]:
        """Return the names of the items in the order for one rater: the same after every restart, another one for everybody."""
        names = sorted(self.items)
        random.Random(f"{self.name} {rater}").shuffle(names)
        return names


def read_task(folder: Path) -> Task:
    """Read the two files beside the page."""
    items = json.loads((folder / "items.json").read_text(encoding="utf-8"))
    given = json.loads((folder / "rater.json").read_text(encoding="utf-8"))
    return Task(
        name=items["task"],
        items={
            one["item"]: Item(name=one["item"], text=one["text"], answers=tuple(one["answers"]))
            for one in items["items"]
        },
        repo_id=given["answers"],
        raters=given["raters"],
        contact=given["contact"],
        every=given["every"],
    )
