"""The sentences of a corpus as the build takes them: drawn one by one, and everything that is offered is written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Protocol

from emojit.corpus import Rejected, Sentence
from emojit.corpus.choice import Offer
from emojit.corpus.draw import Draw, draw
from emojit.dataset.decontaminate import Leaks
from emojit.dataset.licences import combined_licence
from emojit.dataset.splits import split_of
from emojit.dataset.statistics import Drawn
from emojit.dataset.tables import Tables
from emojit.errors import CorpusError
from emojit.recipe import BuildRecipe
from emojit.teacher import Task


class Offers(Drawn, Protocol):
    """The sentences of a corpus in drawing order, and what is counted on the way; `emojit.corpus.draw` has them from a corpus."""

    def __iter__(self) -> Iterator[Offer]:
        """Yield every sentence with its reason."""
        ...

    def check(self) -> None:
        """Raise CorpusError when too many lines cannot be read."""
        ...


def open_draw(recipe: BuildRecipe, tables: Tables, *, quiet: bool) -> Draw:
    """Open the corpus; it is read as far as sentences are asked for.

    Raises:
        CorpusError: the corpus cannot be used.
    """
    return draw(
        recipe.corpus,
        recipe.filters,
        seed=recipe.seed,
        spread=recipe.count > 0,
        wanted=recipe.count,
        on_rejected=tables.reject,
        quiet=quiet,
    )


class Drawing:
    """Gives the kept sentences in drawing order; iterate once.

    A sentence that leaks into, or from, the rows of others is rejected here already, before it costs a question; its stage is that of a pair.

    Attributes:
        draw: what the corpus counted: inputs, articles, left_out, candidates.
        kept: sentences that the filters keep (count).
        given: those of them that leak nowhere, which are asked about (count).
    """

    def __init__(self, recipe: BuildRecipe, tables: Tables, guard: Leaks, offers: Offers) -> None:
        """Take the parts; nothing is drawn yet.

        Args:
            recipe: of the build.
            tables: where every sentence that is offered is written.
            guard: of the rows of others.
            offers: the sentences.
        """
        self.kept = self.given = 0
        self.draw = offers
        self._recipe = recipe
        self._tables = tables
        self._guard = guard
        self._licences: set[str | None] = set()

    def __iter__(self) -> Iterator[Sentence]:
        """Yield the sentences that the filters keep and that leak nowhere.

        Raises:
            CorpusError: the corpus cannot be used, or the filters keep nothing of it.
            DatasetError: the sentence's licence cannot be combined with that of an earlier one.
        """
        dropped: Counter[str] = Counter()
        for offer in self.draw:
            self._tables.offer(offer)
            if offer.reason is not None:
                dropped[offer.reason] += 1
                continue
            if offer.sentence.licence not in self._licences:
                self._licences.add(offer.sentence.licence)
                combined_licence(self._licences)
            self.kept += 1
            if (leak := self._leak(offer.sentence)) is None:
                self.given += 1
                yield offer.sentence
            else:
                self._tables.reject(leak)
        if not self.kept:
            raise nothing_kept(self._recipe, dropped)

    def _leak(self, sentence: Sentence) -> Rejected | None:
        split = split_of(sentence.source, sentence.doc_id, self._recipe.splits)
        if (found := self._guard.reason(split, (sentence.text,))) is None:
            return None
        reason, detail = found
        return Rejected(id=sentence.id, stage="pair", reason=reason, detail=detail, text=sentence.text)


def nothing_kept(recipe: BuildRecipe, dropped: Counter[str]) -> CorpusError:
    """Return the error of a corpus of which the filters keep nothing, given the sentences by the reason they were dropped for (counts)."""
    reasons = ", ".join(f"{reason} {count}" for reason, count in dropped.most_common(3)) or "no sentence at all"
    return CorpusError(
        f"{recipe.corpus.source}: the filters keep none of {dropped.total()} sentences ({reasons})",
        hint="look at the text, then change [filters] in the recipe, for example filters.order or filters.min_chars",
    )


def make_task(recipe: BuildRecipe, sentence: Sentence, avoid: tuple[str, ...] = ()) -> Task:
    """Return what is asked about a sentence: more opinions for the articles of validation and test, where agreement is measured."""
    teacher = recipe.teacher
    train = split_of(sentence.source, sentence.doc_id, recipe.splits) == "train"
    samples = teacher.samples if train else teacher.eval_samples
    return Task(id=sentence.id, text=sentence.text, samples=samples, avoid=avoid)
