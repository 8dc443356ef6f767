"""What a recipe's `corpus.source` names, opened as a stream of articles.

A source is the packaged sample, files on this machine (`emojit.corpus.local`), or a data set on the Hub (`emojit.corpus.hub`). Whatever it is, rows come
one by one, and this file turns them into articles and counts those that cannot be read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from emojit.corpus.articles import RowReader
from emojit.corpus.files import ENDINGS
from emojit.corpus.local import open_local
from emojit.corpus.opened import Opened
from emojit.corpus.records import Article, Rejected
from emojit.corpus.rows import Row, Unreadable
from emojit.errors import CorpusError
from emojit.recipe import CorpusConfig
from emojit.resources import resource

SAMPLE = "sample"
"""The name of the packaged corpus."""

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_EARLY_LINES = 1000
"""A corpus with too many bad lines is given up after this many lines, not at its end (count)."""

T = TypeVar("T")


class ArticleSource:
    """The articles of a corpus: iterate once, then read what was counted.

    Attributes:
        opened: what was found.
        reader: turns a row into an article; a pure function that other processes may call (`rows`, `counted`, `finish` are for them).
        inputs: what was read, for the manifest: kind, name, and sha256 and size of files or commit of a repository.
        position: how far reading has come, for a progress bar.
        rejected: lines that became no article, by reason (counts). The lines themselves go to `on_rejected` as they come.
        lines: rows met so far, unreadable ones included (count).
        articles: articles met so far (count).
        left_out: articles that `corpus.share` left out so far (count).
    """

    def __init__(
        self, opened: Opened, config: CorpusConfig, *, on_rejected: Callable[[Rejected], None] | None = None
    ) -> None:
        self.reader = RowReader(name=opened.name, source=config.name, licence=config.licence, share=config.share)
        self.inputs = dict(opened.inputs)
        self.position = opened.position()
        self.rejected: Counter[str] = Counter()
        self.lines = 0
        self.articles = 0
        self.left_out = 0
        self.opened = opened
        self._config = config
        self._on_rejected = on_rejected
        self._first_bad = ""

    def again(self) -> ArticleSource:
        """Return the same corpus to be read once more from its start; what cannot be read is not reported a second time."""
        return ArticleSource(self.opened, self._config)

    def rows(self) -> Iterator[Row]:
        """Yield the rows in corpus order, unread, for a caller that makes articles of them elsewhere."""
        return self.opened.read(self.position)

    def __iter__(self) -> Iterator[Article]:
        """Yield the articles in corpus order.

        Raises:
            CorpusError: nothing to read, or more than `corpus.max_bad_lines` of the lines cannot be read.
        """
        for row in self.rows():
            article = self.counted(self.reader.read(row))
            if article is not None:
                yield article
        self.finish()

    def counted(self, met: T | Rejected | None) -> T | None:
        """Count what a row became.

        Args:
            met: what `reader.read` returned, or what was made of its article elsewhere.

        Returns:
            The article (or what was made of it); None where there is none.

        Raises:
            CorpusError: by now it is certain enough that the corpus is damaged.
        """
        self.lines += 1
        if met is None:
            self.left_out += 1
        elif isinstance(met, Rejected):
            self._reject(met)
        else:
            self.articles += 1
            return met
        return None

    def _reject(self, line: Rejected) -> None:
        self.rejected[line.reason] += 1
        if self._on_rejected is not None:
            self._on_rejected(line)
        if line.reason != Unreadable.EMPTY:
            self._first_bad = self._first_bad or line.detail
            if self.lines >= _EARLY_LINES:
                self.check()

    def check(self) -> None:
        """Raise CorpusError when too many of the lines met so far cannot be read; for a caller that stops before the end."""
        bad = self.rejected.total() - self.rejected[Unreadable.EMPTY]
        if bad <= self._config.max_bad_lines * self.lines:
            return
        raise CorpusError(
            f"{self.opened.shown}: {bad} of {self.lines} lines cannot be read, more than corpus.max_bad_lines = "
            f"{self._config.max_bad_lines:g} allows; the first: {self._first_bad}",
            hint="mend the file, or allow more with --set corpus.max_bad_lines=0.1",
        )

    def finish(self) -> None:
        """Say that the end of the corpus is reached.

        Raises:
            CorpusError: too many lines could not be read, or none gave an article.
        """
        self.check()
        if not self.articles:
            raise CorpusError(
                f"{self.opened.shown}: no article in {self.lines} lines ({self.left_out} left out by corpus.share)",
                hint="give a corpus whose rows have a `text`, or raise corpus.share",
            )


def open_articles(
    config: CorpusConfig, *, on_rejected: Callable[[Rejected], None] | None = None, quiet: bool = False
) -> ArticleSource:
    """Open the corpus that a recipe names.

    Args:
        config: the recipe's `[corpus]`.
        on_rejected: is given every line that becomes no article, in corpus order, as it comes.
        quiet: no progress bar while large files are hashed.

    Returns:
        A source that reads lazily: constant memory, whatever the size.

    Raises:
        CorpusError: no such file or repository, an unknown kind of file, an empty file or one that is not what its name says.
        MissingExtraError: a Hub data set is named and `datasets` is not installed.
        OfflineError: a Hub data set is named while `EMOJIT_OFFLINE` is set.
    """
    return ArticleSource(_open(config, quiet=quiet), config, on_rejected=on_rejected)


def _open(config: CorpusConfig, *, quiet: bool) -> Opened:
    if config.source == SAMPLE:
        sample = open_local(str(resource("sample/articles.jsonl")))
        if sample is None:
            raise CorpusError("emojit was installed without its sample", hint="install it again")
        return replace(sample, inputs={**sample.inputs, "kind": SAMPLE})
    if (local := open_local(config.source, quiet=quiet)) is not None:
        if config.files is not None:
            raise CorpusError(
                f"{local.shown}: corpus.files is for Hub data sets",
                hint="leave it out; corpus.source itself may be a pattern such as shards/*.jsonl.gz",
            )
        for key, value in (("config", config.config), ("revision", config.revision)):
            if value is not None:
                raise CorpusError(
                    f"{local.shown}: corpus.{key} = {value!r} is for Hub data sets, and this is on this machine",
                    hint=f"leave corpus.{key} out",
                )
        return local
    if _HUB_ID.fullmatch(config.source):
        from emojit.corpus.hub import open_hub

        return open_hub(config)
    raise CorpusError(
        f"{config.source}: no such corpus",
        hint=f'give "{SAMPLE}", a file, folder or pattern ({ENDINGS}), or a Hub data set as namespace/name',
    )
