"""A disk that is full: what cannot be written is refused with 507, and what was acknowledged stays. On a small file system of its own, for which mount is needed."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import CommitOperationAdd, HfApi, get_session
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import hf_raise_for_status

from emojit.localhub import LocalHub
from emojit.localhub.audit.check import check

PAGE = 4096
REPO = "me/model"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder with a file system of 8 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if (
        shutil.which("mount") is None
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("a small file system cannot be mounted here: that takes root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def leave_free(disk: Path, pages: int) -> None:
    """Fill the disk up to this number of pages."""
    ballast = disk / "ballast"
    ballast.unlink(missing_ok=True)
    free = shutil.disk_usage(disk).free
    with ballast.open("wb") as file:
        for _ in range(max(free // PAGE - pages, 0)):
            file.write(bytes(PAGE))


class Author:
    """Writes to the Hub, and remembers what was acknowledged."""

    def __init__(self, api: HfApi) -> None:
        self.api = api
        self.files: dict[str, bytes] = {}
        self.tags: set[str] = set()
        self.repos = {REPO}
        self.refused = 0
        self._rng = random.Random(0)

    def small(self, name: str) -> None:
        self._add(f"{name}.txt", name.encode() * 30)

    def large(self, name: str) -> None:
        """By LFS, as clients without Xet do it."""
        content = self._rng.randbytes(60_000)
        sha256 = hashlib.sha256(content).hexdigest()
        asked = {"operation": "upload", "objects": [{"oid": sha256, "size": len(content)}]}
        batch = self._send("POST", f"/{REPO}.git/info/lfs/objects/batch", json=asked)
        for item in batch.json()["objects"]:
            if "actions" in item:
                self._send("PUT", item["actions"]["upload"]["href"], content=content)
        header = {"key": "header", "value": {"summary": name}}
        file = {"key": "lfsFile", "value": {"path": f"{name}.bin", "algo": "sha256", "oid": sha256}}
        lines = "".join(json.dumps(line) + "\n" for line in (header, file))
        self._send("POST", f"/api/models/{REPO}/commit/main", content=lines.encode())
        self.files[f"{name}.bin"] = content

    def many(self, name: str) -> None:
        contents = {f"{name}/{index}.txt": self._rng.randbytes(300).hex().encode() for index in range(40)}
        operations = [CommitOperationAdd(path, content) for path, content in contents.items()]
        self.api.create_commit(REPO, operations, commit_message=name)
        self.files |= contents

    def tag(self, name: str) -> None:
        self.api.create_tag(REPO, tag=name, tag_message="words")
        self.tags.add(name)

    def repo(self, name: str) -> None:
        self.api.create_repo(f"me/{name}")
        self.repos.add(f"me/{name}")

    def attempt(self, work: Callable[[str], None], name: str) -> None:
        """Do it, or be told that the disk is full: nothing else."""
        try:
            work(name)
        except HfHubHTTPError as exc:
            if exc.response.status_code != 507 or "disk of the Hub is full" not in str(exc):
                raise
            self.refused += 1

    def look(self) -> None:
        """Read everything that was acknowledged."""
        for path, content in self.files.items():
            assert self._send("GET", f"/{REPO}/resolve/main/{path}").content == content
        assert {tag.name for tag in self.api.list_repo_refs(REPO).tags} >= self.tags
        assert {model.id for model in self.api.list_models()} >= self.repos

    def _send(self, method: str, url: str, **body: object) -> Any:
        url = url if url.startswith("http") else self.api.endpoint + url
        answer = get_session().request(method, url, headers={"Authorization": f"Bearer {self.api.token}"}, **body)
        hf_raise_for_status(answer)
        return answer

    def _add(self, path: str, content: bytes) -> None:
        self.api.upload_file(repo_id=REPO, path_or_fileobj=content, path_in_repo=path)
        self.files[path] = content


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # dulwich drops its lock files open
def test_a_full_disk_is_507_loses_nothing_leaves_nothing_and_is_over_when_there_is_space(small_disk):
    store = small_disk / "store"
    with LocalHub(store) as hub:
        hub.create_user("me")
        author = Author(HfApi(endpoint=hub.endpoint, token=hub.create_token("me")))
        author.api.create_repo(REPO)
        for work in (author.small, author.large, author.many, author.tag):
            work("before")

        # Every number of free pages lets the work fail at another step.
        for pages in [*range(0, 12, 2), 15, 20, 27, 40, 64]:
            for work in (author.small, author.large, author.many, author.tag, author.repo):
                leave_free(small_disk, pages)
                author.attempt(work, f"{work.__name__}-{pages}")
        leave_free(small_disk, 0)
        author.look()
        (small_disk / "ballast").unlink()

        assert author.refused > 20
        assert list((store / "tmp").iterdir()) == []
        for work in (author.small, author.large, author.many, author.tag, author.repo):
            work("after")
        author.look()
    found = check(store, quiet=True)
    assert (found.problems, found.remain_count) == ([], 0)


def test_what_an_upload_left_behind_when_the_disk_was_full_does_not_fill_it_for_ever(small_disk):
    store = small_disk / "store"
    with LocalHub(store) as hub:
        hub.create_user("me")
        api = HfApi(endpoint=hub.endpoint, token=hub.create_token("me"))
        api.create_repo(REPO)
        source = small_disk.parent / "large.bin"
        source.write_bytes(random.Random(1).randbytes(5 * 2**20))  # its xorbs fit, not the file beside them

        with pytest.raises(Exception, match="413"):
            api.upload_file(repo_id=REPO, path_or_fileobj=source, path_in_repo="large.bin")

        assert shutil.disk_usage(small_disk).free > 6 * 2**20
        api.upload_file(repo_id=REPO, path_or_fileobj=b"small", path_in_repo="small.bin")
    assert check(store, quiet=True).problem_count == 0
