"""Which texts are judged where they are named and not drawn: those that people rated, so that the judge can be held against them."""

from __future__ import annotations

import json
from pathlib import Path

from emojit.errors import UsageError
from emojit.evaluation.rating.task import read_task

_HINT = "give the folder of `emojit rate prepare`, or a file with one id per line or with JSON lines that have an id"


def read_texts(path: Path) -> tuple[str, ...]:
    """Return the ids of the texts, each once.

    Args:
        path: a task folder of `emojit rate prepare`, or a UTF-8 file with one id, or one JSON object with an `id`, per line.

    Raises:
        UsageError: it is none of these, or names no text.
    """
    if path.is_dir():
        return tuple(dict.fromkeys(item.id for item in read_task(path).items))
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        why = getattr(exc, "strerror", None) or exc
        raise UsageError(f"--texts {path}: cannot be read ({why})", hint=_HINT) from exc
    ids = dict.fromkeys(_id(path, number, line) for number, line in enumerate(lines, start=1) if line.strip())
    if not ids:
        raise UsageError(f"--texts {path}: names no text", hint=_HINT)
    return tuple(ids)


def _id(path: Path, number: int, line: str) -> str:
    if not line.lstrip().startswith("{"):
        return line.strip()
    try:
        row = json.loads(line)
    except ValueError as exc:
        raise UsageError(f"--texts {path}: line {number} is no JSON ({exc})", hint=_HINT) from exc
    if not isinstance(found := row.get("id"), str):
        raise UsageError(f"--texts {path}: line {number} has no id", hint=_HINT)
    return found
