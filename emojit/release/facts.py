"""Reading the facts of a card from a JSON file, each by its dotted key, so that a missing one is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from emojit.errors import CardError

T = TypeVar("T")


class Facts:
    """A JSON file of facts.

    Args:
        path: the file.
        hint: what to do when it or a fact in it is missing.

    Raises:
        CardError: the file is missing or no JSON object.
    """

    def __init__(self, path: Path, *, hint: str) -> None:
        self.path = path
        self.hint = hint
        try:
            self.values = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as exc:
            raise CardError(f"{path} is missing, and the card needs it", hint=hint) from exc
        except (OSError, ValueError) as exc:
            raise CardError(f"{path} cannot be read: {exc}", hint=hint) from exc
        if not isinstance(self.values, dict):
            raise CardError(f"{path} holds no JSON object", hint=hint)

    def has(self, key: str) -> bool:
        """Whether a fact is there and not null."""
        return self._find(key) is not None

    def table(self, key: str) -> dict[str, Any]:
        """Return a fact that is a JSON object."""
        return self._get(key, dict)

    def items(self, key: str) -> list[Any]:
        """Return a fact that is a list."""
        return self._get(key, list)

    def text(self, key: str) -> str:
        """Return a fact that is a string."""
        return self._get(key, str)

    def count(self, key: str) -> int:
        """Return a fact that is a whole number."""
        return self._get(key, int)

    def flag(self, key: str) -> bool:
        """Return a fact that is true or false."""
        value = self._find(key)
        if not isinstance(value, bool):
            state = "is missing, and the card needs it" if value is None else f"has the wrong type: {value!r:.60}"
            raise CardError(f"{self.path}: {key} {state}", hint=self.hint)
        return value

    def number(self, key: str) -> float:
        """Return a fact that is a number, whole or not."""
        return float(self._get(key, int) if isinstance(self._find(key), int) else self._get(key, float))

    def _find(self, key: str) -> Any:
        value: Any = self.values
        for name in key.split("."):
            if not isinstance(value, dict) or name not in value:
                return None
            value = value[name]
        return value

    def _get(self, key: str, kind: type[T]) -> T:
        value = self._find(key)
        if value is None:
            raise CardError(f"{self.path}: {key} is missing, and the card needs it", hint=self.hint)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise CardError(f"{self.path}: {key} has the wrong type: {value!r:.60}", hint=self.hint)
        return value
