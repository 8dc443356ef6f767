"""A trained student, asked for the emoji of texts."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emojit.logs import progress
from emojit.recipe import DecodingConfig
from emojit.student.decoding import EmojiOnly, generation_config
from emojit.student.extra import require_train_extra
from emojit.student.rows import encode_texts
from emojit.student.vocabulary import EmojiVocabulary, emoji_vocabulary

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

logger = logging.getLogger(__name__)

_LONGEST_INPUT = 512
"""Tokens read of a text where the tokenizer names no limit: what T5 was pretrained on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """The answers to a list of texts."""

    emojis: list[list[str]]
    """One list per text, in the order of the texts: 1 to 5 distinct inventory emoji."""
    cut: int
    """Texts longer than the student reads, whose end it did not see (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """A model that can be asked."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    vocabulary: EmojiVocabulary
    decoding: DecodingConfig
    source: str
    """Repository id, or the folder as it was given."""
    commit: str | None
    """Commit of the repository; None for a folder."""

    def predict(self, texts: Sequence[str], *, batch_size: int | None = None) -> list[list[str]]:
        """Return the emoji of each text; see `answer`."""
        return self.answer(texts, batch_size=batch_size).emojis

    def answer(self, texts: Sequence[str], *, batch_size: int | None = None, quiet: bool = True) -> Predictions:
        """Ask for the emoji of texts, in batches of similar length.

        A text without words is a text: the student answers with what it finds likeliest, and the rule of 1 to 5 emoji has no exception.

        Args:
            texts: any strings.
            batch_size: texts per generation step (count); None takes the recipe's.
            quiet: no progress bar.
        """
        encoded = encode_texts(self.tokenizer, texts, max_tokens=self.max_input_tokens)
        if encoded.cut:
            logger.warning("texts=%d cut=%d at %d tokens", len(texts), encoded.cut, self.max_input_tokens)
        order = sorted(range(len(texts)), key=lambda index: len(encoded.input_ids[index]))
        emojis: list[list[str]] = [[] for _ in texts]
        size = batch_size or self.decoding.batch_size
        with progress(total=len(texts), label="predict", unit="text", quiet=quiet) as bar:
            for start in range(0, len(order), size):
                batch = order[start : start + size]
                for index, answer in zip(batch, self._generate([encoded.input_ids[i] for i in batch]), strict=True):
                    emojis[index] = answer
                bar.update(len(batch))
        return Predictions(emojis=emojis, cut=encoded.cut)

    @property
    def max_input_tokens(self) -> int:
        """Longest input (tokens); what training used stands in the tokenizer's `model_max_length`."""
        limit: int = self.tokenizer.model_max_length
        return limit if limit < 1_000_000 else _LONGEST_INPUT

    def _generate(self, input_ids: list[list[int]]) -> list[list[str]]:
        import torch

        self.model.eval()
        batch = self.tokenizer.pad({"input_ids": input_ids}, return_tensors="pt").to(self.model.device)
        rule = EmojiOnly(self.vocabulary, min_emojis=self.decoding.min_emojis, max_emojis=self.decoding.max_emojis)
        with torch.inference_mode():
            generated = self.model.generate(
                input_ids=batch["input_ids"],  # (B, L)
                attention_mask=batch["attention_mask"],
                logits_processor=[rule],
            )  # (B, up to max_emojis + 2): start, emoji, end, padding
        return [self.vocabulary.decode(row) for row in generated.tolist()]


def load_student(model: str | Path, revision: str | None = None) -> Student:
    """Load a trained student onto the GPU if there is one.

    Args:
        model: a model folder, a run folder, or a Hub repository as namespace/name.
        revision: tag, branch or commit of a repository; None means its main branch.

    Raises:
        StudentError: no such model, no tokenizer, no encoder-decoder, or a vocabulary without the inventory emoji.
        MissingExtraError: the extra `train` is not installed.
    """
    require_train_extra()
    from emojit.student.loading import load_parts

    parts = load_parts(model, revision)
    vocabulary = emoji_vocabulary(parts.tokenizer, where=str(model))
    return make_student(
        parts.model,
        parts.tokenizer,
        vocabulary,
        _decoding(parts.model.generation_config),
        source=parts.source,
        commit=parts.commit,
    )


def make_student(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    vocabulary: EmojiVocabulary,
    decoding: DecodingConfig,
    *,
    source: str,
    commit: str | None,
) -> Student:
    """Make a student of a model in memory: moves it to the GPU if there is one, and sets its generation config to `decoding`."""
    import torch

    rows = model.get_output_embeddings().weight.shape[0]
    model.generation_config = generation_config(vocabulary, vocabulary_size=rows, decoding=decoding)
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    return Student(
        model=model, tokenizer=tokenizer, vocabulary=vocabulary, decoding=decoding, source=source, commit=commit
    )


def _decoding(config: GenerationConfig) -> DecodingConfig:
    """Read our settings back from a `generation_config.json`; a model without them gets the recipe's defaults."""
    default = DecodingConfig()
    longest = (config.max_new_tokens or default.max_emojis + 1) - 1
    max_emojis = min(max(longest, 1), default.max_emojis)
    return DecodingConfig(
        min_emojis=min(max(config.min_new_tokens or default.min_emojis, 1), max_emojis),
        max_emojis=max_emojis,
        num_beams=config.num_beams or default.num_beams,
    )
