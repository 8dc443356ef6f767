"""Scanned rows as one message for another process: few large pieces, for a pickle of many short strings takes three times as long to make.

All sentences of a batch are one text, one per line (a sentence has no line feed: articles are split at them), as UTF-16, which Python reads and writes
fastest for Japanese; their ids are raw bytes.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from itertools import chain

from emojit.corpus.records import Rejected, ScannedArticle, ScannedRow

_ID_CHARS = 16
_CODEC = "utf-16-le"


def pack(rows: Sequence[ScannedRow]) -> bytes:
    """Return rows as a message that `unpack` reads."""
    heads = list(map(_head, rows))
    articles = [row for row in rows if isinstance(row, ScannedArticle)]
    texts = "\n".join(chain.from_iterable([article.texts for article in articles]))
    ids = "".join(chain.from_iterable([article.ids for article in articles]))
    reasons = list(chain.from_iterable([article.reasons for article in articles]))
    return pickle.dumps((heads, texts.encode(_CODEC), bytes.fromhex(ids), reasons), pickle.HIGHEST_PROTOCOL)


def unpack(message: bytes) -> list[ScannedRow]:
    """Return the rows of a message."""
    heads, encoded, digests, reasons = pickle.loads(message)
    texts, digits = encoded.decode(_CODEC).split("\n"), digests.hex()
    ids = [digits[at : at + _ID_CHARS] for at in range(0, len(digits), _ID_CHARS)]
    rows: list[ScannedRow] = []
    start = 0
    for head in heads:
        if not isinstance(head, tuple):
            rows.append(head)
            continue
        source, doc_id, title, url, licence, flags, count = head
        end = start + count
        rows.append(
            ScannedArticle(
                source=source,
                doc_id=doc_id,
                title=title,
                url=url,
                licence=licence,
                ids=ids[start:end],
                texts=texts[start:end],
                reasons=reasons[start:end],
                flags=flags,
            )
        )
        start = end
    return rows


def _head(row: ScannedRow) -> tuple[object, ...] | Rejected | None:
    if not isinstance(row, ScannedArticle):
        return row
    return row.source, row.doc_id, row.title, row.url, row.licence, row.flags, len(row.ids)
