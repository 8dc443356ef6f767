"""From a data set to a saved baseline."""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
from pathlib import Path

from emojit.baselines.base import Baseline, Example, examples
from emojit.baselines.record import (
    FILE_NAME,
    SCHEMA_VERSION,
    BaselineRecord,
    LearnedFrom,
    is_baseline,
    write_record,
)
from emojit.baselines.registry import find_kind
from emojit.dataset.licences import UNKNOWN, combined_licence
from emojit.dataset.loading import Loaded, load_rows
from emojit.errors import EmojitError, UsageError
from emojit.provenance import code, hardware, package_versions

logger = logging.getLogger(__name__)

OTHER_COLUMNS = ("original_text", "sns_text")
"""Columns that say the same in other words; they are read where a data set has them."""
PACKAGES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "safetensors",
    "sudachipy",
    "sudachidict_core",
    "ja-ginza",
    "torch",
    "transformers",
)
"""Packages whose version can change the answers."""


def fit_baseline(
    name: str,
    dataset: str | Path,
    out: Path,
    *,
    revision: str | None = None,
    input_column: str = "sns_text",
    baseline: Baseline | None = None,
) -> BaselineRecord:
    """Fit a baseline on the training split of a data set, and save it.

    Args:
        name: which sort, a key of `emojit.baselines.registry.KINDS`.
        dataset: build folder or Hub repository.
        out: the folder to make; an earlier baseline there is replaced, anything else is refused.
        revision: tag, branch or commit of a repository.
        input_column: column that is read.
        baseline: an unfitted one with options of its own; None makes one with the usual options.

    Raises:
        UsageError: there is no such baseline, or `out` is something else.
        DatasetError: the data set cannot be read.
        MissingExtraError: an extra that the baseline needs is not installed.
        EmojitError: `out` cannot be written.
    """
    made = baseline or find_kind(name).make()
    if out.exists() and not is_baseline(out) and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"--out {out}: there is something else", hint="give a folder that is empty or not there")
    train = load_rows(
        dataset, "train", revision, columns=(input_column, "emojis"), optional=(*OTHER_COLUMNS, "licence")
    )
    rows = examples(train.rows, input_column)
    start = time.perf_counter()
    made.fit(rows)
    record = BaselineRecord(
        schema_version=SCHEMA_VERSION,
        name=name,
        data=_learned_from(train, revision, input_column, rows),
        sources=made.sources,
        licences=made.licences,
        seconds=round(time.perf_counter() - start, 3),
        code=code(),
        versions=package_versions(PACKAGES),
        hardware=hardware(),
    )
    try:
        _save(made, record, out)
    except OSError as exc:
        raise EmojitError(
            f"{out}: cannot be written ({exc.strerror or exc})", hint="free some space or give another --out"
        ) from exc
    logger.info("fitted baseline=%s rows=%d seconds=%.1f", name, len(rows), record.seconds)
    return record


def _save(baseline: Baseline, record: BaselineRecord, out: Path) -> None:
    """Write into a folder beside, then put it in place: a half baseline is never found."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as scratch:
        folder = Path(scratch) / "new"
        folder.mkdir()
        baseline.save(folder)
        write_record(folder, record)
        if out.exists():
            # First the file that makes it a baseline, so that a stop in between leaves none, and not a mixture.
            (out / FILE_NAME).unlink(missing_ok=True)
            shutil.rmtree(out)
        folder.rename(out)


def _learned_from(train: Loaded, revision: str | None, column: str, rows: list[Example]) -> LearnedFrom:
    licences = [row.get("licence") for row in train.rows]
    name = train.repo_id or (train.folder.name if train.folder else "rows")
    return LearnedFrom(
        name=name,
        repo_id=train.repo_id,
        revision=revision,
        commit=train.commit,
        fingerprints={train.split: train.fingerprint},
        rows={train.split: len(rows)},
        input_column=column,
        licence=combined_licence(licences).id if any(licences) else UNKNOWN,
    )
