"""Readers of corpus files: JSON lines, Parquet, plain text. Each gives rows one by one and remembers nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from emojit.corpus.articles import COLUMNS
from emojit.corpus.rows import Row
from emojit.corpus.streams import COMPRESSIONS, MAX_LINE_BYTES, Position, numbered_lines
from emojit.errors import CorpusError

Reader = Callable[[Path, Position], Iterator[Row]]
"""Gives the rows of one file and says on the way how far it has come."""

_BATCH_ROWS = 256
_BUFFER_BYTES = 2**20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SHOWN_BYTES = 4096  # what is kept of a line that is not read
_TOO_LARGE = ("too_large", f"larger than {MAX_LINE_BYTES // 2**20} MiB")


def read_jsonl(path: Path, position: Position) -> Iterator[Row]:
    """Yield the lines of a file; blank ones are passed over. Parsing is left to `Row`, where a bad line can be counted."""
    for number, line, whole in numbered_lines(path, position):
        content = line.removeprefix(_BYTE_ORDER_MARK).strip() if number == 1 else line.strip()
        if not whole:
            yield Row(f"line {number}", content[:_SHOWN_BYTES], _TOO_LARGE)
        elif content:
            yield Row(f"line {number}", content)


def read_text(path: Path, position: Position) -> Iterator[Row]:
    """Yield blocks of lines separated by blank lines, one article each."""
    block = _Block()
    for number, line, whole in numbered_lines(path, position):
        if line.strip():
            block.add(number, line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line, whole=whole)
        elif block.start:
            yield block.row()
            block = _Block()
    if block.start:
        yield block.row()


class _Block:
    """Lines of a plain text file up to the next blank one; what is too large for an article is not kept."""

    def __init__(self) -> None:
        self.start = 0
        self._lines: list[bytes] = []
        self._bytes = 0

    def add(self, number: int, line: bytes, *, whole: bool) -> None:
        self.start = self.start or number
        self._bytes += len(line)
        if not whole:
            self._bytes += MAX_LINE_BYTES
        if self._bytes <= MAX_LINE_BYTES or not self._lines:
            self._lines.append(line)

    def row(self) -> Row:
        place, content = f"line {self.start}", b"".join(self._lines)
        if self._bytes > MAX_LINE_BYTES:
            reason, detail = _TOO_LARGE
            return Row(
                place, content[:_SHOWN_BYTES], (reason, f"{detail} without a blank line, which ends an article")
            )
        try:
            return Row(place, {"text": content.decode("utf-8").replace("\r\n", "\n").strip()})
        except UnicodeDecodeError as exc:
            return Row(place, content[:_SHOWN_BYTES], ("bad_unicode", f"no UTF-8 at byte {exc.start}"))


def read_parquet(path: Path, position: Position) -> Iterator[Row]:
    """Yield the rows of a Parquet file; columns that no article has are not read.

    Raises:
        CorpusError: no Parquet file, or no column `text`.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        size = path.stat().st_size
        with pq.ParquetFile(path, buffer_size=_BUFFER_BYTES, pre_buffer=False) as file:
            names = file.schema_arrow.names
            if "text" not in names:
                raise CorpusError(
                    f"{path}: no column `text`; columns: {', '.join(names)}",
                    hint="rename the column that holds the articles to `text`",
                )
            columns = [name for name in COLUMNS if name in names]
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=columns, use_threads=False):
                position.here = size * number // file.metadata.num_rows
                for values in batch.to_pylist():
                    number += 1
                    yield Row(f"row {number}", values)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as exc:
        where = f"behind row {number}" if number else "from its start"
        raise CorpusError(
            f"{path}: no readable Parquet file {where} ({exc})", hint="write or download it again"
        ) from exc


_LINES: dict[str, Reader] = {".jsonl": read_jsonl, ".json": read_jsonl, ".txt": read_text}

READERS: dict[str, Reader] = {
    **_LINES,
    **{f"{ending}{packed}": reader for packed in COMPRESSIONS for ending, reader in _LINES.items()},
    ".parquet": read_parquet,
}
"""File ending to reader."""

ENDINGS = ".jsonl, .json (one object per line), .txt, these with .gz or .zst, and .parquet"
"""The endings in words, for hints."""


def ending_of(path: Path) -> str | None:
    """Return the ending by which a file is read, such as ".jsonl.gz"; None where there is no reader for it."""
    name = path.name.lower()
    return max((ending for ending in READERS if name.endswith(ending)), key=len, default=None)


def file_facts(path: Path) -> dict[str, object]:
    """Return name, sha256 and size (bytes) of a file, for the manifest. The folder is left out: it says more about the machine than the data."""
    with path.open("rb") as file:
        return {
            "path": path.name,
            "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
            "size": path.stat().st_size,
        }


def listing_sha256(sums: Iterable[tuple[str, object]]) -> str:
    """Return one sha256 for several files, given (path, sha256) of each in order: that of what `sha256sum` prints for them."""
    return hashlib.sha256("".join(f"{digest}  {path}\n" for path, digest in sums).encode()).hexdigest()
