"""What stands in the README, and a training that takes seconds."""

from __future__ import annotations

import re
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
