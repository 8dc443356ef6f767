"""Every page, asked for by everybody who may not see a repository, with a token and with a browser's session: it is as good as missing.

The routes come from the application itself. A new page below a repository is tried without being named here, unless it holds something unknown.
"""

from __future__ import annotations

import itertools
import re

import httpx2
import pytest
from huggingface_hub import CommitOperationAdd, HfApi

from emojit.localhub import LocalHub
from emojit.localhub.web.pages.routes import page_router

CHOICES = {
    "revision": ["main", "refs%2Fpr%2F1", "{commit}", "nothing"],
    "path*": ["a.txt", "d", "missing"],
    "number": ["1", "99"],
}
ABOUT_NONE = {"", "login", "login/out", "models", "datasets", "spaces", "{namespace}"}
HIDDEN_FROM = ["nobody", "another user", "a token for another repository"]
READERS = ["the owner", "a token that only reads", "a member who reads", "a token with a scope to read"]


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    """A Hub with a private repository of each type, in an organization with a reader, each moved once."""
    with LocalHub(tmp_path_factory.mktemp("box")) as hub:
        for user in ("me", "you", "reader"):
            hub.create_user(user)
        hub.create_organization("lab", admin="me")
        hub.add_member("lab", "reader", "read")
        scopes = [f"{prefix}lab/secret:read" for prefix in ("", "datasets/", "spaces/")]
        hub.tokens = {
            "the owner": hub.create_token("me"),
            "another user": hub.create_token("you"),
            "a token for another repository": hub.create_token("me", "fineGrained", scopes=["me/x:write"]),
            "a token that only reads": hub.create_token("me", "read"),
            "a member who reads": hub.create_token("reader"),
            "a token with a scope to read": hub.create_token("me", "fineGrained", scopes=scopes),
        }
        api = HfApi(endpoint=hub.endpoint, token=hub.tokens["the owner"])
        hub.commits = {}
        for type_ in ("model", "dataset", "space"):
            kind = {"repo_type": type_}
            api.create_repo("lab/was", private=True, **({"space_sdk": "static"} if type_ == "space" else {}), **kind)
            api.move_repo("lab/was", "lab/secret", **kind)
            operations = [CommitOperationAdd(path, b"hidden words") for path in ("a.txt", "d/b.txt")]
            made = api.create_commit("lab/secret", operations, commit_message="hidden words", **kind)
            hub.commits[f"{type_}s"] = made.oid
            api.create_tag("lab/secret", tag="v1", **kind)
            api.create_discussion("lab/secret", "hidden words", description="hidden words", pull_request=True, **kind)
        yield hub


@pytest.fixture(scope="module")
def clients(box):
    """Who asks, by name and way: without anything, with a token, with the session of a browser."""
    opened = {("nobody", "token"): httpx2.Client(base_url=box.endpoint, timeout=30)}
    for who, token in box.tokens.items():
        headers = {"Authorization": f"Bearer {token}"}
        opened[who, "token"] = httpx2.Client(base_url=box.endpoint, headers=headers, timeout=30)
        browser = opened[who, "session"] = httpx2.Client(base_url=box.endpoint, timeout=30)
        check = re.search(r'name="check" value="(\w+)"', browser.get("/login").text)
        assert browser.post("/login", data={"token": token, "next": "/", "check": check[1]}).status_code == 303
    yield opened
    for client in opened.values():
        client.close()


WAYS = [(who, way) for who in HIDDEN_FROM for way in ("token", "session") if (who, way) != ("nobody", "session")]


def addresses(box):
    """The address of each page below a repository, with `<id>` for it."""
    for pattern, constants, methods in page_router().routes():
        if "{namespace}/{name}" not in pattern:
            assert pattern in ABOUT_NONE, f"say what {pattern or '/'} shows"
            continue
        assert methods == ["GET"]
        address = pattern.replace("{namespace}/{name}", "<id>")
        names = [name for name in CHOICES if f"{{{name}}}" in address]
        for values in itertools.product(*(CHOICES[name] for name in names)):
            filled = address
            for name, value in zip(names, values, strict=True):
                filled = filled.replace(f"{{{name}}}", value.replace("{commit}", box.commits[constants["types"]]))
            assert "{" not in filled, f"say in CHOICES what {pattern} holds"
            yield filled


def ask(client, address, repo, method="GET"):
    answer = client.request(method, f"/{address.replace('<id>', repo)}")
    told = {
        key: value for key, value in answer.headers.items() if key not in {"date", "x-request-id", "content-length"}
    }
    # The page of an error leads back to itself after logging in.
    return answer.status_code, answer.text.replace(repo, "<id>").replace(repo.replace("/", "%2F"), "<id>"), told


@pytest.mark.parametrize(("who", "way"), WAYS)
def test_a_private_repository_has_the_page_of_a_missing_one(box, clients, who, way):
    count = 0
    for count, address in enumerate(addresses(box), start=1):
        method = "HEAD" if count % 4 == 0 else "GET"
        missing = ask(clients[who, way], address, "lab/nobody", method)
        for repo in ("lab/secret", "lab/was"):
            assert ask(clients[who, way], address, repo, method) == missing, f"{address} as {who} by {way} for {repo}"
        assert missing[0] == 404
        assert "hidden words" not in missing[1]

    assert count > 60


@pytest.mark.parametrize("who", READERS)
def test_who_may_read_it_sees_the_same_with_a_token_and_with_a_session(box, clients, who):
    seen = 0
    for address in addresses(box):
        by_token, by_session = (ask(clients[who, way], address, "lab/secret") for way in ("token", "session"))
        assert by_token[0] == by_session[0], address
        seen += by_token[0] == 200

    assert seen >= 30


@pytest.mark.parametrize(("who", "way"), WAYS)
def test_no_list_names_it(clients, who, way):
    for address in (
        "",
        "models",
        "datasets",
        "spaces",
        "lab",
        "me",
        "?q=secret",
        "models?q=secret",
        "lab?type=spaces",
    ):
        answer = clients[who, way].get(f"/{address}")

        assert answer.status_code == 200
        assert not re.search(r"lab/(secret|was)", answer.text)
