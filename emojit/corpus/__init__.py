"""Text in, sentences out: sources, splitting, filters that keep a sentence or name a reason.

`emojit.corpus.sources.open_articles` opens what a recipe names; `emojit.corpus.draw.draw` gives its sentences in drawing order, each with None (kept) or
the reason it was dropped for. Everything streams: memory grows with the sentences remembered for `duplicate`, not with the text.
"""

from __future__ import annotations

from emojit.corpus.choice import OVER_LIMIT, Offer
from emojit.corpus.filters import Scanner
from emojit.corpus.records import Article, Rejected, Scanned, Sentence
from emojit.corpus.sources import ArticleSource, open_articles
from emojit.corpus.split import split_sentences

__all__ = [
    "OVER_LIMIT",
    "Article",
    "ArticleSource",
    "Offer",
    "Rejected",
    "Scanned",
    "Scanner",
    "Sentence",
    "open_articles",
    "split_sentences",
]
