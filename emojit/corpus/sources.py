"""What a recipe's `corpus.source` names, opened as a stream of articles.

A source is the packaged sample, a .jsonl, .parquet or .txt file, or a data set on the Hub. Whatever it is, the readers (`emojit.corpus.files`,
`emojit.corpus.hub`) give (place, row) one by one, and this file turns rows into articles and counts those that cannot be read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

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
_SHOWN_CHARS = 500
"""How much of an unreadable line is kept (code points)."""


class ArticleSource:
    """The articles of a corpus: iterate once, then read what was counted.

    Attributes:
        inputs: what was read, for the manifest: kind, name, and sha256 and size of a file or commit of a repository.
        rejected: lines that became no article, each with its place and reason. Grows while iterating.
        lines: rows met so far, unreadable ones included (count).
        articles: articles yielded so far (count).
        left_out: articles that `corpus.share` left out so far (count).
    """

    def __init__(
        self, rows: Callable[[], Iterator[Row]], config: CorpusConfig, *, name: str, inputs: Mapping[str, object]
    ) -> None:
        self._rows = rows
        self._config = config
        self._name = name
        self.inputs = dict(inputs)
        self.rejected: list[Rejected] = []
        self.lines = 0
        self.articles = 0
        self.left_out = 0
        self._bad = 0

    def __iter__(self) -> Iterator[Article]:
        """Yield the articles in corpus order.

        Raises:
            CorpusError: nothing to read, or more than `corpus.max_bad_lines` of the lines cannot be read.
        """
        for row in self._rows():
            self.lines += 1
            article = self._article(row)
            if article is None:
                if self._bad and self.lines >= _EARLY_LINES:
                    self.check()
            elif in_share(article.source, article.doc_id, self._config.share):
                self.articles += 1
                yield article
            else:
                self.left_out += 1
        self.check()
        if not self.articles:
            raise CorpusError(
                f"{self._name}: no article in {self.lines} lines ({self.left_out} left out by corpus.share)",
                hint="give a corpus whose rows have a `text`, or raise corpus.share",
            )

    def _article(self, row: Row) -> Article | None:
        try:
            return _to_article(row, self._config, self._name)
        except Unreadable as exc:
            self._bad += exc.is_damage
            self.rejected.append(
                Rejected(
                    id=row.place, stage="source", reason=exc.reason, detail=f"{row.place}: {exc.detail}", text=exc.text
                )
            )
            return None

    def check(self) -> None:
        """Raise CorpusError when too many of the lines met so far cannot be read; for a caller that stops before the end."""
        if self._bad <= self._config.max_bad_lines * self.lines:
            return
        first = next(line for line in self.rejected if line.reason != Unreadable.EMPTY)
        raise CorpusError(
            f"{self._name}: {self._bad} of {self.lines} lines cannot be read, more than corpus.max_bad_lines = "
            f"{self._config.max_bad_lines:g} allows; the first: {first.detail}",
            hint="mend the file, or allow more with --set corpus.max_bad_lines=0.1",
        )


def open_articles(config: CorpusConfig) -> ArticleSource:
    """Open the corpus that a recipe names.

    Args:
        config: the recipe's `[corpus]`.

    Returns:
        A source that reads lazily: constant memory, whatever the size.

    Raises:
        CorpusError: no such file or repository, an unknown kind of file, or an empty file.
        MissingExtraError: a Hub data set is named and `datasets` is not installed.
        OfflineError: a Hub data set is named while `EMOJIT_OFFLINE` is set.
    """
    if config.source == SAMPLE:
        return _open_file(resource("sample/articles.jsonl"), config, kind=SAMPLE)
    path = Path(config.source).expanduser()
    if path.is_dir():
        raise CorpusError(
            f"{path}: the corpus must be a file or a Hub data set, this is a folder",
            hint="give one .jsonl, .parquet or .txt file",
        )
    if path.suffix.lower() in READERS or path.exists():
        return _open_file(path, config, kind="file")
    if _HUB_ID.fullmatch(config.source):
        from emojit.corpus.hub import open_hub

        rows, inputs = open_hub(config)
        return ArticleSource(rows, config, name=config.source, inputs=inputs)
    raise CorpusError(
        f"{config.source}: no such corpus",
        hint=f'give "{SAMPLE}", a {", ".join(READERS)} file, or a Hub data set as namespace/name',
    )


def in_share(source: str, doc_id: str, share: float) -> bool:
    """Say whether an article belongs to a share in (0, 1] of its corpus; a smaller share is a subset of a larger one."""
    digest = hashlib.sha256(f"emojit-share\n{source}\n{doc_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < share


def _open_file(path: Path, config: CorpusConfig, *, kind: str) -> ArticleSource:
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
    return ArticleSource(lambda: reader(path), config, name=path.name, inputs={"kind": kind, **facts})


def _to_article(row: Row, config: CorpusConfig, name: str) -> Article:
    """Check one row; see `emojit.corpus.rows` for what can be wrong with it."""
    values = row.mapping()
    text = values.get("text")
    if not isinstance(text, str):
        raise Unreadable(
            "no_text", "no `text`" if text is None else f"`text` is a {type(text).__name__}", row.shown(_SHOWN_CHARS)
        )
    fields = {column: _optional(values, *names) for column, names in _COLUMNS.items()}
    _check_unicode(text, *fields.values())
    if not text.strip():
        raise Unreadable(Unreadable.EMPTY, f"empty document {fields['title'] or ''}".strip(), "", is_damage=False)
    return Article(
        source=config.name or fields["source"] or name.rsplit(".", 1)[0],
        doc_id=fields["doc_id"] or hashlib.sha256(text.encode()).hexdigest()[:16],
        title=fields["title"],
        url=fields["url"],
        licence=fields["licence"] or config.licence,
        text=text,
    )


_COLUMNS = {
    "doc_id": ("id", "doc_id"),
    "title": ("title",),
    "url": ("url",),
    "source": ("source",),
    "licence": ("licence", "license"),
}
"""The optional columns and the names under which they are found. An article without an id is named by a hash of its text."""


def _optional(values: Mapping[str, object], *names: str) -> str | None:
    for name in names:
        value = values.get(name)
        if isinstance(value, int | str) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return None


def _check_unicode(*texts: str | None) -> None:
    try:
        "".join(text for text in texts if text).encode()
    except UnicodeEncodeError as exc:
        raise Unreadable("bad_unicode", f"half a surrogate pair: {exc.reason}", "") from exc
