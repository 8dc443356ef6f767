"""The two upload formats of Xet, read far enough to rebuild the files that a client sent.

huggingface_hub 2 uploads by Xet without asking the server, so the embedded Hub takes such uploads: a *xorb* is a row of compressed chunks, a *shard*
says which chunk ranges of which xorbs make up a file and which sha256 the file has. The files are rebuilt at once and stored as large files; downloads
are plain HTTP.

Source: https://huggingface.co/docs/xet, pages "xorb" and "shard" (read 2026-11).
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from emojit.localhub.refusal import malformed

MAX_XORB_BYTES = 72 * 1024 * 1024
"""The format's limit is 64 MiB of chunks; the rest is room for chunk headers and the footer."""
MAX_SHARD_BYTES = 80 * 1024 * 1024
"""Clients begin a new shard at 64 MiB."""
MAX_CHUNKS_PER_XORB = 8192
"""Of the format."""

_SHARD_HEADER = struct.Struct("<32sQQ")
_RECORD = struct.Struct("<32sIIII")
"""Every record of a shard has 48 bytes: a hash and four numbers whose meaning depends on the record."""
_SHARD_VERSION = 2
_END_OF_FILES = b"\xff" * 32
_WITH_VERIFICATION = 1 << 31
_WITH_METADATA = 1 << 30
_CHUNK_HEADER_BYTES = 8
_MAX_KNOWN_XORBS = 256
"""How many tables of chunks are kept while a file is rebuilt; one takes up to 64 KiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A range of chunks of one xorb; `stop` is exclusive."""

    xorb: str
    start: int
    stop: int
    size: int
    """Of the unpacked chunks together (bytes)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class XetFile:
    """One uploaded file."""

    sha256: str
    segments: Iterable[Segment]
    """In the order of the file; can be read again and again."""

    @property
    def size(self) -> int:
        """What the file is said to hold (bytes)."""
        return sum(segment.size for segment in self.segments)


@dataclass(frozen=True, slots=True)
class _Segments:
    """The segments of a file, made when they are read: a shard can list a million of them."""

    records: memoryview

    def __iter__(self) -> Iterator[Segment]:
        for xorb, _, size, start, stop in _RECORD.iter_unpack(self.records):
            yield Segment(xorb=hash_text(xorb), start=start, stop=stop, size=size)


def hash_text(raw: bytes) -> str:
    """The text form of a 32-byte hash in a shard: four little-endian 64-bit numbers, each written as 16 hex digits."""
    return "".join(f"{number:016x}" for number in struct.unpack("<4Q", raw))


def read_shard(shard: bytes) -> Iterator[XetFile]:
    """The files that a shard describes.

    Raises:
        RefusalError: 400, the shard is cut off, of another version, or a file has no sha256.
    """
    try:
        _, version, _ = _SHARD_HEADER.unpack_from(shard)
        if version != _SHARD_VERSION:
            raise malformed(f"Shard version {version} is not supported")
        offset = _SHARD_HEADER.size
        while True:
            file_hash, flags, count, _, _ = _RECORD.unpack_from(shard, offset)
            offset += _RECORD.size
            if file_hash == _END_OF_FILES:
                return
            if not flags & _WITH_METADATA:
                raise malformed("A file of the shard has no sha256")
            end = offset + count * _RECORD.size
            if end > len(shard):
                raise malformed("The shard is cut off")
            segments = _Segments(memoryview(shard)[offset:end])
            offset = end + (count * _RECORD.size if flags & _WITH_VERIFICATION else 0)
            sha256, *_ = _RECORD.unpack_from(shard, offset)
            offset += _RECORD.size
            yield XetFile(sha256=hash_text(sha256), segments=segments)
    except struct.error as exc:
        raise malformed("The shard is cut off") from exc


def rebuild(file: XetFile, xorbs: Path, write: Callable[[bytes], None]) -> None:
    """Write the content of a file, chunk by chunk, so that memory does not grow with its size.

    No more is written than the file is said to hold: a segment costs 48 bytes in a shard and may name 64 MiB, so what a shard announces is checked before
    (`XetFile.size`) and held here.

    Args:
        file: what to rebuild.
        xorbs: the folder with the uploaded xorbs, named by their hash.
        write: takes the unpacked chunks in order.

    Raises:
        RefusalError: 400, a xorb is missing or damaged, or a segment holds more or less than it says.
    """
    found: dict[str, array[int]] = {}
    for segment in file.segments:
        name = segment.xorb
        try:
            xorb = (xorbs / name).open("rb")
        except FileNotFoundError:
            raise malformed(f"The xorb {name} was not uploaded") from None
        with xorb:
            if name not in found:
                if len(found) == _MAX_KNOWN_XORBS:
                    found.clear()
                found[name] = _places(xorb)
            places = found[name]
            if not 0 <= segment.start < segment.stop <= len(places):
                raise malformed(f"The xorb {name} has no chunks {segment.start} to {segment.stop}")
            left = segment.size
            xorb.seek(places[segment.start])
            for index in range(segment.start, segment.stop):
                chunk = _chunk(xorb, f"Chunk {index} of the xorb {name}", left)
                left -= len(chunk)
                write(chunk)
        if left:
            raise malformed(f"A segment of the xorb {name} holds {left} bytes less than it says")


def _places(xorb: BinaryIO) -> array[int]:
    """Where the chunks of a xorb begin (bytes); what follows the last one is not looked at."""
    places = array("Q")
    position = 0
    while len(places) < MAX_CHUNKS_PER_XORB:
        xorb.seek(position)
        header = xorb.read(_CHUNK_HEADER_BYTES)
        if len(header) != _CHUNK_HEADER_BYTES or header[0] != 0:
            break
        places.append(position)
        position += _CHUNK_HEADER_BYTES + int.from_bytes(header[1:4], "little")
    return places


def _chunk(xorb: BinaryIO, what: str, left: int) -> bytes:
    """Unpack the next chunk.

    Args:
        xorb: where it begins.
        what: its name, for messages.
        left: the most that it may hold (bytes).
    """
    header = xorb.read(_CHUNK_HEADER_BYTES)
    packed_size, scheme, size = int.from_bytes(header[1:4], "little"), header[4], int.from_bytes(header[5:8], "little")
    if not 0 < size <= left:
        raise malformed(f"{what} holds {size} bytes, where up to {left} were announced")
    chunk = _unpack(scheme, xorb.read(packed_size), size)
    if len(chunk) != size:
        raise malformed(f"{what} is damaged")
    return chunk


def _unpack(scheme: int, data: bytes, size: int) -> bytes:
    """Undo the compression of one chunk: 0 none, 1 LZ4 frame, 2 LZ4 frame over bytes grouped by their position modulo 4.

    Args:
        scheme: the compression.
        data: the packed bytes.
        size: what the chunk is said to unpack to (bytes, below 16 MiB); no more than one byte above it is unpacked.
    """
    import lz4.frame

    if scheme == 0:
        return data
    try:
        plain: bytes = lz4.frame.LZ4FrameDecompressor().decompress(data, size + 1)
    except (EOFError, RuntimeError) as exc:
        raise malformed(f"A chunk cannot be decompressed: {exc}") from exc
    if scheme == 1:
        return plain
    if scheme != 2:
        raise malformed(f"Chunk compression {scheme} is not supported")
    grouped = bytearray(len(plain))
    offset = 0
    for position in range(4):
        count = (len(plain) - position + 3) // 4
        grouped[position::4] = plain[offset : offset + count]
        offset += count
    return bytes(grouped)
