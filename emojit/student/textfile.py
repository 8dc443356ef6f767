"""Texts in, one at a time: the lines that `emojit predict` reads, with an error that names the file and the line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emojit.errors import UsageError

ANSWER = "emojis"
"""The field that is added to each row unless another name is given."""

Record = dict[str, Any]
"""One text and what came with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Where the text stands in a JSON line, and where the answer shall stand."""

    text: str = "text"
    answer: str = ANSWER
    overwrite: bool = False
    """Whether an answer that is there already gives way."""


class TextFile:
    """The records of a file, read line by line: JSON lines where its name ends in .jsonl, otherwise plain text, one text a line.

    An empty line of plain text is a record, except at the end of the file; JSON lines have none.

    Args:
        path: a UTF-8 file.
        fields: of the JSON lines.
    """

    def __init__(self, path: Path, fields: Fields) -> None:
        self._path, self._fields = path, fields
        self.where = str(path)
        self.text_field = fields.text if path.suffix == ".jsonl" else "text"

    def __iter__(self) -> Iterator[Record]:
        """Yield the records.

        Raises:
            UsageError: the file cannot be read; a line is no UTF-8, no JSON object, lacks the text or has the answer already. The line's number is named.
        """
        try:
            with self._path.open("rb") as file:
                yield from _records(
                    self._decoded(file), self._fields, where=self.where, as_json=self._path.suffix == ".jsonl"
                )
        except OSError as exc:
            raise UsageError(
                f"--input {self._path}: cannot be read ({exc.strerror or exc})", hint="give a UTF-8 file of texts"
            ) from exc

    def check(self) -> int:
        """Read the whole file once, so that a mistake in its last line costs no answers.

        Returns:
            How many records it has.

        Raises:
            UsageError: see `__iter__`.
        """
        return sum(1 for _ in self)

    def _decoded(self, file: Iterable[bytes]) -> Iterator[str]:
        for number, line in enumerate(file, start=1):
            try:
                yield line.removeprefix(b"\xef\xbb\xbf").decode() if number == 1 else line.decode()
            except UnicodeDecodeError as exc:
                raise UsageError(
                    f"{self.where}:{number}: cannot be read as UTF-8 (byte {exc.start + 1} of the line)",
                    hint="give a UTF-8 file of texts",
                ) from exc


class TextStream:
    """The records of a stream, which can be read once: JSON lines where the first line is a JSON object, otherwise plain text.

    Args:
        lines: such as `sys.stdin`.
        fields: of the JSON lines.
    """

    where = "stdin"

    def __init__(self, lines: Iterable[str], fields: Fields) -> None:
        self._lines, self._fields = iter(lines), fields
        self._first = next(self._lines, "")
        try:
            self._as_json = isinstance(json.loads(self._first), dict)
        except ValueError:
            self._as_json = False
        self.text_field = fields.text if self._as_json else "text"

    def __iter__(self) -> Iterator[Record]:
        """Yield the records; errors as those of `TextFile`."""

        def lines() -> Iterator[str]:
            if self._first:
                yield self._first
                yield from self._lines

        return _records(lines(), self._fields, where=self.where, as_json=self._as_json)


class TextList:
    """Texts that were given as arguments."""

    where = "arguments"
    text_field = "text"

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = list(texts)

    def __iter__(self) -> Iterator[Record]:
        """Yield a record per text."""
        for number, text in enumerate(self._texts, start=1):
            _check_unicode(text, where=f"{self.where}, text {number}")
            yield {"text": text}


Texts = TextFile | TextStream | TextList


def check_output(path: Path) -> None:
    """Make sure, before any work is done, that a file can be written there.

    Raises:
        UsageError: it names a folder, or lies in none.
    """
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise UsageError(f"--output {path}: no file can be written there", hint="give a file in a folder that exists")


def json_line(record: Record) -> str:
    """Return a record as a JSON line with its line feed."""
    return json.dumps(record, ensure_ascii=False) + "\n"


def _records(lines: Iterable[str], fields: Fields, *, where: str, as_json: bool) -> Iterator[Record]:
    blanks: list[int] = []  # lines that count only where something comes after them
    for number, line in enumerate(lines, start=1):
        text = line.removesuffix("\n").removesuffix("\r")
        if not text.strip():
            blanks.append(number)
            continue
        for place in blanks:
            if as_json:
                raise UsageError(f"{where}:{place}: an empty line, which is no JSON", hint="remove it")
            yield {"text": ""}
        blanks.clear()
        record = _parsed(text, fields, where=f"{where}:{number}") if as_json else {"text": text}
        _check_unicode(record[fields.text if as_json else "text"], where=f"{where}:{number}")
        yield record


def _parsed(line: str, fields: Fields, *, where: str) -> Record:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as exc:
        raise UsageError(
            f"{where}: no JSON ({exc})", hint=f'each line is an object such as {{"{fields.text}": "…"}}'
        ) from exc
    if not isinstance(record, dict) or not isinstance(record.get(fields.text), str):
        there = f"; fields: {', '.join(record)}" if isinstance(record, dict) else ""
        raise UsageError(
            f"{where}: no text in the field {fields.text!r}{there}",
            hint="name the field that holds the text with --field",
        )
    if fields.answer in record and not fields.overwrite:
        raise UsageError(
            f"{where}: the line has a field {fields.answer!r} already, and it is not overwritten",
            hint="keep both with --answer-field NAME, or replace it with --overwrite",
        )
    return record


def _check_unicode(text: str, *, where: str) -> None:
    """Refuse what cannot be encoded: bytes of another encoding and half surrogate pairs."""
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise UsageError(f"{where}: no valid UTF-8 at character {exc.start + 1}", hint="give texts in UTF-8") from exc
