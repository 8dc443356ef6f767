"""A linear model that also knows what words mean: the strongest baseline, and still one that a laptop fits in a minute."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from emojit.baselines.base import Example, not_fitted, usable_rows
from emojit.baselines.best import answers, fit_chooser
from emojit.baselines.choosing import Chooser
from emojit.baselines.documents import WordDocuments
from emojit.baselines.extra import require_evaluate_extra
from emojit.baselines.half import with_digits_of_float16
from emojit.baselines.kernel import Viewer, Views, kernel, pack_views, unpack_views
from emojit.baselines.ridge import Problem, Solution, solve_dual, solve_primal
from emojit.baselines.state import damaged, read_arrays, read_facts, write_state
from emojit.baselines.training_set import training_set
from emojit.emoji import INVENTORY
from emojit.lexicon.extra import require_words_extra

if TYPE_CHECKING:
    import numpy as np

_ALPHA = 0.7
"""Strength of the L2 penalty."""
MOST_EXACT = 10_000
"""Rows, names and other wordings included, up to which every one is compared with (count): 10,000² numbers are 400 MB."""
_LANDMARKS = 3000
"""Rows that every text is compared with where there are more (count)."""
_JITTER = 1e-3
"""Added to the diagonal of the landmarks' kernel, which has rows that are nearly equal."""
_BLOCK = 512
"""Texts scored at once (count)."""


class Hybrid:
    """Kernel ridge regression on letters, words and vectors of words (chiVe), with one score per emoji.

    The rows are those of `Linear`: texts, their other wording, names of emoji; so is the choice of the answer. With more than 10,000 rows 3,000 of them
    stand for all (Nyström): memory and time per text then no longer grow.

    Source: Williams & Seeger (2001), "Using the Nyström method to speed up kernel machines".
    """

    name = "hybrid"
    licences: tuple[str, ...] = ("apache-2.0",)  # means of chiVe's vectors

    def __init__(self, *, most_exact: int = MOST_EXACT, landmarks: int = _LANDMARKS) -> None:
        self._most_exact, self._landmarks = most_exact, landmarks
        self._read: WordDocuments | None = None
        self._viewer: Viewer | None = None
        self._rows: Views | None = None  # what a text is compared with
        self._weights: np.ndarray | None = None  # (rows, emoji) float32 with the digits of float16
        self._offset: np.ndarray | None = None  # (emoji,) float32
        self._labels: list[str] = []
        self._chooser = Chooser()

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of emoji, the dictionary that finds words, and their vectors."""
        from emojit.lexicon.vectors import source

        return (
            "Japanese names and keywords of emoji: CLDR (Unicode-3.0)",
            "words: SudachiDict (Apache-2.0)",
            f"vectors of words: {source()}",
        )

    def fit(self, rows: Sequence[Example]) -> None:
        """Solve for all rows, then learn the choice from the held-out scores; see `Baseline.fit`."""
        self._open()
        import numpy as np

        assert self._read is not None
        assert self._viewer is not None
        kept = usable_rows(rows)
        names = self._read.of_emoji()
        given = training_set(kept, self._read, names)
        views = self._viewer.fit(given.documents, real=len(given.documents) - len(names))
        problem = Problem(targets=given.targets, weights=given.weights, held_out=given.held_out, alpha=_ALPHA)
        if len(views) <= self._most_exact:
            self._rows, solution = views, solve_dual(kernel(views, views), problem)
        else:
            self._rows, solution = _with_landmarks(views, problem, self._landmarks)
        self._labels, self._offset = given.labels, solution.offset
        self._weights = with_digits_of_float16(solution.coefficients)
        last = given.targets[given.targets.shape[0] - sum(given.held_out) :]
        first_of_group = np.cumsum([0, *given.held_out[:-1]])
        self._chooser = fit_chooser(
            solution.held_out[first_of_group], last[first_of_group], [row.emojis for row in kept]
        )

    def predict(self, texts: Sequence[str]) -> list[list[str]]:
        """Return the emoji with the highest scores; see `Baseline.predict`."""
        found: list[list[str]] = []
        for start in range(0, len(texts), _BLOCK):
            found += answers(self.scores(texts[start : start + _BLOCK]), self._labels, self._chooser)
        return found

    @property
    def labels(self) -> Sequence[str]:
        """The emoji of the scores' columns."""
        return self._labels

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """Return the scores of all emoji, (texts, emoji) float32; see `emojit.baselines.scored`."""
        if self._weights is None or self._rows is None or self._read is None or self._viewer is None:
            raise not_fitted(self.name)
        found: np.ndarray = kernel(self._viewer.views(self._read(texts)), self._rows) @ self._weights + self._offset
        return found

    def save(self, folder: Path) -> None:
        """Write rows, weights and the choice; see `Baseline.save`."""
        if self._weights is None or self._rows is None or self._offset is None or self._viewer is None:
            raise not_fitted(self.name)
        import numpy as np

        facts = {"labels": self._labels, "chooser": self._chooser.as_dict(), **self._viewer.facts()}
        arrays = {"weights": self._weights.astype(np.float16), "offset": self._offset}
        write_state(folder, facts, {**arrays, **self._viewer.arrays(), **pack_views(self._rows)})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; see `Baseline.load`."""
        made = cls()
        made._open()
        import numpy as np

        facts, arrays = read_facts(folder), read_arrays(folder)
        assert made._viewer is not None
        try:
            made._labels = [str(label) for label in facts["labels"]]
            made._viewer.restore(facts, arrays)
            made._rows = unpack_views(arrays)
            made._weights, made._offset = arrays["weights"].astype(np.float32), arrays["offset"]
            made._chooser = Chooser.from_dict(facts["chooser"])
        except (KeyError, TypeError, ValueError) as exc:
            raise damaged(folder, exc) from exc
        if made._weights.shape != (len(made._rows), len(made._labels)) or not set(INVENTORY).issuperset(made._labels):
            raise damaged(folder, ValueError("weights and labels do not fit together"))
        return made

    def _open(self) -> None:
        require_evaluate_extra()
        require_words_extra()
        from emojit.lexicon.vectors import WordVectors

        self._read, self._viewer = WordDocuments(), Viewer(WordVectors())


def _with_landmarks(views: Views, problem: Problem, count: int) -> tuple[Views, Solution]:
    """Solve with some of the rows, evenly spread over all of them."""
    import numpy as np
    from scipy.linalg import cholesky, solve_triangular

    chosen = np.unique(np.linspace(0, len(views) - 1, count).round().astype(np.int64))
    landmarks = views[chosen]
    between = kernel(landmarks, landmarks)
    between[np.diag_indices(len(between))] += _JITTER
    lower = cholesky(between, lower=True, overwrite_a=True, check_finite=False)

    def features(here: slice) -> np.ndarray:
        found: np.ndarray = solve_triangular(lower, kernel(views[here], landmarks).T, lower=True, check_finite=False)
        return found.T

    solution = solve_primal(features, problem)
    weights = solve_triangular(lower, solution.coefficients, lower=True, trans="T", check_finite=False)
    return landmarks, Solution(coefficients=weights, offset=solution.offset, held_out=solution.held_out)
