"""Two real Hubs: "far" stands for the one that HF_ENDPOINT names, "box" for the one of the lab."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

from emojit.cli import app
from emojit.localhub import LocalHub


@dataclass(frozen=True)
class End:
    hub: LocalHub
    token: str
    api: HfApi

    def add(self, repo: str, files: dict[str, bytes], message: str, *, type_: str = "dataset", remove=()) -> str:
        operations = [CommitOperationAdd(path, content) for path, content in files.items()]
        operations += [CommitOperationDelete(path) for path in remove]
        return self.api.create_commit(repo, operations, commit_message=message, repo_type=type_).oid

    def contents(self, repo: str, revision: str, *, type_: str = "dataset") -> dict[str, tuple]:
        """Size, git's name and sha256 of every file."""
        tree = self.api.list_repo_tree(repo, repo_type=type_, revision=revision, recursive=True)
        files = (item for item in tree if hasattr(item, "size"))
        return {item.path: (item.size, item.blob_id, item.lfs and item.lfs.sha256) for item in files}

    def tags(self, repo: str, *, type_: str = "dataset") -> dict[str, str]:
        return {tag.name: tag.target_commit for tag in self.api.list_repo_refs(repo, repo_type=type_).tags}


def _end(root: Path, user: str) -> End:
    hub = LocalHub(root)
    hub.create_user(user)
    token = hub.create_token(user)
    return End(hub=hub, token=token, api=HfApi(endpoint=hub.endpoint, token=token))


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[End]:
    end = _end(tmp_path_factory.mktemp("far"), "you")
    yield end
    end.hub.stop()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[End]:
    end = _end(tmp_path / "running", "you")
    yield end
    end.hub.stop()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A store that no Hub serves."""
    return tmp_path / "hub"


@pytest.fixture
def environment(far: End, tmp_path: Path) -> dict[str, str]:
    return {"HF_ENDPOINT": far.hub.endpoint, "HF_TOKEN": far.token, "XDG_CACHE_HOME": str(tmp_path / "cache")}


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    def json(self) -> dict:
        assert self.code == 0, self.err
        return json.loads(self.out)


@pytest.fixture
def emojit(environment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def run(*arguments: object, **variables: str) -> Done:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            for name, value in (environment | variables).items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["emojit", *(str(argument) for argument in arguments)])
            with pytest.raises(SystemExit) as ended:
                app.main()
        shown = capsys.readouterr()
        return Done(code=int(ended.value.code or 0), out=shown.out, err=shown.err)

    return run


@pytest.fixture
def start(environment: dict[str, str]):
    """Start the command line as a process of its own."""

    def run(*arguments: object, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "emojit", *(str(argument) for argument in arguments)],
            env={**os.environ, **environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return run


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return "you/" + re.sub(r"\W+", "_", request.node.name.removeprefix("test_"))[:90].strip("_")


@pytest.fixture
def opened(root: Path):
    """Serve the store that was written, for a moment."""

    @contextmanager
    def serve(user: str = "you") -> Iterator[End]:
        with LocalHub(root) as hub:
            token = hub.create_token(user)
            yield End(hub=hub, token=token, api=HfApi(endpoint=hub.endpoint, token=token))

    return serve
