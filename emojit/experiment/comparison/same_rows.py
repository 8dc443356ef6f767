"""That everything in one table was scored on the same rows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from emojit.errors import DatasetError
from emojit.experiment.comparison.run_files import Answered, RunFiles


def check_same_rows(runs: Sequence[tuple[str, RunFiles]]) -> None:
    """Refuse runs of which two were scored on different test rows: their figures cannot stand in one table.

    Args:
        runs: name and contents of each.

    Raises:
        DatasetError: the fingerprints of two runs differ, or their ids or gold do; both fingerprints are named.
    """
    if not runs:
        return
    name, first = runs[0]
    fingerprint, content = fingerprint_of(first), content_of(first.test)
    for other, files in runs[1:]:
        if (theirs := fingerprint_of(files)) != fingerprint:
            raise DatasetError(
                f"{other} was scored on other test rows than {name}: fingerprint {theirs}, not {fingerprint}",
                hint="compare runs of one version of the data set only: evaluate or train again with the same --dataset and --revision",
            )
        if (theirs := content_of(files.test)) != content:
            raise DatasetError(
                f"the predictions of {other} are not of the test rows of {name}, though both name the fingerprint {fingerprint}: "
                f"digest of ids and gold {theirs}, not {content}",
                hint="one of the files was changed after training: train that run again",
            )


def fingerprint_of(files: RunFiles) -> str:
    """Return the digest of the test files that a run recorded."""
    return files.record.data.fingerprints.get("test", "unknown")


def content_of(rows: Answered) -> str:
    """Return a digest of ids and gold, 16 hex digits; the texts are left out, since a variant may read another column."""
    digest = hashlib.sha256()
    for row, gold in zip(rows.ids, rows.gold, strict=True):
        digest.update("\t".join((row, *gold, "\n")).encode())
    return digest.hexdigest()[:16]
