"""Which code and which machine made a build: a statement beside the build, not a part of it.

The files of a build depend on recipe, corpus and replies alone, so two machines give the same bytes, the manifest's included. What differs between them
stands in a hidden file, which no manifest of a build covers and no comparison reads; `emojit push` publishes it as a part of `provenance.json`.
"""

from __future__ import annotations

import dataclasses
import json
import unicodedata
from pathlib import Path

from emojit.dataset.folder import write_json
from emojit.provenance import BUILD_PACKAGES, making

MAKING = ".provenance.json"
"""Hidden, as everything in a build folder that is not the build."""


def record_making(folder: Path) -> None:
    """Write down with what this process makes a build: git commit of the code, versions, hardware. No path, user or name of the machine."""
    made = making(BUILD_PACKAGES)
    versions = {**made.versions, "unicode": unicodedata.unidata_version}
    write_json(folder / MAKING, dataclasses.asdict(dataclasses.replace(made, versions=versions)))


def read_making(folder: Path) -> dict[str, object] | None:
    """Return what was written down, or None where there is nothing that can be read: the build may come from an older emojit."""
    try:
        table = json.loads((folder / MAKING).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return table if isinstance(table, dict) else None
