"""Choosing a handler by the raw path.

Clients send branch names and file paths with their slashes as `%2F`, so a path is split first and unquoted afterwards; routers that see the unquoted
path cannot tell `branch/feature%2Fx` from a deeper path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import unquote

Handler = TypeVar("Handler")


@dataclass(frozen=True, slots=True)
class _Route(Generic[Handler]):
    segments: Sequence[str]
    handlers: Mapping[str, Handler]
    constants: Mapping[str, str]

    def match(self, path: Sequence[str]) -> dict[str, str] | None:
        """The values of the placeholders, or None when the path has another shape."""
        values = dict(self.constants)
        for position, segment in enumerate(self.segments):
            if segment.endswith("*}"):
                values[segment[1:-2]] = "/".join(path[position:])
                return values if len(path) > position else None
            if position >= len(path):
                return None
            prefix, brace, rest = segment.partition("{")
            name, _, suffix = rest.partition("}")
            given = path[position]
            if not brace:
                if given != segment:
                    return None
            elif not (given.startswith(prefix) and given.endswith(suffix) and len(given) > len(prefix) + len(suffix)):
                return None
            else:
                values[name] = given[len(prefix) : len(given) - len(suffix)]
        return values if len(path) == len(self.segments) else None


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
        self._routes.append(_Route(pattern.split("/"), handlers, constants))

    def routes(self) -> Iterator[tuple[str, Mapping[str, str], Sequence[str]]]:
        """Yield pattern, constants and methods of each route, in their order."""
        for route in self._routes:
            yield "/".join(route.segments), route.constants, list(route.handlers)

    def find(self, raw_path: bytes) -> Iterator[tuple[Mapping[str, Handler], dict[str, str]]]:
        """Yield the handlers and placeholder values of each route that fits, best first."""
        path = [unquote(segment) for segment in raw_path.decode("ascii", errors="replace").strip("/").split("/")]
        for route in self._routes:
            values = route.match(path)
            if values is not None:
                yield route.handlers, values
