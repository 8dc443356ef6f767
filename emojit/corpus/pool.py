"""The scan of a corpus in several processes: rows go out in batches, sentences come back in corpus order, the same for every number of processes.

A worker parses the rows, splits and filters; the parent reads, counts, puts the records together, and works on batches of its own where it would have to
wait. What travels is plain: the bytes of lines one way, columns of strings the other. At most a few batches are under way, so memory does not grow with
the corpus. How the workers are started and ended stands in `emojit.corpus.workers`.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from emojit.corpus.articles import RowReader
from emojit.corpus.filters import Scanner
from emojit.corpus.records import Article, Scanned, ScannedArticle, ScannedRow
from emojit.corpus.rows import Row
from emojit.corpus.sources import ArticleSource
from emojit.corpus.workers import Reply, Team, Work
from emojit.recipe import FilterConfig

_BATCH_BYTES = 2**18
"""Text of one batch (bytes of a line, code points of an article): about 3,000 sentences, a few hundredths of a second of work."""

_BATCHES_QUEUED = 3
"""Batches per worker that have not come back (count): one at work, two waiting or on their way. More are a longer wait at the end of the corpus."""

_BATCHES_AHEAD = 8
"""Batches per process that the caller has not taken yet (count)."""

T = TypeVar("T")


def scan(source: ArticleSource, filters: FilterConfig, processes: int) -> Iterator[list[Scanned]]:
    """Yield the sentences of a corpus, one list per article in corpus order, as `Scanner.scan` gives them.

    Args:
        source: what is read; its counts end the same for every number of processes. While iterating they say what was yielded, not what was read.
        filters: of the recipe.
        processes: that parse, split and filter, this one included (count).

    Raises:
        CorpusError: as iterating `source`, or a worker process died.
    """
    if processes == 1:
        yield from map(Scanner(filters).scan, source)
        return
    batches = _batches(source.rows(), _row_size)
    for batch in _ordered(functools.partial(_scan_rows, source.reader, filters), batches, processes):
        for row in batch:
            if (met := source.counted(row)) is not None:
                yield met.sentences()
    source.finish()


def scan_articles(articles: Iterable[Article], filters: FilterConfig, processes: int) -> Iterator[list[Scanned]]:
    """Yield the sentences of articles, one list each in their order; see `scan`."""
    if processes == 1:
        yield from map(Scanner(filters).scan, articles)
        return
    batches = _batches(articles, lambda article: len(article.text))
    for batch in _ordered(functools.partial(_scan_articles, filters), batches, processes):
        yield from (met.sentences() for met in batch if isinstance(met, ScannedArticle))


def scan_row(reader: RowReader, scanner: Scanner, row: Row) -> ScannedRow:
    """Return what a row becomes."""
    met = reader.read(row)
    return scanner.columns(met) if isinstance(met, Article) else met


def _scan_rows(reader: RowReader, filters: FilterConfig, rows: Sequence[Row]) -> list[ScannedRow]:
    scanner = _scanner(filters)
    return [scan_row(reader, scanner, row) for row in rows]


def _scan_articles(filters: FilterConfig, articles: Sequence[Article]) -> list[ScannedRow]:
    scanner = _scanner(filters)
    return [scanner.columns(article) for article in articles]


_scanner = functools.lru_cache(maxsize=1)(Scanner)
"""One scanner per worker: batches name the filters, and equal filters are the same scanner."""


def _row_size(row: Row) -> int:
    if isinstance(row.content, bytes):
        return len(row.content)
    text = row.content.get("text")
    return len(text) if isinstance(text, str) else 0


def _batches(items: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    batch: list[T] = []
    filled = 0
    for item in items:
        batch.append(item)
        filled += size(item) + 1
        if filled >= _BATCH_BYTES:
            yield batch
            batch, filled = [], 0
    if batch:
        yield batch


def _ordered(work: Work[T], batches: Iterator[list[T]], processes: int) -> Iterator[list[ScannedRow]]:
    """Yield the results of `work` in the order of the batches, a few batches ahead of the caller.

    This process is one of the number: where the workers have enough to do, it does a batch itself instead of waiting.
    """
    under_way: deque[Reply] = deque()
    with Team(work, processes - 1) as team:
        for batch in batches:
            under_way.append(team.ask(batch, _BATCHES_QUEUED) or Reply(work(batch)))
            team.collect()
            while under_way and (
                (rows := under_way[0].rows) is not None or len(under_way) >= _BATCHES_AHEAD * processes
            ):
                if rows is None:
                    team.collect(None)
                else:
                    under_way.popleft()
                    yield rows
        while under_way:
            if (rows := under_way[0].rows) is None:
                team.collect(None)
            else:
                under_way.popleft()
                yield rows
