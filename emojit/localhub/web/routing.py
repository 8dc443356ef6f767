"""Choosing a handler by the raw path.

Clients send branch names and file paths with their slashes as `%2F`, so a path is split first and unquoted afterwards; routers that see the unquoted
path cannot tell `branch/feature%2Fx` from a deeper path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, TypeVar
from urllib.parse import unquote

Handler = TypeVar("Handler")


class _Route(Generic[Handler]):
    """A pattern, taken apart once: most of the paths that a route is tried on do not fit, and their length or a fixed segment tells at once."""

    def __init__(self, pattern: str, handlers: Mapping[str, Handler], constants: Mapping[str, str]) -> None:
        self.pattern, self.handlers, self.constants = pattern, handlers, constants
        segments = pattern.split("/")
        self._rest = segments.pop()[1:-2] if segments[-1].endswith("*}") else None
        self._length = len(segments)
        self._fixed = [(position, segment) for position, segment in enumerate(segments) if "{" not in segment]
        self._placeholders = [
            (position, *_parts(segment)) for position, segment in enumerate(segments) if "{" in segment
        ]

    def match(self, path: Sequence[str]) -> dict[str, str] | None:
        """The values of the placeholders, or None when the path has another shape."""
        if len(path) <= self._length if self._rest is not None else len(path) != self._length:
            return None
        for position, segment in self._fixed:
            if path[position] != segment:
                return None
        values = dict(self.constants)
        for position, prefix, name, suffix in self._placeholders:
            given = path[position]
            if not (given.startswith(prefix) and given.endswith(suffix) and len(given) > len(prefix) + len(suffix)):
                return None
            values[name] = given[len(prefix) : len(given) - len(suffix)]
        if self._rest is not None:
            values[self._rest] = "/".join(path[self._length :])
        return values


def _parts(segment: str) -> tuple[str, str, str]:
    """What stands before the placeholder, its name, and what stands after it."""
    prefix, _, rest = segment.partition("{")
    name, _, suffix = rest.partition("}")
    return prefix, name, suffix


class Router(Generic[Handler]):
    """Routes in the order they were added; the first that fits wins."""

    def __init__(self) -> None:
        self._routes: list[_Route[Handler]] = []

    def add(self, pattern: str, handlers: Mapping[str, Handler], **constants: str) -> None:
        """Add a route.

        Args:
            pattern: segments with `{name}` for one of them (text around the braces must match) and a final `{name*}` for all that remain.
            handlers: handler per HTTP method.
            constants: values that the handlers find beside those of the placeholders.
        """
        self._routes.append(_Route(pattern, handlers, constants))

    def routes(self) -> Iterator[tuple[str, Mapping[str, str], Sequence[str]]]:
        """Yield pattern, constants and methods of each route, in their order."""
        for route in self._routes:
            yield route.pattern, route.constants, list(route.handlers)

    def find(self, raw_path: bytes) -> Iterator[tuple[Mapping[str, Handler], dict[str, str]]]:
        """Yield the handlers and placeholder values of each route that fits, best first."""
        path = [unquote(segment) for segment in raw_path.decode("ascii", errors="replace").strip("/").split("/")]
        for route in self._routes:
            values = route.match(path)
            if values is not None:
                yield route.handlers, values
