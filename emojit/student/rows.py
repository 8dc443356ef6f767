"""Rows of a data set as the Trainer takes them: token ids of the text and of the emoji."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from emojit.emoji import fold, inventory
from emojit.recipe import DataConfig
from emojit.student.losses.answer_loss import VOTE_IDS, VOTE_SHARES
from emojit.student.vocabulary import EmojiVocabulary

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Row = Mapping[str, Any]
"""A row of a data set."""
Features = dict[str, list[Any]]
"""`input_ids` and `labels` of one row, and with `loss.soft_votes` the ids of all emoji that some vote holds and the shares of the votes that do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """Texts as token ids."""

    input_ids: list[list[int]]
    """One list per text, the end token last."""
    cut: int
    """Texts that were longer than allowed (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRows:
    """A split as the Trainer takes it."""

    features: list[Features]
    """`input_ids` and `labels` of each row, the rows of the split first."""
    extra: dict[str, int]
    """Rows that the recipe adds to those of the split, by where they come from (count)."""
    cut: int
    """Texts that lost their end (count)."""
    unanswerable: int = 0
    """Rows that are left out because the student can write none of their emoji (count)."""

    def answerable(self) -> TrainingRows:
        """Return the rows that hold emoji which the student can write."""
        kept = [row for row in self.features if len(row["labels"]) > 1]
        return replace(self, features=kept, unanswerable=len(self.features) - len(kept))


def encode_texts(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], *, max_tokens: int) -> Encoded:
    """Fold the emoji of texts to the spellings that are tokens, and tokenise.

    Args:
        tokenizer: the student's.
        texts: any strings, the empty one included.
        max_tokens: longer texts lose their end; the end token stays (tokens).
    """
    if not texts:
        return Encoded(input_ids=[], cut=0)
    ids: list[list[int]] = tokenizer([fold(text, lenient=True) for text in texts], verbose=False).input_ids
    return Encoded(
        input_ids=[row if len(row) <= max_tokens else [*row[: max_tokens - 1], row[-1]] for row in ids],
        cut=sum(len(row) > max_tokens for row in ids),
    )


def training_rows(
    tokenizer: PreTrainedTokenizerBase,
    vocabulary: EmojiVocabulary,
    rows: Sequence[Row],
    config: DataConfig,
    *,
    augment: bool,
    soft_votes: bool = False,
) -> TrainingRows:
    """Turn the rows of a split into features.

    Args:
        tokenizer: the student's.
        vocabulary: its emoji.
        rows: rows with the text columns and `emojis`.
        config: section `[data]`.
        augment: also make the extra rows that the recipe asks for; True for the training split only.
        soft_votes: also read the column `votes`; a row without votes counts as one vote for its emoji.

    Raises:
        StudentError: a row's emoji are not of the inventory.
    """

    def encode(texts: Sequence[str], answers: Sequence[Features]) -> tuple[list[Features], int]:
        encoded = encode_texts(tokenizer, texts, max_tokens=config.max_input_tokens)
        features = [{"input_ids": ids, **answer} for ids, answer in zip(encoded.input_ids, answers, strict=True)]
        return features, encoded.cut

    def answer(emojis: Sequence[str], votes: Sequence[Sequence[str]] | None) -> Features:
        labels = vocabulary.encode(emojis)
        return (
            {"labels": labels, **_votes(vocabulary, votes or [emojis], labels)} if soft_votes else {"labels": labels}
        )

    answers = [answer(row["emojis"], row["votes"] if soft_votes else None) for row in rows]
    features, cut = encode([row[config.input_column] for row in rows], answers)
    extra: dict[str, int] = {}
    if augment:
        for column in config.also_columns:
            more, more_cut = encode([row[column] for row in rows], answers)
            features += more
            cut += more_cut
            extra[column] = len(more)
        if config.emoji_name_rows:
            entries = inventory()
            names = [" ".join([item.name_ja, *item.keywords_ja]) for item in entries]
            more, more_cut = encode(names, [answer([item.emoji], None) for item in entries])
            features += more * config.emoji_name_rows
            cut += more_cut
            extra["emoji names"] = len(more) * config.emoji_name_rows
    return TrainingRows(features=features, extra=extra, cut=cut)


def _votes(vocabulary: EmojiVocabulary, votes: Sequence[Sequence[str]], labels: Sequence[int]) -> Features:
    """Count which emoji how many votes hold, the answer's own first; one of these that no vote holds counts as held by one."""
    held = dict.fromkeys(labels[:-1], 0)
    for vote in votes:
        for token in dict.fromkeys(vocabulary.encode(vote)[:-1]):
            held[token] = held.get(token, 0) + 1
    return {VOTE_IDS: list(held), VOTE_SHARES: [max(count, 1) / len(votes) for count in held.values()]}
