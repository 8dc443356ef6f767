"""The word mark "▁" that a SentencePiece tokenizer puts before a text, or does not.

`T5Tokenizer` of transformers 5.23 puts it always, also where the SentencePiece model was trained without (megagonlabs/t5-base-japanese-web), so that every
sentence tokenises otherwise than the model has learned. The class also rebuilds itself when it is loaded, so a tokenizer without the mark is saved as a
plain fast tokenizer, which keeps what its file says.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_SENTENCEPIECE = ("spiece.model", "tokenizer.model", "sentencepiece.bpe.model")


def with_dummy_prefix(
    tokenizer: PreTrainedTokenizerBase, folder: Path, *, wanted: bool | None
) -> PreTrainedTokenizerBase:
    """Return a tokenizer that puts the mark before a text, or does not.

    Args:
        tokenizer: as transformers loaded it.
        folder: where its files lie.
        wanted: whether it shall; None does as the SentencePiece model in the folder says, and leaves a tokenizer without one as it is.
    """
    from transformers import T5Tokenizer

    if wanted is None:
        wanted = _trained_with(folder)
    if wanted is not False or not isinstance(tokenizer, T5Tokenizer):
        return tokenizer
    return _without(tokenizer)


def _trained_with(folder: Path) -> bool | None:
    path = next((folder / name for name in _SENTENCEPIECE if (folder / name).is_file()), None)
    if path is None:
        return None
    from sentencepiece import sentencepiece_model_pb2

    proto = sentencepiece_model_pb2.ModelProto.FromString(path.read_bytes())  # type: ignore[attr-defined]  # made at import
    return bool(proto.normalizer_spec.add_dummy_prefix)


def _without(tokenizer: PreTrainedTokenizerBase) -> PreTrainedTokenizerBase:
    from tokenizers import Regex, decoders, normalizers, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    backend = tokenizer.backend_tokenizer
    # What splitting at white space did before: none at the ends, one in a row.
    blanks = [normalizers.Strip(), normalizers.Replace(Regex(r"\s+"), " ")]
    backend.normalizer = normalizers.Sequence([*([backend.normalizer] if backend.normalizer else []), *blanks])
    backend.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="never", split=True)
    backend.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="never", split=True)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        eos_token=tokenizer.eos_token,
        unk_token=tokenizer.unk_token,
        pad_token=tokenizer.pad_token,
        extra_special_tokens=tokenizer.extra_special_tokens,
        model_max_length=tokenizer.model_max_length,
    )
