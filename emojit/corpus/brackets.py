"""Which brackets and quotes of a line belong together: the splitter and four filters ask the same question."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

PAIRS = {
    "「": "」", "｢": "｣", "『": "』", "（": "）", "(": ")", "［": "］", "[": "]", "【": "】", "〈": "〉", "《": "》", "〔": "〕",
    "｛": "｝", "{": "}", "“": "”", "〝": "〟",
}  # fmt: skip
"""Opening to closing character. Single quotes are left out: ’ is an apostrophe more often than a closing quote."""

CLOSERS = frozenset(PAIRS.values())

_WIDTH = str.maketrans("（）［］｛｝｢｣", "()[]{}「」")
"""Width does not tell brackets apart: writers mix （ with )."""

_CLOSED_BY = {opening: closing.translate(_WIDTH) for opening, closing in PAIRS.items()}
_CLOSES = {closing: closing.translate(_WIDTH) for closing in CLOSERS}

MARKS = re.escape("".join([*PAIRS, *PAIRS.values(), '"']))
"""All of them, as they stand in a character class of a pattern."""

_MARK = re.compile(f"[{MARKS}]")
_SIMPLE = re.compile("(?:「」|『』|（）|\\(\\))*")
"""Skeletons of most lines: one pair after the other, none inside another, all of one width."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brackets:
    """The brackets of one line.

    Attributes:
        pairs: (opening, closing) positions that belong together, in the order in which they close.
        unclosed: positions of opening characters that nothing closes.
        orphans: positions of closing characters that nothing opened.
    """

    pairs: tuple[tuple[int, int], ...]
    unclosed: tuple[int, ...]
    orphans: tuple[int, ...]


def match(text: str) -> Brackets:
    """Pair the brackets of a line.

    A closing character takes the nearest opening one of its kind, in either width; what was opened in between and not closed counts as unclosed.
    Straight double quotes, and ” where the line has no “, are paired from the left, unless their number is odd: then none is, because nobody can
    tell which one is missing.
    """
    marks = [(mark.start(), mark.group()) for mark in _MARK.finditer(text)]
    if _SIMPLE.fullmatch("".join([char for _, char in marks])):
        places = [position for position, _ in marks]
        return Brackets(pairs=tuple(zip(places[::2], places[1::2], strict=True)), unclosed=(), orphans=())
    pairs: list[tuple[int, int]] = []
    orphans: list[int] = []
    unclosed: list[int] = []
    stack: list[tuple[str, int]] = []  # the closing character that is waited for, and where it was opened
    quotes: list[int] = []
    straight = '"' if "“" in text else '"”'
    for position, char in marks:
        if char in straight:
            quotes.append(position)
        elif char in _CLOSED_BY:
            stack.append((_CLOSED_BY[char], position))
        else:
            kind = _CLOSES[char]
            depth = len(stack) - 1
            while depth >= 0 and stack[depth][0] != kind:
                depth -= 1
            if depth < 0:
                orphans.append(position)
            else:
                pairs.append((stack[depth][1], position))
                unclosed += [opened for _, opened in stack[depth + 1 :]]
                del stack[depth:]
    if len(quotes) % 2 == 0:
        pairs += zip(quotes[::2], quotes[1::2], strict=True)
    else:
        unclosed.append(quotes[-1])
    unclosed += [opened for _, opened in stack]
    return Brackets(pairs=tuple(pairs), unclosed=tuple(sorted(unclosed)), orphans=tuple(orphans))


@lru_cache(maxsize=1)  # several filters ask about the same sentence, one after the other
def skeleton(text: str) -> str:
    """Return the brackets and quotes of a text in order, without what stands around them: "（」"."""
    return "".join(_MARK.findall(text))


def has_unclosed(text: str) -> bool:
    """Say whether an opening character stands in the text that nothing closes."""
    return bool((marks := skeleton(text)) and _match_marks(marks).unclosed)


def has_orphans(text: str) -> bool:
    """Say whether a closing character stands in the text that nothing opened."""
    return bool((marks := skeleton(text)) and _match_marks(marks).orphans)


@lru_cache(maxsize=4096)
def _match_marks(marks: str) -> Brackets:
    """Pair a skeleton. What belongs together does not depend on the text in between, and a few hundred skeletons are nearly all there are."""
    return match(marks)
