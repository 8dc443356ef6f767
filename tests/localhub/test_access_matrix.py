"""Every route of the application, tried by everybody who may not: a private repository is as good as missing, and nothing is written.

The routes come from the application itself. A new one that is not described here fails `test_every_route_is_described`.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import secrets

import httpx2
import pytest
from huggingface_hub import CommitOperationAdd, HfApi

from emojit.localhub import LocalHub
from emojit.localhub.web.app import _routes

LARGE = b"\0secret" * 1000
SHA256 = hashlib.sha256(LARGE).hexdigest()
COMMIT = b'{"key":"header","value":{"summary":"x"}}\n{"key":"file","value":{"path":"new.txt","content":"x"}}\n'
FETCH = {"Content-Type": "application/x-git-upload-pack-request"}

BODIES = {
    "paths-info/{revision}": {"paths": ["w.bin", "a.txt"]},
    "branch/{branch}": {},
    "tag/{revision}": {"tag": "new"},
    "super-squash/{revision}": {"message": "x"},
    "preupload/{revision}": {"files": [{"path": "new.txt", "sample": "", "size": 1}]},
    "commit/{revision}": COMMIT,
    "discussions": {"title": "a title", "description": "words", "pullRequest": True},
    "discussions/{number}/comment": {"comment": "words"},
    "discussions/{number}/comment/{comment}/edit": {"content": "words"},
    "discussions/{number}/comment/{comment}/hide": {},
    "discussions/{number}/title": {"title": "a new title"},
    "discussions/{number}/status": {"status": "closed"},
    "discussions/{number}/merge": {},
    "lfs-files/batch": {"deletions": {"sha": [SHA256], "rewriteHistory": True}},
    "lfs-files/duplicate": {"target": {"type": "model", "name": "lab/secret"}, "files": [{"sha256": SHA256}]},
    "user-access-request/handle": {"user": "you", "status": "accepted"},
    "user-access-request/grant": {"user": "you"},
    "settings": {"visibility": "public", "gated": "auto"},
    "mirror": b'{"branches": {}, "tags": {}}\n',
    "info/lfs/objects/batch": {"operation": "download", "objects": [{"oid": SHA256, "size": len(LARGE)}]},
    "git-upload-pack": b"0011command=ls-refs",
    "git-receive-pack": b"0000",
}
"""What would be written if it were allowed, by what follows the repository in the path."""

GIT = {"info/refs", "info/lfs/objects/batch", "git-upload-pack", "git-receive-pack"}
"""What git itself asks, which sends a token only after a 401."""

WITH_KEY = {
    "api/local/lfs/{key}/{sha256}",
    "api/local/lfs/{key}/{sha256}/verify",
    "api/local/lfs/{key}/{sha256}/multipart/{upload}/{part}",
    "api/local/xet/{key}/{upload}/v1/xorbs/default/{hash}",
    "api/local/xet/{key}/{upload}/v1/shards",
    "api/local/xet-read/{key}/v1/reconstructions/{hash}",
    "api/local/xet-data/{key}/{hash}/{number}",
}
"""Routes that name a repository by its storage key and need a signature."""

ABOUT_NONE = {
    "api/whoami-v2",
    "api/validate-yaml",
    "api/repos/create",
    "api/repos/delete",
    "api/repos/move",
    "api/local/mirror",
    "api/settings/repositories",
    "api/users/{user}/overview",
    "api/organizations/{namespace}/overview",
    "api/organizations/{namespace}/members",
    "api/organizations/{namespace}/settings/repositories",
    "api/models",
    "api/datasets",
    "api/spaces",
}
"""Routes that name no repository in the path; those that name one in the body or list several have tests of their own."""

PAGES_ABOUT_NONE = {"api/local/pages/style.css", "api/local/pages/icon.svg"}


def about_a_repository():
    return [
        (pattern, constants, methods)
        for pattern, constants, methods in _routes().routes()
        if "{namespace}/{name}" in pattern
    ]


def suffix_of(pattern):
    return pattern.partition("{name}")[2].removeprefix(".git").strip("/")


def test_every_route_is_described():
    for pattern, _, methods in _routes().routes():
        if "{namespace}/{name}" in pattern:
            assert "GET" in methods or suffix_of(pattern) in BODIES, f"say in BODIES what {pattern} would write"
        else:
            assert pattern in WITH_KEY | ABOUT_NONE | PAGES_ABOUT_NONE, f"say who may call {pattern}"


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    """A Hub with a private repository of each type, in an organization with a reader, and one that was moved."""
    with LocalHub(tmp_path_factory.mktemp("box")) as hub:
        for user in ("me", "you", "reader"):
            hub.create_user(user)
        hub.create_organization("lab", admin="me")
        hub.add_member("lab", "reader", "read")
        hub.owner = hub.create_token("me")
        api = HfApi(endpoint=hub.endpoint, token=hub.owner)
        hub.keys, hub.comments = {}, {}
        for types in ("models", "datasets", "spaces"):
            kind = {"repo_type": types[:-1]}
            api.create_repo("lab/was", private=True, **({"space_sdk": "static"} if types == "spaces" else {}), **kind)
            api.move_repo("lab/was", "lab/secret", repo_type=types[:-1])
            files = {"w.bin": LARGE, "a.txt": b"x", "d/b.txt": b"y"}
            operations = [CommitOperationAdd(path, content) for path, content in files.items()]
            api.create_commit("lab/secret", operations, commit_message="files", **kind)
            api.create_tag("lab/secret", tag="v1", **kind)
            assert api.create_pull_request("lab/secret", "a secret plan", **kind).num == 1
            events = api.get_discussion_details("lab/secret", 1, **kind).events
            hub.comments[types] = events[0].id
            hub.keys[types] = _key(hub, types)
        yield hub


def _key(hub, types):
    url = f"{hub.endpoint}/api/{types}/lab/secret"
    return httpx2.get(url, headers={"Authorization": f"Bearer {hub.owner}"}).json()["_id"]


@pytest.fixture(scope="module")
def callers(box):
    """Headers by who asks."""
    tokens = {
        "another user": box.create_token("you"),
        "a token for another repository": box.create_token("me", "fineGrained", scopes=["me/x:write", "lab/y:write"]),
        "a token that only reads": box.create_token("me", "read"),
        "a token with a scope to read": box.create_token(
            "me", "fineGrained", scopes=["lab/secret:read", "datasets/lab/secret:read", "spaces/lab/secret:read"]
        ),
        "a member who reads": box.create_token("reader"),
    }
    return {"nobody": {}} | {who: {"Authorization": f"Bearer {token}"} for who, token in tokens.items()}


@pytest.fixture(scope="module")
def client():
    with httpx2.Client(follow_redirects=False, timeout=30) as client:
        yield client


HIDDEN_FROM = ["nobody", "another user", "a token for another repository"]
READERS = ["a token that only reads", "a token with a scope to read", "a member who reads"]


def requests(box):
    """Method, address with `<id>`, suffix and body of each request to try."""
    for pattern, constants, methods in about_a_repository():
        choices = {
            "revision": ["main", "refs%2Fpr%2F1"],
            "branch": ["main"],
            "path*": ["w.bin", "missing"],
            "number": ["1", "99"],
            "status": ["pending"],
            "comment": [box.comments[constants["types"]]],
        }
        address = pattern.replace("{namespace}/{name}", "<id>")
        names = [name for name in choices if f"{{{name}}}" in address]
        for values in itertools.product(*(choices[name] for name in names)):
            filled = address
            for name, value in zip(names, values, strict=True):
                filled = filled.replace(f"{{{name}}}", value)
            assert "{" not in filled, f"say in `choices` what {pattern} holds"
            for method in [*methods, *(["HEAD"] if "GET" in methods else [])]:
                yield method, filled, suffix_of(pattern)


def ask(client, box, method, address, suffix, repo, headers):
    body = BODIES.get(suffix) if method in {"POST", "PUT", "DELETE"} else None
    content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    kind = FETCH if suffix == "git-upload-pack" else {"Content-Type": "application/json"} if content else {}
    url = f"{box.endpoint}/{address.replace('<id>', repo)}"
    answer = client.request(method, url, headers={**headers, **kind}, content=content)
    told = {key: value for key, value in answer.headers.items() if key not in {"date", "x-request-id"}}
    return answer.status_code, answer.content.replace(repo.encode(), b"<id>"), told


def everything(box):
    """What is stored: all files of all git repositories and all that a request could change in the database."""
    files = {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in ("repos", "lfs")
        for path in (box.root / folder).rglob("*")
        if path.is_file()
    }
    tables = ("user", "organization", "member", "repo", "former_id", "large_file", "discussion", "discussion_event")
    return files, {table: box._database.rows(f"SELECT * FROM {table}") for table in tables}


@pytest.mark.parametrize("who", HIDDEN_FROM)
def test_a_private_repository_answers_as_a_missing_one(box, callers, client, who):
    before = everything(box)
    count = 0
    for count, (method, address, suffix) in enumerate(requests(box), start=1):
        # A range counts where files are served; elsewhere it must change nothing.
        headers = {**callers[who], **({"Range": "bytes=0-9"} if count % 2 else {})}
        missing = ask(client, box, method, address, suffix, "lab/nobody", headers)
        for repo in ("lab/secret", "lab/was"):
            hidden = ask(client, box, method, address, suffix, repo, headers)
            assert hidden == missing, f"{method} {address} as {who} for {repo}"
        status, _, told = missing
        is_git = suffix in GIT
        assert status == (401 if is_git and who == "nobody" else 404), f"{method} {address} as {who}"
        if address.startswith("api/") or is_git or suffix.startswith("resolve"):
            assert told["x-error-code"] == "RepoNotFound"

    assert count > 200
    assert everything(box) == before


@pytest.mark.parametrize("who", READERS)
def test_who_only_reads_writes_nothing(box, callers, client, who):
    before = everything(box)
    harmless = {"paths-info/{revision}", "info/lfs/objects/batch", "git-upload-pack"}
    may_discuss = who == "a member who reads"
    for method, address, suffix in requests(box):
        if may_discuss and suffix.startswith("discussions"):
            continue  # with a token that writes, whoever reads may discuss
        status, _, _ = ask(client, box, method, address, suffix, "lab/secret", callers[who])
        if method in {"POST", "PUT", "DELETE"} and suffix not in harmless:
            refusals = {404} if "99" in address or ("refs%2Fpr" in address) else set()
            assert status in {403} | refusals, f"{method} {address} as {who}"

    assert everything(box) == before


@pytest.mark.parametrize("who", HIDDEN_FROM)
def test_lists_do_not_name_it(box, callers, client, who):
    for types, query in itertools.product(
        ("models", "datasets", "spaces"), ("", "?author=lab", "?search=secret", "?full=true", "?filter=static")
    ):
        answer = client.get(f"{box.endpoint}/api/{types}{query}", headers=callers[who])
        assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.parametrize("who", ["another user", "a token for another repository"])
def test_bodies_that_name_it_find_nothing(box, callers, client, who):
    before = everything(box)

    def send(method, route, body):
        answer = client.request(method, f"{box.endpoint}/api/repos/{route}", headers=callers[who], json=body)
        return answer.status_code, answer.content

    for type_ in ("model", "dataset", "space"):
        for name in ("secret", "was"):
            shown = [
                (
                    send("DELETE", "delete", {"name": given, "organization": "lab", "type": type_}),
                    send("POST", "move", {"fromRepo": f"lab/{given}", "toRepo": "you/x", "type": type_}),
                    send("POST", "create", {"name": given, "organization": "lab", "type": type_}),
                )
                for given in (name, "nobody")
            ]
            assert shown[0] == shown[1]
            assert [status for status, _ in shown[0]] == [404, 404, 403]
    assert everything(box) == before


def test_routes_with_a_storage_key_need_a_signature_and_say_the_same_for_a_key_that_is_none(box, callers, client):
    before = everything(box)
    signed = {"expiry": "9999999999", "signature": "0" * 64, "size": "7"}
    for pattern, _, methods in _routes().routes():
        if pattern not in WITH_KEY:
            continue
        for method, who, query in itertools.product(methods, HIDDEN_FROM, ({}, signed)):
            answers = []
            for key in (box.keys["models"], secrets.token_hex(16)):
                values = {"key": key, "sha256": SHA256, "hash": SHA256, "upload": "0" * 16, "part": "1", "number": "0"}
                url = f"{box.endpoint}/{pattern.format(**values)}"
                answer = client.request(method, url, headers=callers[who], params=query, content=b"content")
                answers.append((answer.status_code, answer.content.replace(key.encode(), b"<key>")))
            assert answers[0] == answers[1], f"{method} {pattern} as {who}"
            assert answers[0][0] in {400, 401, 403, 404}
    assert everything(box) == before


def test_neither_cookies_nor_passwords_log_in_outside_of_git(box, client):
    password = {"Authorization": "Basic " + base64.b64encode(f"me:{box.owner}".encode()).decode()}
    cookies = {"Cookie": f"token={box.owner}; hf-token={box.owner}; session={box.owner}"}
    for method, address, suffix in requests(box):
        is_git = suffix in GIT
        if not is_git:
            assert ask(client, box, method, address, suffix, "lab/secret", password)[0] == 401, f"{method} {address}"
        if address.startswith("api/") or is_git or suffix.startswith("resolve"):
            status = ask(client, box, method, address, suffix, "lab/secret", cookies)[0]
            assert status == (401 if is_git else 404), f"{method} {address}"
