"""The rungs of `ladder.py`: what each one stands on and changes, and the recipe below all of them."""

from __future__ import annotations

import dataclasses

COMMON = """
[data]
also_columns = ["original_text"]
emoji_name_rows = 1
[model]
vocab_size = 24000
d_model = 300
d_ff = 512
num_layers = 1
num_heads = 4
dropout = 0.0
emoji_init = "random"
[train]
epochs = 8.0
batch_size = 32
learning_rate = 1e-3
early_stopping = 3
[decoding]
batch_size = 128
"""
_SET = ("loss.name=set",)
_FINE = (
    "train.learning_rate=3e-4",
    "train.epochs=2",
    "train.weight_decay=0",
    "train.optimiser=lazy_adamw",
    "train.adam_beta2=0.98",
    "train.token_dropout=0.15",
    "model.dropout=0.1",
    "data.emoji_name_rows=0",
)
_WIDE = ("model.num_layers=0", "model.num_decoder_layers=1", "model.d_ff=4096")
_LITTLE = ("train.learning_rate=2e-5", "train.epochs=1")  # its stage already holds what the pairs taught its teacher
_MBR = ("method=mbr", "length=calibrated")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rung:
    """One row of the table: what it stands on, what it changes, and what it needs."""

    on: str | None = None
    sets: tuple[str, ...] = ()
    corpus: bool = False
    silver: bool = False
    again: bool = False
    """Begun with the student of the rung it stands on, which teaches together with the baseline."""
    decoding: tuple[str, ...] = ()
    """Read otherwise, and not trained again."""
    beside: str | None = None
    """Whose student answers together with the baseline, by the mean of their scores: two models and no rung of one, but what a second opinion would bring."""


RUNGS = {
    "default": Rung(),
    "named": Rung(on="default", sets=("model.emoji_init=names", "model.cross_attention_init=identity")),
    "vectors": Rung(on="named", sets=("model.piece_init=vectors",)),
    "words": Rung(on="vectors", sets=("model.pieces=words", "model.vocab_size=48000")),
    "set": Rung(on="words", sets=_SET),
    "gaps": Rung(on="set", sets=("stages=gaps", *_FINE), corpus=True),
    "keywords": Rung(on="set", sets=("stages=keywords", *_FINE), corpus=True),
    "silver": Rung(on="set", sets=("stages=silver", *_FINE), corpus=True, silver=True),
    "scores": Rung(on="silver", sets=("stages=scores",), corpus=True, silver=True),
    "first": Rung(on="scores", sets=("loss.later=0.15",), corpus=True, silver=True),
    "wide": Rung(on="first", sets=_WIDE, corpus=True, silver=True),
    "known": Rung(on="wide", sets=("model.vocab_size=600000",), corpus=True, silver=True),
    "mbr": Rung(on="known", decoding=_MBR, corpus=True, silver=True),
    "both": Rung(on="mbr", beside="known", corpus=True, silver=True),
    "second": Rung(on="known", sets=_LITTLE, again=True, corpus=True, silver=True),
    "second-mbr": Rung(on="second", decoding=_MBR, corpus=True, silver=True),
}
