"""A SentencePiece tokenizer from nothing, in the form that plain `AutoTokenizer` loads."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from emojit.emoji import strip
from emojit.errors import DatasetError, StudentError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_CHARACTER_COVERAGE = 0.9995
"""Share of the characters of the corpus that get a piece: the value SentencePiece's README gives for Japanese."""


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> PreTrainedTokenizerBase:
    """Train a unigram SentencePiece model and wrap it as a fast T5 tokenizer, without emoji.

    One thread and the texts in their order: the same texts give the same pieces. Emoji are taken out of the texts first, for they become
    tokens of their own (`vocabulary.add_emoji`).

    Args:
        texts: the texts of the training split; duplicates count twice.
        vocab_size: pieces at most (count); fewer where the texts hold fewer.

    Raises:
        DatasetError: no text at all.
        StudentError: `vocab_size` is smaller than the number of different characters needs.
    """
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2
    from transformers import T5Tokenizer

    lines = [stripped for text in texts if (stripped := strip(text).strip())]
    if not lines:
        raise DatasetError("no text to train a tokenizer on", hint="check the training split's text columns")
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines),
            model_writer=model,
            model_type="unigram",
            vocab_size=vocab_size,
            hard_vocab_limit=False,  # a small corpus holds fewer pieces; SentencePiece would stop otherwise
            character_coverage=_CHARACTER_COVERAGE,
            normalization_rule_name="nmt_nfkc",
            pad_id=0,
            eos_id=1,
            unk_id=2,
            bos_id=-1,
            num_threads=1,
            minloglevel=2,
        )
    except RuntimeError as exc:  # SentencePiece raises nothing else
        raise StudentError(
            f"SentencePiece cannot train {vocab_size} pieces on {len(lines)} texts: {exc}",
            hint="raise model.vocab_size: every character needs a piece of its own",
        ) from exc
    proto = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())  # type: ignore[attr-defined]  # made at import
    return T5Tokenizer(
        vocab=[(piece.piece, piece.score) for piece in proto.pieces],
        _spm_precompiled_charsmap=proto.normalizer_spec.precompiled_charsmap,
        extra_ids=0,
    )
