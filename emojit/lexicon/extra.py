"""The check that the extra `words` is installed, made before anything heavy is imported."""

from __future__ import annotations

import importlib.util

from emojit.errors import MissingExtraError

_NEEDED = ("ja_ginza", "spacy", "sudachidict_core", "sudachipy")


def has_words_extra() -> bool:
    """Whether words can be told apart and have vectors on this installation."""
    return all(importlib.util.find_spec(module) is not None for module in _NEEDED)


def require_words_extra() -> None:
    """Make sure that words can be told apart and have vectors on this installation.

    Raises:
        MissingExtraError: a package of the extra `words` is not installed.
    """
    missing = [module for module in _NEEDED if importlib.util.find_spec(module) is None]
    if missing:
        raise MissingExtraError(f"not installed: {', '.join(missing)}", hint="pip install 'emojit[words]'")
