"""The formats that are read without a client: routes, cards, pointers and Xet shards."""

from __future__ import annotations

import struct

import pytest

from emojit.localhub.cards import CardDataError, card_tags, read_card
from emojit.localhub.pointers import Pointer, parse_pointer
from emojit.localhub.refusal import RefusalError
from emojit.localhub.web.routing import Router
from emojit.localhub.xet import Segment, XetFile, hash_text, read_shard, rebuild


def router(*patterns):
    made = Router()
    for pattern in patterns:
        made.add(pattern, {"GET": pattern}, kind="constant")
    return made


def test_a_route_splits_the_path_before_it_unquotes():
    made = router("api/{ns}/{name}/tree/{rev}", "api/{ns}/{name}/tree/{rev}/{path*}")

    ((handlers, values),) = made.find(b"/api/me/x/tree/refs%2Fpr%2F1")
    assert (handlers["GET"], values["rev"]) == ("api/{ns}/{name}/tree/{rev}", "refs/pr/1")
    ((_, values),) = made.find(b"/api/me/x/tree/a%2Fb/c%2Fd/e%20f")
    assert values == {"ns": "me", "name": "x", "rev": "a/b", "path": "c/d/e f", "kind": "constant"}


@pytest.mark.parametrize("path", [b"/", b"/api", b"/api/me", b"/api/me/x/y/z", b"/other/me/x.git"])
def test_a_path_of_another_shape_fits_no_route(path):
    assert list(router("api/{ns}/{name}", "{ns}/{git}.git/batch").find(path)) == []


def test_text_around_a_placeholder_must_match():
    ((_, values),) = router("{ns}/{git}.git/batch").find(b"/me/x.y.git/batch")

    assert values["git"] == "x.y"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("---\na: 1\n---\nbody", {"a": 1}),
        ("---\r\na: 1\r\n---\r\n", {"a": 1}),
        ("\ufeff---\na: 2026-01-31\n---", {"a": "2026-01-31"}),
        ("# no front matter", None),
        ("---\n---\n", None),
        ("text\n---\na: 1\n---\n", None),
    ],
)
def test_front_matter_is_read(text, expected):
    assert read_card(text) == expected


@pytest.mark.parametrize(
    "text", ["---\n[: x\n---\n", "---\n- a\n---\n", "---\nplain\n---\n", "---\na: !!python/object:x {}\n---\n"]
)
def test_front_matter_that_is_no_mapping_is_an_error(text):
    with pytest.raises(CardDataError):
        read_card(text)


def test_tags_come_from_the_card_without_repetition():
    card = {"license": "mit", "language": ["ja", "en"], "tags": ["ja", "emoji", 3], "task_categories": ["text2text"]}

    assert card_tags(card) == ["ja", "emoji", "license:mit", "en", "task_categories:text2text"]


def test_a_pointer_is_read_as_it_was_written():
    pointer = Pointer(sha256="ab" * 32, size=12)

    assert parse_pointer(pointer.render()) == pointer
    assert parse_pointer(pointer.render() + b"x") is None
    assert parse_pointer(b"version https://git-lfs.github.com/spec/v1\n") is None
    assert parse_pointer(b"x" * 5000) is None


def shard(*records, version=2):
    return struct.pack("<32sQQ", b"tag", version, 0) + b"".join(records) + b"\xff" * 32 + bytes(16)


def record(raw_hash, *numbers):
    return struct.pack("<32sIIII", raw_hash, *numbers)


def test_a_shard_tells_the_files_and_their_chunk_ranges():
    flags = 1 << 31 | 1 << 30
    data = shard(
        record(b"f" * 32, flags, 1, 0, 0),
        record(b"x" * 32, 0, 100, 3, 7),
        record(b"v" * 32, 0, 0, 0, 0),
        record(b"s" * 32, 0, 0, 0, 0),
    )

    (file,) = read_shard(data)

    assert file.sha256 == hash_text(b"s" * 32)
    assert list(file.segments) == [Segment(xorb=hash_text(b"x" * 32), start=3, stop=7, size=100)]
    assert file.size == 100


@pytest.mark.parametrize(
    "data",
    [
        b"",
        shard(version=9),
        shard(record(b"f" * 32, 0, 0, 0, 0)),
        shard(record(b"f" * 32, 1 << 30, 5, 0, 0)),
        struct.pack("<32sQQ", b"tag", 2, 0),
    ],
)
def test_a_broken_shard_is_refused(data):
    with pytest.raises(RefusalError) as refused:
        list(read_shard(data))

    assert refused.value.status == 400


def chunk(payload, scheme=0, size=None):
    size = len(payload) if size is None else size
    return b"\0" + len(payload).to_bytes(3, "little") + bytes([scheme]) + size.to_bytes(3, "little") + payload


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 4099])
def test_chunks_are_unpacked_by_their_scheme(tmp_path, length):
    import lz4.frame

    plain = bytes(number * 7 % 256 for number in range(length))
    grouped = b"".join(plain[position::4] for position in range(4))
    chunks = [chunk(plain), chunk(lz4.frame.compress(plain), 1, length), chunk(lz4.frame.compress(grouped), 2, length)]
    (tmp_path / "xorb").write_bytes(b"".join(chunks))
    unpacked = []

    segment = Segment(xorb="xorb", start=0, stop=3, size=3 * length)

    rebuild(XetFile(sha256="", segments=[segment]), tmp_path, unpacked.append)

    assert unpacked == [plain, plain, plain]


@pytest.mark.parametrize(
    "content",
    [b"", chunk(b"abc")[:-1], chunk(b"abc", 1), chunk(b"abc", 3), chunk(b"abc", 0, 99), b"X" + chunk(b"abc")[1:]],
)
def test_a_damaged_xorb_is_refused(tmp_path, content):
    (tmp_path / "xorb").write_bytes(content)

    with pytest.raises(RefusalError):
        rebuild(XetFile(sha256="", segments=[Segment(xorb="xorb", start=0, stop=1, size=3)]), tmp_path, bytes)


def test_a_xorb_that_was_not_uploaded_is_named(tmp_path):
    with pytest.raises(RefusalError, match="abc was not uploaded"):
        rebuild(XetFile(sha256="", segments=[Segment(xorb="abc", start=0, stop=1, size=3)]), tmp_path, bytes)
