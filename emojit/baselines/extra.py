"""The check that the `evaluate` extra is installed, made before anything heavy is imported."""

from __future__ import annotations

import importlib.util

from emojit.errors import MissingExtraError

_NEEDED = ("datasets", "evaluate", "matplotlib", "safetensors", "sklearn")


def require_evaluate_extra() -> None:
    """Make sure that baselines can be fitted and predictions scored on this installation.

    Raises:
        MissingExtraError: a package of the extra `evaluate` is not installed.
    """
    missing = [module for module in _NEEDED if importlib.util.find_spec(module) is None]
    if missing:
        raise MissingExtraError(f"not installed: {', '.join(missing)}", hint="pip install 'emojit[evaluate]'")
