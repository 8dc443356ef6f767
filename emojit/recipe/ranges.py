"""Checks of numbers that several sections of a recipe share."""

from __future__ import annotations

from emojit.errors import ConfigError


def positive(section: str, table: object, *names: str) -> None:
    """Check that keys of a section are above zero.

    Args:
        section: name of the section, for the error.
        table: the section.
        *names: keys.

    Raises:
        ConfigError: one is not.
    """
    for name in names:
        if getattr(table, name) <= 0:
            raise ConfigError(f"{section}.{name} must be > 0, got {getattr(table, name)}")
