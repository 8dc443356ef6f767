"""What a release says about a corpus, the rows of others and the teacher, given back to a build in place of the things themselves.

Everything that a release holds in full is worked out anew from it: ids, splits, questions, rows, counts. What it cannot hold is taken as it stands:

    corpus/         the sentences in drawing order, with the reason for which a filter dropped them
    rejected/       the detail of such a reason; the lines of the corpus that became no article; what leaked into the rows of others
    statistics      articles read, drawn and left out; texts of others that were held against
    manifest        the inputs with their checksum or commit
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emojit.corpus.choice import Offer
from emojit.corpus.records import Rejected, Sentence, sentence_id
from emojit.dataset.decontaminate import IN_TEST, IN_TRAIN
from emojit.dataset.folder import STATISTICS
from emojit.dataset.outcome import DecontaminationOutcome
from emojit.dataset.parquet import REJECTED_COLUMNS, REPLY_COLUMNS, SENTENCE_COLUMNS, Columns, arrow_schema
from emojit.dataset.rows import post_of
from emojit.dataset.splits import Split
from emojit.dataset.tables import Tables
from emojit.errors import DatasetError, TeacherError
from emojit.teacher import Question, ReplayTeacher, Reply, ReplyStore
from emojit.teacher.records import reply_from_columns

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH_ROWS = 1000

MISSING = "the release holds no reply to this question"
"""What stands in place of the answer to a question that the release was not made with."""


_AGAIN = "download the whole release again"

_TABLES: dict[str, tuple[Columns, tuple[str, ...]]] = {
    "corpus/sentences": (SENTENCE_COLUMNS, ("id", "source", "doc_id", "index", "text", "flags")),
    "rejected/rejected": (REJECTED_COLUMNS, tuple(REJECTED_COLUMNS)),
    "teacher/replies": (REPLY_COLUMNS, ("request", "text")),
}
"""Tables of a build: their columns, and those that always hold something."""


class Release:
    """A build folder, read as the material of another build.

    Attributes:
        folder: where it lies.
        manifest: the content of manifest.json.
        statistics: the content of statistics.json.
    """

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        """Read the small files.

        Raises:
            DatasetError: statistics.json is missing or damaged.
        """
        self.folder = folder
        self.manifest = manifest
        try:
            self.statistics = json.loads((folder / STATISTICS).read_text(encoding="utf-8"))
            self._drawn = {name: int(self.statistics["corpus"][name]) for name in ("articles", "drawn", "left_out")}
            self._others = [(str(one["name"]), int(one["texts"])) for one in self.statistics["duplicates"]["against"]]
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise DatasetError(
                f"{folder}: {STATISTICS} cannot be read ({type(exc).__name__}: {exc})",
                hint="give a data set that this version of emojit built",
            ) from exc

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a table of the build, "corpus/sentences", "rejected/rejected" or "teacher/replies", in order.

        Raises:
            DatasetError: there is none, or a file of it is damaged.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        room, _, name = table.partition("/")
        wanted, filled = arrow_schema(_TABLES[table][0]), _TABLES[table][1]
        paths = sorted((self.folder / room).glob(f"{name}-*.parquet"))
        if not paths:
            raise DatasetError(f"{self.folder}: no {table}-*.parquet", hint=_AGAIN)
        for path in paths:
            number = 0
            try:
                with pq.ParquetFile(path) as file:
                    _check_columns(path, file.schema_arrow, wanted)
                    for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=wanted.names):
                        for row in batch.to_pylist():
                            if (empty := next((column for column in filled if row[column] is None), None)) is not None:
                                raise DatasetError(f"{path}: row {number}: {empty} is null", hint=_AGAIN)
                            yield row
                            number += 1
            except (pa.ArrowException, OSError) as exc:
                raise DatasetError(f"{path}: cannot be read ({exc})", hint=_AGAIN) from exc

    def offers(self) -> ReplayedDraw:
        """Return the sentences that were offered."""
        inputs = next((one for one in self.inputs() if one.get("role") == "corpus"), {})
        return ReplayedDraw(self, {name: value for name, value in inputs.items() if name != "role"}, **self._drawn)

    def tables(self, folder: Path, stack: ExitStack) -> Tables:
        """Open the files of a build into which the unreadable lines of the corpus come back."""
        return _ReplayedTables(folder, stack, _source_lines(self.rows("rejected/rejected")))

    def guard(self) -> ReplayedGuard:
        """Return what was found to leak."""
        return ReplayedGuard(self.rows("rejected/rejected"), self._others)

    def inputs(self) -> list[dict[str, object]]:
        """Return what was read, as the manifest says it."""
        return list(self.manifest.get("inputs", ()))

    def replies(self, store: ReplyStore) -> ReleaseTeacher:
        """Put the answers of the release into an empty store.

        Returns:
            Whoever stands for the questions that the store does not answer.
        """
        failed: dict[str, Reply] = {}
        batch: list[Reply] = []
        for row in self.rows("teacher/replies"):
            # The key is worked out, not believed: a question that was changed is then another question.
            key = hashlib.sha256(row["request"].encode()).hexdigest()
            reply = reply_from_columns({**row, "key": key})
            if reply.error is not None:
                failed[key] = reply
            else:
                batch.append(reply)
            if len(batch) == _BATCH_ROWS:
                store.put_many(batch)
                batch.clear()
        store.put_many(batch)
        return ReleaseTeacher(failed)


def _check_columns(path: Path, found: pa.Schema, wanted: pa.Schema) -> None:
    for field in wanted:
        there = found.field(field.name).type if field.name in found.names else None
        if there != field.type:
            what = "no such column" if there is None else str(there)
            raise DatasetError(f"{path}: column {field.name} should be {field.type}, is {what}", hint=_AGAIN)


class ReplayedDraw:
    """The sentences of a release in drawing order: iterate once. It stands in place of `emojit.corpus.draw.Draw`.

    Attributes:
        inputs: what was read, as the manifest says it.
        articles: articles read (count), as the statistics say it; so are `drawn` and `left_out`.
        candidates: sentences offered so far (count).
    """

    def __init__(
        self, release: Release, inputs: Mapping[str, object], *, articles: int, drawn: int, left_out: int
    ) -> None:
        self.inputs = inputs
        self.articles = articles
        self.drawn = drawn
        self.left_out = left_out
        self.candidates = 0
        self._release = release

    def check(self) -> None:
        """Do nothing: how many lines were read, unreadable ones included, a release does not say."""

    def __iter__(self) -> Iterator[Offer]:
        """Yield every sentence with its reason.

        Raises:
            DatasetError: a file is missing or damaged.
        """
        dropped = (row for row in self._release.rows("rejected/rejected") if row["stage"] == "filter")
        following = next(dropped, None)
        for row in self._release.rows("corpus/sentences"):
            self.candidates += 1
            detail = ""
            if row["reason"] is not None and following is not None and following["id"] == row["id"]:
                detail = following["detail"]
                following = next(dropped, None)
            yield Offer(_sentence(row), row["reason"], detail)


def _sentence(row: Mapping[str, Any]) -> Sentence:
    return Sentence(
        id=sentence_id(row["source"], row["doc_id"], row["text"]),
        source=row["source"],
        doc_id=row["doc_id"],
        title=row["title"],
        url=row["url"],
        licence=row["licence"],
        index=row["index"],
        text=row["text"],
        flags=tuple(row["flags"]),
    )


class _ReplayedTables(Tables):
    """Puts the unreadable lines of the corpus back where they stood among the other rejections, which the build finds anew."""

    def __init__(self, folder: Path, stack: ExitStack, lines: Iterator[tuple[int, Rejected]]) -> None:
        super().__init__(folder, stack)
        self._lines = lines
        self._following = next(lines, None)
        self._others = 0
        stack.callback(self._put_back, last=True)  # before the files are closed
        self._put_back()

    def reject(self, rejected: Rejected) -> None:
        """Write and count what became no row."""
        super().reject(rejected)
        self._others += 1
        self._put_back()

    def _put_back(self, *, last: bool = False) -> None:
        while self._following is not None and (last or self._following[0] <= self._others):
            super().reject(self._following[1])
            self._following = next(self._lines, None)


def _source_lines(rejected: Iterator[Mapping[str, Any]]) -> Iterator[tuple[int, Rejected]]:
    """Yield the unreadable lines, each with the number of other rejections before it."""
    others = 0
    for row in rejected:
        if row["stage"] == "source":
            yield others, Rejected(**row)
        else:
            others += 1


class ReplayedGuard:
    """Says again which rows leaked: the rows of others need not be at hand, and may be gone."""

    def __init__(self, rejected: Iterator[Mapping[str, Any]], others: Sequence[tuple[str, int]]) -> None:
        """Remember what leaked.

        Args:
            rejected: rows of `rejected/`.
            others: what was held against, by name, and how many texts of it were remembered (count).
        """
        self._others = others
        self._dropped: Counter[str] = Counter()
        self._leaks: dict[tuple[str, str], str] = {}
        for row in rejected:
            if row["reason"] in {IN_TEST, IN_TRAIN}:
                detail, post = post_of(row["detail"])
                self._leaks[row["reason"], row["text"] if post is None else post] = detail

    def reason(self, split: Split, texts: Sequence[str]) -> tuple[str, str] | None:
        """Return (reason, detail) where a row with these texts may not be in a split."""
        reason = IN_TEST if split == "train" else IN_TRAIN
        for text in texts:
            if (detail := self._leaks.get((reason, text))) is not None:
                self._dropped.update(name for name, _ in self._others if detail.startswith(f"{name}: "))
                return reason, detail
        return None

    def outcomes(self) -> tuple[DecontaminationOutcome, ...]:
        """Return what was held against, and how many rows were dropped because of it."""
        return tuple(
            DecontaminationOutcome(name=name, texts=texts, dropped=self._dropped[name]) for name, texts in self._others
        )


class ReleaseTeacher(ReplayTeacher):
    """Answers what a release says about questions without an answer; to one that it does not know it gives none, and goes on.

    Attributes:
        missing: questions that were asked and are not in the release (count).
        first: the first of them, or None.
    """

    def __init__(self, replies: Mapping[str, Reply]) -> None:
        """Take the replies with an error, by key."""
        super().__init__(replies)
        self.missing = 0
        self.first: Question | None = None

    async def ask(self, question: Question) -> Reply:
        """Return the reply of the release, or one that says there is none."""
        try:
            return await super().ask(question)
        except TeacherError:
            self.missing += 1
            self.first = self.first or question
            return Reply(key=question.key, request=question.request, text="", error=MISSING)
