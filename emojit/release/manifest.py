"""`manifest.json` of a model, a metric or a Space: every file with its checksum, and the address. That of a data set holds more: `emojit.dataset.folder`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from emojit.dataset.folder import SCHEMA_VERSION
from emojit.release.address import Kind
from emojit.release.files import LocalFile
from emojit.release.staging_dataset import KEPT, RELEASE


def release_manifest(
    kind: Kind, address: Mapping[str, str], files: Iterable[LocalFile], kept: Mapping[str, tuple[str, int]]
) -> dict[str, object]:
    """Return the manifest of a release.

    Args:
        kind: what is published.
        address: `repo_id` and `version` that it is published as.
        files: every file but the manifest itself.
        kept: sha256 and size (bytes) of the files of others that stay in the repository, by path.
    """
    listed = {file.path: {"sha256": file.sha256, "size": file.size} for file in files}
    listed |= {path: {"sha256": sha256, "size": size} for path, (sha256, size) in kept.items()}
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": kind,
        RELEASE: dict(address),
        **({KEPT: sorted(kept)} if kept else {}),
        "files": dict(sorted(listed.items())),
    }
