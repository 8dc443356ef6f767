"""Downloads by Xet: what the real Rust client fetches, the layout against a plain reading of it, and who gets nothing."""

from __future__ import annotations

import hashlib
import io
import json
import urllib.error
import urllib.request

import pytest
from huggingface_hub import CommitOperationCopy, HfApi

from emojit.localhub import LocalHub
from emojit.localhub.xet_layout import CHUNK_BYTES, XORB_BYTES, packed, packed_size, terms


def get(url, *, token=None, **headers):
    """Status and body."""
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as exc:
        return exc.code, exc.read()


def unpack(xorb):
    """The plain content of a row of chunks."""
    plain, offset = bytearray(), 0
    while offset < len(xorb):
        size = int.from_bytes(xorb[offset + 1 : offset + 4], "little")
        assert xorb[offset] == xorb[offset + 4] == 0
        assert int.from_bytes(xorb[offset + 5 : offset + 8], "little") == size <= CHUNK_BYTES
        plain += xorb[offset + 8 : offset + 8 + size]
        offset += 8 + size
    return bytes(plain)


SMALL = [(size, 0, size - 1) for size in (1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES)]
LARGE = [
    (XORB_BYTES + 5, first, last)
    for first, last in [
        (XORB_BYTES - 1, XORB_BYTES),
        (XORB_BYTES - 1, XORB_BYTES - 1),
        (XORB_BYTES, XORB_BYTES),
        (XORB_BYTES - CHUNK_BYTES - 1, XORB_BYTES + 4),
        (CHUNK_BYTES, 2 * CHUNK_BYTES),
        (7, 7),
    ]
]


@pytest.fixture(scope="module")
def long_content():
    block = hashlib.shake_256(b"x").digest(CHUNK_BYTES + 13)
    return (block * (XORB_BYTES // len(block) + 2))[: XORB_BYTES + 5]


@pytest.mark.parametrize(("size", "first", "last"), [*SMALL, *LARGE])
def test_a_range_of_a_file_can_be_cut_out_of_the_chunks_that_are_named_for_it(long_content, size, first, last):
    plain = b""
    for term in terms(size, first, last):
        content = io.BytesIO(long_content[:size])
        sent = b"".join(packed(content, term.xorb, term.first_byte, term.last_byte))
        assert len(sent) == term.last_byte - term.first_byte + 1
        assert len(unpack(sent)) == term.size
        plain += unpack(sent)

    start = first % CHUNK_BYTES
    assert plain[start : start + last - first + 1] == long_content[first : last + 1]


def test_a_xorb_can_be_read_in_pieces():
    content = hashlib.shake_256(b"y").digest(20 * CHUNK_BYTES + 7)
    size = packed_size(len(content), 0)
    whole = b"".join(packed(io.BytesIO(content), 0, 0, size - 1))

    assert len(whole) == size
    for first, last in [(0, 0), (3, 12), (CHUNK_BYTES + 5, CHUNK_BYTES + 11), (size - 1, size - 1), (100, size - 2)]:
        assert b"".join(packed(io.BytesIO(content), 0, first, last)) == whole[first : last + 1]
    assert packed_size(len(content), 1) == 0


@pytest.fixture
def private_file(api, name):
    """A private repository with one large file; returns its id and the sha256."""
    content = hashlib.shake_256(name.encode()).digest(300_000)
    api.create_repo(name, private=True)
    api.upload_file(path_or_fileobj=content, path_in_repo="a.bin", repo_id=name)
    return name, hashlib.sha256(content).hexdigest()


@pytest.fixture
def other_model(api):
    api.create_repo("me/other_model_for_xet", exist_ok=True)
    return "me/other_model_for_xet"


@pytest.mark.slow
def test_the_rust_client_downloads_what_was_uploaded(run_client, api, name):
    script = f"""
        import hashlib
        from unittest.mock import patch
        from huggingface_hub import HfApi, file_download, hf_hub_download, snapshot_download
        api = HfApi()
        api.create_repo({name!r}, private=True)
        contents = {{f"{{n}}.bin": hashlib.shake_256(bytes([n])).digest(size)
                    for n, size in enumerate((0, 1, 131_072, 400_000, 34_000_000))}}
        for path, content in contents.items():
            api.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id={name!r})
        with patch.object(file_download, "xet_get", wraps=file_download.xet_get) as by_xet:
            for path, content in contents.items():
                assert open(hf_hub_download({name!r}, path), "rb").read() == content, path
            folder = snapshot_download({name!r}, cache_dir="second")
            for path, content in contents.items():
                assert open(f"{{folder}}/{{path}}", "rb").read() == content, path
        print(by_xet.call_count)
    """

    assert run_client(script).split()[-1] == "8"  # all but the empty file, twice


def test_a_token_of_one_repository_opens_no_other(hub, tokens, private_file, other_model):
    name, sha256 = private_file
    _, answer = get(f"{hub.endpoint}/api/models/{other_model}/xet-read-token/main", token=tokens.writer)
    other = json.loads(answer)

    assert get(f"{other['casUrl']}/v1/reconstructions/{sha256}", token=other["accessToken"])[0] == 404
    _, answer = get(f"{hub.endpoint}/api/models/{name}/xet-read-token/main", token=tokens.reader)
    own = json.loads(answer)
    assert get(f"{own['casUrl']}/v1/reconstructions/{sha256}", token=other["accessToken"])[0] == 403
    status, answer = get(f"{own['casUrl']}/v1/reconstructions/{sha256}", token=own["accessToken"])
    assert status == 200
    [[place]] = json.loads(answer)["fetch_info"].values()
    assert get(place["url"])[0] == 200
    assert get(place["url"].replace("signature=", "signature=0"))[0] == 403


def test_nobody_else_gets_a_token_for_a_private_or_gated_repository(hub, api, tokens, private_file):
    name, _ = private_file
    url = f"{hub.endpoint}/api/models/{name}/xet-read-token/main"

    assert get(url)[0] == get(url, token=tokens.stranger)[0] == 404
    api.update_repo_settings(name, visibility="public", gated="manual")
    assert get(url)[0] == get(url, token=tokens.stranger)[0] == 403
    assert get(url, token=tokens.reader)[0] == 200


def test_a_file_that_was_deleted_for_good_is_not_reconstructed(hub, api, tokens, private_file):
    name, sha256 = private_file
    _, answer = get(f"{hub.endpoint}/api/models/{name}/xet-read-token/main", token=tokens.writer)
    own = json.loads(answer)
    api.permanently_delete_lfs_files(name, api.list_lfs_files(name), rewrite_history=False)

    assert get(f"{own['casUrl']}/v1/reconstructions/{sha256}", token=own["accessToken"])[0] == 404


def test_a_part_of_a_file_is_reconstructed_by_range(hub, tokens, private_file):
    name, sha256 = private_file
    _, answer = get(f"{hub.endpoint}/api/models/{name}/xet-read-token/main", token=tokens.writer)
    own = json.loads(answer)
    url = f"{own['casUrl']}/v1/reconstructions/{sha256}"

    status, answer = get(url, token=own["accessToken"], Range="bytes=140000-140009")
    part = json.loads(answer)
    assert (status, part["offset_into_first_range"]) == (200, 140_000 - CHUNK_BYTES)
    assert part["terms"][0]["range"] == {"start": 1, "end": 2}
    assert get(url, token=own["accessToken"], Range="bytes=300000-")[0] == 416
    assert get(url)[0] == 401


def test_large_files_are_copied_to_a_repository_that_the_caller_writes_to_and_no_other(
    api, stranger, private_file, other_model
):
    name, _ = private_file
    copy = CommitOperationCopy("a.bin", "b.bin", src_repo_id=name, src_repo_type="model")
    api.create_commit(other_model, [copy], commit_message="copy")

    assert api.get_paths_info(other_model, "b.bin")[0].lfs == api.get_paths_info(name, "a.bin")[0].lfs
    url = f"{api.endpoint}/api/models/{other_model}/lfs-files/duplicate"
    body = {"target": {"type": "model", "name": "you/none"}, "files": []}
    request = urllib.request.Request(
        url,
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {stranger.token}", "Content-Type": "application/json"},
    )
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(request)


def test_a_hub_may_leave_xet_downloads_out(tmp_path):
    with LocalHub(tmp_path, xet_downloads=False) as hub:
        hub.create_user("me")
        api = HfApi(endpoint=hub.endpoint, token=hub.create_token("me"))
        api.create_repo("me/model")
        api.upload_file(path_or_fileobj=b"content", path_in_repo="a.bin", repo_id="me/model")

        assert api.get_paths_info("me/model", "a.bin")[0].xet_hash is None
        assert api.get_hf_file_metadata(url=f"{hub.endpoint}/me/model/resolve/main/a.bin").xet_file_data is None
        assert get(f"{hub.endpoint}/api/models/me/model/xet-read-token/main", token=api.token)[0] == 404
