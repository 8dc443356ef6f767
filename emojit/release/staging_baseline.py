"""Lay out a model repository from a saved baseline: its files at the root, card, `.eval_results/`, and the report under `run/`."""

from __future__ import annotations

from pathlib import Path

from emojit.baselines.record import FILE_NAME
from emojit.baselines.state import ARRAYS, FACTS
from emojit.dataset.folder import CARD, write_text
from emojit.errors import StudentError
from emojit.release.baseline_facts import REPORT
from emojit.release.cards import render_baseline_card
from emojit.release.eval_results import render_eval_results
from emojit.release.files import link_or_copy

_REPORT_FILES = (
    REPORT,
    "results.md",
    "results.html",
    "eval_predictions.parquet",
    "eval_errors.parquet",
    "plots/jaccard.png",
    "plots/calibration-jaccard.svg",
    "plots/calibration-precision.svg",
)


def stage_baseline(folder: Path, out: Path, *, repo_id: str | None = None, revision: str | None = None) -> Path:
    """Lay out the repository of a baseline; the same folder gives the same bytes.

    Args:
        folder: of a saved baseline, evaluated or not.
        out: the folder to make; it must not exist.
        repo_id: the repository that the card's snippet names; None leaves a gap to fill.
        revision: the tag that it names.

    Returns:
        `out`.

    Raises:
        StudentError: a file is missing or the record cannot be read.
        CardError: the report lacks a fact that the card needs.
    """
    check_baseline(folder)
    card = render_baseline_card(folder, repo_id=repo_id, revision=revision)
    for path in sorted(folder.iterdir()):
        # A network's own files (config.json, tokenizer) come along; what is hidden or of an earlier release does not.
        if path.is_file() and not path.name.startswith(".") and path.name not in _NOT_TAKEN:
            link_or_copy(path, out / path.name)
    if (folder / REPORT).is_file():
        for name in _REPORT_FILES:
            if (folder / name).is_file():
                link_or_copy(folder / name, out / "run" / name)
        for name, text in render_eval_results(folder).items():
            write_text(out / ".eval_results" / name, text)
    write_text(out / CARD, card)
    return out


_NOT_TAKEN = (CARD, "manifest.json", "provenance.json", *_REPORT_FILES)


def check_baseline(folder: Path) -> None:
    """Check that a folder holds a whole baseline.

    Raises:
        StudentError: a file is missing.
    """
    for name in (FILE_NAME, FACTS):
        if not (folder / name).is_file():
            raise StudentError(f"{folder}: {name} is missing", hint="fit it again with `emojit baseline fit`")
    if not (folder / ARRAYS).is_file() and '"chooser"' in (folder / FACTS).read_text(encoding="utf-8"):
        raise StudentError(f"{folder}: {ARRAYS} is missing", hint="fit it again with `emojit baseline fit`")
