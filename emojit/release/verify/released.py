"""Manifest and address of a release that is no data set: read, and its files compared, the hidden ones too."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from emojit.dataset.folder import CARD, MANIFEST, SCHEMA_VERSION
from emojit.errors import PublishError
from emojit.release.files import is_left_out
from emojit.release.staging_dataset import RELEASE
from emojit.release.statement import read_table
from emojit.release.verify.files import check_files
from emojit.release.verify.findings import Findings

_OF_THE_HUB = {".gitattributes"}
"""Files that a Hub writes itself; a release may bring one, and then its manifest lists it."""


def open_manifest(folder: Path, findings: Findings) -> dict[str, Any] | None:
    """Return the manifest of a release; None where there is none, which an older emojit did not write.

    Raises:
        PublishError: it is of a newer emojit.
    """
    if not (folder / MANIFEST).is_file():
        findings.unchecked.append(f"files against their checksums: there is no {MANIFEST}")
        return None
    manifest = read_table(folder, MANIFEST)
    if manifest is None:
        findings.wrong("files", "cannot be read", MANIFEST, expected="a JSON object", found="something else")
    elif manifest.get("schema_version") != SCHEMA_VERSION:
        raise PublishError(
            f"{folder}: {MANIFEST} has layout {manifest.get('schema_version')!r}, this emojit knows {SCHEMA_VERSION}",
            hint="upgrade emojit",
        )
    return manifest


def check_released_files(
    folder: Path, manifest: dict[str, Any] | None, findings: Findings, *, but: Collection[str] = ()
) -> None:
    """Compare every file with the manifest; the arguments are those of `check_files`."""
    if manifest is None:
        return
    listed = manifest.get("files")
    known = set(listed) if isinstance(listed, dict) else set()
    check_files(
        manifest,
        ((name, path) for name, path in _files(folder) if name in known or name not in _OF_THE_HUB),
        findings,
        but=but,
    )


def address(manifest: dict[str, Any] | None) -> tuple[str | None, str | None]:
    """Return repository and version that a manifest names; None where it does not say."""
    stated = (manifest or {}).get(RELEASE)
    table = stated if isinstance(stated, dict) else {}
    found = (table.get("repo_id"), table.get("version"))
    return found[0] if isinstance(found[0], str) else None, found[1] if isinstance(found[1], str) else None


def recorded_card(manifest: dict[str, Any] | None) -> str | None:
    """Return the sha256 of the card that a manifest records."""
    files = (manifest or {}).get("files")
    facts = files.get(CARD) if isinstance(files, dict) else None
    sha256 = facts.get("sha256") if isinstance(facts, dict) else None
    return sha256 if isinstance(sha256, str) else None


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not is_left_out(parts, hidden=True):
            yield "/".join(parts), path
