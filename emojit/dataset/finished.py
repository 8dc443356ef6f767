"""What stands already under the folder that is to be made: nothing, what an earlier run made, or something else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from emojit.dataset.folder import STATISTICS, read_manifest, verify_manifest
from emojit.errors import DatasetError


def finished_statistics(
    out: Path, kind: str, difference: Callable[[Mapping[str, Any]], str | None]
) -> dict[str, Any] | None:
    """Return the statistics of what an earlier run made when it is just what is to be made now; None where `out` is missing or empty.

    Args:
        out: the folder that is to be made.
        kind: what is made, in a word, for the message.
        difference: says what a manifest is of, as the words behind "holds", or None where it is of what is to be made.

    Raises:
        DatasetError: `out` is a file, holds something else, or a file of it is missing or is not the one that its manifest names.
    """
    manifest = _manifest_there(out, kind)
    if manifest is None:
        return None
    if (what := difference(manifest)) is not None:
        raise _occupied(out, f"holds {what}")
    verify_manifest(out)
    statistics: dict[str, Any] = json.loads((out / STATISTICS).read_text(encoding="utf-8"))
    return statistics


def other_than(identity: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], str | None]:
    """Return the `difference` of manifests that repeat an identity key by key."""

    def difference(manifest: Mapping[str, Any]) -> str | None:
        differs = next((key for key in identity if manifest.get(key) != identity[key]), None)
        return None if differs is None else f"something else ({differs} differs)"

    return difference


def _manifest_there(out: Path, kind: str) -> dict[str, Any] | None:
    if out.exists() and not out.is_dir():
        raise DatasetError(f"{out}: is a file", hint="choose another folder with --out")
    if not out.exists() or not any(out.iterdir()):
        return None
    try:
        return read_manifest(out)
    except DatasetError as exc:
        raise _occupied(out, f"is not empty and holds no finished {kind}") from exc


def _occupied(out: Path, what: str) -> DatasetError:
    return DatasetError(f"{out}: {what}", hint="choose another folder with --out, or remove this one")
