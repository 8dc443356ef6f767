"""A Hub that is killed while it is written to, and writers that meet on one branch. `scripts/hub_hammer.py` does the first for hundreds of kills."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd
from huggingface_hub.errors import HfHubHTTPError

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "hub_hammer.py"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_what_was_acknowledged_is_there_after_every_kill(tmp_path):
    command = [sys.executable, str(SCRIPT), "--kills", "3", "--seconds", "0.7", "--root", str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["kills"] == 3
    assert result["files"] >= 3


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_the_hammer_notices_a_loss(tmp_path):
    """The store is damaged behind its back, as a Hub that forgets would do it: between the kill and the look."""
    script = f"""
import pathlib, sys
sys.path.insert(0, {str(SCRIPT.parent)!r})
import hub_hammer

def inspect(root):
    for path in root.glob("lfs/*/*/*"):
        path.write_bytes(bytes(path.stat().st_size))
    return 0

hub_hammer.inspect = inspect
hub_hammer.hammer(pathlib.Path(sys.argv[1]) / "store", 3, 1.5, 0)  # up to three: on a busy machine the first comes before a large file
"""
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], capture_output=True, text=True, timeout=60, check=False
    )

    assert "LossError" in done.stderr
    assert "other content" in done.stderr


def test_of_writers_on_one_branch_one_wins_and_the_others_get_412(api, model):
    writers, rounds = 6, 5
    for number in range(rounds):
        head = api.model_info(model).sha
        start, outcomes = threading.Barrier(writers), []

        def write(writer: int, head: str = head, number: int = number, start=start, outcomes=outcomes) -> None:
            operation = CommitOperationAdd(f"{number}.txt", b"%d" % writer)
            start.wait()
            try:
                api.create_commit(model, [operation], commit_message=f"{number} {writer}", parent_commit=head)
            except HfHubHTTPError as exc:
                outcomes.append(exc.response.status_code)
            else:
                outcomes.append(200)

        threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(outcomes) == [200, *[412] * (writers - 1)]
    assert len(api.list_repo_commits(model)) == rounds + 1


def test_writers_that_name_no_parent_all_keep_their_files(api, model):
    def write(writer: int) -> None:
        for number in range(5):
            api.upload_file(repo_id=model, path_or_fileobj=b"x", path_in_repo=f"{writer}/{number}.txt")

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([path for path in api.list_repo_files(model) if path.endswith(".txt")]) == 20
