"""The best answer that sees only how long a text is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from emojit.baselines.base import Example, not_fitted, usable_rows
from emojit.baselines.constant import Constant, checked_answer
from emojit.baselines.state import damaged, read_facts, write_state

_MOST_CLASSES = 8
"""Classes of length (count)."""
_FEWEST_ROWS = 100
"""Rows of a class (count): with fewer the best answer is chance."""


class LengthPrior:
    """The best constant answer among training rows of about the same length (code points).

    The rows are cut by length into up to eight classes of equal size, each of 100 rows at least.
    """

    name = "length-prior"
    sources: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()

    def __init__(self) -> None:
        self._borders: list[int] = []  # the shortest text of each class but the first
        self._answers: list[tuple[str, ...]] = []

    def fit(self, rows: Sequence[Example]) -> None:
        """Choose an answer per class of length; see `Baseline.fit`."""
        kept = usable_rows(rows)
        lengths = sorted(len(row.text) for row in kept)
        classes = max(1, min(_MOST_CLASSES, len(kept) // _FEWEST_ROWS))
        # Many texts may have the same length: classes that would be empty fall away.
        borders = sorted({lengths[len(lengths) * part // classes] for part in range(1, classes)} - {lengths[0]})
        self._borders, self._answers = borders, []
        for part in range(len(borders) + 1):
            constant = Constant()
            constant.choose([row.emojis for row in kept if bisect_right(borders, len(row.text)) == part])
            self._answers.append(constant.answer)

    def predict(self, texts: Sequence[str]) -> list[list[str]]:
        """Return the answer of each text's class; see `Baseline.predict`."""
        if not self._answers:
            raise not_fitted(self.name)
        return [list(self._answers[bisect_right(self._borders, len(text))]) for text in texts]

    def save(self, folder: Path) -> None:
        """Write borders and answers; see `Baseline.save`."""
        if not self._answers:
            raise not_fitted(self.name)
        write_state(folder, {"borders": self._borders, "answers": [list(answer) for answer in self._answers]})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read borders and answers; see `Baseline.load`."""
        facts, made = read_facts(folder), cls()
        try:
            made._borders = [int(border) for border in facts["borders"]]
            made._answers = [checked_answer(answer) for answer in facts["answers"]]
            if len(made._answers) != len(made._borders) + 1:
                raise ValueError(f"{len(made._answers)} answers for {len(made._borders)} borders")
        except (KeyError, TypeError, ValueError) as exc:
            raise damaged(folder, exc) from exc
        return made
