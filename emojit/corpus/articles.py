"""A row of a corpus becomes an article, or names the reason why not: a pure function of the row, so that any process can do it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from emojit.corpus.records import Article, Rejected
from emojit.corpus.rows import Row, Unreadable

_SHOWN_CHARS = 500
"""How much of an unreadable line is kept (code points)."""

_COLUMNS = {
    "doc_id": ("id", "doc_id"),
    "title": ("title",),
    "url": ("url",),
    "source": ("source",),
    "licence": ("licence", "license"),
}
"""The optional columns and the names under which they are found."""

COLUMNS = ("text", *(name for names in _COLUMNS.values() for name in names))
"""Every column that is looked at; a reader of wide tables may leave the others unread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReader:
    """Turns rows into articles. It holds nothing that changes, so it can be sent to other processes.

    Attributes:
        name: of the file, folder or repository: the `source` of rows that name none.
        source: what the `source` column says instead, whatever the rows say; None leaves it to them.
        licence: of rows that carry none themselves.
        share: fraction of the articles to use, in (0, 1].
    """

    name: str
    source: str | None = None
    licence: str | None = None
    share: float = 1.0

    def read(self, row: Row) -> Article | Rejected | None:
        """Return the article of a row, the reason why there is none, or None for an article that `share` leaves out."""
        try:
            article = self._article(row)
        except Unreadable as exc:
            detail = f"{row.place}: {exc.detail}"
            return Rejected(id=row.place, stage="source", reason=exc.reason, detail=detail, text=exc.text)
        return article if in_share(article.source, article.doc_id, self.share) else None

    def _article(self, row: Row) -> Article:
        values = row.mapping()
        text = values.get("text")
        if not isinstance(text, str):
            what = "no `text`" if text is None else f"`text` is a {type(text).__name__}"
            raise Unreadable("no_text", what, row.shown(_SHOWN_CHARS))
        fields = {column: _optional(values, *names) for column, names in _COLUMNS.items()}
        _check_unicode(text, *fields.values())
        if not text.strip().strip("\0"):  # a file that a crash left full of zeros is empty, not text
            raise Unreadable(Unreadable.EMPTY, f"empty document {fields['title'] or ''}".strip(), "")
        return Article(
            source=self.source or fields["source"] or self.name,
            doc_id=fields["doc_id"] or fields["url"] or hashlib.sha256(text.encode()).hexdigest()[:16],
            title=fields["title"],
            url=fields["url"],
            licence=fields["licence"] or self.licence,
            text=text,
        )


def in_share(source: str, doc_id: str, share: float) -> bool:
    """Say whether an article belongs to a share in (0, 1] of its corpus; a smaller share is a subset of a larger one."""
    if share == 1:
        return True
    digest = hashlib.sha256(f"emojit-share\n{source}\n{doc_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < share


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
