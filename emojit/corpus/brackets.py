"""Which brackets and quotes of a line belong together: the splitter and three filters ask the same question."""

from __future__ import annotations

from dataclasses import dataclass

PAIRS = {
    "「": "」", "｢": "｣", "『": "』", "（": "）", "(": ")", "［": "］", "[": "]", "【": "】", "〈": "〉", "《": "》", "〔": "〕",
    "｛": "｝", "{": "}", "“": "”", "〝": "〟",
}  # fmt: skip
"""Opening to closing character. Single quotes are left out: ’ is an apostrophe more often than a closing quote."""

CLOSERS = frozenset(PAIRS.values())

_KIND = str.maketrans("（）［］｛｝｢｣", "()[]{}「」")
"""Width does not tell brackets apart: writers mix （ with )."""


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
    pairs: list[tuple[int, int]] = []
    orphans: list[int] = []
    unclosed: list[int] = []
    stack: list[int] = []
    quotes: list[int] = []
    plain = text.translate(_KIND)
    straight = '"' if "“" in text else '"”'
    for position, char in enumerate(plain):
        if char in straight:
            quotes.append(position)
        elif char in PAIRS:
            stack.append(position)
        elif char in CLOSERS:
            depth = next((d for d in range(len(stack) - 1, -1, -1) if PAIRS[plain[stack[d]]] == char), None)
            if depth is None:
                orphans.append(position)
            else:
                pairs.append((stack[depth], position))
                unclosed += stack[depth + 1 :]
                del stack[depth:]
    if len(quotes) % 2 == 0:
        pairs += zip(quotes[::2], quotes[1::2], strict=True)
    else:
        unclosed.append(quotes[-1])
    return Brackets(pairs=tuple(pairs), unclosed=tuple(sorted(unclosed + stack)), orphans=tuple(orphans))
