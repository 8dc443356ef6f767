"""What stands already under the folder that is to be made: nothing, what an earlier run made, or something else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from emojit.dataset.folder import STATISTICS, read_manifest, verify_manifest
from emojit.errors import DatasetError


def manifest_there(out: Path, kind: str) -> dict[str, Any] | None:
    """Return the manifest of what an earlier run made; None where `out` is missing or empty.

    Args:
        out: the folder that is to be made.
        kind: what is made, in a word, for the message.

    Raises:
        DatasetError: `out` is a file, or holds something without a manifest.
    """
    if out.exists() and not out.is_dir():
        raise DatasetError(f"{out}: is a file", hint="choose another folder with --out")
    if not out.exists() or not any(out.iterdir()):
        return None
    try:
        return read_manifest(out)
    except DatasetError as exc:
        raise occupied(out, f"is not empty and holds no finished {kind}") from exc


def verified_statistics(out: Path) -> dict[str, Any]:
    """Return the statistics of what an earlier run made.

    Raises:
        DatasetError: a file is missing or is not the one that the manifest names.
    """
    verify_manifest(out)
    statistics: dict[str, Any] = json.loads((out / STATISTICS).read_text(encoding="utf-8"))
    return statistics


def occupied(out: Path, what: str) -> DatasetError:
    """Return the error for a folder that cannot be had: what it is or holds, as the words behind its name."""
    return DatasetError(f"{out}: {what}", hint="choose another folder with --out, or remove this one")
