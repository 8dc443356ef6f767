"""Articles to candidate sentences: split, filter, and at most so many per article."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from emojit.corpus.filters import Filter, make_filters
from emojit.corpus.records import Article, Sentence, sentence_id
from emojit.corpus.split import split_sentences
from emojit.recipe import FilterConfig

OVER_LIMIT = "over_article_limit"
"""The reason of a good sentence that `corpus.sentences_per_article` left out."""


def candidates(
    articles: Iterable[Article], filters: FilterConfig, *, sentences_per_article: int = 0, seed: int = 0
) -> Iterator[tuple[Sentence, str | None]]:
    """Offer every sentence of a corpus in order, with None (kept) or the reason it is dropped for.

    Args:
        articles: the corpus; read lazily, one article at a time.
        filters: which filters are asked, in which order.
        sentences_per_article: at most this many kept sentences per article (count); 0 means all. Which ones is decided by a hash of the seed and the
            sentence, so the choice does not depend on the other articles.
        seed: of that hash.

    Yields:
        (sentence, reason or None), dropped ones included.
    """
    chain = make_filters(filters)
    for article in articles:
        offered = [(sentence, _first_reason(chain, sentence.text)) for sentence in _sentences(article)]
        if sentences_per_article:
            offered = _limit(offered, sentences_per_article, seed)
        yield from offered


def _sentences(article: Article) -> Iterator[Sentence]:
    for index, text in enumerate(split_sentences(article.text)):
        yield Sentence(
            id=sentence_id(article.source, article.doc_id, text),
            source=article.source,
            doc_id=article.doc_id,
            title=article.title,
            url=article.url,
            licence=article.licence,
            index=index,
            text=text,
        )


def _first_reason(chain: Iterable[Filter], text: str) -> str | None:
    return next((reason for check in chain if (reason := check(text)) is not None), None)


def _limit(offered: list[tuple[Sentence, str | None]], limit: int, seed: int) -> list[tuple[Sentence, str | None]]:
    kept = [sentence for sentence, reason in offered if reason is None]
    ranked = sorted(kept, key=lambda sentence: hashlib.sha256(f"{seed}\n{sentence.id}".encode()).digest())
    chosen = {sentence.index for sentence in ranked[:limit]}
    return [
        (sentence, OVER_LIMIT if reason is None and sentence.index not in chosen else reason)
        for sentence, reason in offered
    ]
