"""What a recipe may be called: its name becomes the name of a folder."""

from __future__ import annotations

import re

from emojit.errors import ConfigError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def check_name(name: str) -> None:
    """Check that a name stands for a folder of its own on every system.

    Raises:
        ConfigError: it does not, as "..", "a/b" or "" do not.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"name must be letters, digits, '-', '_' or '.', beginning with a letter or digit, got {name!r}"
        )
