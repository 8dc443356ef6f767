"""Stored files as Xet would have stored them: rows of chunks in xorbs, made up while they are sent.

A client that downloads by Xet asks for a *reconstruction*, a list of chunk ranges in xorbs, and fetches these. The embedded Hub keeps whole files and no
xorbs, so it cuts each file at fixed places, sends every chunk uncompressed behind the 8 bytes that head a chunk, and keeps nothing for it. The client
trusts the addresses it is given and asks for no hash of a chunk, so the sha256 of a file serves as its Xet hash.

Source: https://huggingface.co/docs/xet, pages "download-protocol", "xorb" and "api" (read 2026-11).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

CHUNK_BYTES = 128 * 1024
"""The largest chunk that clients make, and the largest that they surely take."""
CHUNKS_PER_XORB = 256
"""32 MiB: clients fetch whole xorbs side by side; a xorb may hold 64 MiB."""
XORB_BYTES = CHUNK_BYTES * CHUNKS_PER_XORB

_HEADER_BYTES = 8
_PACKED_BYTES = CHUNK_BYTES + _HEADER_BYTES
_CHUNKS_PER_READ = 2
"""Clients fetch dozens of xorbs side by side, and each holds two such blocks in memory: one here, one on its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A range of chunks of one xorb; both stops are exclusive."""

    xorb: int
    """Its number within the file, from 0."""
    start: int
    stop: int
    size: int
    """Of the plain chunks together (bytes)."""

    @property
    def first_byte(self) -> int:
        """Where the range begins in the xorb as it is sent."""
        return self.start * _PACKED_BYTES

    @property
    def last_byte(self) -> int:
        """The last byte of the range in the xorb as it is sent."""
        return self.first_byte + self.size + (self.stop - self.start) * _HEADER_BYTES - 1


def terms(size: int, first: int, last: int) -> list[Term]:
    """The chunk ranges that hold the bytes `first` to `last` of a file.

    Args:
        size: of the file (bytes).
        first: first byte wanted, 0 <= first <= last.
        last: last byte wanted, below `size`.
    """
    found = []
    for xorb in range(first // XORB_BYTES, last // XORB_BYTES + 1):
        base = xorb * XORB_BYTES
        start = max(first - base, 0) // CHUNK_BYTES
        stop = min(last - base, XORB_BYTES - 1) // CHUNK_BYTES + 1
        plain = min(base + stop * CHUNK_BYTES, size) - (base + start * CHUNK_BYTES)
        found.append(Term(xorb=xorb, start=start, stop=stop, size=plain))
    return found


def xorb_name(sha256: str, number: int) -> str:
    """The name of one xorb of a file, 64 hex digits: clients keep what they fetched under it, so it must say which content it is."""
    return hashlib.sha256(f"{sha256} {CHUNK_BYTES} {CHUNKS_PER_XORB} {number}".encode()).hexdigest()


def packed_size(size: int, number: int) -> int:
    """How many bytes are sent for one xorb of a file; 0 when the file ends before it.

    Args:
        size: of the file (bytes).
        number: of the xorb.
    """
    plain = min(max(size - number * XORB_BYTES, 0), XORB_BYTES)
    return plain + -(-plain // CHUNK_BYTES) * _HEADER_BYTES


def packed(content: IO[bytes], number: int, first: int, last: int) -> Iterator[bytes]:
    """Yield the bytes `first` to `last` of a xorb as it is sent, and close the file.

    Args:
        content: the whole file.
        number: of the xorb.
        first: first byte wanted.
        last: last byte wanted, below `packed_size`.
    """
    with content:
        chunk = first // _PACKED_BYTES
        position = chunk * _PACKED_BYTES
        content.seek(number * XORB_BYTES + chunk * CHUNK_BYTES)
        while position <= last:
            pieces = []
            for _ in range(min(_CHUNKS_PER_READ, CHUNKS_PER_XORB - chunk)):
                plain = content.read(CHUNK_BYTES)
                if not plain:
                    break
                pieces += [_header(len(plain)), plain]
                chunk += 1
            if not pieces:
                return  # the file is shorter than it was
            block = b"".join(pieces)
            pieces.clear()  # not held while the block is sent
            yield block[max(first - position, 0) : last + 1 - position]
            position += len(block)


def _header(size: int) -> bytes:
    """Version 0, packed size, compression 0 (none), plain size."""
    length = size.to_bytes(3, "little")
    return b"\0" + length + b"\0" + length
