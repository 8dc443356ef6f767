"""What no stage may learn from: the articles and texts that validation and test measure on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from emojit.corpus.near import NearDuplicates
from emojit.dataset.loading import Loaded, load_rows
from emojit.errors import DatasetError

ARTICLE = "held_out_article"
"""A sentence of an article that has rows in validation or test."""
TEXT = "held_out_text"
"""A sentence that nearly repeats a text of validation or test."""

_THRESHOLD = 0.6
"""Jaccard index of the sets of character pairs, as the default of `[decontaminate]`."""
_RECALL = 0.999

_TEXTS = ("original_text", "sns_text")
_ADDRESSES = ("url", "title")
_ARTICLE_COLUMNS = ("source", "doc_id", "url", "title")


class HeldOut:
    """Articles and texts of validation and test."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Remember rows.

        Args:
            rows: of validation and test, with whatever they have of `original_text`, `sns_text`, `source`, `doc_id`, `url` and `title`.
        """
        self._near = NearDuplicates(_THRESHOLD, recall=_RECALL, expected=2 * len(rows))
        self._articles: set[tuple[str, str]] = set()
        self._addresses: set[str] = set()
        for row in rows:
            for column in _TEXTS:
                if text := row.get(column):
                    self._near.remember(text)
            if row.get("doc_id") is not None:
                self._articles.add((str(row.get("source")), str(row["doc_id"])))
            self._addresses.update(row[column] for column in _ADDRESSES if row.get(column))

    def reason(
        self, text: str, *, source: str | None = None, doc_id: str | None = None, addresses: Sequence[str | None] = ()
    ) -> str | None:
        """Say why a sentence may not be learned from; None where it may.

        Args:
            text: the sentence.
            source: its corpus.
            doc_id: its article there.
            addresses: what else names the article in any corpus: its URL, its title.
        """
        if doc_id is not None and (str(source), str(doc_id)) in self._articles:
            return ARTICLE
        if any(address in self._addresses for address in addresses if address):
            return ARTICLE
        return TEXT if self._near.number(text) is not None else None


def held_out(dataset: str, loaded: Mapping[str, Loaded]) -> HeldOut:
    """Remember validation and test of a data set; one of another making may not say which articles its rows are from.

    Args:
        dataset: build folder or Hub repository.
        loaded: its splits, with the text columns.
    """
    rows: list[dict[str, Any]] = []
    for split in ("validation", "test"):
        try:
            articles = load_rows(dataset, split, loaded[split].commit, columns=_ARTICLE_COLUMNS).rows
        except DatasetError:
            articles = [{} for _ in loaded[split].rows]
        rows += [{**row, **article} for row, article in zip(loaded[split].rows, articles, strict=True)]
    return HeldOut(rows)
