"""The desk at which answers become rows: it objects to what is there already, and writes what is accepted or rejected at once."""

from __future__ import annotations

from emojit.corpus.records import Rejected, Sentence, Stage
from emojit.dataset.alike import AlikeRows
from emojit.dataset.blocks import Ask
from emojit.dataset.decontaminate import Leaks
from emojit.dataset.digests import DigestMap, text_digest
from emojit.dataset.pair import STEERED, WRITTEN, make_pair
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
    trained on: the first that is accepted stays, the others are rejected as "duplicate_rewrite", or as "near_duplicate_rewrite", see
    `AlikeRows`.

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
        self._alike = AlikeRows(recipe)

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
        if (earlier := self._alike.earlier(self._split(sentence), text, _sentence_of(sentence))) is not None:
            return "near_duplicate_rewrite", f"{text} — {earlier}"
        if (leak := self._guard.reason(self._split(sentence), (text,))) is None:
            return None
        reason, detail = leak
        return reason, f"{detail}{_POST}{text}"

    def keep(self, sentence: Sentence, labelled: Labelled, *, flags: tuple[str, ...]) -> None:
        """Write a row, and remember its texts."""
        text = labelled.sns_text or ""
        self._first_with.add(text_digest(text), int(sentence.id, 16))
        split = self._split(sentence)
        self._alike.remember(split, text, _sentence_of(sentence))
        pair = make_pair(sentence, labelled, teacher=self._recipe.teacher.model, prompt_id=self._prompts, flags=flags)
        self._tables.pair(split, pair)
        self.tally.add(split, pair)
        self.leaked += labelled.leaked

    def refuse(self, sentence: Sentence, stage: Stage, reason: str, detail: str) -> None:
        """Write a sentence that became no row."""
        self._tables.reject(Rejected(id=sentence.id, stage=stage, reason=reason, detail=detail, text=sentence.text))

    def _split(self, sentence: Sentence) -> Split:
        return split_of(sentence.source, sentence.doc_id, self._recipe.splits)


def _sentence_of(sentence: Sentence) -> str:
    """Return what a rewrite was made from; "" where the teacher wrote the post itself."""
    return "" if sentence.source == WRITTEN else sentence.text
