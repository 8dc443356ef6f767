"""A corpus file as lines of bytes: decompressed while it is read, cut off where a line is too long, and measured by what is read of it on disk."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal

from emojit.errors import CorpusError

COMPRESSIONS: dict[str, Literal["gzip", "zstd"]] = {".gz": "gzip", ".zst": "zstd"}
"""Second ending to codec. Archives of several members or frames, as `cat` and parallel compressors make them, are read to their end."""

MAX_LINE_BYTES = 2**24
"""Longest line, and longest article of a plain text file, that is read (bytes). The longest page of a Wikipedia has a tenth of it."""

_BUFFER_BYTES = 2**18
_TELL_EVERY = 64
"""Lines between two looks at the place in the file: each costs a system call (count)."""

_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PAR1": "Parquet",
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"version https://": "Git LFS pointer",
}
"""How files begin whose content is not what a plain ending says. Sources: RFC 1952, RFC 8878, parquet.apache.org, APPNOTE.TXT, xz-file-format.txt."""


class Position:
    """How far reading has come, for a progress bar.

    Attributes:
        unit: "B" for bytes on disk, "article" where no size is known.
        total: of the whole corpus, in that unit; None where it is not known.
        before: of the files that are finished.
        here: within the present file.
    """

    def __init__(self, *, unit: str = "B", total: int | None = None) -> None:
        self.unit = unit
        self.total = total
        self.before = 0
        self.here = 0

    @property
    def done(self) -> int:
        """What is read so far, in `unit`."""
        return self.before + self.here


def compression_of(path: Path) -> str | None:
    """Return the codec that a file's ending names, or None."""
    return COMPRESSIONS.get(path.suffix.lower())


def numbered_lines(path: Path, position: Position) -> Iterator[tuple[int, bytes, bool]]:
    """Yield (number from 1, line with its end, whether the line is whole) of a plain or compressed file.

    Of a line longer than `MAX_LINE_BYTES` only the start is given, so that memory stays bounded whatever the file holds.

    Raises:
        CorpusError: the file cannot be read, or its archive is damaged or cut off.
    """
    import pyarrow as pa

    number = 0
    try:
        with _open(path) as (raw, stream):
            while line := stream.readline(MAX_LINE_BYTES):
                number += 1
                if number % _TELL_EVERY == 0:
                    position.here = raw.tell()
                whole = len(line) < MAX_LINE_BYTES or line.endswith(b"\n")
                while not whole and (rest := stream.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                    position.here = raw.tell()
                yield number, line, whole
    except (OSError, pa.ArrowException) as exc:
        if isinstance(exc, OSError) and exc.errno is not None:  # from the system; the codecs give none
            raise CorpusError(f"{path}: cannot be read ({exc.strerror})", hint="check the file and the disk") from exc
        raise CorpusError(
            f"{path}: the archive is damaged or cut off behind line {number} ({exc})", hint="download or make it again"
        ) from exc


@contextlib.contextmanager
def _open(path: Path) -> Iterator[tuple[io.FileIO, IO[bytes]]]:
    import pyarrow as pa

    with path.open("rb", buffering=0) as raw:
        if (codec := compression_of(path)) is None:
            yield raw, io.BufferedReader(raw, _BUFFER_BYTES)
        else:
            with pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), codec) as unpacked:
                yield raw, io.BufferedReader(unpacked, _BUFFER_BYTES)


def check_content(path: Path) -> None:
    """Refuse a file whose first bytes say that it is not what its name says.

    Raises:
        CorpusError: empty, unreadable, compressed with another codec than its ending says, or UTF-16.
    """
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as exc:
        raise CorpusError(
            f"{path}: cannot be read ({exc.strerror})", hint="check the permissions of the file"
        ) from exc
    if not start:
        raise CorpusError(f"{path}: the file is empty", hint="give a corpus with at least one article")
    found = next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), None)
    wanted = "Parquet" if path.suffix.lower() == ".parquet" else compression_of(path)
    if start[:2] in {b"\xff\xfe", b"\xfe\xff"} and b"\0" in start:
        raise CorpusError(f"{path}: is UTF-16", hint=f"iconv -f UTF-16 -t UTF-8 {path.name} > utf8-{path.name}")
    if found == wanted or (wanted == "zstd" and start[1:4] == b"\x2a\x4d\x18"):  # a skippable frame, as pzstd writes
        return
    if found is not None:
        endings = {"gzip": ".gz", "zstd": ".zst", "Parquet": ".parquet"}
        hint = f"rename it, so that it ends in {endings[found]}" if found in endings else "unpack it first"
        if found == "Git LFS pointer":
            hint = "git lfs pull"
        raise CorpusError(f"{path}: holds {found} data in spite of its name", hint=hint)
    if wanted == "Parquet":
        raise CorpusError(f"{path}: no readable Parquet file", hint="write or download it again")
    if wanted is not None:
        raise CorpusError(
            f"{path}: is no {wanted} archive in spite of its name", hint="rename it, or download it again"
        )
