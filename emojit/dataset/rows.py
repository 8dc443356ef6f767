"""The desk at which answers become rows: it objects to what is there already, and writes what is accepted or rejected at once."""

from __future__ import annotations

from emojit.corpus.near import NearDuplicates
from emojit.corpus.records import Rejected, Sentence, Stage
from emojit.dataset.blocks import Ask
from emojit.dataset.decontaminate import Leaks
from emojit.dataset.digests import DigestMap, text_digest
from emojit.dataset.pair import STEERED, make_pair
from emojit.dataset.replies import UsedReplies
from emojit.dataset.splits import Split, split_of
from emojit.dataset.tables import Tables
from emojit.dataset.tally import Tally
from emojit.recipe import BuildRecipe
from emojit.teacher import Labelled, ReplyStore, prompt_id

_POST = "; post: "


def post_of(detail: str) -> tuple[str, str | None]:
    """Split the detail of a rejection for what the rewrite says: what is wrong, and the rewrite; None where it was the sentence that was wrong."""
    before, found, post = detail.rpartition(_POST)
    return (before, post) if found else (detail, None)


class Rows:
    """Keeps the rows of a build; a `Desk` for the blocks and for the stage of rare emoji.

    The student reads the rewrite alone, so two rows with the same rewrite would be one question with two answers, or a test question that was
    trained on: the first that is accepted stays, the others are rejected as "duplicate_rewrite", or as "near_duplicate_rewrite" where the recipe's
    filters look for near-duplicates at all.

    Attributes:
        tally: the counts of the rows.
        replies: the replies behind all decisions.
        leaked: emoji taken out of the rewrites of the rows (count).
    """

    def __init__(self, recipe: BuildRecipe, tables: Tables, store: ReplyStore, guard: Leaks) -> None:
        """Start with no rows.

        Args:
            recipe: of the build.
            tables: where rows, rejections and replies go.
            store: holds the replies.
            guard: of the rows of others.
        """
        self.tally = Tally()
        self.replies = UsedReplies(tables.replies, store)
        self.leaked = 0
        self._recipe = recipe
        self._tables = tables
        self._guard = guard
        self._prompts = prompt_id(recipe.teacher)
        self._first_with = DigestMap()
        near = "near_duplicate" in recipe.filters.order
        self._near = NearDuplicates(recipe.filters.near_duplicate_threshold, expected=recipe.count) if near else None

    def used(self, labelled: Labelled) -> None:
        """Write the replies behind an answer."""
        self.replies.write(labelled.keys)

    def objection(self, ask: Ask, labelled: Labelled) -> tuple[str, str] | None:
        """Return (reason, detail) where the answer can be no row beside those that are there."""
        return self.clash(ask.sentence, labelled)

    def accept(self, ask: Ask, labelled: Labelled) -> None:
        """Write a row."""
        self.keep(ask.sentence, labelled, flags=(STEERED,) if ask.task.avoid else ())

    def reject(self, ask: Ask, stage: Stage, reason: str, detail: str) -> None:
        """Write a rejection."""
        self.refuse(ask.sentence, stage, reason, detail)

    def clash(self, sentence: Sentence, labelled: Labelled) -> tuple[str, str] | None:
        """Return (reason, detail) where the answer can be no row beside those that are there; nothing is remembered."""
        text = labelled.sns_text or ""
        if (first := self._first_with.get(text_digest(text))) is not None:
            return "duplicate_rewrite", f"the rewrite is that of {first:016x}: {text}"
        if self._near is not None and (earlier := self._near.similar(text)) is not None:
            return "near_duplicate_rewrite", f"{text} — {earlier}"
        if (leak := self._guard.reason(self._split(sentence), (text,))) is None:
            return None
        reason, detail = leak
        return reason, f"{detail}{_POST}{text}"

    def keep(self, sentence: Sentence, labelled: Labelled, *, flags: tuple[str, ...]) -> None:
        """Write a row, and remember its texts."""
        text = labelled.sns_text or ""
        self._first_with.add(text_digest(text), int(sentence.id, 16))
        if self._near is not None:
            self._near.remember(text)
        split = self._split(sentence)
        pair = make_pair(sentence, labelled, teacher=self._recipe.teacher.model, prompt_id=self._prompts, flags=flags)
        self._tables.pair(split, pair)
        self.tally.add(split, pair)
        self.leaked += labelled.leaked

    def refuse(self, sentence: Sentence, stage: Stage, reason: str, detail: str) -> None:
        """Write a sentence that became no row."""
        self._tables.reject(Rejected(id=sentence.id, stage=stage, reason=reason, detail=detail, text=sentence.text))

    def _split(self, sentence: Sentence) -> Split:
        return split_of(sentence.source, sentence.doc_id, self._recipe.splits)
