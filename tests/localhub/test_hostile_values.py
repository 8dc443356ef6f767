"""Every route, with values that no honest client sends: a clear refusal, never an internal error, and nothing outside of the store is touched."""

from __future__ import annotations

import itertools
import json

import httpx2
import pytest
from huggingface_hub import HfApi

from emojit.localhub import LocalHub
from emojit.localhub.web.app import _routes

SEGMENTS = [
    "..",
    "../../../../etc/passwd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%2Fetc%2Fpasswd",
    "a%00b",
    "%ff%fe",
    "%ED%A0%80",
    "a" * 5000,
    ".git%2Fconfig",
    "%E2%80%AEtxt.exe",
    "refs%2Fheads%2F..%2F..%2Fconfig",
    "refs%2F",
    "9" * 5000,
    "%0d%0aX-Evil%3A%201",
    "main@{1}",
]


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    with LocalHub(tmp_path_factory.mktemp("box")) as hub:
        hub.create_user("me")
        hub.token = hub.create_token("me")
        api = HfApi(endpoint=hub.endpoint, token=hub.token)
        api.create_repo("me/model")
        api.upload_file(path_or_fileobj=b"x", path_in_repo="a.txt", repo_id="me/model")
        api.create_pull_request("me/model", "a title")
        yield hub


@pytest.fixture(scope="module")
def client(box):
    headers = {"Authorization": f"Bearer {box.token}"}
    with httpx2.Client(follow_redirects=False, timeout=30, headers=headers) as client:
        yield client


def placeholders(pattern):
    return [part.partition("}")[0] for part in pattern.split("{")[1:]]


GOOD = {
    "namespace": "me",
    "name": "model",
    "revision": "main",
    "path*": "a.txt",
    "branch": "other",
    "number": "1",
    "comment": "x",
    "key": "0" * 32,
    "sha256": "0" * 64,
    "hash": "0" * 64,
    "upload": "0" * 32,
    "part": "1",
}


def addresses():
    """Each route with one hostile value after the other in one placeholder after the other."""
    for pattern, constants, methods in _routes().routes():
        if constants.get("types", "models") != "models":
            continue
        for name, value, method in itertools.product(placeholders(pattern), SEGMENTS, methods):
            address = pattern
            for other in placeholders(pattern):
                address = address.replace(f"{{{other}}}", value if other == name else GOOD.get(other, "x"))
            yield method, address


def test_no_hostile_value_in_a_path_is_an_internal_error(box, client):
    outside = {path.name for path in box.root.parent.iterdir()}
    bad = []
    for method, address in addresses():
        answer = client.request(method, f"{box.endpoint}/{address}", content=b"{}" if method != "GET" else None)
        if answer.status_code >= 500:
            bad.append((answer.status_code, method, address[:120]))
        if "root:" in answer.text or "X-Evil" in answer.headers:
            bad.append(("leak", method, address[:120]))

    assert bad == []
    assert {path.name for path in box.root.parent.iterdir()} == outside
    assert client.get(f"{box.endpoint}/api/models/me/model").status_code == 200


HUGE = "9" * 5000
VALUES = [
    None,
    True,
    -1,
    10**40,
    "",
    "\ud800",
    "a\0b",
    "../../x",
    "x" * 10_000,
    [],
    [[]] * 3,
    {},
    {"a": {}},
    "refs/heads/../x",
]

FIELDS = [
    ("POST", "api/validate-yaml", ["content", "repoType"], {}),
    ("POST", "api/repos/create", ["name", "organization", "type", "sdk", "visibility", "private"], {"name": "model"}),
    ("DELETE", "api/repos/delete", ["name", "organization", "type"], {"name": "none"}),
    ("POST", "api/repos/move", ["fromRepo", "toRepo", "type"], {"fromRepo": "me/model", "toRepo": "you/model"}),
    ("PUT", "api/models/me/model/settings", ["gated"], {}),
    ("POST", "api/models/me/model/branch/new", ["startingPoint"], {"startingPoint": "none"}),
    ("POST", "api/models/me/model/tag/main", ["tag", "message"], {"tag": "..", "message": "x"}),
    ("POST", "api/models/me/model/super-squash/none", ["message"], {}),
    ("POST", "api/models/me/model/preupload/main", ["files", "gitIgnore"], {"files": []}),
    ("POST", "api/models/me/model/paths-info/main", ["paths", "expand"], {}),
    ("POST", "api/models/me/model/discussions", ["title", "description", "pullRequest"], {"title": "a title"}),
    ("POST", "api/models/me/model/discussions/1/comment", ["comment"], {"comment": "x"}),
    ("POST", "api/models/me/model/discussions/1/title", ["title"], {"title": "a title"}),
    ("POST", "api/models/me/model/discussions/1/status", ["status", "comment"], {"status": "open"}),
    ("POST", "api/models/me/model/discussions/99/merge", ["comment"], {}),
    ("POST", "api/models/me/model/lfs-files/batch", ["deletions"], {}),
    ("POST", "api/models/me/model/lfs-files/duplicate", ["target", "files"], {"target": {}, "files": []}),
    ("POST", "me/model.git/info/lfs/objects/batch", ["operation", "objects", "transfers"], {"operation": "upload"}),
]


def test_no_hostile_value_in_a_body_is_an_internal_error(box, client):
    bad = []
    for method, route, fields, good in FIELDS:
        for field, value in itertools.product(fields, VALUES):
            body = json.dumps({**good, field: value})
            answer = client.request(
                method, f"{box.endpoint}/{route}", content=body, headers={"Content-Type": "application/json"}
            )
            if answer.status_code >= 500:
                bad.append((answer.status_code, route, field, repr(value)[:60]))
    for value in VALUES:
        for body in (
            {"operation": "upload", "transfers": ["multipart"], "objects": [{"oid": "0" * 64, "size": value}]},
            {"operation": "upload", "objects": [{"oid": value, "size": 1}]},
        ):
            answer = client.post(f"{box.endpoint}/me/model.git/info/lfs/objects/batch", content=json.dumps(body))
            if answer.status_code >= 500 or len(answer.content) > 1_000_000:
                bad.append((answer.status_code, "batch", repr(value)[:60]))
        for key in ("summary", "description", "parentCommit"):
            head = {"summary": "x", key: value}
            lines = [{"key": "header", "value": head}, {"key": "file", "value": {"path": "..", "content": "x"}}]
            content = "\n".join(json.dumps(line) for line in lines)
            answer = client.post(f"{box.endpoint}/api/models/me/model/commit/main", content=content)
            if answer.status_code >= 500:
                bad.append((answer.status_code, "commit", key, repr(value)[:60]))
        for key in ("file", "lfsFile", "deletedFile", "deletedFolder"):
            for field in ("path", "content", "oid", "encoding"):
                operation = {"path": "new.txt", "content": "eA==", "encoding": "base64", "oid": "0" * 64, field: value}
                lines = [{"key": "header", "value": {"summary": "x"}}, {"key": key, "value": operation}]
                lines.append({"key": "file", "value": {"path": ".."}})
                content = "\n".join(json.dumps(line) for line in lines)
                answer = client.post(f"{box.endpoint}/api/models/me/model/commit/main", content=content)
                if answer.status_code >= 500 or answer.status_code < 400:
                    bad.append((answer.status_code, key, field, repr(value)[:60]))

    assert bad == []


QUERIES = [
    "limit={}",
    "cursor={}",
    "p={}",
    "status={}",
    "author={}",
    "filter={}",
    "expand={}",
    "create_pr={}",
    "service={}",
    "expiry={}&signature=0",
    "expiry=1&signature={}&size=1",
    "expiry=1&signature=0&size={}",
]
QUERY_VALUES = ["-1", HUGE, "%00%ff", "OTk5OTk5OTk5OTk5OTk5OTk5OTk=", "LTE=", "%D9%A1"]
QUERIED = [
    "api/models",
    "api/models/me/model",
    "api/models/me/model/tree/main",
    "api/models/me/model/commits/main",
    "api/models/me/model/discussions",
    "api/models/me/model/lfs-files",
    "api/models/me/model/xet-write-token/main",
    "me/model/resolve/main/a.txt",
    "me/model.git/info/refs",
    f"api/local/lfs/{'0' * 32}/{'0' * 64}",
]


def test_no_hostile_query_is_an_internal_error(box, client):
    bad = []
    for route, query, value in itertools.product(QUERIED, QUERIES, QUERY_VALUES):
        answer = client.get(f"{box.endpoint}/{route}?{query.format(value)}")
        if answer.status_code >= 500:
            bad.append((answer.status_code, route, query, value[:20]))

    assert bad == []


@pytest.mark.parametrize(
    "header",
    [
        "bytes=0-" + HUGE,
        "bytes=" + HUGE + "-",
        "bytes=-" + HUGE,
        "bytes=-0",
        "bytes=--1",
        "bytes=5-1",
        "bytes=a-b",
        "lines=0-1",
        "bytes=0-0,2-3",
    ],
    ids=lambda header: header[:16],
)
def test_a_range_of_extreme_numbers_is_answered_by_the_rules(box, client, header):
    answer = client.get(f"{box.endpoint}/me/model/resolve/main/a.txt", headers={"Range": header})

    assert answer.status_code in {200, 206, 416}
    assert len(answer.content) <= 200


@pytest.mark.parametrize(
    "token",
    ["\xff", "", "a b", "hf_" + "x" * 50_000],
    ids=lambda token: repr(token[:8]),
)
@pytest.mark.parametrize("scheme", ["Bearer", "Basic", "Digest"])
def test_no_authorization_header_is_an_internal_error(box, scheme, token):
    value = f"{scheme} {token}".encode("latin-1")
    for route in ("api/models/me/model", "me/model.git/info/refs?service=git-upload-pack"):
        try:
            answer = httpx2.get(f"{box.endpoint}/{route}", headers={b"Authorization": value})
        except (httpx2.LocalProtocolError, httpx2.ReadError):
            continue  # it cannot be sent at all
        assert answer.status_code < 500
