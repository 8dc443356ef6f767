"""Large files: a folder addressed by sha256, filled through signed URLs.

The client sends no token with the upload itself, so the URL carries the permission: a keyed hash over repository, content id, size and expiry.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from emojit.localhub.refusal import RefusalError
from emojit.localhub.registry import Registry
from emojit.localhub.store import Store

URL_LIFETIME_S = 24 * 3600
"""A large upload over a slow disk must not outlive its URL; nobody but this machine can use it."""
DOWNLOAD_LIFETIME_S = 3600
"""A client asks again when it has waited longer. Short, since a repository that becomes private stays readable by a URL that was given before."""

_WRITE_BACK_BYTES = 16 * 1024 * 1024

_MAX_DIGITS = 18


class LargeFiles:
    """The large files of one Hub and the permission to add to them."""

    def __init__(self, store: Store, registry: Registry, secret: bytes) -> None:
        self._store = store
        self._registry = registry
        self._secret = secret

    def path(self, sha256: str) -> Path:
        """Where this content lies, if it is here."""
        return self._store.lfs(sha256)

    def size(self, sha256: str) -> int | None:
        """Size of a stored file (bytes), or None when it is not here."""
        try:
            return self.path(sha256).stat().st_size
        except FileNotFoundError:
            return None

    def has(self, key: str, sha256: str) -> bool:
        """Whether the repository `key` may point to this content: it was uploaded to it and is here."""
        return self._registry.granted(key, sha256) and self.size(sha256) is not None

    def sign(self, *fields: object) -> str:
        """A signature over `fields` that only this Hub can make."""
        message = "\0".join(str(field) for field in fields).encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()

    def check(self, signature: str, expiry: int, *fields: object) -> None:
        """Refuse a signature that is wrong or out of date.

        Args:
            signature: what the client sent.
            expiry: seconds since 1970 (UTC), part of the signed fields.
            fields: the rest of the signed fields; `expiry` comes last.

        Raises:
            RefusalError: 403.
        """
        expected = self.sign(*fields, expiry)
        if not hmac.compare_digest(expected.encode(), signature.encode()) or expiry < time.time():
            raise RefusalError(403, "The permission is invalid or has expired")

    def keep(self, key: str, file: IO[bytes], sha256: str) -> None:
        """Move a finished, verified upload into the store and let the repository `key` point to it."""
        self._store.keep(file, self.path(sha256))
        self._registry.grant(key, sha256)


class HashingWriter:
    """Writes to a file and counts and hashes on the way, so that content is read once.

    Attributes:
        size: bytes written so far.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self._under_way = 0
        self.size = 0

    def write(self, data: bytes) -> None:
        """Append `data`."""
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)
        if self.size - self._under_way >= _WRITE_BACK_BYTES:
            self._start_write_back()

    def _start_write_back(self) -> None:
        """Let the disk begin with what was written, so that little is left to wait for at the end: on Linux this advice starts writing and does not wait."""
        if hasattr(os, "posix_fadvise"):
            self._file.flush()
            length = self.size - self._under_way
            os.posix_fadvise(self._file.fileno(), self._under_way, length, os.POSIX_FADV_DONTNEED)
        self._under_way = self.size

    @property
    def sha256(self) -> str:
        """Of everything written so far, 64 hex digits."""
        return self._hash.hexdigest()


def is_count(text: str) -> bool:
    """Whether a text is a number as a signed URL holds it: ASCII digits, not so many that reading them takes time."""
    return text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS


def expiry_from_now(lifetime_s: int = URL_LIFETIME_S, clock: Callable[[], float] = time.time) -> int:
    """When a permission given now ends (seconds since 1970, UTC)."""
    return int(clock()) + lifetime_s
