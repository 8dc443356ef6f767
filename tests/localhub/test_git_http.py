"""Clone and fetch with the real git, and large files by the Git LFS protocol."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import subprocess
import time

import pytest
from huggingface_hub import CommitOperationAdd, HfApi, get_session

LARGE = b"\0large" * 50_000
SHA256 = hashlib.sha256(LARGE).hexdigest()
UPLOAD_PACK = {"Content-Type": "application/x-git-upload-pack-request"}


@pytest.fixture
def git(tmp_path):
    """Runs git without any configuration of this machine; answers the finished process."""
    environment = {
        **{key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "HOME": str(tmp_path),
    }

    def run(*arguments, check=True):
        done = subprocess.run(
            ["git", *map(str, arguments)], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture
def filled(api, model):
    operations = [CommitOperationAdd("folder/a.txt", b"one"), CommitOperationAdd("w.bin", LARGE)]
    api.create_commit(model, operations, commit_message="fill")
    api.create_tag(model, tag="v1")
    api.create_tag(model, tag="v1-annotated", tag_message="words")
    api.create_branch(model, branch="feature/x")
    return model


def with_token(hub, token):
    return hub.endpoint.replace("://", f"://anybody:{token}@")


@pytest.mark.parametrize("suffix", ["", ".git"])
def test_git_clones_what_the_clients_pushed(hub, api, git, filled, tmp_path, suffix):
    git("clone", f"{hub.endpoint}/{filled}{suffix}", "copy")

    copy = tmp_path / "copy"
    assert (copy / "folder" / "a.txt").read_text(encoding="utf-8") == "one"
    assert f"oid sha256:{SHA256}" in (copy / "w.bin").read_text(encoding="utf-8")
    assert git("-C", copy, "rev-parse", "HEAD").stdout.strip() == api.model_info(filled).sha
    assert git("-C", copy, "tag").stdout.split() == ["v1", "v1-annotated"]
    assert "origin/feature/x" in git("-C", copy, "branch", "--remotes").stdout
    assert git("-C", copy, "fsck", "--full", "--strict").returncode == 0


def test_git_fetches_what_came_later_and_pull_requests_by_name(hub, api, git, filled, tmp_path):
    git("clone", f"{hub.endpoint}/{filled}", "copy")
    for number in range(40):
        api.upload_file(path_or_fileobj=f"{number}".encode(), path_in_repo="b.txt", repo_id=filled)
    api.create_commit(filled, [CommitOperationAdd("c.txt", b"c")], commit_message="propose", create_pr=True)

    git("-C", "copy", "pull", "--ff-only")
    git("-C", "copy", "fetch", "origin", "refs/pr/1:proposed")

    assert (tmp_path / "copy" / "b.txt").read_text(encoding="utf-8") == "39"
    assert git("-C", "copy", "show", "proposed:c.txt").stdout == "c"
    assert git("-C", "copy", "pull", "--ff-only").stdout.startswith("Already up to date")


def test_git_clones_one_commit_or_one_branch_of_a_data_set(hub, api, git, name):
    api.create_repo(name, repo_type="dataset")
    for number in range(3):
        api.upload_file(path_or_fileobj=b"%d" % number, path_in_repo="a.txt", repo_id=name, repo_type="dataset")

    git("clone", "--depth", "1", "--branch", "main", f"{hub.endpoint}/datasets/{name}", "shallow")

    assert git("-C", "shallow", "rev-list", "--count", "HEAD").stdout.strip() == "1"
    git("-C", "shallow", "fetch", "--unshallow")
    assert git("-C", "shallow", "rev-list", "--count", "HEAD").stdout.strip() == "4"


def test_a_private_repository_is_cloned_with_a_token_as_the_password(hub, api, git, tokens, filled):
    api.update_repo_settings(filled, visibility="private")

    git("clone", f"{with_token(hub, tokens.reader)}/{filled}", "mine")
    stranger = git("clone", f"{with_token(hub, tokens.stranger)}/{filled}", "theirs", check=False)
    nobody = git("clone", f"{hub.endpoint}/{filled}", "nobodys", check=False)
    unknown = git("clone", f"{with_token(hub, 'hf_unknown')}/{filled}", "unknown", check=False)

    assert [done.returncode for done in (stranger, nobody, unknown)] == [128, 128, 128]
    assert "not found" in stranger.stderr


def test_a_gated_repository_is_cloned_by_its_owner_only(hub, api, git, tokens, filled):
    api.update_repo_settings(filled, gated="auto")

    git("clone", f"{with_token(hub, tokens.reader)}/{filled}", "mine")

    assert git("clone", f"{with_token(hub, tokens.stranger)}/{filled}", "theirs", check=False).returncode == 128
    assert git("clone", f"{hub.endpoint}/{filled}", "nobodys", check=False).returncode == 128


def test_a_moved_repository_is_cloned_from_its_old_address(hub, api, git, filled, tmp_path):
    api.move_repo(filled, f"{filled}_moved")

    git("clone", f"{hub.endpoint}/{filled}", "copy")

    assert (tmp_path / "copy" / "w.bin").exists()


def test_pushing_with_git_is_refused_with_the_way_that_works(hub, api, git, tokens, filled, tmp_path):
    git("clone", f"{with_token(hub, tokens.writer)}/{filled}", "copy")
    head = api.model_info(filled).sha
    git("-C", "copy", "-c", "user.name=x", "-c", "user.email=x@x", "commit", "--allow-empty", "-m", "x")

    assert git("-C", "copy", "push", check=False).returncode != 0

    answer = get_session().get(
        f"{hub.endpoint}/{filled}/info/refs?service=git-receive-pack", headers=bearer(tokens.writer)
    )
    assert (answer.status_code, "hf upload" in answer.text) == (403, True)
    assert api.model_info(filled).sha == head


def test_a_password_counts_for_git_alone(hub, tokens, filled):
    """A browser that once asked for a password sends it to every page, also when another site makes it."""
    password = ("anybody", tokens.writer)

    assert get_session().get(f"{hub.endpoint}/api/whoami-v2", auth=password).status_code == 401
    assert (
        get_session().post(f"{hub.endpoint}/api/models/{filled}/tag/main", auth=password, json={}).status_code == 401
    )
    refs = f"{hub.endpoint}/{filled}/info/refs?service=git-upload-pack"
    assert get_session().get(refs, auth=password).status_code == 200
    for header in ("Basic", "Basic ?", "Basic " + "eA==", "Digest x"):
        assert get_session().get(refs, headers={"Authorization": header}).status_code == 401


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 400),
        (b"garbage", {}, 400),
        (b"0032want " + b"0" * 40 + b"\n0000", {}, 400),
        (b"0011want nothing0000", {}, 400),
        (b"ffff", {}, 400),
        (b"not gzip", {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(bytes(17 * 1024 * 1024)), {"Content-Encoding": "gzip"}, 413),
        (b"", {"Content-Encoding": "br"}, 415),
        (b"", {"Content-Type": "text/plain"}, 415),
    ],
)
def test_what_is_no_request_of_git_is_refused(hub, api, body, headers, status):
    api.create_repo("me/bad_requests", exist_ok=True)

    answer = get_session().post(
        f"{hub.endpoint}/me/bad_requests/git-upload-pack", content=body, headers={**UPLOAD_PACK, **headers}
    )

    assert answer.status_code == status


def test_only_what_is_advertised_can_be_wanted(hub, api, model):
    first = api.upload_file(path_or_fileobj=b"secret", path_in_repo="a.txt", repo_id=model).oid
    api.super_squash_history(model)

    want = f"0032want {first}\n00000009done\n".encode()
    answer = get_session().post(f"{hub.endpoint}/{model}/git-upload-pack", content=want, headers=UPLOAD_PACK)

    assert answer.status_code == 400


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def batch(hub, repo, *, sha256=SHA256, operation="download", **options):
    body = {"operation": operation, "transfers": ["basic"], "objects": [{"oid": sha256, "size": len(LARGE)}]}
    return get_session().post(f"{hub.endpoint}/{repo}.git/info/lfs/objects/batch", json=body, **options)


def test_a_large_file_is_downloaded_by_the_lfs_protocol(hub, api, filled):
    answer = batch(hub, filled)
    action = answer.json()["objects"][0]["actions"]["download"]

    whole = get_session().get(action["href"])
    part = get_session().get(action["href"], headers={"Range": "bytes=10-19"})

    assert answer.headers["content-type"] == "application/vnd.git-lfs+json"
    assert whole.content == LARGE
    assert (part.status_code, part.content) == (206, LARGE[10:20])
    assert get_session().head(action["href"]).headers["content-length"] == str(len(LARGE))
    assert whole.headers["x-content-type-options"] == "nosniff"


def test_lfs_gives_no_content_of_another_repository(hub, api, filled):
    api.create_repo(f"{filled}_empty")

    answer = batch(hub, f"{filled}_empty").json()["objects"][0]

    assert "actions" not in answer
    assert answer["error"]["code"] == 404


def test_a_download_url_is_bound_to_its_repository_content_and_time(hub, api, filled):
    href = batch(hub, filled).json()["objects"][0]["actions"]["download"]["href"]
    expiry = href.partition("expiry=")[2].partition("&")[0]
    key = href.partition("/lfs/")[2].partition("/")[0]

    refused = [
        href.replace(SHA256, "0" * 64),
        href.replace(expiry, str(int(expiry) + 1)),
        href.replace(key, "0" * 32),
        href[:-1] + ("0" if href[-1] != "0" else "1"),
        href.replace(SHA256, "..%2f" * 5 + "hub.sqlite3"),
    ]

    assert [get_session().get(url).status_code for url in refused] == [403] * 5
    assert 0 < int(expiry) - time.time() <= 3600
    assert get_session().get(href.replace(expiry, "x")).status_code == 400
    api.delete_repo(filled)
    assert get_session().get(href).status_code == 404


def test_lfs_asks_for_a_token_before_a_private_repository(hub, api, tokens, filled):
    api.update_repo_settings(filled, visibility="private")

    nobody = batch(hub, filled)

    assert (nobody.status_code, nobody.headers["www-authenticate"][:5]) == (401, "Basic")
    assert batch(hub, filled, auth=("x", tokens.stranger)).status_code == 404
    href = batch(hub, filled, auth=("x", tokens.reader)).json()["objects"][0]["actions"]["download"]["href"]
    assert get_session().get(href).content == LARGE


def test_an_upload_by_lfs_needs_a_token_that_writes(hub, tokens, filled):
    assert batch(hub, filled, operation="upload").status_code == 401
    assert batch(hub, filled, operation="upload", auth=("x", tokens.reader)).status_code == 403
    assert "actions" not in batch(hub, filled, operation="upload", auth=("x", tokens.writer)).json()["objects"][0]
    assert batch(hub, filled, operation="delete", auth=("x", tokens.writer)).status_code == 422


@pytest.mark.skipif(shutil.which("git-lfs") is None, reason="git-lfs is not installed; its protocol is tested above")
def test_git_lfs_pulls_the_content(hub, api, git, tokens, filled, tmp_path):
    api.update_repo_settings(filled, visibility="private")
    git("clone", f"{with_token(hub, tokens.reader)}/{filled}", "copy")

    git("-C", "copy", "lfs", "install", "--local")
    git("-C", "copy", "lfs", "pull")

    assert (tmp_path / "copy" / "w.bin").read_bytes() == LARGE


def test_a_repository_is_cloned_while_others_write_to_it(hub, api, git, model):
    """A clone sees one state; what comes meanwhile is for the next fetch."""
    import threading

    writer = HfApi(endpoint=hub.endpoint, token=api.token)
    stop = threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            number += 1
            writer.upload_file(path_or_fileobj=f"{number}".encode(), path_in_repo=f"{number}.txt", repo_id=model)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(5):
            git("clone", f"{hub.endpoint}/{model}", f"copy{number}")
            assert git("-C", f"copy{number}", "fsck", "--full", "--strict").returncode == 0
    finally:
        stop.set()
        thread.join()
