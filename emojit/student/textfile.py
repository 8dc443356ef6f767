"""Texts in, texts with emoji out: the files that `emojit predict` reads and writes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from emojit.errors import UsageError

ANSWER = "emojis"
"""The field that is added to each row."""

Record = dict[str, Any]
"""One text and what came with it."""


def read_records(path: Path, *, field: str) -> list[Record]:
    """Read texts from a file: JSON lines where its name ends in .jsonl, otherwise plain text, one text a line.

    Args:
        path: a UTF-8 file.
        field: the field of a JSON line that holds the text.

    Returns:
        One record per line, an empty line of plain text among them; empty lines at the end do not count.

    Raises:
        UsageError: the file cannot be read; a line is no JSON object, lacks `field` or has `emojis` already. The line's number is named.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise UsageError(f"--input {path}: cannot be read ({exc})", hint="give a UTF-8 file of texts") from exc
    return _json_records(text, field, where=str(path)) if path.suffix == ".jsonl" else _plain_records(text)


def stdin_records(text: str, *, field: str) -> list[Record]:
    """Return one record per line: of JSON lines where the first line is a JSON object, otherwise of plain text.

    Raises:
        UsageError: the first line is a JSON object and another one is none, lacks `field` or has `emojis` already.
    """
    try:
        is_json = isinstance(json.loads(text.partition("\n")[0]), dict)
    except ValueError:
        is_json = False
    return _json_records(text, field, where="stdin") if is_json else _plain_records(text)


def check_unicode(records: Sequence[Record], field: str, *, where: str) -> None:
    """Make sure that every text can be encoded; bytes of another encoding and half surrogate pairs cannot.

    Args:
        records: the records that were read.
        field: their text field.
        where: what errors call the place of the texts, such as "stdin" or a file.

    Raises:
        UsageError: a text cannot; its number is named.
    """
    for number, record in enumerate(records, start=1):
        try:
            record[field].encode()
        except UnicodeEncodeError as exc:
            raise UsageError(
                f"{where}, text {number}: no valid UTF-8 at character {exc.start + 1}", hint="give texts in UTF-8"
            ) from exc


def check_output(path: Path) -> None:
    """Make sure, before any work is done, that a file can be written there.

    Raises:
        UsageError: it names a folder, or lies in none.
    """
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise UsageError(f"--output {path}: no file can be written there", hint="give a file in a folder that exists")


def json_lines(records: Iterable[Record], answers: Sequence[Sequence[str]]) -> str:
    """Return one JSON line per record with every field kept and `emojis` added, in the order of the records."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in with_answers(records, answers))


def with_answers(records: Iterable[Record], answers: Sequence[Sequence[str]]) -> list[Record]:
    """Return the records with `emojis` added."""
    return [{**record, ANSWER: list(emojis)} for record, emojis in zip(records, answers, strict=True)]


def _json_records(text: str, field: str, *, where: str) -> list[Record]:
    return [_parse(line, field, where=f"{where}:{number}") for number, line in enumerate(_lines(text), start=1)]


def _plain_records(text: str) -> list[Record]:
    return [{"text": line} for line in _lines(text)]


def _lines(text: str) -> list[str]:
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def _parse(line: str, field: str, *, where: str) -> Record:
    try:
        record = json.loads(line)
    except ValueError as exc:
        raise UsageError(
            f"{where}: no JSON ({exc})", hint=f'each line is an object such as {{"{field}": "…"}}'
        ) from exc
    if not isinstance(record, dict) or not isinstance(record.get(field), str):
        there = f"; fields: {', '.join(record)}" if isinstance(record, dict) else ""
        raise UsageError(
            f"{where}: no text in the field {field!r}{there}", hint="name the field that holds the text with --field"
        )
    if ANSWER in record:
        raise UsageError(
            f"{where}: the line has a field {ANSWER!r} already, and it is not overwritten",
            hint="rename it in the input",
        )
    return record
