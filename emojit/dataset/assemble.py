"""From sentences and what the teacher made of them to the rows of each split, in corpus order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from emojit.corpus import Rejected, Sentence
from emojit.dataset.pair import Pair, make_pair
from emojit.dataset.splits import SPLITS, Split, split_of
from emojit.recipe import BuildRecipe
from emojit.teacher import Labelled, prompt_id


@dataclass(kw_only=True)
class Assembled:
    """The rows of a build.

    Attributes:
        pairs: rows by split, in corpus order.
        rejected: sentences that became no row, in corpus order.
        leaked: emoji taken out of the rewrites of the rows (count).
    """

    pairs: dict[Split, list[Pair]] = field(default_factory=lambda: {split: [] for split in SPLITS})
    rejected: list[Rejected] = field(default_factory=list)
    leaked: int = 0

    @property
    def total(self) -> int:
        """Rows of all splits together (count)."""
        return sum(len(rows) for rows in self.pairs.values())


def assemble(recipe: BuildRecipe, sentences: Sequence[Sentence], labelled: Sequence[Labelled]) -> Assembled:
    """Make the rows.

    The student reads the rewrite alone, so two rows with the same rewrite would be one question with two answers, or a test question that was
    trained on: the first in corpus order stays, the others are rejected as "duplicate_rewrite".

    Args:
        recipe: of the build.
        sentences: what was asked about, in corpus order.
        labelled: one record per sentence, in the same order.
    """
    prompts = prompt_id(recipe.teacher)
    result = Assembled()
    first_with: dict[str, str] = {}
    for sentence, record in zip(sentences, labelled, strict=True):
        if record.reason is not None or record.sns_text is None:
            stage, reason = record.stage or "rewrite", record.reason or "empty"
            result.rejected.append(
                Rejected(id=sentence.id, stage=stage, reason=reason, detail=record.detail, text=sentence.text)
            )
            continue
        first = first_with.setdefault(record.sns_text, sentence.id)
        if first != sentence.id:
            detail = f"the rewrite is that of {first}: {record.sns_text}"
            result.rejected.append(
                Rejected(id=sentence.id, stage="pair", reason="duplicate_rewrite", detail=detail, text=sentence.text)
            )
            continue
        pair = make_pair(sentence, record, teacher=recipe.teacher.model, prompt_id=prompts)
        result.pairs[split_of(sentence.source, sentence.doc_id, recipe.splits)].append(pair)
        result.leaked += record.leaked
    return result
