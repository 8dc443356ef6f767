"""The predictions of a run against the data set that they were scored on: its texts and its emoji, at its commit, for a report counts with what it is given."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

from emojit.dataset.loading import load_rows
from emojit.dataset.parquet import read_rows
from emojit.errors import EmojitError
from emojit.release.statement import read_table
from emojit.release.verify.findings import ODD_CONTENT, Findings

_REPORT = "eval_metrics.json"
_PREDICTIONS = "eval_predictions.parquet"
_ID, _TEXT, _EMOJIS = "id", "text", "emojis"


def check_gold(run: Path, findings: Findings) -> None:
    """Compare ids, texts and emoji of the predictions, in their order, with the split that the report names.

    Args:
        run: the run folder inside a published model.
        findings: what is wrong goes here, and what could not be compared, with the reason.
    """
    report = read_table(run, _REPORT)
    if report is None or not (run / _PREDICTIONS).is_file():
        return  # that the scores cannot be counted again is said already
    what = "the emoji of the predictions against the data set"
    try:
        said = report["dataset"]
        name, commit, split, column = (said[key] for key in ("name", "commit", "split", "input_column"))
        there = [(row[_ID], row[_TEXT], row[_EMOJIS]) for row in read_rows(run / _PREDICTIONS)]
    except (EmojitError, OSError, *ODD_CONTENT) as exc:
        findings.unchecked.append(f"{what}: they cannot be read ({exc!r})")
        return
    if not (isinstance(name, str) and isinstance(commit, str) and isinstance(split, str) and isinstance(column, str)):
        findings.unchecked.append(
            f"{what}: the report names no repository with a commit, so it may have been a folder"
        )
        return
    try:
        rows = load_rows(name, split, commit, columns=(_ID, column, _EMOJIS)).rows
    except EmojitError as exc:
        findings.unchecked.append(f"{what}: {exc}")
        return
    wanted = [(row[_ID], row[column], row[_EMOJIS]) for row in rows]
    if len(wanted) != len(there):
        where, expected, found = f"run/{_PREDICTIONS}", f"{len(wanted):,} rows", f"{len(there):,} rows"
        findings.wrong("scores", "are not the rows of the data set", where, expected=expected, found=found)
    for number, (ours, theirs) in enumerate(zip_longest(wanted, there), start=1):
        if ours is not None and theirs is not None and ours != theirs:
            where = f"run/{_PREDICTIONS} row {number}"
            findings.wrong(
                "scores", "is not the row of the data set", where, expected=_words(ours), found=_words(theirs)
            )
    findings.checked.append(f"texts and emoji of the predictions against {name}@{commit[:12]}, split {split}")


def _words(row: tuple[object, object, object]) -> str:
    id_, text, emojis = row
    return f"{id_}: {text} {' '.join(map(str, emojis)) if isinstance(emojis, list) else emojis}"
