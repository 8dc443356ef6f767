"""The check that the `train` extra is installed, made before anything heavy is imported."""

from __future__ import annotations

import importlib.util

from emojit.errors import MissingExtraError

_NEEDED = ("torch", "transformers", "accelerate", "sentencepiece", "google.protobuf", "matplotlib")


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the parent package of a dotted name is missing
        return False


def require_train_extra() -> None:
    """Make sure that a student can be trained or asked on this installation.

    Raises:
        MissingExtraError: a package of the extra `train` is not installed.
    """
    missing = [module for module in _NEEDED if not _installed(module)]
    if missing:
        raise MissingExtraError(f"not installed: {', '.join(missing)}", hint="pip install 'emojit[train]'")
