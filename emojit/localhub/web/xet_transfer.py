"""Uploads by Xet: a write token, then xorbs and shards sent to a storage address of this server."""

from __future__ import annotations

import contextlib
import errno
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from emojit.localhub.lfs import HashingWriter, expiry_from_now, is_count
from emojit.localhub.refusal import RefusalError, malformed
from emojit.localhub.store import is_disk_full
from emojit.localhub.web.answers import ok
from emojit.localhub.web.call import Call
from emojit.localhub.web.lfs_multipart import MAX_BYTES
from emojit.localhub.web.lfs_transfer import SHA256
from emojit.localhub.web.streams import receive
from emojit.localhub.web.targets import write_target
from emojit.localhub.web.xet_token import token_answer
from emojit.localhub.xet import MAX_SHARD_BYTES, MAX_XORB_BYTES, XetFile, read_shard, rebuild


def write_token(call: Call) -> Response:
    """`GET /api/{types}/{id}/xet-write-token/{revision}`: for this repository alone."""
    record = write_target(call).record
    expiry = expiry_from_now()
    token = f"{expiry}.{call.hub.large_files.sign('xet', record.key, expiry)}"
    address = f"{call.endpoint}/api/local/xet/{record.key}/{call.hub.xet_uploads.begin(record.key)}"
    return token_answer(address, token, expiry)


async def upload_xorb(call: Call) -> Response:
    """`POST {address}/v1/xorbs/default/{hash}`."""
    folder = _checked_folder(call)
    if not SHA256.fullmatch(call.values["hash"]):
        raise malformed("The hash of a xorb has 64 hex digits")
    target = folder / call.values["hash"]
    with _given_up_on_a_full_disk(call), call.hub.store.incoming() as file:
        await receive(call.request, file.write, limit=MAX_XORB_BYTES)
        is_new = await run_in_threadpool(_store_xorb, file, target)
    return ok({"was_inserted": is_new})


def _store_xorb(file: IO[bytes], target: Path) -> bool:
    """Not synced: xorbs do not outlive this server, only the files that are rebuilt from them do."""
    file.flush()
    is_new = not target.exists()
    target.parent.mkdir(parents=True, exist_ok=True)
    Path(file.name).replace(target)
    return is_new


async def upload_shard(call: Call) -> Response:
    """`POST {address}/v1/shards`: rebuild every file of the shard, check its sha256, store it as a large file."""
    folder = _checked_folder(call)
    with _given_up_on_a_full_disk(call):
        with call.hub.store.incoming() as file:
            await receive(call.request, file.write, limit=MAX_SHARD_BYTES)
            file.seek(0)
            shard = file.read()
        for item in read_shard(shard):
            await run_in_threadpool(_store_file, call, item, folder)
    return ok({"result": 1})


@contextlib.contextmanager
def _given_up_on_a_full_disk(call: Call) -> Iterator[None]:
    """End the upload when the disk is full, so that its xorbs do not keep it full."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as exc:
        if is_disk_full(exc):
            call.hub.xet_uploads.give_up(call.values["upload"])
        raise


def _store_file(call: Call, item: XetFile, xorbs: Path) -> None:
    key, upload_id = call.values["key"], call.values["upload"]
    if not call.hub.large_files.has(key, item.sha256):
        _check_room(call, item.size)
        with call.hub.store.incoming() as file:
            writer = HashingWriter(file)
            rebuild(item, xorbs, writer.write)
            if writer.sha256 != item.sha256:
                raise malformed(f"A file of the shard has sha256 {writer.sha256}; {item.sha256} was announced")
            call.hub.large_files.keep(key, file, item.sha256)
    call.hub.xet_uploads.note(upload_id, item.sha256)


def _check_room(call: Call, size: int) -> None:
    """Refuse a file that cannot fit before the disk is full of it: by naming chunks again and again a few KiB of a shard can announce any size.

    Args:
        call: the request.
        size: what the file is said to hold (bytes).

    Raises:
        RefusalError: 413, no file may be so large.
        OSError: the disk has less room.
    """
    if size > MAX_BYTES:
        raise RefusalError(413, f"A file may have at most {MAX_BYTES} bytes")
    if size > shutil.disk_usage(call.hub.store.tmp).free:
        raise OSError(errno.ENOSPC, "No room for a file of a shard")


def _checked_folder(call: Call) -> Path:
    """The xorb folder of the repository that the access token was made for.

    Raises:
        RefusalError: 401 or 404.
    """
    key = call.values["key"]
    scheme, _, token = call.request.headers.get("authorization", "").partition(" ")
    expiry, _, signature = token.partition(".")
    if scheme.lower() != "bearer" or not is_count(expiry) or int(expiry) < time.time():
        raise RefusalError(401, "The Xet access token is missing or has expired")
    call.hub.large_files.check(signature, int(expiry), "xet", key)
    return call.hub.xet_uploads.folder(key, call.values["upload"])
