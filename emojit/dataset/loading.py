"""Rows of a data set, from a build folder or from a Hub repository at a revision."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emojit.dataset.folder import read_manifest
from emojit.dataset.parquet import PAIR_COLUMNS
from emojit.dataset.splits import SPLITS
from emojit.errors import DatasetError


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Rows, and where they came from.

    Attributes:
        rows: one dict per row, in the order of the files; at least the columns asked for.
        split: "train", "validation" or "test".
        repo_id: the Hub repository, or None for a folder.
        commit: the commit that the revision stands for, or None for a folder.
        folder: the build folder, or None for a repository.
        fingerprint: 16 hex digits of sha256 over the split's files: the same rows, the same fingerprint, wherever they were read from.
    """

    rows: list[dict[str, Any]]
    split: str
    repo_id: str | None
    commit: str | None
    folder: Path | None
    fingerprint: str


def load_rows(
    dataset: str | Path,
    split: str,
    revision: str | None = None,
    *,
    columns: Sequence[str] = tuple(PAIR_COLUMNS),
    optional: Sequence[str] = (),
) -> Loaded:
    """Read one split.

    Args:
        dataset: a build folder, or a Hub repository as namespace/name.
        split: "train", "validation" or "test".
        revision: tag, branch or commit of a repository; None means its main branch.
        columns: which columns must be there and are read.
        optional: further columns that are read where they are there.

    Raises:
        DatasetError: no such folder, repository, revision or split; a column is missing; the split has no rows.
        OfflineError: a repository is named while `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
    """
    if split not in SPLITS:
        raise DatasetError(f"no split {split!r}", hint=f"one of {', '.join(SPLITS)}")
    path = Path(dataset).expanduser()
    if path.is_dir():
        if revision is not None:
            raise DatasetError(f"{path}: a folder has no revision {revision!r}", hint="leave --revision out")
        read_manifest(path)
        return _read(path, split, columns, optional, where=str(path), folder=path.absolute())
    name = str(dataset)
    if name.count("/") != 1 or name.startswith((".", "/", "~")) or name.endswith("/"):
        raise DatasetError(
            f"{name}: no such folder, and no repository name",
            hint="give a folder that `emojit build-dataset` wrote, or a Hub repository as namespace/name",
        )
    from emojit.dataset.hub import fetch

    folder, commit = fetch(name, split, revision)
    return _read(folder, split, columns, optional, where=f"{name}@{revision or 'main'}", repo_id=name, commit=commit)


def _read(
    base: Path,
    split: str,
    columns: Sequence[str],
    optional: Sequence[str],
    *,
    where: str,
    repo_id: str | None = None,
    commit: str | None = None,
    folder: Path | None = None,
) -> Loaded:
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = sorted((base / "data").glob(f"{split}-*.parquet"))
    if not files:
        raise DatasetError(
            f"{where}: no data/{split}-*.parquet", hint="is it a data set that `emojit build-dataset` made?"
        )
    rows: list[dict[str, Any]] = []
    digest = hashlib.sha256()
    for path in files:
        try:
            present = pq.read_schema(path).names
            if missing := [column for column in columns if column not in present]:
                raise DatasetError(
                    f"{where}: {path.name} has no column {', '.join(missing)}; columns: {', '.join(present)}",
                    hint="give a data set that `emojit build-dataset` made",
                )
            wanted = dict.fromkeys((*columns, *(column for column in optional if column in present)))
            rows += pq.read_table(path, columns=list(wanted)).to_pylist()
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except (pa.ArrowInvalid, OSError) as exc:
            raise DatasetError(
                f"{where}: {path.name} cannot be read ({exc})", hint="build or download it again"
            ) from exc
    if not rows:
        raise DatasetError(
            f"{where}: the split {split} has no rows", hint="build from more articles: splits go by article"
        )
    return Loaded(
        rows=rows, split=split, repo_id=repo_id, commit=commit, folder=folder, fingerprint=digest.hexdigest()[:16]
    )
