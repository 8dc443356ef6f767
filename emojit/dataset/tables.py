"""The Parquet files that grow while a build runs, and the one way by which something is rejected."""

from __future__ import annotations

import dataclasses
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from emojit.corpus.choice import Offer
from emojit.corpus.records import Rejected
from emojit.dataset.folder import data_file
from emojit.dataset.pair import Pair
from emojit.dataset.parquet import PAIR_COLUMNS, REJECTED_COLUMNS, REPLY_COLUMNS, SENTENCE_COLUMNS, TableWriter
from emojit.dataset.splits import SPLITS, Split


class Tables:
    """Rows are written as they are decided; what is in memory is at most a row group of each file.

    Attributes:
        replies: the table of `teacher/*.parquet`.
        reasons: what was rejected, by (stage, reason) (counts).
    """

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        """Open the files of a build folder; they are closed with the stack."""

        def table(name: str, columns: dict[str, str]) -> TableWriter:
            return stack.enter_context(TableWriter(folder / name, columns, series=True))

        self.reasons: Counter[tuple[str, str]] = Counter()
        self.replies = table("teacher/replies.parquet", dict(REPLY_COLUMNS))
        self._sentences = table("corpus/sentences.parquet", dict(SENTENCE_COLUMNS))
        self._rejected = table("rejected/rejected.parquet", dict(REJECTED_COLUMNS))
        self._pairs = {
            split: stack.enter_context(TableWriter(folder / data_file(split), PAIR_COLUMNS)) for split in SPLITS
        }

    def offer(self, offer: Offer) -> None:
        """Write a candidate sentence, and its rejection where a filter dropped it."""
        sentence = offer.sentence
        self._sentences.add({**dataclasses.asdict(sentence), "reason": offer.reason})
        if offer.reason is not None:
            self.reject(
                Rejected(id=sentence.id, stage="filter", reason=offer.reason, detail=offer.detail, text=sentence.text)
            )

    def pair(self, split: Split, pair: Pair) -> None:
        """Write a row."""
        self._pairs[split].add(dataclasses.asdict(pair))

    def reject(self, rejected: Rejected) -> None:
        """Write and count what became no row."""
        self.reasons[rejected.stage, rejected.reason] += 1
        self._rejected.add(dataclasses.asdict(rejected))
