"""Emoji whose Japanese names and keywords stand in the text."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from emojit.baselines.base import MAX_EMOJIS, Example, not_fitted, usable_rows
from emojit.baselines.constant import Constant, checked_answer
from emojit.baselines.state import damaged, read_facts, write_state
from emojit.emoji import INVENTORY
from emojit.lexicon.keywords import Hit, keyword_index
from emojit.metrics import jaccard_scores

_PLAIN = ("🤔",)
"""Answer to a text without any keyword where no training rows say what is likelier."""
_TRUST = 2.0
"""How many rows with a keyword outweigh what the names say about it (count)."""
_STRENGTHS = (0.0, 0.25, 0.5, 1.0)
"""Candidates for how much the share of an emoji in the training rows counts."""
_SIZES = (1, 2, 3)
"""Candidates for the number of emoji given (count)."""
_ENOUGH_ROWS = 2000
"""Rows on which strength and size are chosen (count)."""


class Lexicon:
    """Looks for names and keywords of emoji in the text (`emojit.lexicon.keywords`), the longest first, none inside another.

    A keyword speaks for its emoji, the more strongly the fewer there are and the longer it is. With training rows it speaks for the emoji that rows with the
    keyword have as well, and frequent emoji are preferred; how strongly, and how many emoji are given, is what does best on those rows. Without any
    (`untrained`) names alone decide, and two emoji are given.
    """

    name = "lexicon"
    sources: tuple[str, ...] = ("Japanese names and keywords of emoji: CLDR (Unicode-3.0)",)
    licences: tuple[str, ...] = ()

    def __init__(self) -> None:
        self._size = 2
        self._strength = 0.0
        self._shares: dict[str, float] = {}  # emoji → share of the training rows that have it
        self._seen: dict[str, dict[str, int]] = {}  # keyword → emoji → training rows with both
        self._rows: dict[str, int] = {}  # keyword → training rows that hold it
        self._fallback: tuple[str, ...] = ()

    @classmethod
    def untrained(cls) -> Self:
        """Return a lexicon that has seen no rows and can answer at once."""
        made = cls()
        made._fallback = _PLAIN
        return made

    def fit(self, rows: Sequence[Example]) -> None:
        """Learn what keywords and emoji go together in the rows; see `Baseline.fit`."""
        kept = usable_rows(rows)
        seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
        holding: Counter[str] = Counter()
        for row in kept:
            for keyword in _found(row.text):
                seen[keyword].update(row.emojis)
                holding[keyword] += 1
        counts = Counter(emoji for row in kept for emoji in row.emojis)
        self._shares = {emoji: count / len(kept) for emoji, count in sorted(counts.items())}
        self._seen = {keyword: dict(sorted(seen[keyword].items())) for keyword in sorted(seen)}
        self._rows = dict(sorted(holding.items()))
        constant = Constant()
        constant.choose([row.emojis for row in kept])
        self._fallback = constant.answer
        self._choose(kept[:: max(1, len(kept) // _ENOUGH_ROWS)])

    def predict(self, texts: Sequence[str]) -> list[list[str]]:
        """Return the emoji that the keywords speak for; see `Baseline.predict`."""
        if not self._fallback:
            raise not_fitted(self.name)
        return [self._answer(text) for text in texts]

    def save(self, folder: Path) -> None:
        """Write what the rows taught; see `Baseline.save`."""
        if not self._fallback:
            raise not_fitted(self.name)
        facts = {
            "size": self._size,
            "strength": self._strength,
            "shares": self._shares,
            "seen": self._seen,
            "rows": self._rows,
            "fallback": list(self._fallback),
        }
        write_state(folder, facts)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; see `Baseline.load`."""
        facts, made = read_facts(folder), cls()
        try:
            made._size, made._strength = min(int(facts["size"]), MAX_EMOJIS), float(facts["strength"])
            made._shares, made._seen, made._rows = dict(facts["shares"]), dict(facts["seen"]), dict(facts["rows"])
            made._fallback = checked_answer(facts["fallback"])
        except (KeyError, TypeError, ValueError) as exc:
            raise damaged(folder, exc) from exc
        return made

    def _answer(self, text: str) -> list[str]:
        scores = self._scores(_found(text))
        best = sorted(scores, key=lambda emoji: (-scores[emoji], emoji))[: self._size]
        return best or list(self._fallback)

    def _scores(self, hits: dict[str, Hit], without: Sequence[str] = ()) -> dict[str, float]:
        """Add up what keywords say; of a training row that is itself judged, `without` takes its own emoji out of the counts."""
        scores: defaultdict[str, float] = defaultdict(float)
        for keyword, hit in hits.items():
            named = dict(hit.emojis)
            total = sum(named.values())
            weight = len(keyword) * math.log(1 + len(INVENTORY) / len(named))
            seen = self._seen.get(keyword, {})
            rows = self._rows.get(keyword, 0) - bool(without)
            for emoji in dict.fromkeys((*named, *seen)):
                count = seen.get(emoji, 0) - (emoji in without)
                chance = (count + _TRUST * named.get(emoji, 0.0) / total) / (rows + _TRUST)
                if chance > 0:
                    scores[emoji] += weight * chance
        smallest = min(self._shares.values(), default=1.0) / 2
        return {emoji: score * self._shares.get(emoji, smallest) ** self._strength for emoji, score in scores.items()}

    def _choose(self, rows: Sequence[Example]) -> None:
        found = [(_found(row.text), row.emojis) for row in rows]
        best, chosen = -1.0, (self._strength, self._size)
        for strength in _STRENGTHS:
            self._strength = strength
            ranked = []
            for hits, emojis in found:
                scores = self._scores(hits, without=emojis)
                ranked.append(sorted(scores, key=lambda emoji: (-scores[emoji], emoji))[: max(_SIZES)])
            for size in _SIZES:
                answers = [row[:size] or list(self._fallback) for row in ranked]
                reached = sum(jaccard_scores(answers, [list(emojis) for _, emojis in found]))
                if reached > best + 1e-9:
                    best, chosen = reached, (strength, size)
        self._strength, self._size = chosen


def _found(text: str) -> dict[str, Hit]:
    """Return the keywords in a text, each once."""
    return {hit.keyword: hit for hit in keyword_index().find(text)}
