"""Killed, out of disk, or started twice: what stands under the name of a build is whole, and no question is asked twice."""

from __future__ import annotations

import dataclasses
import os
import random
import signal
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from emojit.dataset.build import build
from emojit.dataset.staging import locked
from emojit.errors import DatasetError
from emojit.recipe import dump

OPEN = 2
"""Conversations that the engine keeps open per place at the endpoint: one may wait for the disk while the next is answered."""

SCRIPT = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from emojit.dataset.build import build
    from emojit.errors import EmojitError
    from emojit.recipe import BuildRecipe, load

    def card(folder):
        return "# card\\n"

    try:
        build(load(BuildRecipe, sys.argv[1]), Path(sys.argv[2]), render_card=card, quiet=True)
    except EmojitError as exc:
        print(f"error: {exc}", file=sys.stderr)
        sys.exit(exc.exit_code)
    sys.exit()
    """
)


@pytest.fixture
def start(warm):
    """Start a build in a process of its own."""

    def begin(recipe: Path, out: Path, before: str = "") -> Any:
        return warm.start(str(recipe), str(out), cwd=recipe.parent, before=before + SCRIPT)

    return begin


@pytest.fixture
def written(recipe, tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text(dump(recipe), encoding="utf-8")
    return path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("answers", [5, 80])
def test_kill_nine_and_the_same_command_give_the_same_bytes_and_ask_nothing_twice(
    written, recipe, tmp_path, server, contents, start, answers
):
    whole = build(recipe, tmp_path / "whole" / "v1", render_card=lambda folder: "# card\n", quiet=True)
    server.answered.clear()
    server.delay_s = 0.02
    process = start(written, tmp_path / "killed" / "v1")
    while len(server.answered) < answers:
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "killed" / "v1").exists()
    before = len(server.answered)

    result = build(recipe, tmp_path / "killed" / "v1", render_card=lambda folder: "# card\n", quiet=True)

    assert contents(result.folder) == contents(tmp_path / "whole" / "v1")
    assert names(tmp_path / "killed") == {"v1", "v1.replies.sqlite"}
    asked_twice = before + result.asked - whole.asked
    assert 0 <= asked_twice <= OPEN * recipe.teacher.concurrency  # what was not yet on the disk when it died


@pytest.mark.slow
def test_many_kills_of_a_steered_build_with_posts_give_the_same_bytes_and_ask_nothing_twice(
    made_up, synthetic, tmp_path, contents, start
):
    """The cap bites, prompts are steered, sentences are asked again and posts are written: all of it hangs on what was decided before."""
    balance = dataclasses.replace(made_up.balance, floor_rows=6, floor_top=40)
    recipe = dataclasses.replace(made_up, count=200, balance=balance)
    whole = build(recipe, tmp_path / "whole" / "v1", render_card=lambda folder: "# card\n", quiet=True)
    path = tmp_path / "recipe.toml"
    path.write_text(dump(recipe), encoding="utf-8")
    needed = synthetic.stats()["answered"]
    kills, rng = 0, random.Random(0)
    for share in sorted(rng.random() for _ in range(6)):
        process = start(path, tmp_path / "killed" / "v1")
        while process.poll() is None and synthetic.stats()["answered"] < needed * (1 + share):
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
        if (tmp_path / "killed" / "v1").exists():
            break

    result = build(recipe, tmp_path / "killed" / "v1", render_card=lambda folder: "# card\n", quiet=True)

    assert kills >= 4
    assert contents(result.folder) == contents(whole.folder)
    assert sum(result.rows.values()) > 200
    asked_twice = synthetic.stats()["answered"] - 2 * needed
    assert asked_twice <= kills * OPEN * recipe.teacher.concurrency


def test_killed_while_it_writes_files_leaves_nothing_that_looks_whole(recipe, tmp_path, contents):
    def killed_in_the_card(folder: Path) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return ""

    child = os.fork()
    if child == 0:
        build(recipe, tmp_path / "v1", render_card=killed_in_the_card, quiet=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert not (tmp_path / "v1").exists()
    assert ".v1.partial" in names(tmp_path)

    result = build(recipe, tmp_path / "v1", render_card=lambda folder: "# card\n", quiet=True)

    assert result.asked == 0
    assert names(tmp_path) == {"birds.jsonl", "v1", "v1.replies.sqlite"}


@pytest.mark.parametrize("limit", [1_000, 20_000, 60_000])
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, start, limit):
    """The limit on the size of a file stands in for a full disk: writing fails with an OSError in the middle of a file."""
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("[teacher]\neval_samples = 2\n", encoding="utf-8")
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))"
    process = start(recipe, tmp_path / "v1", limited)

    _, errors = process.communicate()

    assert process.returncode == 1
    assert errors.startswith(f"error: {tmp_path / 'v1'}: cannot be written")
    assert errors.count("\n") == 1
    assert names(tmp_path) == {"recipe.toml"}


def test_a_card_that_fails_takes_the_partial_folder_along(recipe, tmp_path):
    def broken(folder: Path) -> str:
        raise DatasetError("no card")

    with pytest.raises(DatasetError, match="no card"):
        build(recipe, tmp_path / "v1", render_card=broken, quiet=True)

    assert names(tmp_path) == {"birds.jsonl", "v1.replies.sqlite"}


def test_two_builds_into_one_folder_at_once_are_refused(recipe, tmp_path, card):
    with locked(tmp_path / "v1"), pytest.raises(DatasetError, match="another process is building into it"):
        build(recipe, tmp_path / "v1", render_card=card, quiet=True)

    assert names(tmp_path) == {"birds.jsonl"}


def test_the_lock_of_a_dead_process_holds_nobody_up(tmp_path):
    (tmp_path / ".v1.lock").touch()

    with locked(tmp_path / "v1"):
        assert ".v1.lock" in names(tmp_path)

    assert names(tmp_path) == set()


def test_a_place_that_cannot_be_written_is_one_line(tmp_path, recipe, card):
    (tmp_path / "file").touch()

    with pytest.raises(DatasetError, match="cannot be written"):
        build(recipe, tmp_path / "file" / "v1", render_card=card, quiet=True)
