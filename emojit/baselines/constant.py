"""The best answer that does not look at the text: the same emoji for everything."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations
from math import fsum
from pathlib import Path
from typing import Self

import numpy as np

from emojit.baselines.base import MAX_EMOJIS, Example, not_fitted, usable_rows
from emojit.baselines.state import damaged, read_facts, write_state
from emojit.emoji import INVENTORY

_CANDIDATES = 15
"""Emoji among which the answer is searched (count): 4,943 sets of one to five, where all 1,906 have 2 · 10¹⁴."""


class Constant:
    """The same 1–5 emoji for every text: the set with the highest mean Jaccard index on the training rows.

    Every set of one to five of the 15 best single answers is tried, so the best single answer is exact and the best
    set is exact among those 15. Of equally good sets the smaller is taken, then the one whose emoji are better by
    themselves; of equally good emoji the one with the lower code points.
    """

    name = "constant"
    sources: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.answer: tuple[str, ...] = ()
        self.train_jaccard = 0.0

    def fit(self, rows: Sequence[Example]) -> None:
        """Choose the answer; see `Baseline.fit`."""
        self.choose([row.emojis for row in usable_rows(rows)])

    def choose(self, rows: Sequence[Sequence[str]]) -> None:
        """Choose the answer for these rows, each of at least one emoji."""
        candidates = _best_single_answers(rows)
        place = {emoji: index for index, emoji in enumerate(candidates)}
        # Rows differ only in which candidates they hold and how long they are, so few different ones remain.
        kinds = Counter((frozenset(place[emoji] for emoji in row if emoji in place), len(row)) for row in rows)
        held = np.array(
            [[index in kind for index in range(len(candidates))] for kind, _ in kinds], dtype=np.int8
        )  # (kinds, candidates)
        lengths = np.array([length for _, length in kinds], dtype=np.int64)  # (kinds,)
        weights = np.array(list(kinds.values()), dtype=np.float64) / len(rows)  # (kinds,)

        self.answer, self.train_jaccard = (), 0.0
        for size in range(1, min(MAX_EMOJIS, len(candidates)) + 1):
            sets = np.array(list(combinations(range(len(candidates)), size)))  # (sets, size)
            shared = held[:, sets].sum(axis=2, dtype=np.int64)  # (kinds, sets)
            means = weights @ (shared / (size + lengths[:, None] - shared))  # (sets,)
            best = int(means.argmax())  # the first of equal ones: the combinations come in the order of the candidates
            if means[best] > self.train_jaccard + 1e-12:
                self.answer = tuple(candidates[index] for index in sets[best])
                self.train_jaccard = float(means[best])

    def predict(self, texts: Sequence[str]) -> list[list[str]]:
        """Return the answer once per text; see `Baseline.predict`."""
        if not self.answer:
            raise not_fitted(self.name)
        return [list(self.answer) for _ in texts]

    def save(self, folder: Path) -> None:
        """Write the answer; see `Baseline.save`."""
        if not self.answer:
            raise not_fitted(self.name)
        write_state(folder, {"answer": list(self.answer), "train_jaccard": self.train_jaccard})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the answer; see `Baseline.load`."""
        facts, made = read_facts(folder), cls()
        try:
            made.answer, made.train_jaccard = checked_answer(facts["answer"]), float(facts["train_jaccard"])
        except (KeyError, TypeError, ValueError) as exc:
            raise damaged(folder, exc) from exc
        return made


def checked_answer(emojis: Sequence[str]) -> tuple[str, ...]:
    """Return an answer that was read from a file.

    Raises:
        ValueError: it is none: not one to five distinct emoji of the inventory.
    """
    answer = tuple(emojis)
    if not 1 <= len(answer) <= MAX_EMOJIS or len(set(answer)) < len(answer) or not set(answer) <= set(INVENTORY):
        raise ValueError(f"no answer: {answer!r}")
    return answer


def _best_single_answers(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the emoji with the highest Jaccard index as the only answer, best first.

    Each row that holds the emoji adds 1 / its length.
    """
    gains: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        for emoji in row:
            gains[emoji].append(1 / len(row))
    return sorted(gains, key=lambda emoji: (-fsum(gains[emoji]), emoji))[:_CANDIDATES]
