"""The content words of a Japanese text, by Sudachi."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from emojit.lexicon.extra import require_words_extra

if TYPE_CHECKING:
    from sudachipy import Tokenizer

_CONTENT = frozenset({"名詞", "動詞", "形容詞", "形状詞", "副詞", "感動詞", "代名詞"})
"""Parts of speech whose words say what a text is about: nouns, verbs, adjectives, adverbs, interjections, pronouns."""
_EMPTY = frozenset({"数詞", "非自立可能"})
"""Sorts of them that do not: numbers, and verbs such as する and いる."""

_NAMING = frozenset({"名詞", "動詞", "形容詞", "形状詞"})
"""Those of them that can be guessed from what stands around them: nouns, verbs, adjectives."""

_NOUNS = frozenset({"普通名詞", "固有名詞"})
"""Common nouns and names; numbers and auxiliary stems are none."""

_NO_WORDS = frozenset({"空白", "補助記号"})
"""Blanks, and punctuation."""

_MOST_BYTES = 40_000
"""Sudachi refuses texts of more than 49,149 bytes of UTF-8."""


def dictionary_source() -> str:
    """Return which dictionary finds the words, with its licence and version, e.g. "SudachiDict (Apache-2.0) 20260116"."""
    return f"SudachiDict (Apache-2.0) {importlib.metadata.version('sudachidict_core')}"


class Word(NamedTuple):
    """One content word as it stands in a text."""

    normalized: str
    """One spelling for all of a word, e.g. まじ for マジ: what two texts are compared by."""
    dictionary: str
    """The uninflected form, in the spelling of the text."""
    surface: str
    """As written."""


class Span(NamedTuple):
    """Where a word stands in a text."""

    start: int
    """Place of its first code point, from 0."""
    end: int
    """Place after its last one."""
    content: bool
    """Whether it is a noun, verb or adjective that says what the text is about: no number, no pronoun, no する."""


class Part(NamedTuple):
    """A word of a text, or what stands between words."""

    surface: str
    """As written; all surfaces together are the text."""
    noun: str
    """Which kind of noun it is, e.g. "普通名詞" or "固有名詞 地名"; empty for everything else."""


class WordReader:
    """Finds content words; reads its dictionary once (0.1 s, 70 MB shared between processes)."""

    def __init__(self) -> None:
        """Open the dictionary.

        Raises:
            MissingExtraError: the extra `words` is not installed.
        """
        require_words_extra()
        from sudachipy import Dictionary, SplitMode

        self._tokenizer: Tokenizer = Dictionary(dict="core").create(
            mode=SplitMode.C
        )  # C: the longest units, names whole

    def words(self, text: str) -> list[Word]:
        """Return the content words of a text in their order, duplicates kept; a text above 40,000 bytes is cut there."""
        found = []
        for morpheme in self._tokenizer.tokenize(_readable(text)):
            kind = morpheme.part_of_speech()
            if kind[0] in _CONTENT and kind[1] not in _EMPTY:
                found.append(Word(morpheme.normalized_form(), morpheme.dictionary_form(), morpheme.surface()))
        return found

    def spans(self, text: str) -> list[Span]:
        """Return where every word of a text stands, blanks and punctuation left out; what lies behind 40,000 bytes has none."""
        found = []
        for morpheme in self._tokenizer.tokenize(_readable(text)):
            kind = morpheme.part_of_speech()
            if kind[0] not in _NO_WORDS:
                content = kind[0] in _NAMING and kind[1] not in _EMPTY
                found.append(Span(morpheme.begin(), morpheme.end(), content))
        return found

    def parts(self, text: str) -> list[Part]:
        """Return all parts of a text in their order, nouns with their kind; what lies behind 40,000 bytes is left out."""
        return [
            Part(morpheme.surface(), _noun(morpheme.part_of_speech()))
            for morpheme in self._tokenizer.tokenize(_readable(text))
        ]

    def surfaces(self, text: str) -> list[str]:
        """Return all words of a text as they are written, blanks and punctuation among them; what lies behind 40,000 bytes is left out."""
        return [morpheme.surface() for morpheme in self._tokenizer.tokenize(_readable(text))]

    def rows(self, texts: Iterable[str]) -> list[list[Word]]:
        """Return the content words of every text."""
        return [self.words(text) for text in texts]


def _noun(kind: Sequence[str]) -> str:
    if kind[0] != "名詞" or kind[1] not in _NOUNS:
        return ""
    return f"{kind[1]} {kind[2]}" if kind[1] == "固有名詞" else kind[1]


def _readable(text: str) -> str:
    return text if len(text) <= _MOST_BYTES // 4 else text.encode()[:_MOST_BYTES].decode(errors="ignore")
