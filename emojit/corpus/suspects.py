"""Which filters a sentence needs at all: one search over a whole article in place of one for every sentence.

Most filters can only object to a sentence that holds something: a bracket, an ASCII sign, seven digits. `GUARDS` says what, as a pattern that finds at
least everything the filter objects to; a filter without a guard is asked about every sentence. The tests hold the guards to that promise: with and
without them a scan gives the same reasons.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from emojit.corpus.brackets import MARKS
from emojit.corpus.rules import LEANING, MANY_DIGITS, ODD, Filter

_BRACKET = f"[{MARKS}]"
_REMAINS = "px|ISBN|注|テンプレート|、[、，/／がはをにので]|のが|は[がをに]|るである|て[がを]|り[がを]|に[がを]|されが|のにお|のによ|参照|詳細|詳しく|（[0-9０-９]{3,4}年? ?[-–—]| [はがをにのと、。]|\n[をにのがは]"
_LEANING = f"\n[{LEANING}]|以下|次|下記|左記|下表|上表|図は|表は|左図|右図|下図|からで|からだ|ためで|ためだ"

GUARDS: dict[str, tuple[str, ...]] = {
    "truncated": (_BRACKET,),
    "orphan_close": (_BRACKET,),
    "unbalanced_brackets": (_BRACKET,),
    "empty_brackets": (_BRACKET,),
    "template_rest": (ODD, _REMAINS),
    "needs_context": (_LEANING,),
    "url_or_markup": (ODD,),
    "contains_emoji": (ODD,),
    "personal_data": (ODD, MANY_DIGITS),
}
"""Filter to patterns of which a sentence holds one if the filter objects to it; a line break stands before every sentence."""


class Suspects:
    """Chooses the filters for each sentence of an article."""

    def __init__(self, chain: Sequence[tuple[str, Filter]]) -> None:
        """Prepare the guards of the named filters, given in the order in which they are asked."""
        self._chain = tuple(chain)
        patterns = sorted({pattern for name, _ in chain for pattern in GUARDS.get(name, ())})
        self._bits = {pattern: 1 << place for place, pattern in enumerate(patterns)}
        # Up to the end of the sentence, so that a sentence is found once and known by where it ends.
        self._compiled = [(re.compile(f"(?:{pattern})[^\n]*"), bit) for pattern, bit in self._bits.items()]
        self._chosen: dict[int, tuple[Filter, ...]] = {}

    def filters(self, texts: Sequence[str]) -> list[tuple[Filter, ...]]:
        """Return for each sentence of an article the filters that may object to it, in order. No sentence holds a line break."""
        article = "".join([f"\n{text}" for text in texts])
        found: dict[int, int] = {}
        end = 0
        for text in texts:
            end += 1 + len(text)
            found[end] = 0
        for pattern, bit in self._compiled:
            for match in pattern.finditer(article):
                found[match.end()] |= bit
        return [self._chosen.get(bits) or self._choose(bits) for bits in found.values()]

    def _choose(self, bits: int) -> tuple[Filter, ...]:
        chosen = tuple(
            check
            for name, check in self._chain
            if name not in GUARDS or any(self._bits[pattern] & bits for pattern in GUARDS[name])
        )
        self._chosen[bits] = chosen
        return chosen
