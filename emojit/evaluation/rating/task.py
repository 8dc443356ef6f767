"""The task folder: what raters see, and the key to it.

`items.json` is published with the rater page and names no system; `key.json` says which system each answer is from and never leaves this machine.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emojit.dataset.folder import write_json
from emojit.errors import UsageError

ITEMS, KEY = "items.json", "key.json"
SCHEMA_VERSION = 1
MOST_ANSWERS = 6
"""Different answers to one text that the rater page has room for (count)."""

_HINT = "give the folder that `emojit rate prepare` wrote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer as it is shown.

    Attributes:
        emojis: the answer in its order, possibly none.
        systems: who gave it; several where they gave the same one.
    """

    emojis: tuple[str, ...]
    systems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskItem:
    """One text with the answers to it in the order in which they are shown.

    Attributes:
        name: what raters' records call it, such as "i001".
        id: of the row in the data set.
        text: what was answered to.
        options: the different answers.
    """

    name: str
    id: str
    text: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is rated.

    Attributes:
        items: every text.
        systems: names, the references first.
        seed: of the draw and the shuffling.
        sources: name and sha256 of the prediction files.
    """

    items: tuple[TaskItem, ...]
    systems: tuple[str, ...]
    seed: int
    sources: tuple[dict[str, str], ...]

    @property
    def name(self) -> str:
        """What the answers carry to say which task they are for: 16 hex digits of the sha256 over what raters see."""
        return hashlib.sha256(json.dumps(self._shown(), ensure_ascii=False).encode()).hexdigest()[:16]

    def shown(self) -> dict[str, object]:
        """Return what is published with the page."""
        return {"schema_version": SCHEMA_VERSION, "task": self.name, "items": self._shown()}

    def key(self) -> dict[str, object]:
        """Return what is never published: which answer is whose."""
        return {
            "schema_version": SCHEMA_VERSION,
            "task": self.name,
            "systems": list(self.systems),
            "seed": self.seed,
            "sources": list(self.sources),
            "items": [
                {"item": one.name, "id": one.id, "options": [list(option.systems) for option in one.options]}
                for one in self.items
            ],
        }

    def _shown(self) -> list[dict[str, object]]:
        return [
            {"item": one.name, "text": one.text, "answers": [" ".join(option.emojis) for option in one.options]}
            for one in self.items
        ]


def write_task(folder: Path, task: Task) -> None:
    """Write both files, the key first: a folder with items can always be read.

    Raises:
        UsageError: the folder holds another task, whose answers would be lost without their key.
    """
    if (folder / KEY).is_file() and read_task(folder).name != task.name:
        raise UsageError(f"--out {folder}: holds another task already", hint="give a new folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / KEY, task.key())
        write_json(folder / ITEMS, task.shown())
    except OSError as exc:
        raise UsageError(
            f"--out {folder}: cannot be written ({exc.strerror or exc})", hint="give another folder"
        ) from exc


def read_task(folder: Path) -> Task:
    """Read a task folder.

    Raises:
        UsageError: it is none, or its two files do not belong together.
    """
    shown, key = _read(folder / ITEMS), _read(folder / KEY)
    foreign = f"{folder}: {ITEMS} and {KEY} do not belong together, or one was changed"
    if shown.get("task") != key.get("task"):
        raise UsageError(foreign, hint=_HINT)
    try:
        items = tuple(
            TaskItem(
                name=one["item"],
                id=known["id"],
                text=one["text"],
                options=tuple(
                    Option(emojis=tuple(answer.split()), systems=tuple(systems))
                    for answer, systems in zip(one["answers"], known["options"], strict=True)
                ),
            )
            for one, known in zip(shown["items"], key["items"], strict=True)
        )
        task = Task(items=items, systems=tuple(key["systems"]), seed=int(key["seed"]), sources=tuple(key["sources"]))
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise UsageError(f"{folder}: {ITEMS} or {KEY} is damaged ({exc!r})", hint=_HINT) from exc
    if task.name != shown["task"]:
        raise UsageError(foreign, hint=_HINT)
    return task


def _read(path: Path) -> dict[str, Any]:
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise UsageError(f"{path.parent}: no {path.name}, so this is no rating task", hint=_HINT) from exc
    except (OSError, ValueError) as exc:
        raise UsageError(f"{path}: cannot be read ({exc})", hint=_HINT) from exc
    if not isinstance(table, dict):
        raise UsageError(f"{path}: no JSON object", hint=_HINT)
    return table
