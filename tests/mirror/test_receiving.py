"""The route by which a box takes history: what is not whole, or would move what is there, is refused before one reference moves."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from huggingface_hub.utils import get_session

MISSING = "0" * 39 + "1"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("work") / "repository.git"
    subprocess.run(["git", "init", "-q", "--bare", folder], check=True)
    return folder


@pytest.fixture
def git(repository: Path):
    def run(*arguments: str, data: bytes = b"") -> str:
        who = {f"GIT_{role}_{what}": "a" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        done = subprocess.run(
            ["git", *arguments], cwd=repository, input=data, env={**os.environ, **who}, check=True, capture_output=True
        )
        return done.stdout.decode().strip()

    return run


@pytest.fixture
def commit(git):
    """Make a commit of one file, with these bytes, this mode and this name."""

    def make(content: bytes, *, mode: str = "100644", path: str = "a.txt", parents=()) -> str:
        kind = "commit" if mode == "160000" else "blob"
        blob = MISSING if kind == "commit" else git("hash-object", "-w", "--stdin", data=content)
        tree = git("mktree", "--missing", data=f"{mode} {kind} {blob}\t{path}\n".encode())
        return git("commit-tree", tree, *(part for parent in parents for part in ("-p", parent)), data=b"message")

    return make


@pytest.fixture
def send(box, repository, name):
    """Send commits with all their objects, or other bytes, and return the status and what was said."""
    box.api.create_repo(name)

    def run(branches=None, tags=None, *, pack: bytes | None = None, token: str = "", leave_out=()) -> tuple[int, str]:
        wanted = "\n".join([*(branches or {}).values(), *(tags or {}).values()])
        listed = subprocess.run(
            ["git", "rev-list", "--objects", "--no-object-names", *wanted.split()],
            cwd=repository,
            capture_output=True,
            check=False,
        )
        names = [oid for oid in listed.stdout.decode().split() if oid not in leave_out]
        made = subprocess.run(
            ["git", "pack-objects", "--stdout", "-q"],
            cwd=repository,
            check=False,
            input="\n".join(names).encode(),
            capture_output=True,
        )
        header = json.dumps({"branches": branches or {}, "tags": tags or {}}).encode() + b"\n"
        answer = get_session().post(
            f"{box.hub.endpoint}/api/models/{name}/mirror",
            content=header + (made.stdout if pack is None else pack),
            headers={"Authorization": f"Bearer {token or box.token}"},
        )
        return answer.status_code, answer.text

    return run


def test_a_whole_history_is_taken_with_its_ids(send, commit, box, name):
    first = commit(b"1")
    second = commit(b"2", parents=[first])

    status, said = send({"main": second}, {"v1": first})

    assert (status, json.loads(said)) == (200, {"files": 2, "size": 2, "large": 0})
    refs = box.api.list_repo_refs(name)
    assert {ref.name: ref.target_commit for ref in [*refs.branches, *refs.tags]} == {"main": second, "v1": first}


def test_a_merge_is_taken(send, commit, box, name):
    one, other = commit(b"one"), commit(b"other")
    merged = commit(b"both", parents=[one, other])

    assert send({"main": merged})[0] == 200
    assert send({"main": commit(b"next", parents=[merged])})[0] == 200


@pytest.mark.parametrize(
    ("mode", "path", "said"),
    [
        ("120000", "link", "symbolic link"),
        ("160000", "module", "submodule"),
        ("100644", "..", "segment"),
        ("100644", ".git", ".git"),
        ("100644", "a\\\\b", "backslash"),
    ],
)
def test_what_this_hub_does_not_keep_is_refused(send, git, commit, box, name, mode, path, said):
    before = box.api.repo_info(name).sha

    status, answer = send({"main": commit(b"/etc/passwd", mode=mode, path=path)})

    assert (status, said in answer) == (422, True), answer
    assert box.api.repo_info(name).sha == before


def test_missing_objects_and_missing_large_files_are_refused(send, commit, git, box, name):
    before = box.api.repo_info(name).sha
    whole = commit(b"content")
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 5\n".encode()

    without_blob = send({"main": whole}, leave_out=[git("rev-parse", f"{whole}:a.txt")])
    other = commit(b"other content")
    without_tree = send({"main": other}, leave_out=[git("rev-parse", f"{other}^{{tree}}")])
    without_commit = send({"main": MISSING}, pack=b"")
    without_large_file = send({"main": commit(pointer)})
    of_a_blob = send(tags={"v1": git("rev-parse", f"{whole}:a.txt")})

    assert [without_blob[0], without_tree[0], without_commit[0], without_large_file[0], of_a_blob[0]] == [422] * 5
    assert "a.txt" in without_large_file[1]
    assert box.api.repo_info(name).sha == before
    assert box.api.list_repo_refs(name).tags == []


def test_a_tag_is_not_moved_and_a_branch_only_forward(send, commit, box, name):
    first = commit(b"1")
    assert send({"main": first}, {"v1": first})[0] == 200
    other, later = commit(b"other"), commit(b"later", parents=[first])

    moved, replaced = send({"main": later}, {"v1": later}), send({"main": other})

    assert (moved[0], replaced[0]) == (409, 409)
    assert first in moved[1]
    assert later in moved[1]
    assert box.api.repo_info(name).sha == first


@pytest.mark.parametrize(
    ("header", "pack"),
    [
        ({"main": "nonsense"}, b""),
        ({"main": MISSING}, b"PACK no pack"),
        ({"main": MISSING}, b"PACK\0\0\0\2\0\0\0\1" + b"\0" * 30),
        ({"../x": MISSING}, b""),
    ],
)
def test_nonsense_is_a_refusal_and_leaves_nothing(send, box, name, header, pack):
    status, _ = send(header, pack=pack)

    assert status in {400, 422}
    (folder,) = (box.hub.root / "repos").iterdir()
    assert list((folder / "objects" / "pack").glob("*.pack")) == []
    assert list((box.hub.root / "tmp").iterdir()) == []


def test_who_may_not_write_sends_nothing(send, commit, box, name):
    box.hub.create_user("other")

    read_only = send({"main": commit(b"1")}, token=box.hub.create_token("you", role="read"))
    stranger = send({"main": commit(b"1")}, token=box.hub.create_token("other"))
    box.api.update_repo_settings(name, private=True)
    hidden = send({"main": commit(b"1")}, token=box.hub.create_token("other"))

    assert [read_only[0], stranger[0], hidden[0]] == [403, 403, 404]
