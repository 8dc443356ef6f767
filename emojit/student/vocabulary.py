"""The emoji of a student's vocabulary: adding them to a tokenizer, and the way between emoji and token ids.

Predictions and labels go through ids only. Text in between loses emoji: `decode` joins added tokens without blanks (transformers 5), and a
string of emoji that meets the tokenizer's normaliser comes back as other characters (facts measured on 5,000 random sequences: 3 % wrong).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emojit.emoji import canonical, inventory
from emojit.errors import StudentError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True, kw_only=True)
class EmojiVocabulary:
    """Which token is which emoji."""

    id_of: Mapping[str, int]
    """Emoji that can be answered to token id, in inventory order (1,906 entries, or those of `model.emojis`)."""
    emoji_of: Mapping[int, str]
    """The way back."""
    eos_id: int
    """The token that ends an answer."""
    pad_id: int
    """The token that fills a batch."""
    start_id: int | None = None
    """The token that the decoder starts from; None where it is the padding token, as in every T5."""

    def encode(self, emojis: Iterable[str]) -> list[int]:
        """Return the label of an answer: one id per emoji that can be answered, and the end token.

        Raises:
            StudentError: an item is not one inventory emoji.
        """
        ids = []
        for emoji in emojis:
            token = self.id_of.get(emoji)
            if token is not None:
                ids.append(token)
            elif canonical(emoji) != emoji:
                raise StudentError(
                    f"{emoji!r} is not one emoji of the inventory", hint="fold it with emojit.emoji.canonical first"
                )
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

    def only(self, emojis: Collection[str]) -> EmojiVocabulary:
        """Return the vocabulary with these emoji alone."""
        chosen = frozenset(emojis)
        id_of = {emoji: token for emoji, token in self.id_of.items() if emoji in chosen}
        return replace(self, id_of=id_of, emoji_of={token: emoji for emoji, token in id_of.items()})

    @property
    def allowed_ids(self) -> list[int]:
        """Every id that an answer may hold: the emoji and the end token, in rising order."""
        return sorted([*self.emoji_of, self.eos_id])


def most_frequent(answers: Iterable[Iterable[str]], count: int) -> list[str]:
    """Return the emoji that a student shall be able to write.

    Args:
        answers: the emoji of the training rows.
        count: how many, the most frequent first, in inventory order where they are equally frequent; 0 means the whole inventory.

    Returns:
        Emoji in inventory order; fewer than asked for where the answers hold fewer.
    """
    emojis = [entry.emoji for entry in inventory()]
    if not count:
        return emojis
    frequency = Counter(emoji for answer in answers for emoji in answer)
    ranked = sorted((emoji for emoji in emojis if frequency[emoji]), key=lambda emoji: -frequency[emoji])
    chosen = set(ranked[:count])
    return [emoji for emoji in emojis if emoji in chosen]


def add_emoji(tokenizer: PreTrainedTokenizerBase, emojis: Sequence[str] | None = None) -> list[str]:
    """Make emoji one token each of `tokenizer`, in place.

    `normalized=False` keeps the tokenizer's NFKC away from them (it turns ㊗️ into 祝), `special=False` keeps them in decoded text.

    Args:
        tokenizer: any tokenizer.
        emojis: which; None means the whole inventory.

    Returns:
        The emoji that were not a piece of the vocabulary before and therefore need an embedding row, in the order of their new ids.
    """
    from tokenizers import AddedToken

    emojis = most_frequent((), 0) if emojis is None else emojis
    known = tokenizer.get_vocab()
    tokenizer.add_tokens([AddedToken(emoji, normalized=False, special=False) for emoji in emojis])
    return [emoji for emoji in emojis if emoji not in known]


def emoji_vocabulary(
    tokenizer: PreTrainedTokenizerBase,
    *,
    where: str,
    suppressed: Collection[int] = (),
    start_id: int | None = None,
) -> EmojiVocabulary:
    """Read the emoji out of a tokenizer: those that `add_emoji` made tokens of their own.

    Args:
        tokenizer: any tokenizer that went through `add_emoji`, before or after saving.
        where: the model folder or repository, for the error.
        suppressed: ids that the model's generation config forbids: emoji among them are read, and never answered.
        start_id: what the decoder starts from; None where that is the padding token.

    Raises:
        StudentError: there are no such emoji, or the tokenizer has no end or padding token.
    """
    known = tokenizer.get_added_vocab()
    forbidden = frozenset(suppressed)
    emojis = [entry.emoji for entry in inventory()]
    id_of = {emoji: known[emoji] for emoji in emojis if emoji in known and known[emoji] not in forbidden}
    if not id_of:
        raise StudentError(
            f"{where}: the vocabulary lacks {len(emojis)} of the {len(emojis)} inventory emoji, {emojis[0]} first",
            hint="give a model that `emojit train` wrote",
        )
    if tokenizer.eos_token_id is None or tokenizer.pad_token_id is None:
        raise StudentError(f"{where}: the tokenizer has no end or no padding token", hint="give a T5 tokenizer")
    return EmojiVocabulary(
        id_of=id_of,
        emoji_of={token: emoji for emoji, token in id_of.items()},
        eos_id=tokenizer.eos_token_id,
        pad_id=tokenizer.pad_token_id,
        start_id=None if start_id == tokenizer.pad_token_id else start_id,
    )
