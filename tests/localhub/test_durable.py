"""Many clients, many commits, large files: the small version of what `benchmarks/hub_speed.py` and `benchmarks/hub_endurance.py` do at full size."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd, HfApi, get_session

from emojit.localhub import LocalHub
from emojit.localhub.audit.check import check
from emojit.localhub.audit.collect import collect

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process is measured as Linux shows it")
def test_the_memory_of_the_server_does_not_grow_with_the_file(tmp_path):
    command = [
        sys.executable,
        BENCHMARKS / "hub_endurance.py",
        "--size",
        "192",
        "--commits",
        "0",
        "--folder",
        tmp_path,
    ]

    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("growth of memory") == 4


def test_64_clients_read_at_once_without_an_error_or_a_wrong_byte(hub, api, model):
    rng = random.Random(0)
    contents = {f"{number}.bin": rng.randbytes(rng.randrange(1, 300_000)) for number in range(8)}
    contents |= {f"{number}.txt": rng.randbytes(50).hex().encode() for number in range(8)}
    operations = [CommitOperationAdd(path, content) for path, content in contents.items()]
    api.create_commit(model, operations, commit_message="files")
    start, faults, reads = threading.Barrier(64), [], []

    def read(seed: int) -> None:
        rng = random.Random(seed)
        start.wait()
        for _ in range(4):
            path, content = rng.choice(list(contents.items()))
            first, last = sorted(rng.randrange(len(content)) for _ in range(2))
            url = f"{hub.endpoint}/{model}/resolve/main/{path}"
            answers = [
                get_session().get(url).content == content,
                get_session().get(url, headers={"Range": f"bytes={first}-{last}"}).content
                == content[first : last + 1],
                get_session().head(url).headers["Content-Length"] == str(len(content)),
                set(api.list_repo_files(model)) >= set(contents),
            ]
            reads.append(path)
            if not all(answers):
                faults.append((path, answers))

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert len(reads) == 64 * 4


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_repository_of_many_commits_is_packed_and_read_as_before(tmp_path):
    store, count = tmp_path / "store", 80
    with LocalHub(store) as hub:
        hub.create_user("me")
        api = HfApi(endpoint=hub.endpoint, token=hub.create_token("me"))
        api.create_repo("me/many")
        for number in range(count):
            operation = CommitOperationAdd(f"{number % 10}/{number}.txt", b"%d" % number)
            api.create_commit("me/many", [operation], commit_message=f"{number}")

    collect(store, grace_s=0, quiet=True)

    (repository,) = (store / "repos").iterdir()
    assert len(list(repository.glob("objects/pack/*.pack"))) == 1
    fsck = subprocess.run(["git", "-C", repository, "fsck", "--full", "--strict"], capture_output=True, check=False)
    assert fsck.returncode == 0, fsck.stderr
    assert check(store, quiet=True).problem_count == 0
    with LocalHub(store) as hub:
        api = HfApi(endpoint=hub.endpoint, token=False)
        assert len(api.list_repo_commits("me/many")) == count + 1
        for number in (0, 41, 79):
            url = f"{hub.endpoint}/me/many/resolve/main/{number % 10}/{number}.txt"
            assert get_session().get(url).content == b"%d" % number
