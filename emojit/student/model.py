"""The student before its first step: a small T5 from nothing, or a published one with the emoji added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emojit.emoji import inventory
from emojit.lexicon.vectors import WordVectors
from emojit.lexicon.words import dictionary_source
from emojit.recipe import ModelConfig
from emojit.student.embeddings import grow_embeddings
from emojit.student.gap_tokens import add_gap_tokens
from emojit.student.tokenizer import train_tokenizer
from emojit.student.vocabulary import EmojiVocabulary, add_emoji, emoji_vocabulary, most_frequent
from emojit.student.word_pieces import word_tokenizer

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
    vectors: str | None = None
    """Name, licence and version of the word vectors that the pieces' rows were started from; None where they were not."""
    words: str | None = None
    """Name, licence and version of the dictionary whose words the pieces are; None where they are not."""


def new_student(
    config: ModelConfig,
    texts: Iterable[str],
    *,
    answers: Iterable[Sequence[str]] = (),
    gaps: bool = False,
) -> NewStudent:
    """Make the student that a recipe's section `[model]` describes.

    Draws from torch's global generator: seed it first.

    Args:
        config: the section.
        texts: the texts of the training split; read only where a tokenizer is trained from nothing.
        answers: the emoji of the training rows; read only where `model.emojis` takes the most frequent.
        gaps: whether the tokenizer needs tokens that stand for gaps.

    Raises:
        StudentError: `model.base` cannot be loaded, has no tokenizer or is no encoder-decoder.
        MissingExtraError: `model.piece_init` asks for word vectors or `model.pieces` for words, and the extra `words` is not installed.
    """
    vectors: str | None = None
    if config.base is None:
        tokenizer, model, vectors = _from_nothing(config, list(texts))
        commit, licence = None, None
    else:
        from emojit.student.loading import load_parts

        parts = load_parts(config.base, config.revision, dropout=config.dropout, dummy_prefix=config.dummy_prefix)
        tokenizer, model, commit, licence = parts.tokenizer, parts.model, parts.commit, parts.licence
        _start_apart(model, tokenizer)
    emojis = most_frequent(answers, config.emojis)
    new = add_emoji(tokenizer, emojis)
    others = add_gap_tokens(tokenizer) if gaps else []
    grow_embeddings(model, tokenizer, new, others=others, start=config.emoji_init)
    if vectors is not None:
        from emojit.student.word_vectors import spread_rows

        spread_rows(model, tokenizer.convert_tokens_to_ids(new))
    read = emoji_vocabulary(
        tokenizer, where=config.base or "the new tokenizer", start_id=model.config.decoder_start_token_id
    )
    return NewStudent(
        model=model,
        tokenizer=tokenizer,
        vocabulary=read.only(emojis),
        new_emoji=len(new),
        base_commit=commit,
        base_licence=licence,
        vectors=vectors,
        words=dictionary_source() if config.pieces == "words" else None,
    )


def _from_nothing(
    config: ModelConfig, texts: Sequence[str]
) -> tuple[PreTrainedTokenizerBase, PreTrainedModel, str | None]:
    """Return a tokenizer and a model, and where the word vectors come from that its rows start from."""
    from transformers import T5Config, T5ForConditionalGeneration

    names = [word for item in inventory() for word in (item.name_ja, *item.keywords_ja)]
    if config.pieces == "words":
        more = WordVectors().spellings() if config.piece_init == "vectors" else []
        tokenizer = word_tokenizer([*texts, *names], config.vocab_size, more=more)
    else:
        tokenizer = train_tokenizer([*texts, *names], config.vocab_size)
    t5 = T5Config(
        vocab_size=len(tokenizer),
        d_model=config.d_model,
        d_kv=config.d_model // config.num_heads,
        d_ff=config.d_ff,
        num_layers=config.num_layers,
        num_decoder_layers=config.num_decoder_layers,
        num_heads=config.num_heads,
        dropout_rate=config.dropout,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.pad_token_id,
    )
    model = T5ForConditionalGeneration(t5)
    vectors = None
    if config.piece_init == "vectors":
        from emojit.student.word_vectors import start_from_vectors

        vectors = start_from_vectors(model, tokenizer, texts)
    if config.cross_attention_init == "identity":
        _let_pieces_through(model)
    return tokenizer, model, vectors


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


def _start_apart(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Let the decoder start from another token than the one that ends an answer, in place.

    BART starts from its end token. Plain `generate`, which is told to write nothing twice, would then never end an answer before the fifth emoji.
    """
    if model.config.decoder_start_token_id in (None, tokenizer.eos_token_id):
        begin = tokenizer.bos_token_id
        model.config.decoder_start_token_id = tokenizer.pad_token_id if begin is None else begin
