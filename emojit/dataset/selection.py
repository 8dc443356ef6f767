"""Which sentences of a corpus the teacher is asked about, and what became of the others: the same for the plan and for the build."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from emojit.corpus import Rejected, Sentence
from emojit.corpus.draw import draw
from emojit.dataset.drawing import make_task
from emojit.errors import CorpusError
from emojit.logs import progress
from emojit.recipe import BuildRecipe
from emojit.teacher import Task


@dataclass(kw_only=True)
class Selection:
    """What the corpus gave.

    Attributes:
        kept: the sentences to ask about, in drawing order.
        inputs: what was read, for the manifest.
        articles: articles read (count).
        left_out: articles that `corpus.share` left out (count).
        candidates: sentences offered, dropped ones included (count).
        dropped: sentences by the filter that dropped them (counts).
        unreadable: input lines that became no article.
    """

    kept: list[Sentence] = field(default_factory=list)
    inputs: dict[str, object] = field(default_factory=dict)
    articles: int = 0
    left_out: int = 0
    candidates: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    unreadable: list[Rejected] = field(default_factory=list)


def select(
    recipe: BuildRecipe, *, on_sentence: Callable[[Sentence, str | None], None] | None = None, quiet: bool = False
) -> Selection:
    """Read the corpus and filter it, up to `recipe.count` kept sentences of a sample that spreads, or all in corpus order.

    Args:
        recipe: corpus, filters, seed and count.
        on_sentence: called with every sentence and its reason (None where it is kept), in the order in which they are offered.
        quiet: no progress bar.

    Raises:
        CorpusError: the corpus cannot be used, or the filters keep nothing of it.
    """
    selection = Selection()
    drawn = draw(
        recipe.corpus,
        recipe.filters,
        seed=recipe.seed,
        spread=recipe.count > 0,
        wanted=recipe.count,
        on_rejected=selection.unreadable.append,
    )
    selection.inputs = drawn.inputs
    with progress(drawn, label="corpus", unit="sentence", quiet=quiet) as offers:
        for offer in offers:
            selection.candidates += 1
            if offer.reason is None:
                selection.kept.append(offer.sentence)
            else:
                selection.dropped[offer.reason] += 1
            if on_sentence is not None:
                on_sentence(offer.sentence, offer.reason)
            if recipe.count and len(selection.kept) == recipe.count:
                break
    drawn.check()
    selection.articles, selection.left_out = drawn.articles, drawn.left_out
    if not selection.kept:
        reasons = (
            ", ".join(f"{reason} {count}" for reason, count in selection.dropped.most_common(3))
            or "no sentence at all"
        )
        raise CorpusError(
            f"{recipe.corpus.source}: the filters keep none of {selection.candidates} sentences ({reasons})",
            hint="look at the text, then change [filters] in the recipe, for example filters.order or filters.min_chars",
        )
    return selection


def make_tasks(recipe: BuildRecipe, kept: list[Sentence]) -> list[Task]:
    """Return what is asked about the sentences, in their order."""
    return [make_task(recipe, sentence) for sentence in kept]
