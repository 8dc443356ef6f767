"""The scan of a corpus in several processes: rows go out in batches, sentences come back in corpus order, the same for every number of processes.

A worker parses the rows, splits and filters; the parent reads, counts, puts the records together, and works on batches of its own where it would have to
wait. What travels is plain: the bytes of lines one way, columns of strings the other. At most a few batches are under way, so memory does not grow with
the corpus.

Workers are started afresh (not forked: the parent may hold threads), import nothing but this room, and end when their parent does, however that ends.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import TypeVar

from emojit.corpus.articles import RowReader
from emojit.corpus.filters import Scanner
from emojit.corpus.records import Article, Rejected, Scanned, ScannedArticle
from emojit.corpus.rows import Row
from emojit.corpus.sources import ArticleSource
from emojit.errors import CorpusError
from emojit.recipe import FilterConfig

_BATCH_BYTES = 2**18
"""Text of one batch (bytes of a line, code points of an article): about 3,000 sentences, a few hundredths of a second of work."""

_BATCHES_QUEUED = 4
"""Batches per worker that are not known to be done (count): one at work, one on its way back, two waiting."""

_BATCHES_AHEAD = 8
"""Batches per process that the caller has not taken yet (count)."""

ScannedRow = ScannedArticle | Rejected | None
"""What a row became: its sentences, the reason why there is no article, or None for an article that the share leaves out."""

_TURN_S = 0.0001
"""How long this process works before another of its threads gets a turn (s). The threads of the pool need one for every 64 kB that come in, and the worker
waits meanwhile; Python's own 5 ms cost a tenth of the speed."""

T = TypeVar("T")
R = TypeVar("R")


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
        yield from map(ScannedArticle.sentences, batch)


def scan_row(reader: RowReader, scanner: Scanner, row: Row) -> ScannedRow:
    """Return what a row becomes."""
    met = reader.read(row)
    return scanner.columns(met) if isinstance(met, Article) else met


def _scan_rows(reader: RowReader, filters: FilterConfig, rows: Sequence[Row]) -> list[ScannedRow]:
    scanner = _scanner(filters)
    return [scan_row(reader, scanner, row) for row in rows]


def _scan_articles(filters: FilterConfig, articles: Sequence[Article]) -> list[ScannedArticle]:
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


def _ordered(work: Callable[[T], R], batches: Iterator[T], processes: int) -> Iterator[R]:
    """Yield the results of `work` in the order of the batches, a few batches ahead of the caller.

    This process is one of the number: where the next result is not there yet, it does a batch itself instead of waiting.
    """
    workers = processes - 1
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin_worker)
    under_way: deque[Future[R]] = deque()
    turn = sys.getswitchinterval()
    sys.setswitchinterval(min(turn, _TURN_S))
    try:
        for batch in batches:
            if sum(not result.done() for result in under_way) < _BATCHES_QUEUED * workers:
                under_way.append(_submit(pool, work, batch))
            else:
                under_way.append(_done(work(batch)))
            while under_way and (under_way[0].done() or len(under_way) >= _BATCHES_AHEAD * processes):
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    except BrokenProcessPool as exc:
        raise CorpusError(
            "a process that reads the corpus died, perhaps for want of memory",
            hint="run it with fewer: --set corpus.processes=1",
        ) from exc
    finally:
        sys.setswitchinterval(turn)
        pool.shutdown(wait=True, cancel_futures=True)


def _done(result: R) -> Future[R]:
    future: Future[R] = Future()
    future.set_result(result)
    return future


def _submit(pool: ProcessPoolExecutor, work: Callable[[T], R], batch: T) -> Future[R]:
    """Hand a batch over. A worker that starts for it inherits the blocked SIGINT: Ctrl-C does not hit it while it imports."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(work, batch)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _begin_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent alone decides
    gc.set_threshold(100_000)  # a scan makes many objects and no cycles: looking for them costs 3 %
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent is gone: a killed parent can no longer tell it to."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        with contextlib.suppress(OSError):
            wait([parent.sentinel])
        os._exit(1)
