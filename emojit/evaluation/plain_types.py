"""Dataclasses out of plain JSON types, by their annotations."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

T = TypeVar("T")


def from_plain(kind: type[T], value: Any) -> T:
    """Return what `dataclasses.asdict` was given; keys that are not known are passed over, missing ones have their default.

    Args:
        kind: a dataclass of dataclasses, tuples of one type, dicts by string, unions with None, literals, and plain types.
        value: of JSON.

    Raises:
        KeyError: a field without default is missing.
        TypeError: a value is not of its type.
    """
    made: T = _made(kind, value)
    return made


def _made(kind: Any, value: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, value)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise TypeError(f"expected a list, got {value!r}")
        return tuple(_made(arguments[0], item) for item in value)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise TypeError(f"expected an object, got {value!r}")
        return {str(name): _made(arguments[1], item) for name, item in value.items()}
    if origin is types.UnionType:
        return None if value is None else _made(arguments[0], value)
    if origin is Literal:
        if value not in arguments:
            raise TypeError(f"expected one of {', '.join(map(str, arguments))}, got {value!r}")
        return value
    allowed = (int, float) if kind is float else kind
    if not isinstance(value, allowed) or isinstance(value, bool) is not (kind is bool):
        raise TypeError(f"expected {kind.__name__}, got {value!r}")
    return value


def _dataclass(kind: Any, value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError(f"expected an object for {kind.__name__}, got {value!r}")
    hints = typing.get_type_hints(kind)
    given = {}
    for known in dataclasses.fields(kind):
        if known.name in value:
            given[known.name] = _made(hints[known.name], value[known.name])
        elif known.default is dataclasses.MISSING and known.default_factory is dataclasses.MISSING:
            raise KeyError(known.name)
    return kind(**given)
