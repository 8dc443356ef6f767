"""New texts in the shape of the old with other words: nouns give way to nouns of the same kind.

Recombined clauses (`mixing`) say things in the way of the posts, but only with the words that the training rows happen to hold, and sentences of a corpus
hold other words, but in the way of an encyclopaedia. Here a post, or a mixture of posts, keeps its shape while a share of its nouns is drawn from a store: the
corpus' nouns of the same kind (common noun, name of a person, of a place, another name), a noun that stands there n times with weight √n, and now and then a word that an emoji is called by.
What comes out may be nonsense. That does no harm: a model is asked what it says of it, and a student that learns the answer learns what the model makes of the words.

A word that an emoji is called by stands among many others there, and a student learns little of it. So there is another kind of text, short, in which one such word stands in
place of one noun, or alone (`named`).

Source: our own form of swapping words; compare Jia & Liang (2016), "Data Recombination for Neural Semantic Parsing", where entities are abstracted and filled anew, and Wei & Zou
(2019), "EDA: Easy Data Augmentation Techniques", which replace words by synonyms and keep the label.
"""

from __future__ import annotations

import math
import random
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from emojit.baselines.silver.mixing import SHORTEST, clauses, distinct, frames
from emojit.lexicon.keywords import keywords
from emojit.lexicon.words import Part, WordReader

_SHARES = (0.3, 0.6, 0.9)
"""Shares of the nouns that are replaced; one of them is drawn for each text."""
_NAMED = 0.15
"""Share of the replacements that are words which emoji are called by."""
_SHORT = 40
"""Longest clause that a word is put into (code points)."""
_FEW = 2
"""Most nouns of such a clause (count)."""
_ALONE = 0.15
"""Share of the words that stand alone."""


class NounStore:
    """Nouns by kind, to draw from."""

    def __init__(self, texts: Iterable[str], reader: WordReader) -> None:
        """Collect the nouns of texts that have a vector, so that a model can know what they mean.

        Args:
            texts: a corpus' sentences, or any others.
            reader: finds the nouns.

        Raises:
            MissingExtraError: the extra `words` is not installed.
        """
        from emojit.lexicon.vectors import WordVectors

        vectors = WordVectors()
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for text in texts:
            for part in reader.parts(text):
                if _swappable(part):
                    counts[part.noun][part.surface] += 1
        self._words: dict[str, list[str]] = {}
        self._sums: dict[str, list[float]] = {}
        for kind, found in counts.items():
            known = sorted(word for word in found if vectors.find(word) is not None)
            if known:
                self._words[kind] = known
                self._sums[kind] = list(accumulate(math.sqrt(found[word]) for word in known))
        self._named = [word for word in keywords() if len(word) > 1]

    def other(self, kind: str, draw: random.Random) -> str | None:
        """Draw a noun of a kind; None where there is none."""
        if kind not in self._words:
            return None
        if draw.random() < _NAMED:
            return draw.choice(self._named)
        sums = self._sums[kind]
        return self._words[kind][min(bisect(sums, draw.random() * sums[-1]), len(sums) - 1)]


def swapped(texts: Sequence[str], nouns: NounStore, reader: WordReader, draw: random.Random) -> Iterator[str]:
    """Yield distinct texts with other nouns, until 1,000 draws in a row give no new one.

    Args:
        texts: whose shapes are kept.
        nouns: what is put in.
        reader: finds the nouns of the texts.
        draw: the source of chance.
    """
    made = (_with_others(frame, draw.choice(_SHARES), nouns, reader, draw) for frame in frames(texts, draw))
    yield from distinct(made, texts)


def named(texts: Sequence[str], reader: WordReader, draw: random.Random) -> Iterator[str]:
    """Yield distinct short texts about a word that an emoji is called by, each word as often as any other, until 1,000 in a row give no new one.

    Args:
        texts: whose clauses are kept, but for one noun that gives way to the word.
        reader: finds the nouns of the texts.
        draw: the source of chance.
    """
    shapes = []
    for clause in dict.fromkeys(clause.strip() for text in texts for clause in clauses(text)):
        parts = reader.parts(clause)
        places = [place for place, part in enumerate(parts) if _swappable(part)]
        if SHORTEST <= len(clause) <= _SHORT and 1 <= len(places) <= _FEW:
            shapes.append(([part.surface for part in parts], places))
    yield from distinct(_about_words(shapes, draw), texts, shortest=1)


def _about_words(shapes: Sequence[tuple[list[str], list[int]]], draw: random.Random) -> Iterator[str]:
    """Yield texts without end, none where there are no shapes: words of a clause, and which of them may give way."""
    words = keywords()
    while shapes:
        draw.shuffle(words)
        for word in words:
            if draw.random() < _ALONE:
                yield word
                continue
            surfaces, places = draw.choice(shapes)
            place = draw.choice(places)
            yield "".join((*surfaces[:place], word, *surfaces[place + 1 :]))


def _with_others(text: str, share: float, nouns: NounStore, reader: WordReader, draw: random.Random) -> str:
    written = []
    for part in reader.parts(text):
        other = nouns.other(part.noun, draw) if _swappable(part) and draw.random() < share else None
        written.append(other or part.surface)
    return "".join(written).strip()


def _swappable(part: Part) -> bool:
    return part.noun != "" and len(part.surface) > 1  # one character is too often half a word
