"""The files of a sweep, and the chosen weights as a model folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from emojit.dataset.folder import write_json, write_text
from emojit.errors import EmojitError, UsageError
from emojit.experiment.sweep.asking import FOLDER, Asker
from emojit.experiment.sweep.charts import write_charts
from emojit.experiment.sweep.domain_runs import is_domain_run, save_encoder
from emojit.experiment.sweep.facts import FILE_NAME, Choice, Sweep
from emojit.experiment.sweep.markdown import markdown
from emojit.experiment.sweep.page import PAGE, render_page
from emojit.experiment.sweep.runs import is_seed
from emojit.experiment.sweep.validation import validation_rows
from emojit.student.kept import KEPT, kept_files
from emojit.student.library import library_quiet

CHOICE = "sweep_choice.json"
"""In a model folder that a sweep wrote: which weights of which run it holds."""

_SWEEPS = Path("outputs") / "sweeps"


def default_out(sources: Sequence[Path]) -> Path:
    """Return where a report goes unless told: into the folder of its one run, else below `outputs/sweeps`."""
    if len(sources) == 1 and sources[0].is_dir():
        return sources[0] / FOLDER
    parts = [source.resolve() for source in sources[:3]]
    names = [
        f"{path.parent.name}-{path.name}" if is_seed(path.name) else path.name.removesuffix(".csv") for path in parts
    ]
    more = [f"{len(sources) - 3}-more"] if len(sources) > 3 else []
    return _SWEEPS / "--".join([*names, *more])


def write_sweep(report: Sweep, out: Path) -> None:
    """Write `sweep.md`, `sweep.html`, `sweep.json` and the plots; `sweep.json` last.

    Raises:
        EmojitError: the folder cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_text(out / "sweep.md", markdown(report))
        write_charts(report, out)
        write_text(out / PAGE, render_page(report))
        write_json(out / FILE_NAME, report.as_dict())
    except OSError as exc:
        raise EmojitError(
            f"{out}: cannot be written ({exc.strerror or exc})", hint="free some space, or give another --out"
        ) from exc


def check_target(target: Path) -> None:
    """Make sure that a model folder can be written there.

    Raises:
        UsageError: something is there already.
    """
    if target.is_file() or (target.is_dir() and any(target.iterdir())):
        raise UsageError(f"--save {target}: something is there already", hint="give a new folder")


def _save_student(run: Path, chosen: Choice, target: Path) -> None:
    files = kept_files(run / KEPT)
    student = Asker(run, validation_rows(run)).student([files[step] for step in chosen.members])
    with library_quiet():
        student.model.save_pretrained(target)
        student.tokenizer.save_pretrained(target)
        student.save_decoding(target)


def save_choice(run: Path, chosen: Choice, metric: str, target: Path) -> None:
    """Write chosen weights as a model folder: `emojit evaluate`, `emojit push model` and a recipe's `model.base` take it.

    The folder appears whole or not at all.

    Args:
        run: the run folder.
        chosen: a checkpoint of it, or a mean.
        metric: what chose it.
        target: the folder; nothing may be there.

    Raises:
        UsageError: something is there already.
        StudentError: the weights cannot be loaded.
        EmojitError: the folder cannot be written.
    """
    check_target(target)
    partial = target.with_name(f"{target.name}.partial")
    try:
        partial.mkdir(parents=True, exist_ok=True)
        if is_domain_run(run):
            save_encoder(run, chosen, partial)
        else:
            _save_student(run, chosen, partial)
        write_json(
            partial / CHOICE,
            {
                "run": chosen.run,
                "checkpoint": chosen.checkpoint,
                "steps": list(chosen.members),
                "epoch": chosen.epoch,
                "metric": metric,
                "score": chosen.score,
                "why": chosen.why,
            },
        )
        if target.is_dir():
            target.rmdir()
        partial.replace(target)
    except OSError as exc:
        raise EmojitError(
            f"{target}: cannot be written ({exc.strerror or exc})", hint="free some space, or give another --save"
        ) from exc
