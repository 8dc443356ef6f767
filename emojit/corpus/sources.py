"""What a recipe's `corpus.source` names, opened as a stream of articles.

A source is the packaged sample, a .jsonl, .parquet or .txt file, or a data set on the Hub. Whatever it is, the readers (`emojit.corpus.files`,
`emojit.corpus.hub`) give (place, row) one by one, and this file turns rows into articles and counts those that cannot be read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from emojit.corpus.articles import RowReader
from emojit.corpus.files import READERS, file_facts
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
        reader: turns a row into an article; a pure function that other processes may call (`rows`, `counted`, `finish` are for them).
        inputs: what was read, for the manifest: kind, name, and sha256 and size of files or commit of a repository.
        rejected: lines that became no article, by reason (counts). The lines themselves go to `on_rejected` as they come.
        lines: rows met so far, unreadable ones included (count).
        articles: articles met so far (count).
        left_out: articles that `corpus.share` left out so far (count).
    """

    def __init__(
        self,
        rows: Callable[[], Iterator[Row]],
        config: CorpusConfig,
        *,
        name: str,
        inputs: Mapping[str, object],
        on_rejected: Callable[[Rejected], None] | None = None,
    ) -> None:
        self.rows = rows
        self.reader = RowReader(name=name, source=config.name, licence=config.licence, share=config.share)
        self.inputs = dict(inputs)
        self.rejected: Counter[str] = Counter()
        self.lines = 0
        self.articles = 0
        self.left_out = 0
        self._config = config
        self._shown = config.source if inputs.get("kind") == "hub" else str(inputs["path"])
        self._on_rejected = on_rejected
        self._first_bad = ""

    def again(self) -> ArticleSource:
        """Return the same corpus to be read once more from its start; what cannot be read is not reported a second time."""
        return ArticleSource(self.rows, self._config, name=self.reader.name, inputs=self.inputs)

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
            f"{self._shown}: {bad} of {self.lines} lines cannot be read, more than corpus.max_bad_lines = "
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
                f"{self._shown}: no article in {self.lines} lines ({self.left_out} left out by corpus.share)",
                hint="give a corpus whose rows have a `text`, or raise corpus.share",
            )


def open_articles(config: CorpusConfig, *, on_rejected: Callable[[Rejected], None] | None = None) -> ArticleSource:
    """Open the corpus that a recipe names.

    Args:
        config: the recipe's `[corpus]`.
        on_rejected: is given every line that becomes no article, in corpus order, as it comes.

    Returns:
        A source that reads lazily: constant memory, whatever the size.

    Raises:
        CorpusError: no such file or repository, an unknown kind of file, or an empty file.
        MissingExtraError: a Hub data set is named and `datasets` is not installed.
        OfflineError: a Hub data set is named while `EMOJIT_OFFLINE` is set.
    """
    if config.source == SAMPLE:
        return _open_file(resource("sample/articles.jsonl"), config, SAMPLE, on_rejected)
    path = Path(config.source).expanduser()
    if path.is_dir():
        raise CorpusError(
            f"{path}: the corpus must be a file or a Hub data set, this is a folder",
            hint="give one .jsonl, .parquet or .txt file",
        )
    if path.suffix.lower() in READERS or path.exists():
        return _open_file(path, config, "file", on_rejected)
    if _HUB_ID.fullmatch(config.source):
        from emojit.corpus.hub import open_hub

        rows, inputs = open_hub(config)
        return ArticleSource(rows, config, name=config.source, inputs=inputs, on_rejected=on_rejected)
    raise CorpusError(
        f"{config.source}: no such corpus",
        hint=f'give "{SAMPLE}", a {", ".join(READERS)} file, or a Hub data set as namespace/name',
    )


def _open_file(
    path: Path, config: CorpusConfig, kind: str, on_rejected: Callable[[Rejected], None] | None
) -> ArticleSource:
    if not path.is_file():
        raise CorpusError(f"{path}: no such file", hint="check corpus.source or --corpus")
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise CorpusError(
            f"{path}: cannot read a {path.suffix or 'file without ending'}", hint=f"give one of {', '.join(READERS)}"
        )
    if path.stat().st_size == 0:
        raise CorpusError(f"{path}: the file is empty", hint="give a corpus with at least one article")
    try:
        facts = file_facts(path)
    except OSError as exc:
        raise CorpusError(
            f"{path}: cannot be read ({exc.strerror})", hint="check the permissions of the file"
        ) from exc
    return ArticleSource(
        lambda: reader(path), config, name=path.stem, inputs={"kind": kind, **facts}, on_rejected=on_rejected
    )
