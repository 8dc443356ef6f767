"""The pages as a client that is no browser sees them: headers, who sees what, forms, and what hostile files may cost."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import httpx2
import pytest
from huggingface_hub import CommitOperationAdd, HfApi

from emojit.localhub import LocalHub

POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def _client(hub: LocalHub, **headers: str) -> httpx2.Client:
    return httpx2.Client(base_url=hub.endpoint, headers=headers)


def _log_in(client: httpx2.Client, token: str, **fields: str) -> httpx2.Response:
    form = client.get("/login").text
    check = re.search(r'name="check" value="(\w+)"', form)
    assert check
    return client.post("/login", data={"token": token, "check": check[1], **fields})


def _upload(api: HfApi, repo: str, files: dict[str, bytes]) -> None:
    operations = [CommitOperationAdd(path, content) for path, content in files.items()]
    api.create_commit(repo, operations, commit_message="files")


@pytest.fixture
def private(api: HfApi, name: str) -> str:
    api.create_repo(name, private=True)
    _upload(api, name, {"README.md": b"---\nlicense: mit\n---\n# Hidden words", "plots/a.png": b"\x89PNG"})
    return name


def test_every_page_has_the_headers_that_keep_strangers_content_in(hub, model) -> None:
    with _client(hub) as client:
        for path in ("/", "/me", "/login", f"/{model}", f"/{model}/tree/main", "/nobody/nothing"):
            answer = client.get(path)

            assert answer.headers["content-security-policy"] == POLICY
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["x-frame-options"] == "DENY"
            assert answer.headers["referrer-policy"] == "same-origin"
            assert "Cookie" in answer.headers["vary"]
            assert "<script" not in answer.text
            assert " style=" not in answer.text


def test_head_answers_like_get_without_a_body(hub, model) -> None:
    with _client(hub) as client:
        for path in ("/", f"/{model}", "/nobody/nothing"):
            got, asked = client.get(path), client.head(path)

            assert (asked.status_code, asked.text) == (got.status_code, "")
            assert asked.headers["content-type"] == got.headers["content-type"]


def test_pages_hide_no_address_of_the_api(hub, api, name) -> None:
    api.create_repo(name, repo_type="dataset")
    with _client(hub) as client:
        assert client.get("/api/nothing").json() == {"error": "Not found"}
        assert client.get("/api/models/bert").headers["x-error-code"] == "RepoNotFound"
        assert client.get("/bert/resolve/main/config.json").headers["x-error-code"] == "RepoNotFound"
        assert client.get(f"/datasets/{name}/resolve/main/no.txt").headers["x-error-code"] == "EntryNotFound"
        assert client.post("/v1/telemetry").status_code == 404
        assert client.put(f"/{name}").status_code == 404


@pytest.mark.parametrize("below", ["", "/tree/main", "/blob/main/README.md", "/commits/main", "/tags", "/discussions"])
def test_a_private_repository_and_none_are_one_page(hub, tokens, private, below) -> None:
    for headers in ({}, {"Authorization": f"Bearer {tokens.stranger}"}):
        with _client(hub, **headers) as client:
            hidden, missing = client.get(f"/{private}{below}"), client.get(f"/me/is_not_here{below}")

        assert hidden.status_code == missing.status_code == 404
        assert hidden.text.replace(private.split("/")[1], "is_not_here") == missing.text
        assert dict(hidden.headers).keys() == dict(missing.headers).keys()
        assert "Hidden words" not in hidden.text


def test_lists_leave_private_repositories_out(hub, tokens, private) -> None:
    with _client(hub) as anyone, _client(hub, Authorization=f"Bearer {tokens.reader}") as member:
        for path in (f"/?q={private}", "/me?sort=created", f"/models?q={private}"):
            assert f'href="/{private}"' not in anyone.get(path).text
        assert f'href="/{private}"' in member.get(f"/?q={private}").text


def test_a_session_sees_pages_and_their_files_and_nothing_of_the_api(hub, tokens, private) -> None:
    with _client(hub) as client:
        answer = _log_in(client, tokens.writer, next=f"/{private}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/{private}")
        cookie = next(value for value in answer.headers.get_list("set-cookie") if "-form=" not in value)
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert tokens.writer not in cookie

        assert "Hidden words" in client.get(f"/{private}").text
        assert client.get(f"/{private}/resolve/main/plots/a.png").headers["content-type"] == "image/png"
        assert client.get(f"/api/models/{private}").status_code == 404
        assert client.get("/api/whoami-v2").status_code == 401
        assert client.get(f"/{private}/info/refs?service=git-upload-pack").status_code == 401
        assert client.post("/api/repos/create", json={"name": "x"}).status_code == 401
        assert client.request("DELETE", "/api/repos/delete", json={"name": private.split("/")[1]}).status_code == 401


@pytest.mark.parametrize("site", ["same-site", "cross-site"])
def test_a_page_of_another_port_gets_nothing_by_the_cookie(hub, tokens, private, site) -> None:
    with _client(hub) as client:
        _log_in(client, tokens.writer)

        for path in (f"/{private}", f"/{private}/resolve/main/README.md"):
            assert client.get(path).status_code == 200
            assert client.get(path, headers={"Sec-Fetch-Site": site}).status_code == 404


def test_logging_out_ends_the_session_on_the_server(hub, tokens, private) -> None:
    with _client(hub) as client:
        _log_in(client, tokens.writer)
        cookies = dict(client.cookies)
        check = re.search(r'name="check" value="(\w+)"', client.get("/").text)
        assert check
        assert client.post("/login/out", data={"check": "no"}).status_code == 403
        assert client.get(f"/{private}").status_code == 200

        assert client.post("/login/out", data={"check": check[1]}).status_code == 303

    with httpx2.Client(base_url=hub.endpoint, cookies=cookies) as stolen:
        assert stolen.get(f"/{private}").status_code == 404


def test_a_session_ends_with_its_token(tmp_path: Path) -> None:
    with LocalHub(tmp_path / "hub") as own:
        own.create_user("me")
        token = own.create_token("me")
        HfApi(endpoint=own.endpoint, token=token).create_repo("me/hidden", private=True)
        with _client(own) as client:
            _log_in(client, token)
            assert client.get("/me/hidden").status_code == 200

            own._accounts.revoke_token("me", own._accounts.tokens("me")[0].name)

            assert client.get("/me/hidden").status_code == 404


def test_a_login_that_another_page_sends_is_refused(hub, tokens) -> None:
    with _client(hub) as client:
        assert client.post("/login", data={"token": tokens.writer}).status_code == 403
        form = client.get("/login").text
        check = re.findall(r'name="check" value="(\w+)"', form)[0]
        fields = {"token": tokens.writer, "check": check}
        assert client.post("/login", data=fields, headers={"Origin": "http://evil.example"}).status_code == 403
        assert client.post("/login", data=fields, headers={"Origin": "null"}).status_code == 403
    with _client(hub) as other:
        other.get("/login")
        assert other.post("/login", data=fields).status_code == 403


@pytest.mark.parametrize(
    "address", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1", "/a\nb"]
)
def test_a_login_leads_nowhere_else(hub, tokens, address) -> None:
    with _client(hub) as client:
        assert _log_in(client, tokens.writer, next=address).headers["location"] == "/"


def test_wrong_tokens_are_counted_and_then_refused(tmp_path: Path) -> None:
    with LocalHub(tmp_path / "hub") as own, _client(own) as client:
        statuses = [_log_in(client, f"hf_wrong{number}").status_code for number in range(40)]

    assert statuses[0] == 401
    assert statuses[-1] == 429


def test_what_strangers_named_is_shown_as_text(hub, api, model) -> None:
    _upload(api, model, {'a&b/"><img src=x>.txt': b"<script>alert(1)</script>"})
    api.create_branch(model, branch="feature/<b>x")
    api.create_tag(model, tag='"><i>', tag_message="<u>")
    api.create_discussion(model, title="<script>alert(2)</script>", description="<script>alert(3)</script>hello")
    with _client(hub) as client:
        for path in ("", "/tree/main/a&b", "/tree/feature%2F%3Cb%3Ex", "/commits/main", "/tags", "/discussions"):
            answer = client.get(f"/{model}{path}")
            assert answer.status_code == 200
            assert not re.search(r"<(script|img|i|u|b)\b(?![^>]*(class|/resolve/))[^>]*>(x|alert)", answer.text)
        text = client.get(f"/{model}/blob/main/a&b/%22%3E%3Cimg%20src=x%3E.txt").text
        assert "&lt;script&gt;alert(1)" in text
        thread = client.get(f"/{model}/discussions/1").text
        assert "hello" in thread
        assert "<script" not in thread


def test_files_of_strangers_cannot_run_as_pages(hub, api, model) -> None:
    _upload(api, model, {"a.html": b"<script>1</script>", "a.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>"})
    with _client(hub) as client:
        for path, kind in (("a.html", "text/plain; charset=utf-8"), ("a.svg", "image/svg+xml")):
            answer = client.get(f"/{model}/resolve/main/{path}")

            assert answer.headers["content-type"] == kind
            assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_broken_front_matter_and_huge_cards_cost_little(hub, api, model) -> None:
    links = "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
    nested = "<div>" * 60_000 + "deep" + "> " * 10_000 + "[" * 50_000
    lines = [
        {"key": "header", "value": {"summary": "card"}},
        {"key": "file", "value": {"path": "README.md", "content": f"---\na0: &a0 [x]\n{links}---\nwords\n\n{nested}"}},
    ]
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/x-ndjson"}
    body = "\n".join(json.dumps(line) for line in lines)
    with _client(hub) as client:
        assert client.post(f"/api/models/{model}/commit/main", content=body, headers=headers).status_code == 200
        start = time.monotonic()
        answer = client.get(f"/{model}")

    assert time.monotonic() - start < 10
    assert "front matter of README.md cannot be read" in answer.text
    assert "words" in answer.text


def test_a_thread_of_endless_comments_costs_little(hub, api, model) -> None:
    thread = api.create_discussion(model, title="Endless", description="**first**")
    for _ in range(6):
        api.comment_discussion(model, thread.num, "[" * 60_000 + "<script>")
    with _client(hub) as client:
        start = time.monotonic()
        answer = client.get(f"/{model}/discussions/{thread.num}")

    assert time.monotonic() - start < 15
    assert "<strong>first</strong>" in answer.text
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_a_gated_repository_shows_no_file_to_strangers(hub, api, tokens, model) -> None:
    _upload(api, model, {"README.md": b"---\nlicense: mit\n---\nSecret words"})
    api.update_repo_settings(model, gated="auto")
    with _client(hub) as anyone, _client(hub, Authorization=f"Bearer {tokens.reader}") as owner:
        shown = anyone.get(f"/{model}").text
        assert "Secret words" not in shown
        assert "license:mit" in shown
        assert anyone.get(f"/{model}/blob/main/README.md").status_code == 403
        changes = anyone.get(f"/{model}/commit/main").text
        assert "README.md" in changes
        assert "Secret words" not in changes
        assert "Secret words" in owner.get(f"/{model}").text


def test_a_moved_repository_leads_to_its_new_page(hub, api, model) -> None:
    api.move_repo(model, f"{model}_new")
    with _client(hub) as client:
        answer = client.get(f"/{model}/tree/main")

    assert (answer.status_code, answer.headers["location"]) == (307, f"/{model}_new/tree/main")


def test_lists_are_paged(tmp_path: Path) -> None:
    with LocalHub(tmp_path / "hub") as own:
        own.create_user("me")
        api = HfApi(endpoint=own.endpoint, token=own.create_token("me"))
        for number in range(31):
            api.create_repo(f"me/number{number:02}")
        with _client(own) as client:
            first, second = client.get("/?sort=name").text, client.get("/?sort=name&p=2").text

    assert "me/</span><wbr>number29" in first
    assert "number30" not in first
    assert "page 1 of 2" in first
    assert "number30" in second
    assert "number29" not in second
