"""An embedded Hub for the room's tests, and small folders to publish."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from emojit.localhub import LocalHub

_NUMBERS = itertools.count()


@dataclass
class Account:
    """A user of the embedded Hub whose token is in the environment, and a plain client of theirs."""

    hub: LocalHub
    name: str
    token: str
    api: HfApi

    def commits(self, repo_id: str, repo_type: str) -> list[str]:
        return [commit.title for commit in self.api.list_repo_commits(repo_id, repo_type=repo_type)]

    def tags(self, repo_id: str, repo_type: str) -> dict[str, str]:
        return {tag.name: tag.target_commit for tag in self.api.list_repo_refs(repo_id, repo_type=repo_type).tags}

    def files(self, repo_id: str, repo_type: str, revision: str) -> set[str]:
        return set(self.api.list_repo_files(repo_id, repo_type=repo_type, revision=revision))


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    with LocalHub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


@pytest.fixture
def account(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> Account:
    """A new user, logged in."""
    name = f"user{next(_NUMBERS)}"
    hub.create_user(name)
    token = hub.create_token(name)
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("HF_TOKEN", token)
    return Account(hub=hub, name=name, token=token, api=HfApi(endpoint=hub.endpoint, token=token))


@pytest.fixture
def stranger(tmp_path: Path) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Run Python in a process that does not find emojit; it collects no garbage while libraries are imported, all of which stays."""
    seldom = "import atexit, gc\ngc.set_threshold(10_000, 10, 10)\natexit.register(gc.freeze)\n"

    def run(script: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-I", "-c", seldom + script],
            capture_output=True, text=True, encoding="utf-8", cwd=tmp_path, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture
def metric(tmp_path: Path) -> Path:
    """The smallest folder that is a metric Space, with a large file so that both ways of sending are used."""
    folder = tmp_path / "emoji_count"
    folder.mkdir()
    (folder / "README.md").write_text("---\ntitle: count\nsdk: gradio\n---\n\n# Count\n", encoding="utf-8")
    (folder / "emoji_count.py").write_text('"""A metric."""\n', encoding="utf-8")
    (folder / "table.bin").write_bytes(bytes(range(256)) * 64)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "emoji_count.pyc").write_bytes(b"\0")
    return folder


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with a recorded one, whole. EMOJIT_UPDATE_GOLDEN=1 records it anew; review the difference before you commit it."""

    def compare(name: str, text: str) -> None:
        path = Path(__file__).parent / "golden" / name
        if os.environ.get("EMOJIT_UPDATE_GOLDEN") == "1":
            path.write_text(text, encoding="utf-8", newline="\n")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def build_folder(tmp_path: Path) -> Path:
    """A build folder under construction as the card sees it: recipe and statistics, nothing else."""
    return shutil.copytree(Path(__file__).parent / "build_folder", tmp_path / "build")


@pytest.fixture(scope="session")
def finished_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real build of a part of the packaged sample, with its real card. Do not change it: copy it first."""
    from emojit.dataset.build import build
    from emojit.recipe import BuildRecipe, load_text
    from emojit.release.cards import render_dataset_card

    recipe = load_text(BuildRecipe, "[corpus]\nshare = 0.3\n", where="test")
    out = tmp_path_factory.mktemp("builds") / "v1"
    build(recipe, out, render_card=render_dataset_card, quiet=True)
    return out


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A finished, evaluated run whose figures are made up; its model is a stand-in that nobody can load."""
    folder = shutil.copytree(Path(__file__).parent / "run_folder", tmp_path / "run")
    (folder / "model").mkdir()
    for name in ("config.json", "generation_config.json", "model.safetensors", "tokenizer.json"):
        (folder / "model" / name).write_text("{}\n", encoding="utf-8")
    (folder / "checkpoints" / "checkpoint-150").mkdir(parents=True)
    (folder / "checkpoints" / "checkpoint-150" / "optimizer.pt").write_bytes(b"\0")
    return folder
