"""Git LFS pointer files: what git stores in place of a large file.

Source: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_POINTER_BYTES = 1024
"""Blobs above this size are no pointers; the specification's own limit."""

_POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize (\d+)\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """A reference to a large file.

    Attributes:
        sha256: of the content, 64 hex digits.
        size: of the content (bytes).
    """

    sha256: str
    size: int

    def render(self) -> bytes:
        """The bytes that git stores."""
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {self.size}\n".encode()


def parse_pointer(blob: bytes) -> Pointer | None:
    """Read a pointer, or None when `blob` is ordinary content."""
    if len(blob) > MAX_POINTER_BYTES:
        return None
    match = _POINTER.fullmatch(blob)
    return Pointer(sha256=match[1].decode(), size=int(match[2])) if match else None
