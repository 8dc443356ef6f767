"""Large files on their way: received in parts that outlive a kill, checked, sent on."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Self

from emojit.mirror.http import check, session
from emojit.mirror.side import Side

AT_ONCE = 4
"""Files that are copied at the same time; so many lie in the work folder at most."""
Progress = Callable[[int], object]
"""Takes the number of bytes that came through."""

_BLOCK_BYTES = 1024 * 1024
_ATTEMPTS = 5
_PAUSE_S = 1.0
_TIMEOUT_S = 60.0  # without one byte
_BUSY = 429
_SERVER_ERRORS = 500
_BATCH = 100  # the public Hub's own limit


def work_folder() -> Path:
    """Where half received files wait, by the XDG rules."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "emojit" / "mirror"


def part_path(sha256: str) -> Path:
    """Where a large file waits while it is received."""
    return work_folder() / f"{sha256}.part"


class _Part:
    """A file that is being received; what an earlier run received of it counts."""

    def __init__(self, path: Path, size: int, progress: Progress) -> None:
        self._digest = hashlib.sha256()
        self._progress = progress
        self.done = 0
        usable = path.exists() and path.stat().st_size <= size
        self._out: IO[bytes] = path.open("r+b" if usable else "w+b")
        while block := self._out.read(_BLOCK_BYTES):
            self._count(block)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._out.close()

    def take(self, block: bytes) -> None:
        self._out.write(block)
        self._count(block)

    def _count(self, block: bytes) -> None:
        self._digest.update(block)
        self.done += len(block)
        self._progress(len(block))

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def download(side: Side, url: str, sha256: str, size: int, progress: Progress) -> Path:
    """Receive a large file, going on where an earlier call was cut off, and return where it lies.

    Args:
        side: whose file.
        url: where its bytes are.
        sha256: what it must be, 64 hex digits.
        size: what it must be (bytes).
        progress: told of every block.

    Raises:
        PublishError: the Hub does not send it, or sends something else.
    """
    from huggingface_hub.errors import HfHubHTTPError, HTTPError  # type: ignore[attr-defined]

    path = part_path(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with side.errors(), _Part(path, size, progress) as part:
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    if part.done < size:
                        _receive(side, url, part)
                    break
                except HfHubHTTPError as exc:
                    status = exc.response.status_code
                    if attempt == _ATTEMPTS or (status < _SERVER_ERRORS and status != _BUSY):
                        raise
                except HTTPError:  # broken off
                    if attempt == _ATTEMPTS:
                        raise
                time.sleep(_PAUSE_S * attempt)
    except OSError as exc:  # a full disk, which names no file
        exc.filename = exc.filename or str(path)
        raise
    if (part.done, part.sha256) != (size, sha256):
        path.unlink()
        raise side.problem(
            f"{url} came with {part.done:,} bytes and sha256 {part.sha256}; {size:,} bytes and {sha256} were announced",
            hint="run the same command again; this file is received anew",
        )
    return path


def _receive(side: Side, url: str, part: _Part) -> None:
    """Ask for the rest of a file."""
    headers = side.headers() | {"Accept-Encoding": "identity"}
    if part.done:
        headers["Range"] = f"bytes={part.done}-"
    with session().stream("GET", url, headers=headers, timeout=_TIMEOUT_S, follow_redirects=True) as answer:
        if answer.is_error:
            answer.read()
        check(answer)
        if part.done and answer.status_code != 206:
            raise side.problem(
                f"the Hub does not send {url} in parts", hint=f"remove {work_folder()} and run the same command again"
            )
        for block in answer.iter_bytes(_BLOCK_BYTES):
            part.take(block)


def missing(side: Side, sizes: dict[str, int]) -> set[str]:
    """Those of some large files, given by sha256 with their sizes, that a repository still needs.

    Raises:
        PublishError: the Hub does not say.
    """
    found: set[str] = set()
    names = list(sizes)
    for start in range(0, len(names), _BATCH):
        found |= _uploads(side, {sha256: sizes[sha256] for sha256 in names[start : start + _BATCH]}).keys()
    return found


def upload(side: Side, sha256: str, path: Path, progress: Progress) -> None:
    """Send a large file, unless it is there.

    Args:
        side: where to.
        sha256: of the file.
        path: where it lies.
        progress: told of every block; it may raise to stop.

    Raises:
        PublishError: the Hub refuses it or does not answer.
    """
    size = path.stat().st_size
    address = _uploads(side, {sha256: size}).get(sha256)
    if address is None:
        return
    with side.errors():
        # The address holds the permission, so no token goes with it.
        answer = session().put(
            address, content=_blocks(path, progress), headers={"Content-Length": str(size)}, timeout=None
        )
        check(answer)


def _uploads(side: Side, sizes: dict[str, int]) -> dict[str, str]:
    """Where to send those large files that are not there, by sha256."""
    objects = [{"oid": sha256, "size": size} for sha256, size in sizes.items()]
    body = {"operation": "upload", "transfers": ["basic"], "hash_algo": "sha256", "objects": objects}
    with side.errors():
        answer = session().post(
            f"{side}.git/info/lfs/objects/batch", json=body, headers=side.headers(), timeout=_TIMEOUT_S
        )
        check(answer)
    items = answer.json()["objects"]
    return {item["oid"]: item["actions"]["upload"]["href"] for item in items if "actions" in item}


def _blocks(path: Path, progress: Progress) -> Iterator[bytes]:
    """Yield the content of a file piece by piece."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            progress(len(block))
            yield block
