"""`provenance.json` against the files that say the same; what it states about code and machine of the run nobody can check, but it must be there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emojit.dataset.folder import MANIFEST
from emojit.errors import EmojitError
from emojit.release.address import Kind
from emojit.release.statement import OF_RUN, PROVENANCE, SCHEMA_VERSION, made_of, read_table
from emojit.release.verify.findings import ODD_CONTENT, Findings
from emojit.student.record import FILE_NAME as RUN_RECORD


def check_provenance(folder: Path, kind: Kind, findings: Findings, *, run: Path | None = None) -> None:
    """Compare recipe, seed, inputs and replies with the release's own files, and the statement about the run with the record of it.

    Args:
        folder: the files of the release.
        kind: of the release.
        findings: what is wrong goes here.
        run: the run folder inside a model, or None.
    """
    if not (folder / PROVENANCE).is_file():
        findings.unchecked.append(f"by which code and machine it was made: there is no {PROVENANCE}")
        return
    said = read_table(folder, PROVENANCE)
    if said is None:
        findings.wrong("provenance", "cannot be read", PROVENANCE, expected="a JSON object", found="something else")
        return
    try:
        wanted: dict[str, object] = {
            "schema_version": SCHEMA_VERSION,
            "kind": kind,
            **made_of(kind, folder, run=run),
        }
    except (EmojitError, *ODD_CONTENT):  # the manifest is damaged, which other checks say
        return
    made = said.get("made")
    if run is not None and isinstance(record := read_table(run, RUN_RECORD), dict):
        wanted["made"] = {key: record.get(key) for key in OF_RUN}
    for key, expected in wanted.items():
        if said.get(key) != expected:
            findings.wrong(
                "provenance",
                "says something else than the files",
                f"{PROVENANCE}: {key}",
                expected=expected,
                found=said.get(key),
            )
    if kind == "dataset" and isinstance(made, dict):
        recorded = (read_table(folder, MANIFEST) or {}).get("versions")
        _compare_versions("made", made, recorded if isinstance(recorded, dict) else {}, findings)
    published = said.get("published")
    for name, statement in (("made", made), ("published", published)):
        if isinstance(statement, dict) and isinstance(code := statement.get("code"), dict):
            _compare_versions(name, statement, {"emojit": code.get("version")}, findings)
    if not isinstance(made, dict):
        findings.unchecked.append(f"by which code and machine it was made: {PROVENANCE} does not say")
        return
    findings.checked.append(f"{PROVENANCE}: {_in_words(made)}")


def _compare_versions(
    name: str, statement: Mapping[str, Any], recorded: Mapping[str, object], findings: Findings
) -> None:
    """Compare the versions that a statement names with those that stand elsewhere: in the manifest, for the bytes hang on them, and beside the code."""
    stated = statement.get("versions")
    if not isinstance(stated, dict):
        return
    for package in sorted(recorded.keys() & stated.keys()):
        short = f"{stated[package]}.".startswith(f"{recorded[package]}.")  # of Python the manifest names two figures
        if stated[package] != recorded[package] and not (package == "python" and short):
            findings.wrong(
                "provenance",
                "says something else than the files",
                f"{PROVENANCE}: {name}.versions.{package}",
                expected=recorded[package],
                found=stated[package],
            )


def _in_words(made: Mapping[str, Any]) -> str:
    code, machine = (made[key] if isinstance(made.get(key), dict) else {} for key in ("code", "hardware"))
    commit = code.get("commit")
    state = " with changes that were not committed" if code.get("changed") else ""
    at = f" at commit {str(commit)[:12]}{state}" if commit else ""
    where = f" on {machine.get('cpu')}, {machine.get('cores')} cores" if machine.get("cpu") else ""
    return f"made by emojit {code.get('version')}{at}{where}"
