"""Sentences of the stages for the tokenizer of a student from nothing: it shall know the pieces of what it will read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from emojit.dataset.loading import Loaded
from emojit.recipe import TrainRecipe
from emojit.student.stages.held_out import held_out
from emojit.student.stages.sentences import Sentences
from emojit.student.stages.silver import SilverPairs, require_pairs

_MOST = {"sentencepiece": 100_000, "words": 1_000_000}
"""Texts of one stage by the kind of pieces (count): more of them change few pieces and take SentencePiece many minutes; words are counted fast."""


def stage_texts(recipe: TrainRecipe, loaded: Mapping[str, Loaded], *, quiet: bool) -> Iterator[str]:
    """Return texts of every stage, at most 100,000 each for SentencePiece and 1,000,000 for words; none where the student has a tokenizer. Files that are missing are named at once.

    Raises:
        StudentError, CorpusError, DatasetError, OfflineError, MissingExtraError: as `train_stages`.
    """
    for stage in recipe.stages:
        if stage.objective == "pairs":
            require_pairs(Path(stage.source).expanduser())
    return _texts(recipe, loaded, quiet=quiet) if recipe.model.base is None and recipe.stages else iter(())


def _texts(recipe: TrainRecipe, loaded: Mapping[str, Loaded], *, quiet: bool) -> Iterator[str]:
    assert recipe.data.dataset is not None
    barred = held_out(recipe.data.dataset, loaded)
    for stage in recipe.stages:
        limit = _MOST[recipe.model.pieces]
        most = min(stage.rows or limit, limit)
        if stage.objective == "pairs":
            pairs = SilverPairs(Path(stage.source).expanduser(), barred)
            yield from (pair.text for pair in islice(pairs, most))
        else:
            sentences = Sentences(stage, loaded["train"], barred, seed=recipe.train.seed, quiet=quiet)
            yield from islice(sentences, most)
