"""The checks that the extras `onnx` and `ctranslate2` are installed, made before anything heavy is imported."""

from __future__ import annotations

import importlib.util

from emojit.errors import MissingExtraError
from emojit.student.export.record import Format

_TO_RUN: dict[Format, tuple[str, ...]] = {
    "onnx": ("onnxruntime", "transformers"),
    "ctranslate2": ("ctranslate2", "transformers"),
}
_TO_WRITE: dict[Format, tuple[str, ...]] = {"onnx": ("onnx", "onnxscript"), "ctranslate2": ()}


def require_runtime(form: Format, *, writing: bool = False) -> None:
    """Make sure that exports of a format can be asked on this installation.

    Args:
        form: the format.
        writing: whether they shall be made, too.

    Raises:
        MissingExtraError: a package of the extra is not installed.
    """
    needed = _TO_RUN[form] + (_TO_WRITE[form] if writing else ())
    missing = [module for module in needed if importlib.util.find_spec(module) is None]
    if missing:
        extras = f"{form},train" if writing else form
        raise MissingExtraError(f"not installed: {', '.join(missing)}", hint=f"pip install 'emojit[{extras}]'")
