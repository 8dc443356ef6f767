"""The tokens that stand for gaps in a text: those of the tokenizer, or some that are added."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

ADDED = 32
"""Gap tokens that a tokenizer without any gets (count): more than a text of 128 tokens has gaps."""

_NAMES = ("<extra_id_{}>", "▁<extra_id_{}>")
"""How the tokens of T5 and ByT5, and of mT5, are spelt."""


def gap_tokens(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Return the ids of the tokenizer's gap tokens, the first gap's first; none where it has none."""
    known = tokenizer.get_vocab()
    for name in _NAMES:
        found: list[int] = []
        while (token := known.get(name.format(len(found)))) is not None:
            found.append(token)
        if found:
            return found
    return []


def add_gap_tokens(tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """Give a tokenizer gap tokens unless it has some, in place, and return the added ones in the order of their ids.

    They are special tokens, and no emoji: an answer can never hold one.
    """
    from tokenizers import AddedToken

    if gap_tokens(tokenizer):
        return []
    names = [_NAMES[0].format(number) for number in range(ADDED)]
    tokenizer.add_tokens([AddedToken(name, normalized=False, special=True) for name in names], special_tokens=True)
    return names
