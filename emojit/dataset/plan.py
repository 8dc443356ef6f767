"""What a build would do: counted, and nothing asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from emojit.dataset.licences import combined_licence
from emojit.dataset.selection import make_tasks, select
from emojit.dataset.splits import SPLITS, split_of
from emojit.recipe import BuildRecipe
from emojit.teacher import open_store, question_count, stored_count


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildPlan:
    """The plan of a build.

    Attributes:
        name: of the data set.
        inputs: what would be read: file with sha256, or repository with commit.
        articles: articles read (count).
        left_out: articles that `corpus.share` leaves out (count).
        unreadable: input lines that are no article, by reason.
        candidates: sentences offered (count).
        dropped: sentences by the filter that drops them.
        kept: sentences to ask about (count).
        splits: kept sentences by split.
        licence: Hub id of the licence that the rows' licences come to.
        questions: questions to the teacher, when every rewrite can be read (count).
        stored: questions that the reply store answers already (count).
    """

    name: str
    inputs: dict[str, object]
    articles: int
    left_out: int
    unreadable: dict[str, int]
    candidates: int
    dropped: dict[str, int]
    kept: int
    splits: dict[str, int]
    licence: str
    questions: int
    stored: int


def plan(recipe: BuildRecipe, *, store: Path | None = None, quiet: bool = False) -> BuildPlan:
    """Read and filter the corpus as a build would, and count the questions. Nothing is asked and nothing written.

    Args:
        recipe: of the build.
        store: file of the reply store; None, or a file that is not there, counts as empty.
        quiet: no progress bar.

    Raises:
        CorpusError: the corpus cannot be used.
        DatasetError: the licences of its rows cannot be combined.
        TeacherError: the reply store cannot be read.
    """
    selection = select(recipe, quiet=quiet)
    tasks = make_tasks(recipe, selection.kept)
    stored = 0
    if store is not None and store.is_file():
        with open_store(recipe.teacher, store) as replies:
            stored = stored_count(tasks, recipe.teacher, replies)
    splits = Counter(split_of(sentence.source, sentence.doc_id, recipe.splits) for sentence in selection.kept)
    return BuildPlan(
        name=recipe.name,
        inputs=selection.inputs,
        articles=selection.articles,
        left_out=selection.left_out,
        unreadable=dict(Counter(line.reason for line in selection.unreadable).most_common()),
        candidates=selection.candidates,
        dropped=dict(selection.dropped.most_common()),
        kept=len(selection.kept),
        splits={split: splits[split] for split in SPLITS},
        licence=combined_licence(sentence.licence for sentence in selection.kept).id,
        questions=question_count(tasks),
        stored=stored,
    )
