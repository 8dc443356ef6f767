"""Uploads by Xet that lie: about sizes, about chunks, about what there is."""

from __future__ import annotations

import hashlib
import shutil
import struct
import time
import tracemalloc

import httpx2
import lz4.frame
import pytest
from huggingface_hub import HfApi

from emojit.localhub import LocalHub
from emojit.localhub.refusal import RefusalError
from emojit.localhub.xet import Segment, XetFile, hash_text, rebuild


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    with LocalHub(tmp_path_factory.mktemp("box")) as hub:
        hub.create_user("me")
        hub.token = hub.create_token("me")
        HfApi(endpoint=hub.endpoint, token=hub.token).create_repo("me/model")
        yield hub


def xet(box):
    url = f"{box.endpoint}/api/models/me/model/xet-write-token/main"
    told = httpx2.get(url, headers={"Authorization": f"Bearer {box.token}"}).json()
    return told["casUrl"], {"Authorization": f"Bearer {told['accessToken']}"}


SHARD_HEADER = struct.pack("<32sQQ", b"", 2, 0)
RECORD = struct.Struct("<32sIIII")


@pytest.mark.parametrize(
    "shard",
    [
        b"",
        b"\0" * 100,
        SHARD_HEADER,
        SHARD_HEADER + RECORD.pack(bytes(32), 1 << 30, 2**32 - 1, 0, 0),
        SHARD_HEADER
        + RECORD.pack(bytes(32), 1 << 30, 1, 0, 0)
        + RECORD.pack(bytes(32), 0, 1, 0, 2**32 - 1)
        + bytes(48),
        SHARD_HEADER + RECORD.pack(bytes(32), 0, 0, 0, 0) * 3,
    ],
    ids=["empty", "zeros", "cut off", "4 billion segments", "4 billion chunks", "no sha256"],
)
def test_a_shard_that_lies_is_a_400(box, shard):
    address, token = xet(box)

    assert httpx2.post(f"{address}/v1/shards", content=shard, headers=token).status_code == 400


def a_xorb(*chunks):
    """Uncompressed chunks with their headers."""
    return b"".join(
        b"\0" + len(chunk).to_bytes(3, "little") + b"\0" + len(chunk).to_bytes(3, "little") + chunk for chunk in chunks
    )


def a_shard(sha256, segments):
    """One file: `segments` are start, stop and size in the xorb of zeros."""
    records = [RECORD.pack(bytes(32), 1 << 30, len(segments), 0, 0)]
    records += [RECORD.pack(bytes(32), 0, size, start, stop) for start, stop, size in segments]
    raw = b"".join(bytes.fromhex(sha256[at : at + 16])[::-1] for at in range(0, 64, 16))
    records += [raw + bytes(16), RECORD.pack(b"\xff" * 32, 0, 0, 0, 0)]
    return SHARD_HEADER + b"".join(records)


CHUNK = bytes(100_000)


@pytest.mark.parametrize(
    ("segments", "status"),
    [
        ([(0, 2, 200_000)] * 3, 200),
        ([(0, 1, 100_000)], 400),
        ([(0, 2, 100_000)] * 6, 400),
        ([(0, 2, 200_001)] * 3, 400),
        ([(1, 1, 0)] * 100_000, 400),
        ([(0, 3, 300_000)] * 2, 400),
        ([(0, 2, 2**32 - 1)] * 3, 507),
        ([(0, 2, 2**32 - 1)] * 300, 413),
    ],
    ids=[
        "a content three times",
        "another content",
        "more than it says",
        "less than it says",
        "nothing, often",
        "chunks that are not there",
        "more than the disk holds",
        "more than any file",
    ],
)
def test_a_shard_that_repeats_its_chunks_writes_what_it_announces_and_what_there_is_room_for(
    box, monkeypatch, segments, status
):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**10, 0, 10**10))
    address, token = xet(box)
    assert (
        httpx2.post(f"{address}/v1/xorbs/default/{'0' * 64}", content=a_xorb(CHUNK, CHUNK), headers=token).status_code
        == 200
    )
    shard = a_shard(hashlib.sha256(CHUNK * 6 if status == 200 else repr(segments).encode()).hexdigest(), segments)
    started = time.monotonic()

    assert httpx2.post(f"{address}/v1/shards", content=shard, headers=token, timeout=30).status_code == status

    assert time.monotonic() - started < 5
    assert not list((box.root / "tmp").glob("tmp*"))


def test_an_lz4_chunk_unpacks_to_what_it_declares_and_no_further(tmp_path):
    bomb = lz4.frame.compress(b"\0" * 256 * 1024 * 1024)
    xorb, declared = bytes(32), 1000
    assert len(bomb) < 2**24
    header = bytes([0]) + len(bomb).to_bytes(3, "little") + bytes([1]) + declared.to_bytes(3, "little")
    (tmp_path / hash_text(xorb)).write_bytes(header + bomb)
    segment = Segment(xorb=hash_text(xorb), start=0, stop=1, size=declared)

    tracemalloc.start()
    try:
        with pytest.raises(RefusalError, match="damaged"):
            rebuild(XetFile(sha256="0" * 64, segments=[segment]), tmp_path, lambda chunk: None)
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    finally:
        tracemalloc.stop()
