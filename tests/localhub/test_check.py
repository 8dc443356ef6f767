from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from huggingface_hub import HfApi
from typer.testing import CliRunner

from emojit.cli.app import app
from emojit.errors import HubServerError
from emojit.localhub import LocalHub
from emojit.localhub.audit.check import check

LARGE = b"large" * 1000


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with loose objects, a pack, a large file, an annotated tag and a pull request."""
    root = tmp_path_factory.mktemp("sound")
    with LocalHub(root) as hub:
        hub.create_user("me")
        api = HfApi(endpoint=hub.endpoint, token=hub.create_token("me"))
        api.create_repo("me/m")
        folder = tmp_path_factory.mktemp("files")
        for number in range(60):
            (folder / f"{number}.txt").write_text(str(number), encoding="utf-8")
        api.upload_folder(repo_id="me/m", folder_path=folder)
        api.upload_file(repo_id="me/m", path_or_fileobj=LARGE, path_in_repo="a.bin")
        api.create_tag("me/m", tag="v1", tag_message="one")
        api.upload_file(repo_id="me/m", path_or_fileobj=b"pr", path_in_repo="b.txt", create_pr=True)
    return root


@pytest.fixture
def store(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "store"))


def repository(store: Path) -> Path:
    (found,) = (store / "repos").iterdir()
    return found


def loose(store: Path, revision: str) -> Path:
    oid = git(store, "rev-parse", revision).stdout.strip()
    return repository(store) / "objects" / oid[:2] / oid[2:]


def git(store: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["git", "-C", str(repository(store)), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def flip(path: Path, *, at: int | None = None) -> None:
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if at is None else at] ^= 1
    path.write_bytes(data)


def large_file(store: Path) -> Path:
    (found,) = (store / "lfs").glob("*/*/*")
    return found


def test_a_sound_store_has_nothing_wrong_and_what_was_looked_at_is_counted(sound):
    findings = check(sound, quiet=True)

    assert (findings.problems, findings.remains) == ([], [])
    assert findings.counts["repositories"] == 1
    assert findings.counts["references"] == 3
    assert findings.counts["objects"] > 60
    assert (findings.counts["large_files"], findings.counts["large_bytes"]) == (1, len(LARGE))


def damage_loose(store: Path) -> str:
    flip(loose(store, "main"))
    return "cannot be read"


def cut_loose(store: Path) -> str:
    path = loose(store, "main")
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:20])
    return "is cut off"


def swap_loose(store: Path) -> str:
    shutil.copyfile(loose(store, "main^{tree}"), loose(store, "main").with_name("0" * 38))
    return "has the content of"


def damage_pack(store: Path) -> str:
    (pack,) = repository(store).glob("objects/pack/*.pack")
    flip(pack)
    return "the pack"


def damage_index(store: Path) -> str:
    (index,) = repository(store).glob("objects/pack/*.idx")
    flip(index)
    return "pack"


def remove_object(store: Path) -> str:
    loose(store, "refs/pr/1^{tree}").unlink()
    return "needed by refs/pr/1, is missing"


def reference_to_nothing(store: Path) -> str:
    (repository(store) / "refs/heads/main").write_text("1" * 40 + "\n", encoding="utf-8")
    return "refs/heads/main points to " + "1" * 40 + ", which is missing"


def reference_without_id(store: Path) -> str:
    (repository(store) / "refs/tags/v1").write_text("nonsense\n", encoding="utf-8")
    return "refs/tags/v1 holds no object id"


def branch_at_a_tree(store: Path) -> str:
    oid = git(store, "rev-parse", "main^{tree}").stdout
    (repository(store) / "refs/heads/main").write_text(oid, encoding="utf-8")
    return "which is no commit"


@pytest.mark.parametrize(
    "damage",
    [
        damage_loose,
        cut_loose,
        swap_loose,
        damage_pack,
        damage_index,
        remove_object,
        reference_to_nothing,
        reference_without_id,
        branch_at_a_tree,
    ],
    ids=lambda damage: damage.__name__,
)
def test_damage_to_git_is_found_as_git_finds_it(store, damage):
    assert git(store, "fsck", "--full", "--strict").returncode == 0
    expected = damage(store)

    findings = check(store, quiet=True)

    assert any(expected in problem for problem in findings.problems), findings.problems
    assert all(problem.startswith("me/m: ") for problem in findings.problems)
    assert git(store, "fsck", "--full").returncode != 0


def test_a_flipped_byte_in_a_large_file_is_found(store):
    flip(large_file(store))

    (problem,) = check(store, quiet=True).problems

    assert problem.startswith(f"large file {large_file(store).name}: has the sha256 ")
    assert "needed by a reference" in problem


def test_a_missing_and_a_shortened_large_file_are_found_with_who_needs_them(store):
    path = large_file(store)
    path.write_bytes(LARGE[:-1])
    shortened = check(store, quiet=True).problems
    path.unlink()
    missing = check(store, quiet=True).problems

    assert f"me/m, refs/heads/main: the large file {path.name} has 4999 bytes instead of 5000" in shortened
    assert missing == [f"me/m, refs/heads/main: the large file {path.name} is missing"]


def test_a_row_without_a_folder_is_damage_and_a_folder_without_a_row_is_a_remain(store):
    folder = repository(store)
    folder.rename(folder.with_name("unknown.git"))

    findings = check(store, quiet=True)

    assert findings.problems == [f"me/m: is in the database, but its folder {folder} is missing"]
    assert findings.remains == ["repos/unknown.git: of a repository that is not in the database"]


def test_what_a_killed_server_leaves_is_named_and_is_no_damage(store):
    (repository(store) / "refs/heads/main.lock").touch()
    (repository(store) / "objects/pack/tmpabc.pack").touch()
    (store / "tmp" / "half").write_bytes(b"x")
    (store / "xet" / "upload").mkdir(parents=True)
    shutil.copyfile(repository(store) / "refs/heads/main", repository(store) / "refs/pr/7")
    with sqlite3.connect(store / "hub.sqlite3") as database:
        database.execute("UPDATE discussion SET merge_commit = ?", ("1" * 40,))
    database.close()

    findings = check(store, quiet=True)

    assert findings.problems == []
    assert findings.remain_count == 6
    assert any("the merge of pull request 1 was announced and not confirmed" in line for line in findings.remains)


def test_a_pull_request_without_its_reference_is_damage(store):
    (repository(store) / "refs/pr/1").unlink()

    assert check(store, quiet=True).problems == ["me/m: pull request 1 has no refs/pr/1"]


def test_a_store_that_is_served_is_refused(store):
    with LocalHub(store), pytest.raises(HubServerError, match="another Hub is serving"):
        check(store, quiet=True)


def test_a_folder_without_a_store_is_refused_and_stays_as_it_is(tmp_path):
    with pytest.raises(HubServerError, match="there is no store"):
        check(tmp_path / "nothing", quiet=True)
    assert not (tmp_path / "nothing").exists()


def test_a_store_that_lost_its_database_is_not_served_since_that_would_remove_its_repositories(store):
    (store / "hub.sqlite3").unlink()

    with pytest.raises(HubServerError, match="their database"):
        LocalHub(store)
    assert repository(store).is_dir()


def test_a_damaged_database_is_named_without_a_traceback(store):
    path = store / "hub.sqlite3"
    data = path.read_bytes()
    path.write_bytes(data[:4096] + bytes(len(data) - 4096))

    for command in ("check", "gc"):
        done = CliRunner().invoke(app, ["hub", command, "--root", str(store)])
        assert done.exit_code == 1
        assert isinstance(done.exception, (SystemExit, HubServerError)), done.exception
        assert "hub.sqlite3" in done.output + str(done.exception)


def test_the_command_exits_with_1_and_lists_what_is_wrong(store):
    runner = CliRunner()
    sound = runner.invoke(app, ["hub", "check", "--root", str(store), "--json"])
    text = runner.invoke(app, ["hub", "check", "--root", str(store)])
    large_file(store).unlink()
    damaged = runner.invoke(app, ["hub", "check", "--root", str(store), "--json"])

    assert sound.exit_code == text.exit_code == 0
    assert json.loads(sound.stdout)["problem_count"] == 0
    assert "everything is there" in text.stdout
    assert damaged.exit_code == 1
    assert json.loads(damaged.stdout)["problem_count"] == 1
