"""Which of one article's sentences are drawn: ranked by a seeded hash, compared with what was drawn before, at most so many."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from emojit.corpus.filters import duplicate
from emojit.corpus.records import Scanned, Sentence
from emojit.recipe import FilterConfig

OVER_LIMIT = "over_article_limit"
"""The reason of a good sentence that `corpus.sentences_per_article` left out."""

Memory = Callable[[str], tuple[str, str] | None]
"""Compares a text with those it was asked about before: None keeps and remembers it, else (reason, detail)."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One sentence of the corpus, in drawing order.

    Attributes:
        sentence: the sentence.
        reason: None where it is kept, else the one word it is dropped for.
        detail: what a person needs to understand the reason, such as the earlier text of a near-duplicate; may be empty.
    """

    sentence: Sentence
    reason: str | None
    detail: str = ""


class Choice:
    """Decides article by article, in drawing order. It remembers the sentences it kept, and nothing of those over the limit."""

    def __init__(self, filters: FilterConfig, *, limit: int, seed: int, expected: int = 0) -> None:
        """Start with nothing remembered.

        Args:
            filters: `duplicate` and `near_duplicate` are asked where its order names them.
            limit: at most this many kept sentences per article (count); 0 means all.
            seed: of the hash that ranks the sentences of an article, so that the choice does not depend on the other articles.
            expected: sentences that will be kept, as far as it is known (count); it decides about memory only.
        """
        self._memories = _memories(filters, expected)
        self._drop_flags = filters.drop_flags
        self._limit = limit
        self._seed = seed

    def offers(self, scanned: Sequence[Scanned]) -> list[Offer]:
        """Return every sentence of one article in text order, each with its reason."""
        good = [place for place, (_, reason) in enumerate(scanned) if reason is None]
        if self._limit:
            good.sort(key=lambda place: self._rank(scanned[place][0]))
        verdicts: dict[int, tuple[str, str]] = {}
        kept = 0
        for place in good:
            if self._limit and kept == self._limit:
                verdicts[place] = (OVER_LIMIT, "")
            elif (found := self._compare(scanned[place][0].text)) is not None:
                verdicts[place] = found
            else:
                kept += 1
        offers = []
        for place, (sentence, reason) in enumerate(scanned):
            if reason is not None:
                offers.append(Offer(sentence, reason, self._detail(sentence, reason)))
            elif place in verdicts:
                offers.append(Offer(sentence, *verdicts[place]))
            else:
                offers.append(Offer(sentence, None))
        return offers

    def _detail(self, sentence: Sentence, reason: str) -> str:
        return ", ".join(name for name in sentence.flags if name in self._drop_flags) if reason == "sensitive" else ""

    def _rank(self, sentence: Sentence) -> bytes:
        return hashlib.sha256(f"{self._seed}\n{sentence.id}".encode()).digest()

    def _compare(self, text: str) -> tuple[str, str] | None:
        for memory in self._memories:
            if (found := memory(text)) is not None:
                return found
        return None


def _memories(filters: FilterConfig, expected: int) -> list[Memory]:
    makers: dict[str, Callable[[], Memory]] = {
        "duplicate": _duplicates,
        "near_duplicate": lambda: _near_duplicates(filters.near_duplicate_threshold, expected),
    }
    return [makers[name]() for name in filters.order if name in makers]


def _duplicates() -> Memory:
    seen = duplicate()
    return lambda text: ("duplicate", "") if seen(text) else None


def _near_duplicates(threshold: float, expected: int) -> Memory:
    from emojit.corpus.near import NearDuplicates

    known = NearDuplicates(threshold, expected=expected)

    def check(text: str) -> tuple[str, str] | None:
        earlier = known.add(text)
        return None if earlier is None else ("near_duplicate", earlier)

    return check
