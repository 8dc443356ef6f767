"""One embedded Hub for each file of tests, real clients on it, and child processes for the clients that read HF_ENDPOINT at import."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from emojit.localhub import LocalHub


@dataclass(frozen=True)
class Tokens:
    writer: str
    reader: str
    stranger: str
    underscore: str


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    with LocalHub(tmp_path_factory.mktemp("hub")) as running:
        for user in ("me", "you", "_we"):
            running.create_user(user)
        yield running


@pytest.fixture(scope="module")
def tokens(hub: LocalHub) -> Tokens:
    """Token values by what their holder may do with the repositories of `me`."""
    return Tokens(
        writer=hub.create_token("me"),
        reader=hub.create_token("me", role="read"),
        stranger=hub.create_token("you"),
        underscore=hub.create_token("_we"),
    )


@pytest.fixture
def api(hub: LocalHub, tokens: Tokens) -> HfApi:
    return HfApi(endpoint=hub.endpoint, token=tokens.writer)


@pytest.fixture
def stranger(hub: LocalHub, tokens: Tokens) -> HfApi:
    return HfApi(endpoint=hub.endpoint, token=tokens.stranger)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A repository id of `me` that no other test uses."""
    return "me/" + re.sub(r"\W+", "_", request.node.name.removeprefix("test_"))[:90].strip("_")


@pytest.fixture
def model(api: HfApi, name: str) -> str:
    """An empty model repository."""
    api.create_repo(name)
    return name


RunClient = Callable[..., str]


@pytest.fixture
def run_client(hub: LocalHub, tokens: Tokens, tmp_path: Path) -> RunClient:
    """Run a script in a fresh Python whose clients point at the Hub; returns its stdout."""

    def run(script: str, *, token: str | None = tokens.writer, timeout_s: float = 120, **variables: str) -> str:
        environment = {
            **os.environ,
            "HF_ENDPOINT": hub.endpoint,
            "HF_HOME": str(tmp_path / "client-home"),
            **({"HF_TOKEN": token} if token else {}),
            **variables,
        }
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    return run
