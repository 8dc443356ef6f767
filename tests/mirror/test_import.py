"""`emojit hub import`: what arrives in the box is what was on the other Hub."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from pathlib import Path

import pytest

NAMES = ("データ/日本 語.txt", "100%/a b.txt", "100%25.txt", "empty.txt", "空.bin")


@pytest.fixture
def released(far, name):
    """A data set with two tags, one of them with words, a branch, odd names and large files."""
    far.api.create_repo(name, repo_type="dataset")
    files = {path: path.encode() for path in NAMES} | {"empty.txt": b"", "large.bin": b"1" * 300_000}
    far.add(name, files, "First release\n\nmanifest.json sha256 abc")
    far.api.create_tag(name, tag="v1", tag_message="the first 😊", repo_type="dataset")
    far.api.create_branch(name, branch="trial", repo_type="dataset")
    far.add(name, {"large.bin": b"2" * 400_000, "new.txt": b"new"}, "Second release", remove=["100%25.txt"])
    far.api.create_tag(name, tag="v2", repo_type="dataset")
    return name


def test_commits_tags_and_files_arrive_as_they_are_and_the_store_is_sound(emojit, far, root, released, opened):
    done = emojit("hub", "import", f"datasets/{released}", "--root", root, "--json").json()

    assert done["large_files"] == 3
    assert done["large_bytes"] == 700_000 + len("空.bin".encode())
    with opened("me") as box:
        assert box.tags(released) == far.tags(released)
        for revision in ("main", "v1", "v2"):
            assert box.contents(released, revision) == far.contents(released, revision)
            assert box.api.repo_info(released, repo_type="dataset", revision=revision).sha == (
                far.api.repo_info(released, repo_type="dataset", revision=revision).sha
            )
    assert emojit("hub", "check", "--root", root, "--json").json()["problems"] == []
    (repository,) = (root / "repos").iterdir()
    subprocess.run(["git", "fsck", "--full", "--strict"], cwd=repository, check=True, capture_output=True)
    shown = subprocess.run(["git", "cat-file", "-p", "refs/tags/v1"], cwd=repository, check=True, capture_output=True)
    assert "the first 😊" in shown.stdout.decode()


def test_a_second_run_fetches_nothing_and_a_later_one_only_what_is_new(emojit, far, root, released, opened):
    first = emojit("hub", "import", f"datasets/{released}", "--root", root, "--json").json()
    again = emojit("hub", "import", f"datasets/{released}", "--root", root)
    far.add(released, {"large3.bin": b"3" * 100_000}, "Third release")
    far.api.create_tag(released, tag="v3", repo_type="dataset")

    third = emojit("hub", "import", released, "--type", "dataset", "--root", root, "--json").json()

    assert list(first["tags"]) == ["v1", "v2"]
    assert "everything is there (2 tags)" in again.out
    assert (list(third["tags"]), third["tags_there"], third["large_bytes"]) == (["v3"], 2, 100_000)
    with opened("me") as box:
        assert box.tags(released) == far.tags(released)


def test_a_plan_writes_nothing(emojit, root, released):
    done = emojit("hub", "import", f"datasets/{released}", "--root", root, "--dry-run", "--json").json()

    assert done["large_bytes"] > 700_000
    assert not root.exists()


def test_a_running_box_is_filled_with_its_own_token(emojit, far, box, released):
    to = ("hub", "import", f"datasets/{released}", "--to", box.hub.endpoint)

    without = emojit(*to)
    done = emojit(*to, "--branch", "trial", "--json", EMOJIT_BOX_TOKEN=box.token).json()

    assert without.code == 1
    assert "EMOJIT_BOX_TOKEN" in without.err
    assert set(done["branches"]) == {"main", "trial"}
    assert box.tags(released) == far.tags(released)
    assert box.contents(released, "trial") == far.contents(released, "trial")


def test_one_tag_alone_can_be_copied_and_the_rest_later(emojit, far, root, released, opened):
    emojit("hub", "import", f"datasets/{released}@v1", "--root", root, "--json").json()
    with opened("me") as box:
        assert list(box.tags(released)) == ["v1"]
        assert box.contents(released, "main") == far.contents(released, "v1")

    emojit("hub", "import", f"datasets/{released}", "--root", root, "--json").json()
    back = emojit("hub", "import", f"datasets/{released}@v1", "--root", root)

    assert "everything is there" in back.out
    with opened("me") as box:
        assert box.tags(released) == far.tags(released)
        assert box.contents(released, "main") == far.contents(released, "main")


def test_a_commit_that_no_tag_names_can_be_copied(emojit, far, root, name, opened):
    far.api.create_repo(name, repo_type="model")
    old = far.add(name, {"a.bin": b"old" * 1000}, "old", type_="model")
    far.add(name, {"a.bin": b"new" * 1000}, "new", type_="model")
    emojit("hub", "import", name, "--root", root, "--json").json()

    done = emojit("hub", "import", f"{name}@{old[:10]}", "--root", root, "--json").json()

    assert done["large_files"] == 1
    with opened("me") as box:
        path = box.api.hf_hub_download(name, "a.bin", revision=old, local_dir=root.parent / "got")
    assert Path(path).read_bytes() == b"old" * 1000


def test_a_tag_that_differs_is_never_moved(emojit, far, box, released):
    emojit("hub", "import", f"datasets/{released}", "--to", box.hub.endpoint, EMOJIT_BOX_TOKEN=box.token)
    there = far.tags(released)["v2"]
    box.api.delete_tag(released, tag="v2", repo_type="dataset")
    box.api.create_tag(released, tag="v2", revision="v1", repo_type="dataset")

    done = emojit("hub", "import", f"datasets/{released}", "--to", box.hub.endpoint, EMOJIT_BOX_TOKEN=box.token)

    assert done.code == 1
    assert there in done.err
    assert box.tags(released)["v1"] in done.err
    assert box.tags(released)["v2"] == box.tags(released)["v1"]


def test_another_repository_of_that_name_is_left_alone(emojit, box, released):
    box.api.create_repo(released, repo_type="dataset")
    own = box.add(released, {"own.txt": b"mine"}, "mine")

    done = emojit("hub", "import", f"datasets/{released}", "--to", box.hub.endpoint, EMOJIT_BOX_TOKEN=box.token)
    other = ("--to", box.hub.endpoint, "--as", "you/copied")
    renamed = emojit("hub", "import", f"datasets/{released}", *other, EMOJIT_BOX_TOKEN=box.token)

    assert done.code == 1
    assert "--as" in done.err
    assert box.api.repo_info(released, repo_type="dataset").sha == own
    assert box.tags(released) == {}
    assert renamed.code == 0, renamed.err
    assert set(box.tags("you/copied")) == {"v1", "v2"}


def test_private_stays_private_and_a_gate_stays(emojit, far, box, released):
    far.api.update_repo_settings(released, repo_type="dataset", private=True, gated="manual")

    emojit("hub", "import", f"datasets/{released}", "--to", box.hub.endpoint, EMOJIT_BOX_TOKEN=box.token)

    info = box.api.repo_info(released, repo_type="dataset")
    assert (info.private, info.gated) == (True, "manual")


def test_three_hundred_small_files_arrive(emojit, far, root, name, opened):
    far.api.create_repo(name, repo_type="dataset")
    far.add(name, {f"data/{number // 20}/{number}.json": b'{"n": %d}' % number for number in range(300)}, "many")

    done = emojit("hub", "import", f"datasets/{name}", "--root", root, "--json").json()

    assert (done["files"], done["large_files"]) == (301, 0)
    with opened("me") as box:
        assert box.contents(name, "main") == far.contents(name, "main")


# The server, here in this process, leaves the file of a reader that went away to the interpreter, which closes it and says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.slow
def test_killed_in_the_middle_it_goes_on_and_ends_the_same(emojit, start, far, box, name, tmp_path):
    far.api.create_repo(name, repo_type="dataset")
    far.add(name, {f"{number}.bin": bytes([number]) * 10_000_000 for number in range(12)}, "large")
    far.api.create_tag(name, tag="v1", repo_type="dataset")
    arguments = ("hub", "import", f"datasets/{name}", "--to", box.hub.endpoint, "--json")
    running = start(*arguments, EMOJIT_BOX_TOKEN=box.token)
    lfs = box.hub.root / "lfs"
    while running.poll() is None and len([path for path in lfs.glob("*/*/*") if path.is_file()]) < 2:
        time.sleep(0.01)
    running.kill()
    running.communicate()
    assert running.returncode == -9
    assert box.tags(name) == {}

    done = emojit(*arguments, EMOJIT_BOX_TOKEN=box.token).json()

    assert done["large_files"] <= 10
    assert box.tags(name) == far.tags(name)
    assert box.contents(name, "v1") == far.contents(name, "v1")
    assert list((tmp_path / "cache" / "emojit" / "mirror").iterdir()) == []


def test_a_large_file_goes_on_where_it_was_cut_off_and_a_damaged_beginning_is_noticed(
    emojit, far, root, released, tmp_path
):
    content = b"2" * 400_000
    folder = tmp_path / "cache" / "emojit" / "mirror"
    folder.mkdir(parents=True)
    part = folder / f"{hashlib.sha256(content).hexdigest()}.part"
    part.write_bytes(b"x" + content[1:300_000])
    damaged = emojit("hub", "import", f"datasets/{released}", "--root", root)
    part.write_bytes(content[:300_000])

    done = emojit("hub", "import", f"datasets/{released}", "--root", root)

    assert damaged.code == 1
    assert "received anew" in damaged.err
    assert done.code == 0, done.err


def test_a_symbolic_link_is_not_taken(emojit, far, root, name):
    far.api.create_repo(name, repo_type="dataset")
    repository = newest_repository(far)
    blob = git(repository, "hash-object", "-w", "--stdin", input="/etc/passwd")
    tree = git(repository, "mktree", input=f"120000 blob {blob}\tlink\n")
    head = git(repository, "rev-parse", "main")
    commit = git(repository, "commit-tree", tree, "-p", head, input="link")
    git(repository, "update-ref", "refs/heads/main", commit)

    done = emojit("hub", "import", f"datasets/{name}", "--root", root)

    assert done.code == 1
    assert "'link' is a symbolic link" in done.err


def git(folder: Path, *arguments: str, input: str | None = None) -> str:
    who = {f"GIT_{role}_{what}": "a" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        input=input,
        env={**os.environ, **who},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def newest_repository(end) -> Path:
    return max((end.hub.root / "repos").iterdir(), key=lambda path: path.stat().st_mtime)


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        (("datasets/you/missing",), {}, "does not exist"),
        (("datasets/you/missing",), {"HF_ENDPOINT": "http://127.0.0.1:9"}, "cannot be reached"),
        (("datasets/you/missing",), {"HF_ENDPOINT": "https://example.org", "EMOJIT_OFFLINE": "1"}, "EMOJIT_OFFLINE"),
        (("datasets/you/missing",), {"HF_TOKEN": "hf_" + "x" * 34}, "does not accept the token"),
        (("datasets/a/b/c",), {}, "is no repository"),
        (("datasets/a/b", "--type", "model"), {}, "--type says model"),
        (("datasets/a/b@",), {}, "no revision"),
        (("datasets/a/b@v1", "--branch", "x"), {}, "--branch"),
        (("old-model",), {}, "--as you/old-model"),
        (("datasets/a/b", "--to", "nonsense"), {}, "no address"),
    ],
)
def test_what_cannot_be_copied_is_one_line_and_a_next_step(emojit, root, arguments, variables, said):
    where = () if "--to" in arguments else ("--root", root)

    done = emojit("hub", "import", *arguments, *where, **variables)

    assert done.code in {1, 2}
    assert said in done.err
    assert [line.partition(":")[0] for line in done.err.splitlines()] == ["error", "hint"]
    assert "x" * 34 not in done.err


def test_a_box_that_does_not_run_is_one_line_and_a_next_step(emojit, released):
    done = emojit(
        "hub", "import", f"datasets/{released}", "--to", "http://127.0.0.1:9", EMOJIT_BOX_TOKEN="hf_" + "a" * 34
    )

    assert done.code == 1
    assert "emojit hub serve" in done.err


def test_a_gated_repository_asks_for_access_and_a_served_store_for_its_address(emojit, far, box, released):
    far.hub.create_user("stranger")
    far.api.update_repo_settings(released, repo_type="dataset", gated="manual")

    gated = emojit(
        "hub",
        "import",
        f"datasets/{released}",
        "--root",
        box.hub.root / "x",
        HF_TOKEN=far.hub.create_token("stranger"),
    )
    served = emojit("hub", "import", f"datasets/{released}", "--root", box.hub.root)

    assert "ask for access" in gated.err
    assert "--to http://127.0.0.1:8765" in served.err


def test_a_public_repository_can_be_private_in_the_box(emojit, box, released):
    to = ("--to", box.hub.endpoint, "--private")

    emojit("hub", "import", f"datasets/{released}", *to, "--json", EMOJIT_BOX_TOKEN=box.token).json()

    assert box.api.repo_info(released, repo_type="dataset").private
