"""Every file against the manifest: missing, extra, of another size or content."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from emojit.dataset.folder import MANIFEST
from emojit.release.verify.findings import Findings


def check_files(
    manifest: Mapping[str, Any], files: Iterable[tuple[str, Path]], findings: Findings, *, but: Collection[str] = ()
) -> None:
    """Compare size and sha256 of every file with the manifest.

    Args:
        manifest: of the release.
        files: (path, file) of what is there.
        findings: what is wrong goes here.
        but: paths that must be there, but whose content another check compares: a card may have got sections of others since.
    """
    wanted = manifest.get("files")
    if not isinstance(wanted, dict) or not all(_is_entry(facts) for facts in wanted.values()):
        findings.wrong("files", "cannot be read", MANIFEST, expected="a table of files", found=wanted)
        return
    found = {name: path for name, path in files if name != MANIFEST}
    for name in sorted(set(wanted) - set(found)):
        findings.wrong("files", "is missing", name, expected=f"{wanted[name].get('size')} bytes", found="no such file")
    for name in sorted(set(found) - set(wanted)):
        size = found[name].stat().st_size
        findings.wrong("files", "is not in the manifest", name, expected="no such file", found=f"{size} bytes")
    for name in sorted(set(found) & set(wanted) - set(but)):
        size = found[name].stat().st_size
        if size != wanted[name].get("size"):
            findings.wrong(
                "files", "has another size", name, expected=f"{wanted[name].get('size')} bytes", found=f"{size} bytes"
            )
            continue
        with found[name].open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != wanted[name].get("sha256"):
            findings.wrong("files", "has another sha256", name, expected=wanted[name].get("sha256"), found=digest)
    findings.checked.append(f"{len(found):,} files against {MANIFEST}")


def _is_entry(facts: object) -> bool:
    return isinstance(facts, dict) and isinstance(facts.get("sha256"), str) and isinstance(facts.get("size"), int)
