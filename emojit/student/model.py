"""The student before its first step: a small T5 from nothing, or a published one with the emoji added."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emojit.emoji import inventory
from emojit.errors import StudentError
from emojit.recipe import ModelConfig
from emojit.student.embeddings import grow_embeddings
from emojit.student.tokenizer import train_tokenizer
from emojit.student.vocabulary import EmojiVocabulary, add_emoji, emoji_vocabulary

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStudent:
    """A student before training."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    vocabulary: EmojiVocabulary
    new_emoji: int
    """Emoji that were no token before (count)."""
    base_commit: str | None
    """Commit of the base model's repository; None for a folder or a student from nothing."""
    base_licence: str | None
    """Licence that the base model's card states; None where it states none, and for a student from nothing."""


def new_student(config: ModelConfig, texts: Iterable[str]) -> NewStudent:
    """Make the student that a recipe's section `[model]` describes.

    Draws from torch's global generator: seed it first.

    Args:
        config: the section.
        texts: the texts of the training split; read only where a tokenizer is trained from nothing.

    Raises:
        StudentError: `model.base` cannot be loaded, has no tokenizer or is no encoder-decoder.
    """
    if config.base is None:
        (tokenizer, model), commit, licence = _from_nothing(config, texts), None, None
    else:
        from emojit.student.loading import load_parts

        parts = load_parts(config.base, config.revision)
        tokenizer, model, commit, licence = parts.tokenizer, parts.model, parts.commit, parts.licence
        _set_dropout(model, config.dropout)
    new = add_emoji(tokenizer)
    grow_embeddings(model, tokenizer, new, start=config.emoji_init)
    vocabulary = emoji_vocabulary(tokenizer, where=config.base or "the new tokenizer")
    return NewStudent(
        model=model,
        tokenizer=tokenizer,
        vocabulary=vocabulary,
        new_emoji=len(new),
        base_commit=commit,
        base_licence=licence,
    )


def _from_nothing(config: ModelConfig, texts: Iterable[str]) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    from transformers import T5Config, T5ForConditionalGeneration

    names = [word for item in inventory() for word in (item.name_ja, *item.keywords_ja)]
    tokenizer = train_tokenizer([*texts, *names], config.vocab_size)
    t5 = T5Config(
        vocab_size=len(tokenizer),
        d_model=config.d_model,
        d_kv=config.d_model // config.num_heads,
        d_ff=config.d_ff,
        num_layers=config.num_layers,
        num_heads=config.num_heads,
        dropout_rate=config.dropout,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.pad_token_id,
    )
    model = T5ForConditionalGeneration(t5)
    if config.cross_attention_init == "identity":
        _let_pieces_through(model)
    return tokenizer, model


_DAMPING = 0.1
"""Factor on what the layers add to the hidden states before training: the sum of the pieces shall be heard above it."""

_CROSS_ATTENTION_GAIN = 4.0
"""Factor on the mean of the pieces: a mean of 20 random rows has a fifth of their length."""


def _let_pieces_through(model: PreTrainedModel) -> None:
    """Make the untrained decoder answer with what the text's own pieces point at, in place.

    Cross attention begins uniform (queries of zero) and hands on what it reads (value and output matrices are the identity), everything else is
    damped, and the rows of the start and end tokens are zero. As embedding and output head are one matrix, a logit is then about the inner product
    of an emoji's row with the mean of the text's rows: a bag of pieces, from which training starts instead of from noise.
    """
    import torch

    with torch.no_grad():
        model.get_input_embeddings().weight[[model.config.pad_token_id, model.config.eos_token_id]] = 0
        for block in [*model.encoder.block, *model.decoder.block]:
            block.layer[0].SelfAttention.o.weight.mul_(_DAMPING)
            block.layer[-1].DenseReluDense.wo.weight.mul_(_DAMPING)
        for block in model.decoder.block:
            attention = block.layer[1].EncDecAttention
            attention.q.weight.zero_()
            attention.v.weight.copy_(_CROSS_ATTENTION_GAIN * torch.eye(model.config.d_model))
            attention.o.weight.copy_(torch.eye(model.config.d_model))


def _set_dropout(model: PreTrainedModel, rate: float) -> None:
    from torch.nn import Dropout

    if not hasattr(model.config, "dropout_rate"):
        raise StudentError(f"{model.config.model_type}: not a T5", hint="give a T5 as model.base")
    model.config.dropout_rate = rate
    for module in model.modules():
        if isinstance(module, Dropout):
            module.p = rate
