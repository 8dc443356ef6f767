"""The order in which the sentences of a corpus are drawn.

Two ways:

* every sentence: the articles in corpus order, read once, one at a time;
* a sample that spreads: the articles in the order of a hash of (constant, seed, source, doc_id), so that the sentences drawn so far are at every moment
  a uniform sample of the whole corpus, and a build that wants more keeps what a smaller one drew. One pass over the corpus keeps the articles that come
  first in that order; when the caller asks for more than these, another pass takes the next ones. A pass hashes all articles and filters none but those
  that are drawn.

Articles that share source and doc_id (the parts of one document, or ids that count from 0 in every shard) are articles of their own, drawn one after the
other in corpus order; a sentence that two of them hold is a duplicate.
"""

from __future__ import annotations

import dataclasses
import hashlib
import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from emojit.corpus.choice import Choice, Offer
from emojit.corpus.pool import scan, scan_articles
from emojit.corpus.prepared import PreparedSource, open_prepared
from emojit.corpus.records import Article, Rejected, Scanned, ScannedArticle
from emojit.corpus.sources import ArticleSource, open_articles
from emojit.corpus.streams import Position
from emojit.logs import progress
from emojit.recipe import CorpusConfig, FilterConfig

_SPARE_ARTICLES = 1000
"""Articles that the first pass holds beyond one for each wanted sentence: most give two, some none (count)."""

_MAX_CHARS = 2**27
"""Text that a pass holds at most (code points), about 256 MB of Japanese; what is beyond it waits for the next pass."""

_LOOK_EVERY = 64
"""Articles between two looks at the place in the corpus (count)."""

T = TypeVar("T")
A = TypeVar("A", Article, ScannedArticle)
A_co = TypeVar("A_co", bound=Article | ScannedArticle, covariant=True)


class Source(Protocol[A_co]):
    """A corpus that can be read several times: articles that are still to be filtered, or those of a corpus folder."""

    position: Position

    def __iter__(self) -> Iterator[A_co]:
        """Yield the articles in corpus order."""
        ...

    def again(self) -> Source[A_co]:
        """Return the same corpus, to be read from its start."""
        ...


class Draw:
    """The sentences of a corpus in drawing order: iterate once, then read what was counted.

    Attributes:
        drawn: articles whose sentences were offered so far (count).
        candidates: sentences offered so far, dropped ones included (count).
    """

    def __init__(
        self,
        source: ArticleSource | PreparedSource,
        filters: FilterConfig,
        *,
        corpus: CorpusConfig,
        seed: int,
        first: int | None,
        quiet: bool,
    ) -> None:
        self.drawn = 0
        self.candidates = 0
        self._source = source
        self._filters = filters
        self._limit = corpus.sentences_per_article
        self._processes = corpus.processes
        self._seed = seed
        self._first = first
        self._quiet = quiet

    @property
    def inputs(self) -> dict[str, object]:
        """What is read, for the manifest: kind, name, and sha256 and size of files or commit of a repository."""
        return self._source.inputs

    @property
    def articles(self) -> int:
        """Articles met in the corpus so far (count): with a sample that spreads, all of them before the first sentence is offered."""
        return self._source.articles

    @property
    def left_out(self) -> int:
        """Articles that `corpus.share` left out so far (count)."""
        return self._source.left_out

    @property
    def rejected(self) -> Counter[str]:
        """Lines that became no article so far, by reason (counts); the lines themselves went to `on_rejected`."""
        return self._source.rejected

    def check(self) -> None:
        """Raise CorpusError when too many lines cannot be read; for a caller that stops before the end of the corpus."""
        self._source.check()

    def __iter__(self) -> Iterator[Offer]:
        """Yield every sentence with its reason, the articles in drawing order and each in text order.

        Raises:
            CorpusError: nothing to read, or more than `corpus.max_bad_lines` of the lines cannot be read.
        """
        filters = self._filters
        if isinstance(self._source, PreparedSource):  # whose sentences were compared when it was made
            filters = dataclasses.replace(filters, order=())
        choice = Choice(filters, limit=self._limit, seed=self._seed, expected=self._first or 0)
        for scanned in self._scanned():
            self.drawn += 1
            for offer in choice.offers(scanned):
                self.candidates += 1
                yield offer

    def _scanned(self) -> Iterator[list[Scanned]]:
        source, filters, processes = self._source, self._filters, self._processes
        if isinstance(source, PreparedSource):
            ordered = (
                [watched(source, source.position, quiet=self._quiet)] if self._first is None else self._passes(source)
            )
            for scanned in ordered:
                yield from map(ScannedArticle.sentences, scanned)
        elif self._first is None:
            yield from watched(scan(source, filters, processes), source.position, quiet=self._quiet)
        else:
            for articles in self._passes(source):
                yield from scan_articles(articles, filters, processes)  # workers do not look into the next pass

    def _passes(self, source: Source[A]) -> Iterator[Iterator[A]]:
        return passes(source, self._seed, self._first or 1, quiet=self._quiet)


def draw(
    corpus: CorpusConfig,
    filters: FilterConfig,
    *,
    seed: int,
    spread: bool,
    wanted: int = 0,
    on_rejected: Callable[[Rejected], None] | None = None,
    quiet: bool = False,
) -> Draw:
    """Open a corpus to draw sentences from.

    Args:
        corpus: what is read, and how many sentences are kept of an article.
        filters: which sentences are kept.
        seed: of the drawing order and of the choice within an article.
        spread: a sample that spreads over the whole corpus; otherwise every article in corpus order.
        wanted: how many kept sentences the caller expects to take of a sample that spreads (count). It decides how many articles a pass holds, so a good
            guess saves passes; the order does not depend on it.
        on_rejected: is given every input line that becomes no article, once and in corpus order, as it is met.
        quiet: no progress bars.

    Raises:
        CorpusError: no such file or repository, an unknown kind of file, or an empty file.
        MissingExtraError: a Hub data set is named and `datasets` is not installed.
        OfflineError: a Hub data set is named while `EMOJIT_OFFLINE` is set.
    """
    source = open_prepared(corpus, filters) or open_articles(corpus, on_rejected=on_rejected, quiet=quiet)
    first = _SPARE_ARTICLES + wanted if spread else None
    return Draw(source, filters, corpus=corpus, seed=seed, first=first, quiet=quiet)


def passes(
    source: Source[A], seed: int, first: int, *, max_chars: int = _MAX_CHARS, quiet: bool = False
) -> Iterator[Iterator[A]]:
    """Yield the articles of a corpus by their hash, pass by pass; those with the same id by their place in the corpus.

    Args:
        source: read to its end once per pass.
        seed: of the order.
        first: articles that the first pass holds (count); every further pass holds twice as many.
        max_chars: text that a pass holds at most (code points); one article is always held. Neither changes the order.
        quiet: no progress bars.

    Yields:
        The articles of one pass, which must be taken to the end before the next pass is asked for.
    """
    after, size = (-1, -1), first
    while True:
        window: _Window[A] = _Window(after, size, max_chars)
        for number, article in enumerate(watched(source, source.position, quiet=quiet)):
            window.offer((drawing_hash(seed, article.source, article.doc_id), number), article)
        yield window.drain()
        if window.end is None:
            return
        after, size, source = window.last, 2 * size, source.again()


def drawing_hash(seed: int, source: str, doc_id: str) -> int:
    """Return an article's place in the drawing order, in [0, 2^128)."""
    digest = hashlib.sha256(f"emojit-draw\n{seed}\n{source}\n{doc_id}".encode()).digest()
    return int.from_bytes(digest[:16], "big")


Place = tuple[int, int]
"""An article's place in the drawing order: its hash, and the number of its row."""


class _Window(Generic[A]):
    """The articles that come next after a place, as many as there is room for.

    Attributes:
        last: the place of the last article handed out.
        end: the nearest place that found no room, or None; nothing at or behind it is held, so there is no gap.
    """

    def __init__(self, after: Place, size: int, max_chars: int) -> None:
        self.last = after
        self.end: Place | None = None
        self._size = size
        self._max_chars = max_chars
        self._chars = 0
        self._heap: list[tuple[int, int, A]] = []  # places negated, so that the farthest stands on top

    def offer(self, place: Place, article: A) -> None:
        if place <= self.last or (self.end is not None and place >= self.end):
            return
        heapq.heappush(self._heap, (-place[0], -place[1], article))
        self._chars += _chars(article)
        while len(self._heap) > self._size or (self._chars > self._max_chars and len(self._heap) > 1):
            hashed, number, farthest = heapq.heappop(self._heap)
            self._chars -= _chars(farthest)
            self.end = (-hashed, -number)

    def drain(self) -> Iterator[A]:
        """Hand out what is held, nearest first, and let go of each."""
        self._heap.sort()
        while self._heap:
            hashed, number, article = self._heap.pop()
            self.last = (-hashed, -number)
            yield article


def _chars(article: Article | ScannedArticle) -> int:
    return len(article.text) if isinstance(article, Article) else sum(map(len, article.texts))


def watched(items: Iterable[T], position: Position, *, quiet: bool) -> Iterator[T]:
    """Pass items on and show how far the corpus that they come from is read."""
    with progress(total=position.total, label="corpus", unit=position.unit, quiet=quiet) as bar:
        for number, item in enumerate(items):
            if number % _LOOK_EVERY == 0:
                bar.total = position.total
                bar.update(position.done - bar.n)
            yield item
        bar.update(position.done - bar.n)
