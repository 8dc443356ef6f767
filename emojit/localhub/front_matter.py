"""Reading YAML that a stranger wrote: bounded in size, depth and in what its aliases unfold to."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable

MAX_CHARS = 1024 * 1024
"""Longest text that is read (code points). The cards of large data sets of many configurations hold some hundred thousand."""
MAX_NODES = 200_000
"""Most keys, values and collections, counted after every alias is unfolded."""
MAX_DEPTH = 64
"""Deepest nesting."""
_LONG_NUMBER = re.compile(r"[-+0-9a-fA-FxXo_:.]{500,}")
"""Digits in base 60 (`1:1:1:…`) take a time that grows with the square of their number."""


class UnreadableYamlError(ValueError):
    """The text is no YAML, or more than a card needs."""


def load_yaml(text: str) -> object:
    """The value of a YAML document, as JSON could hold it: dates and whatever else JSON does not know become text.

    Nine lines of YAML can unfold to gigabytes, so the text is first read as a stream of events, which costs no more than its length, and what it
    would become is counted.

    Args:
        text: the document.

    Raises:
        UnreadableYamlError: it is not YAML, or larger than the limits of this file.
    """
    import yaml

    if len(text) > MAX_CHARS:
        raise UnreadableYamlError(f"it has {len(text)} characters; at most {MAX_CHARS} are read")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check(yaml.parse(text, Loader=loader))
        # Numbers of thousands of digits and dates such as 2024-99-99 are ValueErrors of Python, not errors of YAML.
        return _plain(yaml.load(text, Loader=loader))
    except yaml.YAMLError as exc:
        raise UnreadableYamlError(str(exc)) from exc
    except (RecursionError, OverflowError, ValueError) as exc:
        if isinstance(exc, UnreadableYamlError):
            raise
        raise UnreadableYamlError(str(exc)) from exc


def _check(events: Iterable[object]) -> None:
    """Count what a stream of events unfolds to.

    Raises:
        UnreadableYamlError: too much, too deep, or an alias inside of what it stands for.
    """
    from yaml import events as kinds

    open_nodes: list[tuple[str | None, int]] = []
    sizes: dict[str, int] = {}
    total = 0
    for event in events:
        anchor = getattr(event, "anchor", None)
        if isinstance(event, kinds.AliasEvent):
            if anchor not in sizes:
                raise UnreadableYamlError(f"the alias {anchor!r} stands inside of what it names, or for nothing")
            total += sizes[anchor]
        elif isinstance(event, kinds.NodeEvent):
            total += 1
            if isinstance(event, kinds.ScalarEvent):
                if _LONG_NUMBER.fullmatch(event.value):
                    raise UnreadableYamlError(f"it holds a number of {len(event.value)} digits")
                if anchor:
                    sizes[anchor] = 1
            else:
                sizes.pop(anchor or "", None)
                open_nodes.append((anchor, total))
        elif isinstance(event, kinds.CollectionEndEvent):
            name, before = open_nodes.pop()
            if name:
                sizes[name] = total - before + 1
        if total > MAX_NODES:
            raise UnreadableYamlError(f"it unfolds to more than {MAX_NODES} values")
        if len(open_nodes) > MAX_DEPTH:
            raise UnreadableYamlError(f"it is nested more than {MAX_DEPTH} deep")


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {_key(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        # JSON has neither NaN nor infinity.
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, int):
        return value
    # Halves of characters, which YAML can name one by one, are no text that could be sent.
    return str(value).encode("utf-8", errors="replace").decode("utf-8")


def _key(key: object) -> str:
    if isinstance(key, str):
        return key
    return json.dumps(key) if key is None or isinstance(key, bool | int | float) else str(key)
