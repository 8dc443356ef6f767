"""The words of the texts, each alone: what a model makes of a word, without anything around it.

Texts of the data set are labelled by models that have not learned them, and a word that stands in a single article is then never labelled by a model that knows it. A word alone gives no
text away, so the model that has learned every row may label it, and says all that it knows of the word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from emojit.lexicon.words import WordReader


def single_words(texts: Sequence[str], more: Iterable[str], reader: WordReader, count: int) -> list[str]:
    """Return content words as they are written, each once: those of the texts, then those of further texts, both most frequent first and what is as frequent by its characters.

    Args:
        texts: of the data set; a word that is one of them is left out.
        more: other texts.
        reader: finds the words.
        count: words at most (count).
    """
    own, whole = _ranked(texts, reader), frozenset(texts)
    found = [word for word in own if word not in whole]
    if len(found) < count:
        known = whole.union(own)
        found += [word for word in _ranked(more, reader) if word not in known]
    return found[:count]


def _ranked(texts: Iterable[str], reader: WordReader) -> list[str]:
    counts = Counter(word.surface for text in texts for word in reader.words(text))
    return sorted(counts, key=lambda word: (-counts[word], word))
