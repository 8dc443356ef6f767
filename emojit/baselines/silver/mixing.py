"""New texts in the words of the old: stretches of clauses of one or two texts.

A text is cut behind 、。！？ and the like. A stretch is at least half of the clauses of a text, one after the other; a mixture is one stretch, or two of different
texts. What the mixture means is not known, so nothing is copied from the rows it came from: whoever uses mixtures asks a model about them.

Source: our own form of recombining training texts; compare Guo et al. (2019), "Augmenting Data with Mixup for Sentence Classification", which mixes vectors and labels.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat

SHORTEST, LONGEST = 8, 110
"""Length of a mixture (code points)."""
_PAIRS = 0.6
"""Share of the mixtures that hold two stretches."""
_WHOLE = 0.4
"""Share of whole texts among the frames."""
IN_VAIN = 1000
"""After so many draws in a row that give nothing new, there is nothing more to be had (count)."""

_CLAUSE = re.compile(r"[^、。！？!?…\s]+[、。！？!?…\s]*")


def clauses(text: str) -> list[str]:
    """Cut a text behind its punctuation; joined, the clauses are the text without what it begins with."""
    return _CLAUSE.findall(text)


def mixtures(texts: Sequence[str], draw: random.Random) -> Iterator[str]:
    """Yield distinct mixtures that are none of the texts, until 1,000 draws in a row give no new one.

    Args:
        texts: what is recombined.
        draw: the source of chance.
    """
    pool = [found for text in texts if (found := clauses(text))]
    yield from distinct((_mixture(pool, draw) for _ in (repeat(None) if pool else ())), texts)


def distinct(made: Iterable[str], known: Iterable[str], *, shortest: int = SHORTEST) -> Iterator[str]:
    """Yield new texts, each once, until 1,000 in a row are none.

    Args:
        made: texts, one drawn after the other and perhaps without end.
        known: texts that are not new.
        shortest: length below which a text is none (code points); the longest is LONGEST.
    """
    seen, in_vain = set(known), 0
    for text in made:
        if shortest <= len(text) <= LONGEST and text not in seen:
            seen.add(text)
            in_vain = 0
            yield text
        else:
            in_vain += 1
        if in_vain >= IN_VAIN:
            return


def frames(texts: Sequence[str], draw: random.Random) -> Iterator[str]:
    """Yield texts and mixtures of them without end, so many of each, whether they have come before or not; none where no text has a clause.

    Args:
        texts: what is repeated and recombined.
        draw: the source of chance.
    """
    pool = [found for text in texts if (found := clauses(text))]
    while pool:
        yield "".join(draw.choice(pool)) if draw.random() < _WHOLE else _mixture(pool, draw)


def _mixture(pool: Sequence[Sequence[str]], draw: random.Random) -> str:
    mixture = _stretch(draw.choice(pool), draw)
    if draw.random() < _PAIRS:
        mixture += _stretch(draw.choice(pool), draw)
    return mixture.strip()


def _stretch(found: Sequence[str], draw: random.Random) -> str:
    length = draw.randint(max(1, len(found) // 2), len(found))
    start = draw.randint(0, len(found) - length)
    return "".join(found[start : start + length])
