"""Lay out a model repository from a run folder: model at the root, card, `.eval_results/`, and the run under `run/`."""

from __future__ import annotations

from pathlib import Path

from emojit.errors import StudentError
from emojit.release.cards import render_model_card
from emojit.release.contents import check_model
from emojit.release.eval_results import render_eval_results
from emojit.release.files import link_or_copy
from emojit.student.export import check_exports
from emojit.student.kept import KEPT, kept_files
from emojit.student.record import FILE_NAME as RUN_RECORD
from emojit.student.run_folder import MODEL

_NOT_PUBLISHED = ("checkpoint", "tmp", ".")
"""Beginnings of names in a run folder that are working state, not a result; kept checkpoints are published where somebody asks for them."""


def is_run_folder(path: Path) -> bool:
    """Whether a folder is what `emojit train` writes, and no plain model folder."""
    return (path / RUN_RECORD).is_file()


def stage_model(
    run_folder: Path,
    out: Path,
    *,
    repo_id: str | None = None,
    revision: str | None = None,
    kept_checkpoints: bool = False,
) -> Path:
    """Lay out the model repository of a run; the same run gives the same bytes.

    Large files are hard links where the file system allows it, so weights are not copied.

    Args:
        run_folder: a finished run, evaluated (`eval_metrics.json` is there).
        out: the folder to make; it must not exist.
        repo_id: the repository that the card's snippets name; None leaves a gap to fill.
        revision: the tag that they name.
        kept_checkpoints: also the weights that `train.keep_checkpoints` kept.

    Returns:
        `out`.

    Raises:
        StudentError: the run has no whole model, or an export that is not of its weights.
        CardError: the run's files lack a fact that the card needs.
    """
    model = run_folder / MODEL
    if not model.is_dir():
        raise StudentError(
            f"{run_folder}: this run has no finished model ({MODEL}/ is missing)",
            hint="go on with `emojit train … --resume`",
        )
    check_model(model)
    check_exports(model)
    card = render_model_card(run_folder, repo_id=repo_id, revision=revision)
    results = render_eval_results(run_folder)
    for source in _published(model):
        link_or_copy(source, out / source.relative_to(model))
    kept = list(kept_files(run_folder / KEPT).values()) if kept_checkpoints else []
    if kept_checkpoints and not kept:
        raise StudentError(f"{run_folder}: the run kept no checkpoints", hint="leave --kept-checkpoints out")
    for source in (*_published(run_folder), *kept):
        if source.relative_to(run_folder).parts[0] != MODEL:
            link_or_copy(source, out / "run" / source.relative_to(run_folder))
    _write(out / "README.md", card)
    for name, text in results.items():
        _write(out / ".eval_results" / name, text)
    return out


def _published(folder: Path) -> list[Path]:
    """Return the files of a folder that belong to a release, sorted; training checkpoints and hidden files do not."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(_NOT_PUBLISHED) for part in path.relative_to(folder).parts)
    ]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # it may be a link to the model's own file, which must not be written through
    path.write_text(text, encoding="utf-8", newline="\n")
