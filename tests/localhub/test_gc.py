from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd, HfApi, get_session
from huggingface_hub.errors import HfHubHTTPError
from typer.testing import CliRunner

from emojit.cli.app import app
from emojit.errors import HubServerError
from emojit.localhub import LocalHub
from emojit.localhub.audit.check import check
from emojit.localhub.audit.collect import collect


@contextmanager
def served(root: Path) -> Iterator[HfApi]:
    with LocalHub(root) as hub:
        if not hub.has_user("me"):
            hub.create_user("me")
        yield HfApi(endpoint=hub.endpoint, token=hub.create_token("me"))


def large(number: int) -> bytes:
    return bytes([number % 256]) * (3000 + number)


def everything(api: HfApi) -> dict[tuple[str, str, str], str]:
    """The sha256 of every file at every reference of every repository, as a reader gets them."""
    found = {}
    for model in api.list_models():
        refs = api.list_repo_refs(model.id, include_pull_requests=True)
        names = [ref.name for ref in (*refs.branches, *refs.tags)] + [ref.ref for ref in refs.pull_requests or ()]
        for name in names:
            for path in api.list_repo_files(model.id, revision=name):
                url = f"{api.endpoint}/{model.id}/resolve/{name.replace('/', '%2F')}/{path}"
                answer = get_session().get(
                    url, headers={"Authorization": f"Bearer {api.token}"}, follow_redirects=True
                )
                found[model.id, name, path] = (
                    hashlib.sha256(answer.content).hexdigest()
                    if answer.status_code == 200
                    else answer.headers["X-Error-Code"]
                )
    return found


def assert_sound(root: Path) -> None:
    findings = check(root, quiet=True)
    assert (findings.problems, findings.remains) == ([], [])
    for repository in (root / "repos").iterdir():
        fsck = subprocess.run(["git", "-C", repository, "fsck", "--full"], capture_output=True, text=True, check=False)
        assert fsck.returncode == 0, fsck.stderr


def stored(root: Path) -> set[str]:
    return {path.name for path in root.glob("lfs/*/*/*")}


class Play:
    """Random changes by the real client."""

    def __init__(self, api: HfApi, rng: random.Random) -> None:
        self.api, self.rng, self.count = api, rng, 0

    def step(self) -> None:
        self.count += 1
        repo = self.rng.choice(["me/a", "me/b"])
        actions = [self.push, self.push, self.push, self.pull_request, self.delete, self.squash, self.tag, self.untag]
        action = self.rng.choice([*actions, self.branch, self.unbranch, self.merge, self.forget])
        try:
            action(repo)
        except HfHubHTTPError as exc:
            # A random step may be impossible: nothing to delete, a conflict, a name that is taken.
            if exc.response.status_code not in {400, 403, 404, 409, 422}:
                raise

    def revision(self, repo: str) -> str:
        return self.rng.choice([branch.name for branch in self.api.list_repo_refs(repo).branches])

    def push(self, repo: str, **options: object) -> None:
        number = self.rng.randrange(12)
        files = {f"d/{number}.bin": large(self.rng.randrange(30)), f"{number}.txt": b"%d" % self.count}
        operations = [CommitOperationAdd(path, content) for path, content in files.items()]
        revision = self.revision(repo)
        self.api.create_commit(repo, operations, commit_message="push", revision=revision, **options)

    def pull_request(self, repo: str) -> None:
        self.push(repo, create_pr=True)

    def delete(self, repo: str) -> None:
        revision = self.revision(repo)
        paths = self.api.list_repo_files(repo, revision=revision)
        if paths:
            self.api.delete_file(self.rng.choice(paths), repo, revision=revision)

    def squash(self, repo: str) -> None:
        self.api.super_squash_history(repo, branch=self.revision(repo))

    def tag(self, repo: str) -> None:
        message = self.rng.choice([None, "words"])
        self.api.create_tag(repo, tag=f"t{self.rng.randrange(5)}", tag_message=message, revision=self.revision(repo))

    def untag(self, repo: str) -> None:
        self.api.delete_tag(repo, tag=f"t{self.rng.randrange(5)}")

    def branch(self, repo: str) -> None:
        self.api.create_branch(repo, branch=f"b{self.rng.randrange(3)}", revision=self.revision(repo))

    def unbranch(self, repo: str) -> None:
        self.api.delete_branch(repo, branch=f"b{self.rng.randrange(3)}")

    def merge(self, repo: str) -> None:
        open_ones = [item.num for item in self.api.get_repo_discussions(repo) if item.status == "open"]
        if open_ones:
            self.api.merge_pull_request(repo, self.rng.choice(open_ones))

    def forget(self, repo: str) -> None:
        files = list(self.api.list_lfs_files(repo))
        if files:
            rewrite = self.rng.random() < 0.5
            self.api.permanently_delete_lfs_files(repo, [self.rng.choice(files)], rewrite_history=rewrite)


@pytest.mark.parametrize("seed", [1, 2])
def test_after_any_changes_gc_leaves_what_references_need_and_nothing_else(tmp_path, seed):
    with served(tmp_path) as api:
        api.create_repo("me/a")
        api.create_repo("me/b")
        play = Play(api, random.Random(seed))
        for _ in range(60):
            play.step()
        before = everything(api)

    planned = collect(tmp_path, dry_run=True, grace_s=0, quiet=True)
    done = collect(tmp_path, grace_s=0, quiet=True)

    assert (planned.large_files, planned.large_bytes, planned.objects) == (
        done.large_files,
        done.large_bytes,
        done.objects,
    )
    assert done.objects > 0
    assert_sound(tmp_path)
    again = collect(tmp_path, grace_s=0, quiet=True)
    assert (again.freed, again.objects, again.large_files) == (0, 0, 0)
    with served(tmp_path) as api:
        assert everything(api) == before
        Play(api, random.Random(seed)).push("me/a")
    assert stored(tmp_path) - set(before.values()) <= {
        hashlib.sha256(large(number)).hexdigest() for number in range(30)
    }


def test_content_that_no_reference_needs_goes_after_the_grace_period_and_is_sent_again_afterwards(tmp_path):
    with served(tmp_path) as api:
        api.create_repo("me/a")
        api.upload_file(repo_id="me/a", path_or_fileobj=large(1), path_in_repo="a.bin")
        api.upload_file(repo_id="me/a", path_or_fileobj=large(2), path_in_repo="a.bin")
        api.super_squash_history("me/a")

    waiting = collect(tmp_path, quiet=True)
    assert (waiting.large_files, waiting.waiting_files, waiting.waiting_bytes) == (0, 1, len(large(1)))
    assert len(stored(tmp_path)) == 2

    done = collect(tmp_path, grace_s=0, quiet=True)
    assert (done.large_files, done.large_bytes) == (1, len(large(1)))
    assert stored(tmp_path) == {hashlib.sha256(large(2)).hexdigest()}
    with served(tmp_path) as api:
        api.upload_file(repo_id="me/a", path_or_fileobj=large(1), path_in_repo="again.bin")
        assert hashlib.sha256(large(1)).hexdigest() in everything(api).values()
    assert_sound(tmp_path)


def test_content_of_a_deleted_repository_goes_unless_another_has_it(tmp_path):
    with served(tmp_path) as api:
        for repo in ("me/a", "me/b"):
            api.create_repo(repo)
            api.upload_file(repo_id=repo, path_or_fileobj=large(1), path_in_repo="shared.bin")
        api.upload_file(repo_id="me/a", path_or_fileobj=large(2), path_in_repo="own.bin")
        api.delete_repo("me/a")

    collect(tmp_path, grace_s=0, quiet=True)

    assert stored(tmp_path) == {hashlib.sha256(large(1)).hexdigest()}
    assert_sound(tmp_path)


def test_what_is_deleted_for_good_with_its_history_kept_gives_its_space_back(tmp_path):
    with served(tmp_path) as api:
        api.create_repo("me/a")
        api.upload_file(repo_id="me/a", path_or_fileobj=large(1), path_in_repo="a.bin")
        api.permanently_delete_lfs_files("me/a", list(api.list_lfs_files("me/a")), rewrite_history=False)

    assert collect(tmp_path, grace_s=0, quiet=True).large_files == 1
    assert_sound(tmp_path)
    assert check(tmp_path, quiet=True).counts["void_pointers"] == 1


def test_many_small_commits_become_one_pack_and_a_dry_run_changes_nothing(tmp_path):
    with served(tmp_path) as api:
        api.create_repo("me/a")
        for number in range(50):
            api.upload_file(repo_id="me/a", path_or_fileobj=b"%d" % number, path_in_repo="a.txt")
        history = [commit.commit_id for commit in api.list_repo_commits("me/a")]
    files = sorted(tmp_path.rglob("*"))
    runner = CliRunner()

    plan = runner.invoke(app, ["hub", "gc", "--root", str(tmp_path), "--dry-run", "--json"])
    assert json.loads(plan.stdout)["packed"] == 1
    assert sorted(tmp_path.rglob("*")) == files
    text = runner.invoke(app, ["hub", "gc", "--root", str(tmp_path)])

    assert text.exit_code == 0
    assert "Freed" in text.stdout
    assert len(list(tmp_path.glob("repos/*/objects/pack/*.pack"))) == 1
    assert list(tmp_path.glob("repos/*/objects/[0-9a-f][0-9a-f]/*")) == []
    assert_sound(tmp_path)
    with served(tmp_path) as api:
        assert [commit.commit_id for commit in api.list_repo_commits("me/a")] == history
        api.upload_file(repo_id="me/a", path_or_fileobj=b"more", path_in_repo="b.txt")


def test_remains_of_a_killed_server_are_counted_and_cleared_away(tmp_path):
    with served(tmp_path) as api:
        api.create_repo("me/a")
    (repository,) = (tmp_path / "repos").iterdir()
    shutil.copytree(repository, tmp_path / "repos" / "unknown.git")
    (tmp_path / "tmp" / "multipart-0-1").write_bytes(b"x" * 100)
    (tmp_path / "xet" / "upload").mkdir(parents=True)
    (tmp_path / "xet" / "upload" / "xorb").write_bytes(b"x" * 50)
    (repository / "refs/heads/main.lock").touch()
    (repository / "objects/pack/pack-1.pack").write_bytes(b"half")

    planned = collect(tmp_path, dry_run=True, quiet=True)
    done = collect(tmp_path, quiet=True)

    assert planned.remains == done.remains > 3
    assert done.remain_bytes >= 150
    assert_sound(tmp_path)


def test_a_damaged_store_is_refused_and_no_large_file_is_removed(tmp_path):
    with served(tmp_path) as api:
        api.create_repo("me/a")
        for number in range(2):
            api.upload_file(repo_id="me/a", path_or_fileobj=large(number), path_in_repo="a.bin")
        api.super_squash_history("me/a")
        head = api.model_info("me/a").sha
    before = stored(tmp_path)
    (tree,) = tmp_path.glob(f"repos/*/objects/{head[:2]}/{head[2:]}")
    tree.unlink()

    with pytest.raises(HubServerError, match="needed by refs/heads/main, is missing"):
        collect(tmp_path, grace_s=0, quiet=True)
    assert stored(tmp_path) == before


@pytest.mark.skipif(os.name == "nt", reason="resource limits")
def test_on_a_full_disk_gc_says_so_and_everything_stays(tmp_path):
    with served(tmp_path) as api:
        api.create_repo("me/a")
        operations = [CommitOperationAdd(f"{index}.txt", os.urandom(25_000).hex().encode()) for index in range(40)]
        api.create_commit("me/a", operations, commit_message="many")
        api.delete_file("0.txt", "me/a")
        api.super_squash_history("me/a")
        before = everything(api)
    # A limit on the size of files stands for the disk: it breaks the same write.
    script = (
        "import resource, sys; from emojit.cli.app import main\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000)); main()"
    )
    command = [sys.executable, "-c", script, "hub", "gc", "--root", str(tmp_path), "--grace", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "me/a cannot be packed" in done.stderr
    assert "Traceback" not in done.stderr
    assert check(tmp_path, quiet=True).problems == []
    collect(tmp_path, grace_s=0, quiet=True)
    assert_sound(tmp_path)
    with served(tmp_path) as api:
        assert everything(api) == before


def test_a_store_that_is_served_is_refused(tmp_path):
    with served(tmp_path), pytest.raises(HubServerError, match="another Hub is serving"):
        collect(tmp_path, quiet=True)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_gc_that_is_killed_at_any_moment_leaves_a_sound_store(tmp_path, warm):
    root = tmp_path / "store"
    with served(root) as api:
        api.create_repo("me/a")
        for number in range(60):
            operations = [CommitOperationAdd(f"{index}.txt", b"%d" % (number + index)) for index in range(20)]
            api.create_commit("me/a", operations, commit_message=str(number))
            if number == 30:
                api.create_branch("me/a", branch="half")
        for number in range(10):
            api.upload_file(repo_id="me/a", path_or_fileobj=large(number), path_in_repo="a.bin", revision="half")
        api.super_squash_history("me/a", branch="half")
        before = everything(api)
    script = (
        "import pathlib, sys; import dulwich.pack, dulwich.repo; from emojit.localhub.audit.collect import collect\n"
        "pathlib.Path(sys.argv[2]).touch(); collect(pathlib.Path(sys.argv[1]), grace_s=0, quiet=True); print('done'); sys.exit()"
    )
    began = time.monotonic()
    collect(Path(shutil.copytree(root, tmp_path / "whole")), grace_s=0, quiet=True)
    duration_s = time.monotonic() - began
    rng, interrupted = random.Random(0), 0
    for attempt in range(12):
        copy = Path(shutil.copytree(root, tmp_path / f"copy{attempt}"))
        ready = tmp_path / f"ready{attempt}"
        process = warm.start(str(copy), str(ready), cwd=tmp_path, before=script)
        while not ready.exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.002)
        time.sleep(rng.uniform(0, duration_s))
        process.send_signal(signal.SIGKILL)
        said, wrong = process.communicate()
        assert wrong == ""
        interrupted += said == ""
        assert check(copy, quiet=True).problems == []
        collect(copy, grace_s=0, quiet=True)
        assert_sound(copy)
    assert interrupted >= 3
    with served(copy) as api:
        assert everything(api) == before
