"""Any number of texts answered in constant memory, in their order, into a file that an interrupted run can go on with.

Texts are answered in windows: inside one they are sorted by length, and what is written ends at the end of one. A run that goes on therefore makes the same
windows, the same batches and the same bytes as one that was never interrupted.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from emojit.errors import UsageError
from emojit.logs import progress
from emojit.student.textfile import Fields, Record, Texts, json_line

WINDOW = 1024
"""Texts of a window (count)."""


class Answered(Protocol):
    """What is asked for of a student's or a baseline's answer."""

    @property
    def emojis(self) -> list[list[str]]:
        """One list per text."""

    @property
    def cut(self) -> int:
        """Texts whose end was not read (count)."""


Answer = Callable[[Sequence[str]], Answered]


@dataclass(slots=True, kw_only=True)
class Counts:
    """What happened to the texts."""

    rows: int = 0
    """Records that were answered (count)."""
    cut: int = 0
    """Texts that were longer than the student reads (count), of those that were asked now."""
    blank: int = 0
    """Texts without a character, which nobody was asked about: their answer is an empty list (count)."""
    resumed: int = 0
    """Rows of them that an earlier run had written (count)."""


def answered(
    texts: Iterable[Record], answer: Answer, fields: Fields, *, text_field: str, counts: Counts
) -> Iterator[list[Record]]:
    """Yield the records with their answers, window by window, in their order.

    Args:
        texts: the records.
        answer: the model.
        fields: under which name the answer stands; one that is there already gives way, for `texts` has refused it where it must not.
        text_field: under which name the text stands.
        counts: where what happened is counted.
    """
    records = iter(texts)
    while window := list(islice(records, WINDOW)):
        asked = [record for record in window if record[text_field].strip()]
        found = answer([record[text_field] for record in asked])
        emojis = iter(found.emojis)
        rows = [{**record, fields.answer: next(emojis) if record[text_field].strip() else []} for record in window]
        counts.rows += len(rows)
        counts.cut += found.cut
        counts.blank += len(window) - len(asked)
        yield rows


def write_answers(
    texts: Texts,
    answer: Answer,
    output: Path,
    fields: Fields,
    *,
    model: Mapping[str, Any],
    resume: bool,
    total: int | None,
    quiet: bool,
) -> Counts:
    """Answer texts into a file, which is there under its name when it is complete; until then it is `<name>.partial`.

    Args:
        texts: the records.
        answer: the model.
        output: the file of JSON lines.
        fields: names of the fields.
        model: what decides the answers; an unfinished file of another one is not gone on with.
        resume: go on with what an interrupted run left; where it left nothing, begin.
        total: records, where that is known (count).
        quiet: no progress bar.

    Raises:
        UsageError: there is an unfinished file and no `resume`, or it is of other texts or another model; or the file cannot be written.
    """
    partial, about = output.with_name(f"{output.name}.partial"), output.with_name(f"{output.name}.partial.json")
    facts = json_line({**model, "answer_field": fields.answer, "window": WINDOW})
    counts = Counts()
    records = iter(texts)
    try:
        if partial.exists() and about.exists():
            _may_go_on(partial, about, facts, resume=resume)
            counts.resumed = _keep_windows(partial, records, fields, text_field=texts.text_field, counts=counts)
        else:
            partial.write_bytes(b"")
            about.write_text(facts, encoding="utf-8", newline="\n")
        with (
            partial.open("a", encoding="utf-8", newline="\n") as file,
            progress(total=total, label="predict", unit="text", quiet=quiet) as bar,
        ):
            bar.update(counts.rows)
            for rows in answered(records, answer, fields, text_field=texts.text_field, counts=counts):
                file.write("".join(map(json_line, rows)))
                file.flush()
                bar.update(len(rows))
            os.fsync(file.fileno())
        partial.replace(output)
        about.unlink()
    except OSError as exc:
        raise UsageError(
            f"--output {output}: cannot be written ({exc.strerror or exc})",
            hint="free some space, then give the same command with --resume",
        ) from exc
    return counts


def _may_go_on(partial: Path, about: Path, facts: str, *, resume: bool) -> None:
    if not resume:
        raise UsageError(
            f"{partial}: an interrupted run left it", hint="go on with --resume, or remove it to begin again"
        )
    before = about.read_text(encoding="utf-8")
    if before != facts:
        raise UsageError(
            f"{partial}: another command began it: {before.strip()} is not {facts.strip()}",
            hint="give the command that began it, or remove it to begin again",
        )


def _keep_windows(partial: Path, records: Iterator[Record], fields: Fields, *, text_field: str, counts: Counts) -> int:
    """Cut an unfinished file behind its last whole window, and read past the records that it answers; return how many."""
    with partial.open("rb") as file:
        lines = sum(line.endswith(b"\n") for line in file)
    whole, end = lines // WINDOW * WINDOW, 0
    with partial.open("r+b") as file:
        for number, line in enumerate(islice(file, whole), start=1):
            end += len(line)
            wanted = next(records, None)
            row = _row(line)
            # An answer that was in the input gave way, so it cannot be compared.
            if wanted is None or _without(row, fields.answer) != _without(wanted, fields.answer):
                raise UsageError(
                    f"{partial}:{number}: this row is not of the input's text {number}",
                    hint="give the input that it was begun with, or remove it to begin again",
                )
            counts.rows += 1
            counts.blank += not wanted[text_field].strip()
        file.truncate(end)
    return whole


def _row(line: bytes) -> Record | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _without(record: Record | None, field: str) -> Record | None:
    return None if record is None else {name: value for name, value in record.items() if name != field}
