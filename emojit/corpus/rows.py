"""One row of a corpus as a reader gives it, and what can be wrong with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass


class Unreadable(Exception):
    """A row that becomes no article.

    Attributes:
        reason: the word that is counted: "no_json", "no_text", "bad_unicode", "too_large" or "empty_text".
        detail: what a person needs to find and mend the line.
        text: the start of the line.
    """

    EMPTY = "empty_text"
    """The one reason that is no damage and does not count towards `corpus.max_bad_lines`: an empty document, as #転送 pages are."""

    def __init__(self, reason: str, detail: str, text: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.text = text


@dataclass(frozen=True, slots=True)
class Row:
    """One row and where it stood.

    Attributes:
        place: such as "line 12" or "row 3".
        content: the row's columns, or the bytes of a line that is still to be parsed.
        problem: (reason, detail) where the reader knows already that it is no article; content is then the start of the line.
    """

    place: str
    content: Mapping[str, object] | bytes
    problem: tuple[str, str] | None = None

    def mapping(self) -> Mapping[str, object]:
        """Return the columns.

        Raises:
            Unreadable: a line that is no UTF-8, no JSON or no JSON object, or one with a problem.
        """
        if self.problem is not None:
            raise Unreadable(*self.problem, self.shown())
        if not isinstance(self.content, bytes):
            return self.content
        try:
            value = json.loads(self.content.decode("utf-8"))
        except UnicodeDecodeError as exc:
            raise Unreadable("bad_unicode", f"no UTF-8 at byte {exc.start}", self.shown()) from exc
        except (ValueError, RecursionError) as exc:
            raise Unreadable("no_json", f"no JSON ({exc})", self.shown()) from exc
        if not isinstance(value, dict):
            raise Unreadable("no_json", f"a JSON {type(value).__name__}, not an object", self.shown())
        return value

    def shown(self, limit: int = 500) -> str:
        """Return the start of the row for a person (at most `limit` code points)."""
        if isinstance(self.content, bytes):
            return self.content[: 4 * limit].decode("utf-8", errors="replace")[:limit]
        return json.dumps({str(key): str(value)[:80] for key, value in self.content.items()})[:limit]
