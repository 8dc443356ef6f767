"""The records that pass through the corpus room, and the one place where a sentence gets its id."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Literal

Stage = Literal["source", "filter", "rewrite", "emoji", "pair", "post"]
"""Where a sentence (or an input line) was lost on its way to a pair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One document of the corpus.

    Attributes:
        source: which corpus it is from.
        doc_id: its id within the source; the split of all its sentences hangs on (source, doc_id).
        text: running text; line breaks separate paragraphs, headings and list lines.
    """

    source: str
    doc_id: str
    title: str | None
    url: str | None
    licence: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One candidate sentence.

    Attributes:
        id: 16 hex digits, see `sentence_id`.
        index: position among the items of its article, from 0.
        text: the sentence as it stands in the article, in NFC.
        flags: what a reader may want to filter by, such as a list of sensitive words that matched.
    """

    id: str
    source: str
    doc_id: str
    title: str | None
    url: str | None
    licence: str | None
    index: int
    text: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A sentence that became no pair, or an input line that became no article.

    Attributes:
        id: the sentence's id, or the place of an input line such as "line 12".
        reason: one word that is counted, such as "too_short".
        detail: what a person needs to understand the case; may be empty.
        text: the sentence or the start of the line.
    """

    id: str
    stage: Stage
    reason: str
    detail: str
    text: str


Scanned = tuple[Sentence, str | None]
"""A sentence and the reason for which a filter drops it that looks at one article alone; None where all of them keep it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedArticle:
    """The sentences of one article as columns, which are cheap to make and to send to another process.

    Attributes:
        source: as in `Article`, and so are doc_id, title, url and licence.
        ids: of the sentences, in text order.
        texts: of the sentences.
        reasons: for which they are dropped; None where they are kept.
        flags: of those sentences that have any, by index.
    """

    source: str
    doc_id: str
    title: str | None
    url: str | None
    licence: str | None
    ids: list[str]
    texts: list[str]
    reasons: list[str | None]
    flags: dict[int, tuple[str, ...]]

    def sentences(self) -> list[Scanned]:
        """Return the sentences one by one."""
        source, doc_id, title, url, licence = self.source, self.doc_id, self.title, self.url, self.licence
        set_id, set_source, set_doc_id, set_title, set_url, set_licence, set_index, set_text, set_flags = _SETTERS
        flags = self.flags
        scanned: list[Scanned] = []
        for index, identity in enumerate(self.ids):
            sentence = _NEW_SENTENCE(Sentence)
            set_id(sentence, identity)
            set_source(sentence, source)
            set_doc_id(sentence, doc_id)
            set_title(sentence, title)
            set_url(sentence, url)
            set_licence(sentence, licence)
            set_index(sentence, index)
            set_text(sentence, self.texts[index])
            set_flags(sentence, flags.get(index, ()))
            scanned.append((sentence, self.reasons[index]))
        return scanned


ScannedRow = ScannedArticle | Rejected | None
"""What a row became: its sentences, the reason why there is no article, or None for an article that the share leaves out."""


# The constructor of a frozen dataclass takes three times as long, and this is done for every sentence of a corpus.
_NEW_SENTENCE = object.__new__
_SETTERS = tuple(vars(Sentence)[field.name].__set__ for field in fields(Sentence))


def sentence_id(source: str, doc_id: str, text: str) -> str:
    """Return the id of a sentence and of the pair made from it: 16 hex digits of sha256 over source, document and text."""
    return sentence_ids(source, doc_id)(text)


def sentence_ids(source: str, doc_id: str) -> Callable[[str], str]:
    """Return `sentence_id` for the texts of one document, which hashes its name once."""
    document = hashlib.sha256(f"{source}\n{doc_id}\n".encode())

    def identify(text: str) -> str:
        digest = document.copy()
        digest.update(text.encode())
        return digest.hexdigest()[:16]

    return identify
