"""Readers of corpus files: JSON lines, Parquet, plain text. Each gives rows one by one and remembers nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from emojit.corpus.rows import Row
from emojit.errors import CorpusError

_BATCH_ROWS = 1000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_jsonl(path: Path) -> Iterator[Row]:
    """Yield the lines of a file; blank ones are passed over. Parsing is left to `Row`, where a bad line can be counted."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            content = line.removeprefix(_BYTE_ORDER_MARK).strip() if number == 1 else line.strip()
            if content:
                yield Row(f"line {number}", content)


def read_parquet(path: Path) -> Iterator[Row]:
    """Yield the rows of a Parquet file.

    Raises:
        CorpusError: no Parquet file, or no column `text`.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if "text" not in file.schema_arrow.names:
                raise CorpusError(
                    f"{path}: no column `text`; columns: {', '.join(file.schema_arrow.names)}",
                    hint="rename the column that holds the articles to `text`",
                )
            number = 0
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                for values in batch.to_pylist():
                    number += 1
                    yield Row(f"row {number}", values)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as exc:
        raise CorpusError(f"{path}: no readable Parquet file ({exc})", hint="write or download it again") from exc


def read_text(path: Path) -> Iterator[Row]:
    """Yield blocks of lines separated by blank lines, one article each."""
    block: list[bytes] = []
    start = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                start = start if block else number
                block.append(line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line)
            elif block:
                yield _text_row(start, block)
                block = []
    if block:
        yield _text_row(start, block)


READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".jsonl": read_jsonl,
    ".parquet": read_parquet,
    ".txt": read_text,
}
"""File ending to reader."""


def file_facts(path: Path) -> dict[str, object]:
    """Return name, sha256 and size (bytes) of a file, for the manifest. The folder is left out: it says more about the machine than the data."""
    with path.open("rb") as file:
        return {
            "path": path.name,
            "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
            "size": path.stat().st_size,
        }


def _text_row(start: int, block: list[bytes]) -> Row:
    content = b"".join(block)
    try:
        return Row(f"line {start}", {"text": content.decode("utf-8").strip()})
    except UnicodeDecodeError:
        return Row(f"line {start}", content)  # `Row.mapping` decodes it again and names the byte
