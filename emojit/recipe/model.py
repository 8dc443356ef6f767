"""Which model is trained: the section `[model]`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from emojit.errors import ConfigError
from emojit.recipe.ranges import positive


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Which encoder-decoder is trained (section `[model]`)."""

    base: str | None = None
    """Model folder or Hub repository to start from; None builds a small T5 and its SentencePiece tokenizer from nothing."""
    revision: str | None = None
    """Revision of `base`."""
    vocab_size: int = 4000
    """Pieces of a tokenizer from nothing, before the emoji (count); less where the corpus holds fewer. With `pieces = "words"` and `piece_init = "vectors"`
    the room that the words of the texts leave is filled with words that have a vector, frequent ones first: there are about 480,000."""
    pieces: Literal["sentencepiece", "words"] = "sentencepiece"
    """What they are: SentencePiece's own choice, or the most frequent words (needs the extra `words` for training, and not for the student)."""
    d_model: int = 128
    """Width of the hidden states of a T5 from nothing."""
    d_ff: int = 256
    """Width of its feed-forward layers."""
    num_layers: int = 2
    """Encoder layers; 0 lets the decoder read the pieces' rows themselves, behind the encoder's last norm: a bag of pieces."""
    num_decoder_layers: int | None = None
    """Decoder layers; None: as many as `num_layers`."""
    num_heads: int = 4
    """Attention heads; `d_model` must be a multiple."""
    dropout: float = 0.1
    """Dropout rate in [0, 1), in every layer of the model."""
    cross_attention_init: Literal["identity", "random"] = "random"
    """Start of a T5 from nothing: "identity" lets the decoder see the mean of the text's pieces as they are, so that with `emoji_init = "names"` an
    untrained student already prefers emoji whose names share pieces with the text; "random" is the library's."""
    emoji_init: Literal["names", "random"] = "names"
    """Start of the new embedding rows: the mean of the pieces of the Japanese name and keywords, or draws that mean nothing."""
    piece_init: Literal["random", "vectors"] = "random"
    """Start of the pieces' rows of a T5 from nothing: draws, or word vectors that were learned elsewhere (chiVe; needs the extra `words`)."""
    emojis: int = 0
    """Emoji the student can write: the so many most frequent of the training split (count); 0 means all 1,906. What a row's answer holds besides them is
    not learned, and a row that holds none of them is left out of training; validation and test always keep all."""
    dummy_prefix: bool | None = None
    """Whether the tokenizer of `base` puts a word mark before a text; None does as its SentencePiece model was trained, which the library ignores."""

    def __post_init__(self) -> None:
        if self.piece_init == "vectors" and self.base is not None:
            raise ConfigError(
                "model.piece_init: vectors start a model from nothing, and model.base names one that has been trained",
                hint="leave one of them out",
            )
        if self.pieces == "words" and self.base is not None:
            raise ConfigError(
                "model.pieces: words are for a tokenizer from nothing, and model.base names a model that brings its own",
                hint="leave one of them out",
            )
        if self.emojis < 0:
            raise ConfigError(f"model.emojis must be >= 0, got {self.emojis}")
        positive("model", self, "vocab_size", "d_model", "d_ff", "num_heads")
        self._check_layers()
        if self.d_model % self.num_heads:
            raise ConfigError(
                f"model.d_model must be a multiple of model.num_heads, got {self.d_model}, {self.num_heads}"
            )
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"model.dropout must be in [0, 1), got {self.dropout}")

    def _check_layers(self) -> None:
        if self.num_layers < 0:
            raise ConfigError(f"model.num_layers must be >= 0, got {self.num_layers}")
        if self.num_decoder_layers is not None:
            positive("model", self, "num_decoder_layers")
        elif self.num_layers == 0:
            raise ConfigError(
                "model.num_layers is 0 and model.num_decoder_layers is not set: a model without any layer writes nothing",
                hint="give it a decoder, for example --set model.num_decoder_layers=1",
            )
