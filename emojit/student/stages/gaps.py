"""Span corruption: sentences with gaps, and what stood in them.

Raffel et al. 2020, "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer", 3.1.4: 15 % of the tokens are taken out in spans
of 3 on average; each gap is one token that stands for it, and the answer is these tokens, each followed by what it stood for, and one more at the end.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

_SHARE = 0.15
_SPAN = 3.0
"""Share of the tokens that are taken out, and mean length of a span (tokens)."""


def corrupt(tokens: Sequence[int], gaps: Sequence[int], draw: random.Random) -> tuple[list[int], list[int]] | None:
    """Take spans out of a text.

    Args:
        tokens: ids of the text, without end token.
        gaps: ids of the gap tokens, at least two.
        draw: where the spans come from.

    Returns:
        The text with gaps and what stood in them, both without end token; None where the text is too short to lose a token and keep two.
    """
    lost = max(1, round(len(tokens) * _SHARE))
    kept = len(tokens) - lost
    if kept < 2:
        return None
    spans = max(1, min(round(lost / _SPAN), kept, len(gaps) - 1))
    lengths = zip(_parts(kept, spans, draw), _parts(lost, spans, draw), strict=True)
    text: list[int] = []
    answer: list[int] = []
    place = 0
    for gap, (left, taken) in zip(gaps, lengths, strict=False):
        text += [*tokens[place : place + left], gap]
        answer += [gap, *tokens[place + left : place + left + taken]]
        place += left + taken
    return text, [*answer, gaps[spans]]


def _parts(total: int, count: int, draw: random.Random) -> list[int]:
    """Cut `total` into `count` parts of at least one, all ways being equally likely."""
    cuts = sorted(draw.sample(range(1, total), count - 1))
    return [right - left for left, right in zip([0, *cuts], [*cuts, total], strict=True)]
