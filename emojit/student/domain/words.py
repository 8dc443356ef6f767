"""Where the words of a text stand: by Sudachi where the extra `words` is installed, else by the kinds of its characters."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from emojit.lexicon.extra import has_words_extra
from emojit.lexicon.words import Span, WordReader

_RUNS = re.compile(
    r"(?P<han>[々\u3400-\u4DBF\u4E00-\u9FFF]+)|(?P<katakana>[ァ-ヴー]{2,})|[ぁ-ゖ]+|[^\W_ぁ-ゖァ-ヴ々\u3400-\u4DBF\u4E00-\u9FFF]+"
)
"""Runs of one kind: Chinese characters, katakana, hiragana, Latin letters and digits."""


@dataclass(frozen=True, slots=True)
class WordFinder:
    """Finds words."""

    name: str
    """"sudachi" or "characters": figures of one do not compare with those of the other."""
    find: Callable[[str], list[Span]]
    """Returns the words of a text in their order; none overlaps another."""


def word_finder() -> WordFinder:
    """Return the better one of those that this installation has."""
    return WordFinder("sudachi", WordReader().spans) if has_words_extra() else WordFinder("characters", runs)


def runs(text: str) -> list[Span]:
    """Return the runs of one kind of characters; content words are those of Chinese characters, and of at least two katakana."""
    return [Span(match.start(), match.end(), match.lastgroup is not None) for match in _RUNS.finditer(text)]
