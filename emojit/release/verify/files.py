"""Every file against the manifest: missing, extra, of another size or content."""

from __future__ import annotations

import hashlib

from emojit.dataset.folder import CARD, MANIFEST
from emojit.release.verify.findings import Findings
from emojit.release.verify.subject import Subject


def check_files(subject: Subject, findings: Findings) -> None:
    """Compare size and sha256 of every file with the manifest.

    The card is left to the check of cards, which knows what a merge with a card on the Hub may add; here it must only be there.
    """
    if subject.manifest is None:
        return
    wanted = subject.manifest.get("files")
    if not isinstance(wanted, dict) or not all(_is_entry(facts) for facts in wanted.values()):
        findings.wrong("files", "cannot be read", MANIFEST, expected="a table of files", found=wanted)
        return
    found = {name: path for name, path in subject.files() if name != MANIFEST}
    for name in sorted(set(wanted) - set(found)):
        findings.wrong("files", "is missing", name, expected=f"{wanted[name].get('size')} bytes", found="no such file")
    for name in sorted(set(found) - set(wanted)):
        size = found[name].stat().st_size
        findings.wrong("files", "is not in the manifest", name, expected="no such file", found=f"{size} bytes")
    for name in sorted(set(found) & set(wanted) - {CARD}):
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
