"""TOML to frozen dataclass and back, with errors that name the key path and the valid keys.

Written by hand because the whole of it is one recursive function: the recipes hold strings, numbers, booleans, lists of strings and tables, and the
error text (key path, value, valid keys, next step) is the point.
"""

from __future__ import annotations

import copy
import dataclasses
import logging
import math
import tomllib
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from emojit.errors import ConfigError
from emojit.resources import find_recipe, resource

R = TypeVar("R")

ABOUT = "about"
"""Metadata of a field whose value was stated about one thing only: the names of the keys beside it that say which. An override of one of these
that does not state the value anew leaves it unset: a licence that a recipe states for one model must not be taken for another one's."""

logger = logging.getLogger(__name__)


def load(cls: type[R], recipe: str | Path, *, overrides: Sequence[str] = ()) -> R:
    """Read a recipe file into a dataclass.

    Args:
        cls: the frozen dataclass that describes the recipe.
        recipe: a path, or the name of a packaged recipe such as "demo".
        overrides: `key.path=value` strings as `--set` takes them; the value is read as TOML, and as a plain string where it is no TOML.

    Returns:
        An instance of `cls`.

    Raises:
        ConfigError: the file is missing or no TOML, a key is unknown, a value has the wrong type or is out of range.
    """
    path = find_recipe(recipe)
    try:
        text = path.read_text(encoding="utf-8-sig")  # editors on Windows begin the file with a mark
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path}: cannot be read ({exc})", hint="give the path of a UTF-8 TOML file") from exc
    return load_text(cls, text, where=str(path), overrides=overrides)


def load_text(cls: type[R], text: str, *, where: str, overrides: Sequence[str] = ()) -> R:
    """Read recipe text into a dataclass; see `load`.

    Args:
        cls: the frozen dataclass that describes the recipe.
        text: TOML.
        where: the name with which errors about the text begin; those about an override begin with "command line".
        overrides: `key.path=value` strings.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(
            f"{where}: no valid TOML: {exc}", hint=f"compare with a recipe in {resource('recipes')}"
        ) from exc
    wanted = copy.deepcopy(table)
    for override in overrides:
        _apply_override(wanted, override)
    _forget(cls, table, wanted, {override.partition("=")[0].strip() for override in overrides}, where=where)
    try:
        return _convert(cls, wanted, key="")  # type: ignore[no-any-return]
    except ConfigError as exc:
        place = "command line" if overrides and _fits(cls, table) else where
        hint = exc.hint or f"the recipes in {resource('recipes')} explain every key"
        raise ConfigError(f"{place}: {exc}", hint=hint) from exc


def load_changed(cls: type[R], recipe: str | Path, settings: Mapping[str, Any], *, where: str) -> R:
    """Read a recipe file with other values in some keys, as a plan of experiments changes them.

    Args:
        cls: the frozen dataclass that describes the recipe.
        recipe: a path, or the name of a packaged recipe.
        settings: dotted key path to value.
        where: the name with which an error begins that the settings bring about; one of the file itself begins with its path.

    Raises:
        ConfigError: as `load`.
    """
    load(cls, recipe)
    table = tomllib.loads(find_recipe(recipe).read_text(encoding="utf-8-sig"))
    for path, value in settings.items():
        *sections, last = path.split(".")
        inner: Any = table
        for name in sections:
            inner = inner.setdefault(name, {})
            if not isinstance(inner, dict):
                raise ConfigError(f"{where}: {path}: {name} is a value, not a table")
        inner[last] = value
    try:
        return _convert(cls, table, key="")  # type: ignore[no-any-return]
    except ConfigError as exc:
        hint = exc.hint or f"the recipes in {resource('recipes')} explain every key"
        raise ConfigError(f"{where}: {exc}", hint=hint) from exc


def settings_of(overrides: Sequence[str]) -> dict[str, Any]:
    """Return `key.path=value` strings as a table of dotted keys.

    Raises:
        ConfigError: one is no such string.
    """
    settings: dict[str, Any] = {}
    for override in overrides:
        _apply_override({}, override)  # says what is wrong with it
        path, _, text = override.partition("=")
        settings[path.strip()] = _value(text)
    return settings


def dump(recipe: object) -> str:
    """Write a recipe dataclass as TOML text, every key present, so that the resolved recipe stands beside its artefact.

    None has no TOML form and means "not set": such keys are left out, which reads back as the same object.
    """
    import tomli_w

    if not dataclasses.is_dataclass(recipe) or isinstance(recipe, type):
        raise TypeError(f"a recipe dataclass instance is needed, got {type(recipe).__name__}")
    return tomli_w.dumps(_plain(dataclasses.asdict(recipe)))


def _plain(table: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            plain[name] = _plain(value)
        elif isinstance(value, tuple | list):
            plain[name] = [_plain(item) if isinstance(item, Mapping) else item for item in value]
        elif value is not None:
            plain[name] = value
    return plain


def _apply_override(table: dict[str, Any], override: str) -> None:
    path, separator, text = override.partition("=")
    keys = path.strip().split(".")
    if not separator or not all(keys):
        raise ConfigError(
            f"--set {override}: expected key.path=value", hint="for example --set teacher.temperature=0.2"
        )
    value = _value(text)
    for name in keys[:-1]:
        table = table.setdefault(name, {})
        if not isinstance(table, dict):
            raise ConfigError(
                f"--set {override}: {name} is a value, not a table", hint="for example --set teacher.temperature=0.2"
            )
    table[keys[-1]] = value


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()


def _forget(cls: Any, stated: Mapping[str, Any], wanted: dict[str, Any], given: set[str], *, where: str) -> None:
    """Take out what the file states about something that the command line replaces; see `ABOUT`.

    A key that the file leaves at a default other than None names nothing: what stands beside it holds for whatever the command line puts there.
    """
    for section in dataclasses.fields(cls):
        kind: Any = section.default_factory
        before, after = stated.get(section.name), wanted.get(section.name)
        if not dataclasses.is_dataclass(kind) or not isinstance(before, Mapping) or not isinstance(after, dict):
            continue
        defaults = {field.name: field.default for field in dataclasses.fields(kind)}
        for field in dataclasses.fields(kind):
            keys = [key for key in field.metadata.get(ABOUT, ()) if key in before or defaults[key] is None]
            changed = next((key for key in keys if before.get(key) != after.get(key)), None)
            name = f"{section.name}.{field.name}"
            if changed is None or not before.get(field.name) or name in given:
                continue
            again = {key: value for key, value in _entries(after[field.name]) if f"{name}.{key}" in given}
            del after[field.name]
            if again:
                after[field.name] = again
            else:
                logger.warning(
                    "%s of %s is not about %s = %s and is left out; state it anew with --set",
                    name, where, f"{section.name}.{changed}", after.get(changed),
                )  # fmt: skip


def _entries(value: object) -> list[tuple[str, object]]:
    return list(value.items()) if isinstance(value, Mapping) else []


def _fits(cls: Any, table: Mapping[str, Any]) -> bool:
    try:
        _convert(cls, table, key="")
    except ConfigError:
        return False
    return True


def _convert(kind: Any, value: Any, *, key: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _convert_table(kind, value, key=key)
    origin, options = get_origin(kind), get_args(kind)
    if origin is Literal:
        if value not in options:
            listed = ", ".join(repr(option) for option in options)
            raise ConfigError(f"{key} must be one of {listed}, got {value!r}")
        return value
    if origin in (Union, types.UnionType):  # X | None
        return _convert(next(o for o in options if o is not type(None)), value, key=key)
    if origin is tuple:
        if not isinstance(value, list):
            raise ConfigError(f"{key} must be a list, got {value!r}")
        return tuple(_convert(options[0], item, key=f"{key}[{i}]") for i, item in enumerate(value))
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise ConfigError(f"{key} must be a table, got {value!r}", hint=f"write [{key}] and its keys below it")
        return dict(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        names = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}
        raise ConfigError(f"{key} must be {names.get(kind, kind.__name__)}, got {value!r}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{key} must be a finite number, got {value}")
    return value


def _convert_table(cls: Any, table: Any, *, key: str) -> Any:
    if not isinstance(table, Mapping):
        raise ConfigError(f"{key} must be a table, got {table!r}", hint=f"write [{key}] and its keys below it")
    fields = {field.name: field for field in dataclasses.fields(cls)}
    prefix = f"{key}." if key else ""
    for name in table:
        if name not in fields:
            raise ConfigError(f"unknown key {prefix}{name}", hint=f"valid keys: {', '.join(fields)}")
    hints = get_type_hints(cls)
    values = {name: _convert(hints[name], value, key=f"{prefix}{name}") for name, value in table.items()}
    for name, field in fields.items():
        missing = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if missing and name not in values:
            raise ConfigError(f"{prefix}{name} is missing", hint=f"valid keys: {', '.join(fields)}")
    return cls(**values)
