"""Requests and contents made to hurt: each gets a clear answer in a short time and in little memory, and the server goes on."""

from __future__ import annotations

import gzip
import hashlib
import json
import resource
import socket
import subprocess
import time

import httpx2
import pytest
from huggingface_hub import HfApi

from emojit.localhub import LocalHub


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    with LocalHub(tmp_path_factory.mktemp("box")) as hub:
        hub.create_user("me")
        hub.token = hub.create_token("me")
        hub.api = HfApi(endpoint=hub.endpoint, token=hub.token)
        hub.port = int(hub.endpoint.rpartition(":")[2])
        hub.api.create_repo("me/model")
        hub.api.upload_file(path_or_fileobj=b"x", path_in_repo="a.txt", repo_id="me/model")
        yield hub


@pytest.fixture(autouse=True)
def still_answering(box):
    """After each test the server answers at once."""
    yield
    started = time.monotonic()
    assert httpx2.get(f"{box.endpoint}/api/models", timeout=5).status_code == 200
    assert time.monotonic() - started < 2


def send(box, data):
    """The first line of the answer to raw bytes."""
    with socket.create_connection(("127.0.0.1", box.port), timeout=10) as client:
        try:
            client.sendall(data)
            return client.recv(4096).partition(b"\r\n")[0]
        except (BrokenPipeError, ConnectionResetError):
            return b""


def head(*lines, target="/api/models"):
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: 127.0.0.1", *lines, "", ""]).encode("latin-1")


@pytest.mark.parametrize(
    "request_",
    [
        head("X: " + "y" * 1_000_000),
        head(*(f"X-{number}: y" for number in range(20_000))),
        head(target="/" + "a" * 1_000_000),
        head(target="/api/models/\xff"),
        head("Content-Length: -1"),
        head("Content-Length: 9" + "9" * 4000),
        head("Content-Length: 1", "Content-Length: 2"),
        head("Transfer-Encoding: gzip"),
        head("X : y"),
        head("X: a\0b"),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200,
        b"GET / HTTP/9.9\r\n\r\n",
    ],
    ids=[
        "a long header",
        "many headers",
        "a long path",
        "bytes in a path",
        "negative length",
        "a length of 4,000 digits",
        "two lengths",
        "an encoding that is none",
        "a space before the colon",
        "a NUL in a header",
        "TLS",
        "a version that is none",
    ],
)
def test_a_malformed_or_huge_head_is_a_400_and_no_more(box, request_):
    line = send(box, request_)

    # A client that goes on sending what nobody reads may find the connection reset before it reads the answer.
    assert line == b"" or 400 <= int(line.split()[1]) < 500, line


def bearer(box):
    return {"Authorization": f"Bearer {box.token}"}


@pytest.mark.parametrize(
    "body", [b"[" * 200_000, b'{"a":' * 100_000, b'{"content": ' + b"9" * 10_000 + b"}", b"\xff\xfe{", b'"\\ud800"']
)
@pytest.mark.parametrize(
    "route", ["api/validate-yaml", "api/models/me/model/preupload/main", "api/models/me/model/commit/main"]
)
def test_deep_or_broken_json_is_a_400(box, route, body):
    answer = httpx2.post(f"{box.endpoint}/{route}", content=body, headers=bearer(box))

    assert answer.status_code == 400


def test_a_body_is_as_long_as_its_route_needs_and_no_longer(box):
    def post(route, length, method="POST"):
        return httpx2.request(
            method, f"{box.endpoint}/{route}", content=b" " * length, headers=bearer(box), timeout=30
        ).status_code

    mib = 1024 * 1024
    repo = "api/models/me/model"
    assert post(f"{repo}/discussions", mib) == 400
    for route in (f"{repo}/discussions", f"{repo}/tag/main", "api/repos/move", "login", "no/such/page"):
        assert post(route, mib + 1) in {404, 413}, route
    assert post(f"{repo}/preupload/main", 2 * mib) == 400
    assert post(f"{repo}/preupload/main", 8 * mib + 1) == 413
    assert post("api/validate-yaml", 8 * mib + 1) == 413


def test_a_line_of_a_commit_holds_one_small_file(box):
    def committed(size):
        lines = [{"key": "header", "value": {"summary": "x"}}]
        lines.append({"key": "file", "value": {"path": "f.txt", "content": "x" * size}})
        body = "\n".join(json.dumps(line) for line in lines)
        url = f"{box.endpoint}/api/models/me/model/commit/main"
        return httpx2.post(url, content=body, headers=bearer(box), timeout=30).status_code

    assert committed(7 * 1024 * 1024) == 200
    assert committed(8 * 1024 * 1024) == 413


YAML_BOMBS = {
    "aliases of aliases": "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(
        f"{new}: &{new} [{', '.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "merged again and again": "a: &a {k: v}\n"
    + "".join(
        f"{new}: &{new} {{<<: [{', '.join(['*' + old] * 9)}]}}\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "an alias of itself": "a: &a [*a]",
    "nested lists": "a: " + "[" * 50_000,
    "nested maps": "a: " + "{a: " * 50_000,
    "nested lines": "".join(" " * depth + "a:\n" for depth in range(2000)),
    "a large card": "a:\n" + "  - x\n" * 400_000,
    "a long number": "a: " + "1" * 100_000,
    "base 60": "a: " + "1:" * 50_000 + "1",
    "no date": "a: 2024-99-99",
    "python": "a: !!python/object/apply:os.system [exit]",
}


@pytest.mark.parametrize("bomb", YAML_BOMBS.values(), ids=YAML_BOMBS)
def test_a_yaml_bomb_is_refused_in_no_time(box, bomb):
    started = time.monotonic()
    content = f"---\n{bomb}\n---\n"
    answer = httpx2.post(
        f"{box.endpoint}/api/validate-yaml", json={"content": content}, headers=bearer(box), timeout=60
    )

    assert answer.status_code == 400
    assert answer.json()["errors"]
    assert time.monotonic() - started < 5


def test_a_repository_with_hostile_metadata_does_not_stop_the_lists_of_others(box):
    files = {
        "README.md": b'---\ntags: [&a [x], *a, .nan, .inf, 2024-01-01, "\\ud800"]\n? [1, 2]\n: x\n---\n',
        "config.json": b'{"architectures": [NaN, Infinity, "x"], "model_type": ' + b"[" * 50_000,
    }
    box.api.create_repo("me/hostile", exist_ok=True)
    for path, content in files.items():
        lines = [{"key": "header", "value": {"summary": "x"}}]
        lines.append({"key": "file", "value": {"path": path, "content": content.decode("latin-1")}})
        body = "\n".join(json.dumps(line) for line in lines)
        url = f"{box.endpoint}/api/models/me/hostile/commit/main"
        assert httpx2.post(url, content=body, headers=bearer(box)).status_code == 200
    for bad in (
        b'{"architectures": [NaN, Infinity], "model_type": 1e999}',
        b'{"model_type": "\\ud800"}',
        b"[1]",
        b"\xff",
    ):
        box.api.upload_file(path_or_fileobj=bad, path_in_repo="config.json", repo_id="me/hostile")
        assert {"me/hostile", "me/model"} <= {model.id for model in box.api.list_models()}
        assert box.api.model_info("me/hostile").id == "me/hostile"


def xet(box):
    url = f"{box.endpoint}/api/models/me/model/xet-write-token/main"
    told = httpx2.get(url, headers=bearer(box)).json()
    return told["casUrl"], {"Authorization": f"Bearer {told['accessToken']}"}


def test_a_gzip_bomb_for_git_is_refused_in_little_memory(box):
    body = gzip.compress(b"0" * 512 * 1024 * 1024, compresslevel=1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    headers = {"Content-Type": "application/x-git-upload-pack-request", "Content-Encoding": "gzip"}

    answer = httpx2.post(f"{box.endpoint}/me/model.git/git-upload-pack", content=body, headers=headers)

    assert answer.status_code == 413
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 128 * 1024


@pytest.mark.parametrize("size", [2**40 + 1, 10**18, 2**63 - 1])
def test_a_file_of_more_parts_than_there_is_memory_for_is_refused(box, size):
    body = {"operation": "upload", "transfers": ["multipart"], "objects": [{"oid": "0" * 64, "size": size}] * 100}
    answer = httpx2.post(f"{box.endpoint}/me/model.git/info/lfs/objects/batch", json=body, headers=bearer(box))

    assert answer.status_code == 200
    assert {item["error"]["code"] for item in answer.json()["objects"]} == {422}


BAD_PATHS = [
    "",
    "/",
    "/etc/passwd",
    "..",
    "a/../../b",
    "./a",
    "a//b",
    "a\\..\\b",
    "C:a",
    "a\0b",
    "a\nb",
    ".git/config",
    "a/.GIT/hooks/post-update",
    ".git /config",
    "git~1/config",
    ".g\u200cit/config",
    "x" * 256,
    "a/" * 3000 + "b",
    "\ud800",
]


@pytest.mark.parametrize("path", BAD_PATHS, ids=[repr(path)[:24] for path in BAD_PATHS])
def test_a_path_that_leaves_the_repository_or_names_git_is_refused(box, path):
    head_ = box.api.model_info("me/model").sha
    url = f"{box.endpoint}/api/models/me/model"
    statuses = set()
    for operation in ("file", "lfsFile", "deletedFile", "deletedFolder"):
        value = {"path": path, "content": "x", "oid": "0" * 64}
        lines = [{"key": "header", "value": {"summary": "x"}}, {"key": operation, "value": value}]
        body = "\n".join(json.dumps(line) for line in lines)
        statuses.add(httpx2.post(f"{url}/commit/main", content=body, headers=bearer(box)).status_code)
    preupload = json.dumps({"files": [{"path": path, "sample": "", "size": 1}]})
    statuses.add(httpx2.post(f"{url}/preupload/main", content=preupload, headers=bearer(box)).status_code)

    assert statuses <= {400, 422}
    assert box.api.model_info("me/model").sha == head_


def test_links_and_submodules_in_a_tree_are_never_followed(box, tmp_path):
    box.api.create_repo("me/links")
    key = httpx2.get(f"{box.endpoint}/api/models/me/links").json()["_id"]
    repository = box.root / "repos" / f"{key}.git"

    def git(*arguments, data=None):
        done = subprocess.run(["git", "-C", str(repository), *arguments], input=data, capture_output=True, check=True)
        return done.stdout.decode().strip()

    target = git("hash-object", "-w", "--stdin", data=b"/etc/passwd")
    inner = git("hash-object", "-w", "--stdin", data=b"../../../../../../etc")
    tree = git(
        "mktree",
        "--missing",
        data=f"120000 blob {target}\tpasswd\n120000 blob {inner}\tetc\n160000 commit {'1' * 40}\tmodule\n".encode(),
    )
    identity = ["-c", "user.name=x", "-c", "user.email=x@x"]
    git("update-ref", "refs/heads/main", git(*identity, "commit-tree", tree, "-m", "links"))

    answers = {
        path: httpx2.get(f"{box.endpoint}/me/links/resolve/main/{path}")
        for path in ("passwd", "etc", "etc/passwd", "module", "module/x")
    }

    assert answers["passwd"].text == "/etc/passwd"
    assert answers["etc"].text == "../../../../../../etc"
    assert [answers[path].status_code for path in ("etc/passwd", "module", "module/x")] == [404, 404, 404]
    assert box.api.list_repo_files("me/links") == ["etc", "passwd"]
    box.api.upload_file(path_or_fileobj=b"y", path_in_repo="b.txt", repo_id="me/links", create_pr=True)
    assert box.api.get_discussion_details("me/links", 1).diff.startswith("diff --git a/b.txt")
    assert box.api.list_repo_commits("me/links")


def test_names_that_look_alike_are_refused_or_are_one(box):
    for name in ("me/mod\u0435l", "me/model\u202e", "me/model.", "me/model ", "me/..", "me/model.git", "me/a/b"):
        namespace, _, rest = name.partition("/")
        body = json.dumps({"name": rest, "organization": namespace})
        answer = httpx2.post(f"{box.endpoint}/api/repos/create", content=body, headers=bearer(box))
        assert answer.status_code == 400, name
    answer = httpx2.post(f"{box.endpoint}/api/repos/create", json={"name": "MODEL"}, headers=bearer(box))
    assert answer.status_code == 409


def test_signed_addresses_hold_for_their_object_their_size_and_their_time(box, monkeypatch):
    content = b"signed"
    sha256 = hashlib.sha256(content).hexdigest()
    body = {"operation": "upload", "objects": [{"oid": sha256, "size": len(content)}]}
    answer = httpx2.post(f"{box.endpoint}/me/model.git/info/lfs/objects/batch", json=body, headers=bearer(box))
    href = answer.json()["objects"][0]["actions"]["upload"]["href"]
    expiry = int(href.partition("expiry=")[2].partition("&")[0])
    cas, token = xet(box)
    key = href.partition("/lfs/")[2].partition("/")[0]
    other = {"Authorization": token["Authorization"].replace("Bearer ", "Bearer 1")}

    tampered = [
        href.replace(key, "0" * 32),
        href.replace(sha256, "0" * 64),
        href.replace(f"expiry={expiry}", f"expiry={expiry + 1}"),
        href.replace(f"size={len(content)}", "size=7"),
        href[:-1] + ("0" if href[-1] != "0" else "1"),
        href.replace("signature=", "signature=0"),
    ]
    assert [httpx2.put(url, content=content).status_code for url in tampered] == [403] * len(tampered)
    assert httpx2.post(f"{cas}/v1/shards", content=b"", headers=other).status_code in {401, 403}
    assert httpx2.post(f"{cas.replace(key, '0' * 32)}/v1/shards", content=b"", headers=token).status_code == 403

    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() + 25 * 3600)
    assert httpx2.put(href, content=content).status_code == 403
    assert httpx2.post(f"{cas}/v1/shards", content=b"", headers=token).status_code == 401
    monkeypatch.undo()
    assert httpx2.put(href, content=content).status_code == 200


def test_an_address_for_a_repository_that_was_deleted_keeps_nothing(box):
    content = b"too late"
    sha256 = hashlib.sha256(content).hexdigest()
    box.api.create_repo("me/short")
    body = {"operation": "upload", "objects": [{"oid": sha256, "size": len(content)}]}
    answer = httpx2.post(f"{box.endpoint}/me/short.git/info/lfs/objects/batch", json=body, headers=bearer(box))
    box.api.delete_repo("me/short")

    answer = httpx2.put(answer.json()["objects"][0]["actions"]["upload"]["href"], content=content)

    assert answer.status_code == 404
