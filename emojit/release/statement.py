"""`provenance.json` of a release: by which code, on which machine and from what it was made.

It holds two kinds of facts. Recipe, seed, inputs and replies follow from the files of the release, and `emojit verify` compares them. `made` and `published`
are statements about one run and one push; two machines that make the same bytes make two statements, so no comparison of releases reads them, and a version
that is pushed again keeps the statement that it has.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emojit.baselines.record import FILE_NAME as BASELINE_RECORD
from emojit.dataset.folder import CARD, RECIPE, read_manifest
from emojit.dataset.making import read_making
from emojit.provenance import code, package_versions, stands_in_own_checkout
from emojit.release.address import Kind
from emojit.release.report_files import TABLE, is_report
from emojit.student.record import FILE_NAME as RUN_RECORD

PROVENANCE = "provenance.json"
SCHEMA_VERSION = 1
SETTINGS = "settings.json"
"""File of a demo Space that says which model answers: `model`, `revision`, `commit`."""
OF_RUN = ("code", "hardware", "versions")
"""Keys of `run.json` that say with what a model was made."""

_AT = ("revision", "commit")
_PUBLISHING = ("huggingface_hub",)


def provenance_text(kind: Kind, folder: Path) -> str:
    """Return `provenance.json` for a folder that is about to be published.

    Args:
        kind: of the release.
        folder: what the user named: a build, a run, a model, a metric or a Space.
    """
    return as_text(
        {
            "schema_version": SCHEMA_VERSION,
            "kind": kind,
            "made": _made(kind, folder),
            "published": {"code": dataclasses.asdict(code()), "versions": package_versions(_PUBLISHING)},
            **made_of(kind, folder),
        }
    )


def as_text(table: Mapping[str, object]) -> str:
    """Return JSON as every file of ours has it."""
    return json.dumps(table, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def demo_statement() -> str:
    """Return `provenance.json` for a demo Space that is being laid out: the code at hand makes it, and a push takes this over as `made`."""
    return as_text({"schema_version": SCHEMA_VERSION, "kind": "space", "made": {"code": dataclasses.asdict(code())}})


def is_demo(folder: Path) -> bool:
    """Whether a Space was laid out for a model, its card with it."""
    settings = read_table(folder, SETTINGS)
    return settings is not None and settings.get("commit") is not None and (folder / CARD).is_file()


def made_of(kind: Kind, folder: Path, *, run: Path | None = None) -> dict[str, object]:
    """Return what a release was made of, from its own files: where the recipe stands, seed, inputs by repository and commit, replies.

    Args:
        kind: of the release.
        folder: a build, a run, or a published release.
        run: the run folder inside a published model; None where `folder` is the run, or there is none.
    """
    if kind == "dataset":
        manifest = read_manifest(folder)
        counts = manifest.get("counts")
        return {
            "recipe": RECIPE if (folder / RECIPE).is_file() else None,
            "seed": manifest.get("seed"),
            "inputs": manifest.get("inputs", []),
            "replies": counts.get("replies") if isinstance(counts, dict) else None,
        }
    if kind == "space" and (settings := read_table(folder, SETTINGS)) is not None:
        speaker = {"role": "model", "repo": settings.get("model"), **{key: settings.get(key) for key in _AT}}
        return {"recipe": None, "seed": None, "inputs": [speaker], "replies": None}
    if kind == "space" and is_report(folder):
        return {"recipe": None, "seed": None, "inputs": _test_rows(read_table(folder, TABLE)), "replies": None}
    if kind == "model" and run is None and (fitted := read_table(folder, BASELINE_RECORD)) is not None:
        return {"recipe": None, "seed": None, "inputs": _inputs(fitted), "replies": None}
    record = read_table(run or folder, RUN_RECORD) if kind == "model" else None
    if record is None:
        return {"recipe": None, "seed": None, "inputs": [], "replies": None}
    return {"recipe": "run/config.yaml", "seed": record.get("seed"), "inputs": _inputs(record), "replies": None}


def read_table(folder: Path, name: str) -> dict[str, Any] | None:
    """Return the JSON object in a file, or None where there is none."""
    try:
        table = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return table if isinstance(table, dict) else None


def _made(kind: Kind, folder: Path) -> object:
    """Return the statement about the run that made the content, or None where nobody wrote it down."""
    if kind == "dataset" and (making := read_making(folder)) is not None:
        return making
    if kind == "model" and (record := read_table(folder, RUN_RECORD) or read_table(folder, BASELINE_RECORD)):
        return {key: record.get(key) for key in OF_RUN}
    if kind in ("metric", "space") and stands_in_own_checkout(folder):
        return {"code": dataclasses.asdict(code())}
    published = read_table(folder, PROVENANCE)  # of a release that was downloaded and is published again
    return published.get("made") if published is not None and published.get("kind") == kind else None


def _inputs(record: Mapping[str, Any]) -> list[dict[str, object]]:
    data, model = (record[key] if isinstance(record.get(key), dict) else {} for key in ("data", "model"))
    inputs: list[dict[str, object]] = [
        {
            "role": "dataset",
            "repo": data.get("repo_id"),
            "name": data.get("name"),
            "revision": data.get("revision"),
            "commit": data.get("commit"),
            "manifest_sha256": data.get("manifest_sha256"),
            "fingerprints": data.get("fingerprints"),
        }
    ]
    if model.get("base") is not None:
        inputs.append({"role": "base model", "name": model.get("base"), "commit": model.get("base_commit")})
    return inputs


def _test_rows(comparison: Mapping[str, Any] | None) -> list[dict[str, object]]:
    """Return the data set that a report's runs were scored on; none where no run could be read."""
    test = (comparison or {}).get("test")
    if not isinstance(test, dict):
        return []
    name = test.get("dataset")
    return [
        {
            "role": "dataset",
            "repo": name if "/" in str(name) else None,
            "name": name,
            **{key: test.get(key) for key in _AT},
            "fingerprints": {"test": test.get("fingerprint")},
        }
    ]
