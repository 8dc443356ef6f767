"""Text in, sentences out: sources, splitting, filters that keep a sentence or name a reason.

`emojit.corpus.sources.open_articles` opens what a recipe names, `emojit.corpus.pipeline.candidates` turns its articles into sentences, each with
None (kept) or the reason it was dropped for. Everything streams: memory grows with the sentences remembered for `duplicate`, not with the text.
"""

from __future__ import annotations

from emojit.corpus.pipeline import candidates
from emojit.corpus.records import Article, Rejected, Sentence
from emojit.corpus.sources import ArticleSource, open_articles
from emojit.corpus.split import split_sentences

__all__ = ["Article", "ArticleSource", "Rejected", "Sentence", "candidates", "open_articles", "split_sentences"]
