"""What stands in the README, and a training that takes seconds."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True, kw_only=True)
class Readme:
    """The README in parts."""

    text: str
    commands: list[str]
    """The lines of its blocks for a shell, in their order."""
    snippets: list[str]
    """Its blocks of Python."""


@pytest.fixture(scope="session")
def readme() -> Readme:
    text = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return Readme(
        text=text,
        commands=[line for kind, body in blocks if kind == "console" for line in body.splitlines()],
        snippets=[body for kind, body in blocks if kind == "python"],
    )


LIBRARIES = ("datasets", "evaluate", "transformers.models.t5.modeling_t5", "transformers.models.auto.modeling_auto")
"""What a stranger's programs import."""
EMOJIT = (
    "emojit.cli.app", "emojit.evaluation.run", "emojit.release.push", "emojit.student.artefacts", "emojit.student.predict", "emojit.student.trainer",
    "matplotlib.backends.backend_agg", "matplotlib.figure", "pyarrow.parquet", "sentencepiece", "sklearn.linear_model",
)  # fmt: skip
"""What the commands import besides."""


class Forks:
    """Runs programs in forks of one process that has imported what they need; see forks.py."""

    def __init__(self, server: subprocess.Popen[str], folder: Path) -> None:
        self.server, self.folder = server, folder

    def run(self, program: Mapping[str, object], *, cwd: Path, said: str = "") -> subprocess.CompletedProcess[str]:
        """Run `{"arguments": […]}` of emojit or the Python of `{"code": …}`; `said` is what it reads."""
        files = {name: self.folder / name for name in ("stdin", "stdout", "stderr")}
        for name, path in files.items():
            path.write_text(said if name == "stdin" else "", encoding="utf-8")
        call = {**program, "cwd": str(cwd), **{name: str(path) for name, path in files.items()}}
        self.server.stdin.write(json.dumps(call) + "\n")
        self.server.stdin.flush()
        code = int(self.server.stdout.readline())
        stdout, stderr = (files[name].read_text(encoding="utf-8") for name in ("stdout", "stderr"))
        return subprocess.CompletedProcess(program, code, stdout, stderr)


@pytest.fixture
def forks(tmp_path: Path) -> Callable[..., AbstractContextManager[Forks]]:
    """Return a context manager of programs that have this environment, with or without emojit among what is imported."""

    @contextmanager
    def begin(env: Mapping[str, str], *, emojit: bool) -> Iterator[Forks]:
        folder = tmp_path / "forks"
        folder.mkdir()
        server = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("forks.py")), *LIBRARIES, *(EMOJIT if emojit else ())],
            env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip
        yield Forks(server, folder)
        server.communicate(timeout=60)

    return begin


@pytest.fixture(scope="session")
def smaller() -> tuple[str, ...]:
    """What is set in the packaged training recipe, as `key.path=value`."""
    return (
        "train.epochs=1",
        "model.d_model=16",
        "model.d_ff=16",
        "model.num_layers=1",
        "data.max_train_rows=48",
        "data.emoji_name_rows=0",
    )
