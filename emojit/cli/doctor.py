"""`emojit doctor`: what is installed, which token, which GPU, what would not work and how to mend it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import sys

import typer

from emojit.cli import output
from emojit.cli.options import JsonOption

_EXTRAS = ("corpus", "train", "evaluate", "hub", "space")


def _packages(extra: str) -> list[str]:
    """Return the packages of an extra, as the installed emojit itself declares them."""
    from packaging.requirements import Requirement

    declared = map(Requirement, importlib.metadata.requires("emojit") or ())
    return [one.name for one in declared if one.marker is not None and one.marker.evaluate({"extra": extra})]


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _gpu() -> str | None:
    if importlib.util.find_spec("torch") is None:
        return None
    import torch

    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else None


def doctor(as_json: JsonOption = False) -> None:
    """Say what is installed, which token and which GPU there is, and how to mend what would not work.

    Example: emojit doctor
    """
    from huggingface_hub import get_token

    from emojit.network import hub_endpoint

    extras = {extra: _packages(extra) for extra in _EXTRAS}
    packages = {name: _version(name) for names in extras.values() for name in names}
    lacking = {extra: [name for name in names if packages[name] is None] for extra, names in extras.items()}
    missing = {extra: names for extra, names in lacking.items() if names}
    gpu = _gpu()
    hub_token = get_token() is not None
    teacher_key = bool(os.environ.get("EMOJIT_API_KEY") or os.environ.get("OPENAI_API_KEY"))
    advice = [f"pip install 'emojit[{extra}]'  # lacks {', '.join(names)}" for extra, names in missing.items()]
    if not hub_token:
        advice.append("hf auth login  # no Hub token: pushing and private repositories will not work")
    if not teacher_key:
        advice.append("export EMOJIT_API_KEY=…  # no teacher key: only the recorded teacher and local endpoints work")
    result = {
        "python": sys.version.split()[0],
        "packages": packages,
        "hub_endpoint": hub_endpoint(),
        "hub_token": hub_token,
        "teacher_key": teacher_key,
        "gpu": gpu,
        "advice": advice,
    }
    lines = [
        f"python        {result['python']}",
        *(f"{name:<13} {version or 'not installed'}" for name, version in sorted(packages.items())),
        f"hub           {result['hub_endpoint']} ({'token found' if hub_token else 'no token'})",
        f"teacher key   {'found' if teacher_key else 'not set'}",
        f"GPU           {gpu or 'none'}",
        *(f"to do         {line}" for line in advice),
    ]
    output.show(result, as_json=as_json, text="\n".join(lines))
    if missing:
        raise typer.Exit(1)
