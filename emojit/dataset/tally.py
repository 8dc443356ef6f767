"""Counting the rows of a build one by one, so that a build of any size needs the memory of its counters only."""

from __future__ import annotations

import hashlib
import itertools
import statistics
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from emojit.dataset.pair import RARE, Pair
from emojit.dataset.splits import SPLITS, Split
from emojit.metrics import jaccard


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTally:
    """The rows of one source.

    Attributes:
        rows: rows (count).
        articles: different articles among them (count); 0 for posts that the teacher wrote.
        written: whether the teacher wrote the posts, for rare emoji.
        licences: how the rows spell their licence, sorted; None where a row has none.
    """

    rows: int
    articles: int
    written: bool
    licences: tuple[str | None, ...]


@dataclass(kw_only=True)
class Tally:
    """Everything that `statistics.json` says about the rows, counted while they are written.

    The memory grows with the number of different emoji, and with 16 bytes per row at most: a digest of the article, from which different
    articles are counted at the end, and the agreement of the row's votes, whose interval needs every value.

    Attributes:
        rows: rows by split (counts).
        emoji: split -> emoji -> rows.
        sizes: rows by their number of emoji (counts).
        original_chars: rows by the length of the original text in code points (counts).
        sns_chars: the same of the rewrite.
        licences: rows by their licence as the corpus spells it (counts).
        corpus_licences: licences of the rows that come from the corpus.
        flags: rows by flag (counts).
        drawn: rows that come from the corpus, not from the stage for rare emoji (count).
        drawn_emoji: emoji -> those rows.
        agreements: by split, for every row with several votes the mean Jaccard index of two of them, in [0, 1].
    """

    rows: Counter[Split] = field(default_factory=Counter)
    emoji: dict[Split, Counter[str]] = field(default_factory=lambda: {split: Counter() for split in SPLITS})
    sizes: Counter[int] = field(default_factory=Counter)
    original_chars: Counter[int] = field(default_factory=Counter)
    sns_chars: Counter[int] = field(default_factory=Counter)
    licences: Counter[str | None] = field(default_factory=Counter)
    corpus_licences: set[str | None] = field(default_factory=set)
    flags: Counter[str] = field(default_factory=Counter)
    drawn: int = 0
    drawn_emoji: Counter[str] = field(default_factory=Counter)
    agreements: dict[Split, array[float]] = field(default_factory=lambda: {split: array("d") for split in SPLITS})
    _articles: dict[tuple[Split, str], array[int]] = field(default_factory=lambda: defaultdict(lambda: array("Q")))
    _rows_of: Counter[str] = field(default_factory=Counter)
    _written: set[str] = field(default_factory=set)
    _licences_of: dict[str, set[str | None]] = field(default_factory=lambda: defaultdict(set))

    def add(self, split: Split, pair: Pair) -> None:
        """Count one row."""
        self.rows[split] += 1
        self.emoji[split].update(pair.emojis)
        self.sizes[len(pair.emojis)] += 1
        self.original_chars[len(pair.original_text)] += 1
        self.sns_chars[len(pair.sns_text)] += 1
        self.licences[pair.licence] += 1
        self.flags.update(set(pair.flags))
        self._rows_of[pair.source] += 1
        self._licences_of[pair.source].add(pair.licence)
        if RARE in pair.flags:
            self._written.add(pair.source)
        else:
            self.drawn += 1
            self.corpus_licences.add(pair.licence)
            self.drawn_emoji.update(pair.emojis)
            self._articles[split, pair.source].append(_digest(pair.doc_id))
        if len(pair.votes) > 1:
            self.agreements[split].append(self_agreement(pair.votes))

    @property
    def total(self) -> int:
        """Rows of all splits together (count)."""
        return self.rows.total()

    @property
    def all_emoji(self) -> Counter[str]:
        """Rows by emoji over all splits (counts)."""
        return sum(self.emoji.values(), Counter())

    def articles(self, split: Split) -> int:
        """Return the number of different articles that gave a row to this split."""
        return sum(_distinct([digests]) for (place, _), digests in self._articles.items() if place == split)

    def sources(self) -> dict[str, SourceTally]:
        """Return the counts of every source, by its name in order."""
        return {
            name: SourceTally(
                rows=self._rows_of[name],
                articles=_distinct(digests for (_, source), digests in self._articles.items() if source == name),
                written=name in self._written,
                licences=tuple(sorted(self._licences_of[name], key=lambda licence: licence or "")),
            )
            for name in sorted(self._rows_of)
        }


def self_agreement(votes: Iterable[tuple[str, ...]]) -> float:
    """Return the mean Jaccard index over every two votes of a row, in [0, 1]; there must be two votes at least."""
    return statistics.fmean(jaccard(first, second) for first, second in itertools.combinations(votes, 2))


def _digest(doc_id: str) -> int:
    """Return 64 bits of an article's id: among 100 million articles one collision in 3,700 builds is to be expected."""
    return int.from_bytes(hashlib.blake2b(doc_id.encode(), digest_size=8).digest())


def _distinct(arrays: Iterable[array[int]]) -> int:
    import numpy as np

    every = [np.frombuffer(digests, dtype=np.uint64) for digests in arrays]
    return len(np.unique(np.concatenate(every))) if every else 0
