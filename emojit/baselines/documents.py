"""Texts as the baselines compare them: letters, and where the extra `words` is installed content words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emojit.emoji import inventory

if TYPE_CHECKING:
    from emojit.lexicon.words import Word, WordReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One text."""

    text: str
    words: tuple[Word, ...] = ()
    """Its content words; none where nobody looked for them."""

    @property
    def terms(self) -> list[str]:
        """The words in their normal spelling."""
        return [word.normalized for word in self.words]


Read = Callable[[Sequence[str]], list[Document]]
"""Makes documents of texts."""


def letters_only(texts: Sequence[str]) -> list[Document]:
    """Make documents without words."""
    return [Document(text=text) for text in texts]


class WordDocuments:
    """Makes documents with words."""

    def __init__(self) -> None:
        """Open the dictionary.

        Raises:
            MissingExtraError: the extra `words` is not installed.
        """
        from emojit.lexicon.words import WordReader

        self._reader: WordReader = WordReader()

    def __call__(self, texts: Sequence[str]) -> list[Document]:
        """Make documents of texts."""
        return [Document(text=text, words=tuple(self._reader.words(text))) for text in texts]

    def of_emoji(self) -> list[Document]:
        """Return what every emoji of the inventory is called, in its order: the names whole and in parts."""
        from emojit.lexicon.words import Word

        found = []
        for name in emoji_texts():
            whole = tuple(Word(part, part, part) for part in name.split(" "))
            found.append(Document(text=name, words=(*whole, *self._reader.words(name))))
        return found


def emoji_texts() -> list[str]:
    """Return the Japanese name and keywords of every emoji of the inventory, in its order, joined by blanks."""
    return [" ".join([item.name_ja, *item.keywords_ja]) for item in inventory()]
