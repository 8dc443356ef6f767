"""Uploads in parts, as huggingface_hub sends them when a Hub offers it; the limits are lowered so that small files have parts."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from huggingface_hub import get_session

from emojit.localhub.web import lfs_multipart

CONTENT = bytes(range(256)) * 1000
SIZE = len(CONTENT)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(lfs_multipart, "MULTIPART_BYTES", 1000)
    monkeypatch.setattr(lfs_multipart, "PART_BYTES", 100_000)


@pytest.fixture
def offered(hub, tokens, model):
    def ask(transfers=("basic", "multipart"), size=SIZE):
        answer = get_session().post(
            f"{hub.endpoint}/{model}.git/info/lfs/objects/batch",
            json={"operation": "upload", "transfers": transfers, "objects": [{"oid": SHA256, "size": size}]},
            headers={"Authorization": f"Bearer {tokens.writer}"},
        )
        return answer.json()["objects"][0].get("actions", {}).get("upload")

    return ask


def parts(action):
    return [action["header"][str(number)] for number in range(1, len(action["header"]))]


# huggingface_hub 2.4 sends parts by an argument that its own HTTP library calls deprecated.
@pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")
def test_the_client_sends_a_large_file_in_parts(hub, api, model, tmp_path):
    before = set((hub.root / "tmp").iterdir())

    api.upload_file(path_or_fileobj=io.BytesIO(CONTENT), path_in_repo="w.bin", repo_id=model)

    assert Path(api.hf_hub_download(model, "w.bin", cache_dir=tmp_path)).read_bytes() == CONTENT
    assert set((hub.root / "tmp").iterdir()) <= before


def test_parts_are_offered_to_clients_that_know_them(offered):
    assert len(parts(offered())) == 3
    assert offered(transfers=["basic"])["header"] == {}
    assert offered(size=1000)["header"] == {}


def test_a_part_can_be_sent_again_and_a_completion_too(offered):
    action = offered()
    for number, address in enumerate(parts(action)):
        part = CONTENT[number * 100_000 : (number + 1) * 100_000]
        get_session().put(address, content=bytes(len(part)))
        assert get_session().put(address, content=part).headers["etag"]

    assert get_session().post(action["href"], json={}).status_code == 200
    assert get_session().post(action["href"], json={}).status_code == 200
    assert offered() is None


def test_what_is_not_what_was_announced_is_not_kept(offered):
    action = offered()
    addresses = parts(action)

    assert get_session().post(action["href"], json={}).status_code == 400
    assert get_session().put(addresses[0], content=b"short").status_code == 400
    assert get_session().put(addresses[0], content=bytes(100_001)).status_code == 413
    for number, address in enumerate(addresses):
        get_session().put(address, content=bytes(len(CONTENT[number * 100_000 : (number + 1) * 100_000])))
    assert get_session().post(action["href"], json={}).status_code == 400
    assert offered() is not None


def test_each_address_is_bound_to_its_part_upload_and_time(hub, offered):
    action = offered()
    first = parts(action)[0]
    upload = first.partition("/multipart/")[2].partition("/")[0]

    for address in (
        first.replace("/1?", "/2?"),
        first.replace("/1?", "/0?"),
        first.replace(upload, "0" * 32),
        first.replace(upload, "..%2f..%2fhub"),
        first.replace(SHA256, "0" * 64),
        first.replace(f"size={len(CONTENT)}", "size=9"),
        first[:-1] + ("0" if first[-1] != "0" else "1"),
    ):
        assert get_session().put(address, content=b"x").status_code == 403
    assert get_session().put(first.partition("?")[0], content=b"x").status_code == 400
    assert get_session().put(action["href"], content=b"x").status_code == 400
    assert get_session().post(first, content=b"x").status_code == 400
