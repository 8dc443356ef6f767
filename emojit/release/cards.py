"""Cards: functions of the files in a folder, so that a card can be rendered again a year later and compared."""

from __future__ import annotations

from pathlib import Path

from emojit.release.baseline_facts import baseline_context
from emojit.release.dataset_facts import dataset_context
from emojit.release.imported_facts import is_imported, render_imported_card
from emojit.release.model_facts import model_context
from emojit.release.templates import render


def render_dataset_card(folder: Path, *, repo_id: str | None = None, version: str | None = None) -> str:
    """Render the card of a data set version.

    Args:
        folder: a build folder that holds `recipe.toml` and `statistics.json`; it need not be finished.
        repo_id: the repository that the card's snippet names; None leaves it to the recipe, and where that names none, to the reader.
        version: the tag that it names; None leaves it to the recipe, which may name none.

    Returns:
        README.md as Markdown with YAML front matter; the same files and address give the same text.

    Raises:
        CardError: a file or a fact that the card needs is missing; the message names it.
    """
    if is_imported(folder):
        return render_imported_card(folder, repo_id=repo_id, version=version)
    return render("dataset_cards/dataset.md.jinja", dataset_context(folder, repo_id=repo_id, version=version))


def render_model_card(
    run_folder: Path, *, repo_id: str | None = None, revision: str | None = None, model: Path | None = None
) -> str:
    """Render the card of a model.

    Args:
        run_folder: a finished run that `emojit evaluate` has scored.
        repo_id: the repository that the card's snippet names; None leaves a gap for the reader to fill.
        revision: the tag that it names; None names none.
        model: the folder beside whose weights the exports lie; None is the run's own.

    Returns:
        README.md as Markdown with YAML front matter; the same files and address give the same text.

    Raises:
        CardError: a file or a fact that the card needs is missing; the message names it.
        StudentError: an export says nothing readable of itself.
    """
    context = model_context(run_folder, repo_id=repo_id, revision=revision, model=model)
    return render("model_cards/model.md.jinja", context)


def render_baseline_card(folder: Path, *, repo_id: str | None = None, revision: str | None = None) -> str:
    """Render the card of a saved baseline.

    Args:
        folder: what `emojit baseline fit` wrote, evaluated or not.
        repo_id: the repository that the card's snippet names; None leaves a gap for the reader to fill.
        revision: the tag that it names; None names none.

    Returns:
        README.md as Markdown with YAML front matter; the same files and address give the same text.

    Raises:
        StudentError: the record cannot be read.
        CardError: a fact that the card needs is missing; the message names it.
    """
    return render("model_cards/baseline.md.jinja", baseline_context(folder, repo_id=repo_id, revision=revision))
