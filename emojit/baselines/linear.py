"""A linear model on letters: small, fast, and the strongest answer that needs nothing but the rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from emojit.baselines.base import Example, not_fitted, usable_rows
from emojit.baselines.best import answers, fit_chooser
from emojit.baselines.choosing import Chooser
from emojit.baselines.documents import Document, emoji_texts, letters_only
from emojit.baselines.extra import require_evaluate_extra
from emojit.baselines.features import TfIdf, cosines
from emojit.baselines.half import with_digits_of_float16
from emojit.baselines.named import NAMED, named_emoji, with_names
from emojit.baselines.ridge import Problem, Solution, solve_dual, solve_primal
from emojit.baselines.state import damaged, read_arrays, read_facts, write_state
from emojit.baselines.training_set import TrainingSet, training_set
from emojit.emoji import INVENTORY

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix

_MAX_TERMS = 8000
"""Most frequent n-grams kept (count): bounds the solution to 9,906 × 9,906 however many rows there are."""
_ALPHA = 0.7
"""Strength of the L2 penalty."""
_BLOCK = 512
"""Texts scored at once (count)."""


class Linear:
    """Ridge regression from TF-IDF over letters and pairs of letters, and the emoji that a text names, to one score per emoji.

    A row's other wording is a further row, and so are the Japanese names of every emoji: a rare emoji is found by what it is called. How many emoji are given
    is decided by their probabilities, learned from rows that were held out (`emojit.baselines.choosing`). Validation and test rows are never seen.
    """

    name = "linear"
    sources: tuple[str, ...] = ("Japanese names and keywords of emoji: CLDR (Unicode-3.0)",)
    licences: tuple[str, ...] = ()

    def __init__(self) -> None:
        self._features = TfIdf("letters", max_terms=_MAX_TERMS)
        self._labels: list[str] = []
        self._weights: np.ndarray | None = None  # (terms and named emoji, emoji) float32 with the digits of float16
        self._offset: np.ndarray | None = None  # (emoji,) float32
        self._chooser = Chooser()

    def fit(self, rows: Sequence[Example]) -> None:
        """Solve for all rows, then learn the choice from the held-out scores; see `Baseline.fit`."""
        require_evaluate_extra()
        import numpy as np

        kept = usable_rows(rows)
        given = training_set(kept, letters_only, [Document(text=text) for text in emoji_texts()])
        self._features = TfIdf("letters", max_terms=_MAX_TERMS)
        real = len(given.documents) - len(given.labels)
        vectors = _beside(self._features.fit_transform(given.documents), with_names(given.documents, real=real))
        solution = _solve(vectors, given)
        self._labels, self._offset = given.labels, solution.offset
        # What is saved is what answers, from the beginning: half the digits, half the size.
        self._weights = with_digits_of_float16(solution.coefficients)
        last = given.targets[given.targets.shape[0] - sum(given.held_out) :]
        first_of_group = np.cumsum([0, *given.held_out[:-1]])  # the row itself, not its other wording
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
        if self._weights is None:
            raise not_fitted(self.name)
        documents = letters_only(texts)
        vectors = _beside(self._features.transform(documents), named_emoji(documents))
        found: np.ndarray = vectors @ self._weights + self._offset
        return found

    def save(self, folder: Path) -> None:
        """Write terms, weights and the choice; see `Baseline.save`."""
        if self._weights is None or self._offset is None:
            raise not_fitted(self.name)
        import numpy as np

        facts = {"labels": self._labels, "terms": self._features.terms, "chooser": self._chooser.as_dict()}
        arrays = {"weights": self._weights.astype(np.float16), "offset": self._offset, "idf": self._features.idf}
        write_state(folder, facts, arrays)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; see `Baseline.load`."""
        require_evaluate_extra()
        import numpy as np

        facts, arrays = read_facts(folder), read_arrays(folder)
        made = cls()
        try:
            made._labels = [str(label) for label in facts["labels"]]
            made._features.restore(facts["terms"], arrays["idf"])
            made._weights, made._offset = arrays["weights"].astype(np.float32), arrays["offset"]
            made._chooser = Chooser.from_dict(facts["chooser"])
        except (KeyError, TypeError, ValueError) as exc:
            raise damaged(folder, exc) from exc
        fits = made._weights.shape == (len(facts["terms"]) + len(INVENTORY), len(made._labels))
        if not fits or not set(INVENTORY).issuperset(made._labels):
            raise damaged(folder, ValueError("weights and labels do not fit together"))
        return made


def _solve(vectors: csr_matrix, given: TrainingSet) -> Solution:
    """Solve with as many unknowns as there are rows or terms, whichever are fewer; coefficients come out per term."""
    problem = Problem(targets=given.targets, weights=given.weights, held_out=given.held_out, alpha=_ALPHA)
    if vectors.shape[0] > vectors.shape[1]:
        return solve_primal(lambda here: vectors[here], problem)
    dual = solve_dual(cosines(vectors, vectors), problem)
    return Solution(coefficients=vectors.T @ dual.coefficients, offset=dual.offset, held_out=dual.held_out)


def _beside(letters: csr_matrix, named: csr_matrix) -> csr_matrix:
    """Return both kinds of features; the root, because what is weighed is their product."""
    from scipy.sparse import hstack

    stacked: csr_matrix = hstack([letters, named * NAMED**0.5], format="csr", dtype=letters.dtype)
    return stacked
