"""The emoji of a student's vocabulary: adding them to a tokenizer, and the way between emoji and token ids.

Predictions and labels go through ids only. Text in between loses emoji: `decode` joins added tokens without blanks (transformers 5), and a
string of emoji that meets the tokenizer's normaliser comes back as other characters (facts measured on 5,000 random sequences: 3 % wrong).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emojit.emoji import inventory
from emojit.errors import StudentError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True, kw_only=True)
class EmojiVocabulary:
    """Which token is which emoji."""

    id_of: Mapping[str, int]
    """Inventory emoji to token id, in inventory order (1,906 entries)."""
    emoji_of: Mapping[int, str]
    """The way back."""
    eos_id: int
    """The token that ends an answer."""
    pad_id: int
    """The token that fills a batch, and that a T5 decoder starts from."""

    def encode(self, emojis: Iterable[str]) -> list[int]:
        """Return the label of an answer: one id per emoji and the end token.

        Raises:
            StudentError: an item is not one inventory emoji.
        """
        ids = []
        for emoji in emojis:
            if emoji not in self.id_of:
                raise StudentError(
                    f"{emoji!r} is not one emoji of the inventory", hint="fold it with emojit.emoji.canonical first"
                )
            ids.append(self.id_of[emoji])
        return [*ids, self.eos_id]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Return the emoji of a generated sequence up to its end token, each once; other tokens are passed over."""
        emojis: dict[str, None] = {}
        for token in ids:
            if token == self.eos_id:
                break
            if (emoji := self.emoji_of.get(int(token))) is not None:
                emojis[emoji] = None
        return list(emojis)

    @property
    def allowed_ids(self) -> list[int]:
        """Every id that an answer may hold: the emoji and the end token, in rising order."""
        return sorted([*self.emoji_of, self.eos_id])


def add_emoji(tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """Make every inventory emoji one token of `tokenizer`, in place.

    `normalized=False` keeps the tokenizer's NFKC away from them (it turns ㊗️ into 祝), `special=False` keeps them in decoded text.

    Returns:
        The emoji that were not a piece of the vocabulary before and therefore need an embedding row, in the order of their new ids.
    """
    from tokenizers import AddedToken

    emojis = [entry.emoji for entry in inventory()]
    known = tokenizer.get_vocab()
    tokenizer.add_tokens([AddedToken(emoji, normalized=False, special=False) for emoji in emojis])
    return [emoji for emoji in emojis if emoji not in known]


def emoji_vocabulary(tokenizer: PreTrainedTokenizerBase, *, where: str) -> EmojiVocabulary:
    """Read the emoji out of a tokenizer.

    Args:
        tokenizer: any tokenizer that went through `add_emoji`, before or after saving.
        where: the model folder or repository, for the error.

    Raises:
        StudentError: inventory emoji are missing, or the tokenizer has no end or padding token.
    """
    known = tokenizer.get_vocab()
    emojis = [entry.emoji for entry in inventory()]
    missing = [emoji for emoji in emojis if emoji not in known]
    if missing:
        raise StudentError(
            f"{where}: the vocabulary lacks {len(missing)} of the {len(emojis)} inventory emoji, {missing[0]} first",
            hint="give a model that `emojit train` wrote",
        )
    if tokenizer.eos_token_id is None or tokenizer.pad_token_id is None:
        raise StudentError(f"{where}: the tokenizer has no end or no padding token", hint="give a T5 tokenizer")
    id_of = {emoji: known[emoji] for emoji in emojis}
    return EmojiVocabulary(
        id_of=id_of,
        emoji_of={token: emoji for emoji, token in id_of.items()},
        eos_id=tokenizer.eos_token_id,
        pad_id=tokenizer.pad_token_id,
    )
