"""Every candidate sentence accounted for: it became a pair or was rejected, once, and no pair came from nowhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from emojit.dataset.digests import DigestMap, text_digest
from emojit.dataset.parquet import REJECTED_COLUMNS, SENTENCE_COLUMNS
from emojit.dataset.splits import SPLITS
from emojit.release.verify.findings import Findings
from emojit.release.verify.row import is_written
from emojit.release.verify.rows import Seen
from emojit.release.verify.subject import Subject
from emojit.release.verify.tables import has_columns, read_table

Files = Sequence[tuple[str, Path]]

_ASKED = ("rewrite", "emoji", "pair")
"""Stages at which a sentence is lost that the filters kept."""


@dataclass(slots=True)
class Accounts:
    """What the pass leaves behind for the statistics.

    Attributes:
        candidates: sentences in corpus/ (count), or None where there is no corpus/.
        rejected: rejections by (stage, reason) (counts), or None where there is no rejected/.
    """

    candidates: int | None = None
    rejected: Counter[tuple[str, str]] | None = None


@dataclass(slots=True)
class _Ledger:
    """The sentences that the filters kept, and those of them that were decided."""

    kept: DigestMap = field(default_factory=DigestMap)
    decided: DigestMap = field(default_factory=DigestMap)


def check_sentences(subject: Subject, seen: Seen, findings: Findings) -> Accounts:
    """Follow every sentence of corpus/ to its row or its rejection.

    Args:
        subject: the data set.
        seen: what the pass over the rows found: the columns that can be used.
        findings: what is wrong goes here.
    """
    accounts = Accounts()
    corpus, rejected = subject.table_files("corpus"), subject.table_files("rejected")
    if not corpus or not rejected or not {"id", "original_text", "flags"} <= seen.columns:
        if subject.own:
            findings.unchecked.append("what became of every sentence: corpus/ or rejected/ is not there")
        return accounts
    readable = [
        has_columns(name, path, columns, findings)
        for files, columns in ((corpus, SENTENCE_COLUMNS), (rejected, REJECTED_COLUMNS))
        for name, path in files
    ]
    if not all(readable):
        findings.unchecked.append("what became of every sentence: corpus/ or rejected/ cannot be read")
        return accounts
    ledger = _Ledger()
    dropped: Counter[str] = Counter()
    accounts.candidates = 0
    for name, path in corpus:
        for row in read_table(name, path, findings):
            accounts.candidates += 1
            if row["id"] is None or row["text"] is None:
                findings.wrong("sentences", "has no id or no text", name, expected="both", found=row)
                continue
            if row["reason"] is None:
                ledger.kept.add(text_digest(row["id"]), text_digest(row["text"]))
            else:
                dropped[row["reason"]] += 1
    accounts.rejected = _follow_rejected(rejected, ledger, findings)
    _follow_rows(subject, ledger, findings)
    _compare_filters(dropped, accounts.rejected, findings)
    _name_the_lost(corpus, ledger, findings)
    findings.checked.append(f"{accounts.candidates:,} candidate sentences, each a pair or rejected")
    return accounts


def _follow_rejected(files: Files, ledger: _Ledger, findings: Findings) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for name, path in files:
        for row in read_table(name, path, findings):
            counts[str(row["stage"]), str(row["reason"])] += 1
            if row["stage"] in _ASKED and row["id"] is not None:
                _decide(ledger, row["id"], row["text"] or "", f"{name} (id {row['id']})", findings)
    return counts


def _follow_rows(subject: Subject, ledger: _Ledger, findings: Findings) -> None:
    for split in SPLITS:
        for name, path in subject.row_files(split):
            for number, row in enumerate(read_table(name, path, Findings())):
                if (
                    not is_written(row)
                    and isinstance(row.get("id"), str)
                    and isinstance(row.get("original_text"), str)
                ):
                    _decide(ledger, row["id"], row["original_text"], f"{name} row {number} (id {row['id']})", findings)


def _decide(ledger: _Ledger, identity: str, text: str, where: str, findings: Findings) -> None:
    digest = text_digest(identity)
    kept = ledger.kept.get(digest)
    if kept is None:
        findings.wrong(
            "sentences", "is no sentence that the filters kept", where, expected="a sentence of corpus/", found=text
        )
    elif kept != text_digest(text):
        findings.wrong("sentences", "has another text than in corpus/", where, expected="the same text", found=text)
    elif not ledger.decided.add(digest):
        findings.wrong("sentences", "is decided twice", where, expected="one row or one rejection", found=text)


def _compare_filters(dropped: Counter[str], rejected: Counter[tuple[str, str]], findings: Findings) -> None:
    stated = Counter({reason: n for (stage, reason), n in rejected.items() if stage == "filter"})
    for reason in sorted({*dropped, *stated}):
        if dropped[reason] != stated[reason]:
            findings.wrong(
                "sentences",
                "corpus/ and rejected/ disagree about a filter",
                reason,
                expected=f"{dropped[reason]} as in corpus/",
                found=f"{stated[reason]} in rejected/",
            )


def _name_the_lost(corpus: Files, ledger: _Ledger, findings: Findings) -> None:
    if len(ledger.decided) == len(ledger.kept):
        return
    for name, path in corpus:
        for row in read_table(name, path, Findings()):
            if row["reason"] is None and row["id"] is not None and ledger.decided.get(text_digest(row["id"])) is None:
                findings.wrong(
                    "sentences",
                    "became neither pair nor rejection",
                    f"{name} (id {row['id']})",
                    expected="one of them",
                    found=row["text"],
                )
