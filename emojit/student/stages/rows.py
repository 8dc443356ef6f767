"""From sentences or pairs to what the Trainer takes: the rows of one stage."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from emojit.dataset.licences import combined_licence
from emojit.dataset.loading import Loaded
from emojit.errors import StudentError
from emojit.lexicon.keywords import keyword_index
from emojit.recipe import StageConfig
from emojit.student.gap_tokens import gap_tokens
from emojit.student.losses.answer_loss import VOTE_IDS, VOTE_SHARES
from emojit.student.rows import Features, encode_texts
from emojit.student.stages.gaps import corrupt
from emojit.student.stages.held_out import HeldOut
from emojit.student.stages.sentences import Sentences
from emojit.student.stages.silver import SilverPair, SilverPairs
from emojit.student.vocabulary import EmojiVocabulary

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_KEPT_BACK = 50
"""Of so many rows one is kept back to measure the loss on, where that chooses the checkpoint (count)."""
_MOST_KEPT_BACK = 500
_WEAK_EMOJI = 3
"""Emoji of a sentence by its keywords (count): teachers give about as many."""
_BATCH = 1000

T = TypeVar("T")
Example = tuple[str, list[str]]
"""A text and its emoji."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRows:
    """The rows of a stage.

    Attributes:
        train: what is learned.
        kept_back: what the loss is measured on; empty where the validation split chooses.
        origin: what was read: kind, name, sha256 or commit.
        left_out: reason → sentences or pairs that were met and are not learned from (count).
        cut: texts that lost their end (count).
        licence: of the sentences together, as the Hub writes it; None for pairs of a file without a record, which states none.
    """

    train: list[Features]
    kept_back: list[Features]
    origin: dict[str, object]
    left_out: dict[str, int]
    cut: int
    licence: str | None


def stage_rows(
    stage: StageConfig,
    tokenizer: PreTrainedTokenizerBase,
    vocabulary: EmojiVocabulary,
    *,
    train: Loaded,
    held_out: HeldOut,
    max_tokens: int,
    seed: int,
    soft: bool,
    quiet: bool,
) -> StageRows:
    """Make the rows of a stage. The same arguments give the same rows in the same order.

    Args:
        stage: what is learned from what.
        tokenizer: the student's, with gap tokens where the stage needs them.
        vocabulary: its emoji.
        train: the rows of the data set's training split, and where they were read from.
        held_out: what may not be learned from.
        max_tokens: longer texts are cut (tokens).
        seed: of the choice of sentences and of the gaps.
        soft: scores of pairs are learned, as votes are, where the file has them; for a loss that can learn them.
        quiet: no progress bars.

    Raises:
        StudentError: nothing is left to learn from, or the file of pairs is none.
        CorpusError, DatasetError, OfflineError, MissingExtraError: the source cannot be read; see `Sentences` and `SilverPairs`.
    """
    left_out: Counter[str] = Counter()
    made = _Maker(stage, tokenizer, vocabulary, max_tokens=max_tokens, seed=seed)
    source: Sentences | SilverPairs
    if stage.objective == "pairs":
        source = SilverPairs(Path(stage.source).expanduser(), held_out)
        features = made.of_silver(_first(source, stage.rows), left_out, soft=soft)
    else:
        source = Sentences(stage, train, held_out, seed=seed, quiet=quiet)
        if stage.objective == "keyword_pairs":
            features = made.of_pairs(_first(_named(source, vocabulary, left_out), stage.rows), left_out)
        else:
            features = made.of_sentences(_first(source, stage.rows), left_out)
    left_out.update(source.left_out)
    if len(features) < 2:
        counts = ", ".join(f"{count} {reason}" for reason, count in left_out.items()) or "none was met"
        raise StudentError(
            f"stages.{stage.name}: nothing to learn from in {stage.source} ({counts} left out)",
            hint="name a larger source, or leave the stage out",
        )
    kept_back = _kept_back(len(features)) if stage.chosen_by == "loss" else frozenset()
    return StageRows(
        train=[row for number, row in enumerate(features) if number not in kept_back],
        kept_back=[row for number, row in enumerate(features) if number in kept_back],
        origin=source.origin,
        left_out=dict(sorted(left_out.items())),
        cut=made.cut,
        licence=combined_licence(source.licences).id if isinstance(source, Sentences) else source.licence,
    )


class _Maker:
    """Makes features of texts, batch by batch."""

    def __init__(
        self,
        stage: StageConfig,
        tokenizer: PreTrainedTokenizerBase,
        vocabulary: EmojiVocabulary,
        *,
        max_tokens: int,
        seed: int,
    ) -> None:
        self.cut = 0
        self._with_names = stage.objective == "both"
        self._temperature = stage.temperature
        self._tokenizer = tokenizer
        self._vocabulary = vocabulary
        self._max_tokens = max_tokens
        self._around = frozenset(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
        self._draw = random.Random(f"{seed} {stage.name}")

    def of_pairs(self, pairs: Iterator[Example], left_out: Counter[str]) -> list[Features]:
        """Make one row of each pair that has emoji which the student can write."""
        features: list[Features] = []
        for batch in _batches(pairs):
            ids = self._encode([text for text, _ in batch])
            for row, (_, emojis) in zip(ids, batch, strict=True):
                labels = self._vocabulary.encode(emojis)
                if len(labels) > 1:
                    features.append({"input_ids": row, "labels": labels})
                else:
                    left_out["emoji_not_in_vocabulary"] += 1
        return features

    def of_silver(self, pairs: Iterator[SilverPair], left_out: Counter[str], *, soft: bool) -> list[Features]:
        """Make one row of each pair that has emoji which the student can write, with the scores of all emoji that it can write."""
        scores: list[dict[str, float]] = []

        def answers() -> Iterator[Example]:
            for pair in pairs:
                if any(emoji in self._vocabulary.id_of for emoji in pair.emojis):
                    scores.append(pair.scores or dict.fromkeys(pair.emojis, 1.0))
                yield pair.text, pair.emojis

        features = self.of_pairs(answers(), left_out)
        if soft:
            for row, scored in zip(features, scores, strict=True):
                row.update(self._shares(row["labels"], scored))
        return features

    def _shares(self, labels: Sequence[int], scores: Mapping[str, float]) -> Features:
        """Return scores as votes: the highest is 1, the others by the temperature; an emoji of the answer without a score has the lowest, for it may come, too.

        Source: Hinton et al. (2015), "Distilling the Knowledge in a Neural Network", for the temperature of a target.
        """
        known = {token: value for emoji, value in scores.items() if (token := self._vocabulary.id_of.get(emoji))}
        most, least = max(known.values(), default=1.0), min(known.values(), default=1.0)
        shares = {**dict.fromkeys(labels[:-1], least), **known}
        return {
            VOTE_IDS: list(shares),
            VOTE_SHARES: [(value / most) ** (1 / self._temperature) for value in shares.values()],
        }

    def of_sentences(self, sentences: Iterator[str], left_out: Counter[str]) -> list[Features]:
        """Make one row with gaps of each sentence, and, for "both", one more of those that name emoji."""
        gaps, index = gap_tokens(self._tokenizer), keyword_index()
        features: list[Features] = []
        for batch in _batches(sentences):
            for ids, text in zip(self._encode(batch), batch, strict=True):
                first, last = self._inside(ids)
                corrupted = corrupt(ids[first:last], gaps, self._draw)
                if corrupted is None:
                    left_out["too_short_for_gaps"] += 1
                    continue
                gapped, lost = corrupted
                features.append(
                    {
                        "input_ids": [*ids[:first], *gapped, *ids[last:]],
                        "labels": [*lost, self._vocabulary.eos_id],
                    }
                )
                if self._with_names:
                    labels = self._vocabulary.encode(index.answer(text, most=_WEAK_EMOJI))
                    if len(labels) > 1:
                        features.append({"input_ids": ids, "labels": labels})
        return features

    def _inside(self, ids: Sequence[int]) -> tuple[int, int]:
        """Return where the text begins and ends between the tokens that the tokenizer puts around it."""
        first, last = 0, len(ids)
        while first < last and ids[first] in self._around:
            first += 1
        while first < last and ids[last - 1] in self._around:
            last -= 1
        return first, last

    def _encode(self, texts: Sequence[str]) -> list[list[int]]:
        encoded = encode_texts(self._tokenizer, texts, max_tokens=self._max_tokens)
        self.cut += encoded.cut
        return encoded.input_ids


def _named(sentences: Sentences, vocabulary: EmojiVocabulary, left_out: Counter[str]) -> Iterator[Example]:
    """Yield the sentences that hold names or keywords of emoji which the student can write, with these emoji."""
    index = keyword_index()
    for text in sentences:
        emojis = [emoji for emoji in index.answer(text) if emoji in vocabulary.id_of][:_WEAK_EMOJI]
        if emojis:
            yield text, emojis
        else:
            left_out["no_keyword"] += 1


def _first(items: Iterable[T], count: int) -> Iterator[T]:
    """Yield the first so many items; all where the count is 0."""
    yield from islice(items, count or None)


def _batches(items: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(items, _BATCH)):
        yield batch


def _kept_back(rows: int) -> frozenset[int]:
    """Return the numbers of the rows that are kept back, spread evenly: at least one, and at most half of them."""
    step = max(2, min(_KEPT_BACK, rows), rows // _MOST_KEPT_BACK)
    return frozenset(range(step - 1, rows, step)[:_MOST_KEPT_BACK])
